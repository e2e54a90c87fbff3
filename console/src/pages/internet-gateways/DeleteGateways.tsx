/** Delete internet gateways that are attached to no VPC. */
import { useMemo, type ReactNode } from "react";
import { useListing } from "../../api/listing";
import { ForEach } from "../../resource/ForEach";
import type { Chosen } from "../../resource/resource";
import { useText } from "../../texts/texts";
import { routeTablesOf } from "../route-tables/model";
import { routesTo } from "../route-tables/routesTo";
import { rowLabel, type InternetGatewayRow } from "./model";

interface Properties {
  region: string;
  items: Chosen<InternetGatewayRow>;
  close: () => void;
}

export function DeleteGateways({ region, items, close }: Properties): ReactNode {
  const text = useText();
  const { value: tables } = useListing(useMemo(() => routeTablesOf(region), [region]));
  return (
    <ForEach
      region={region}
      items={items}
      idOf={(row) => row.id}
      labelOf={rowLabel}
      title={text("deleteGateway.title", { count: items.length })}
      what={text("action.deleteInternetGateway")}
      action="DeleteInternetGateway"
      parameters={(row) => ({ InternetGatewayId: row.id })}
      prospect={(row) => {
        const routes = routesTo(tables ?? [], row.id);
        const will = text("deleteGateway.will");
        return { type: "warning", text: routes === "" ? will : `${will} ${text("gone.blackholes", { routes })}` };
      }}
      why={(row) => (row.vpc === "" ? null : text("deleteGateway.attached", { vpc: row.vpc }))}
      stateOf={(row) => row.vpc}
      close={close}
    />
  );
}
