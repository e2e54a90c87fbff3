/** Delete egress-only internet gateways: says which routes become blackholes. */
import { useMemo, type ReactNode } from "react";
import { useListing } from "../../api/listing";
import { ForEach } from "../../resource/ForEach";
import { label, type Chosen } from "../../resource/resource";
import { useText } from "../../texts/texts";
import { routeTablesOf } from "../route-tables/model";
import { routesTo } from "../route-tables/routesTo";
import type { EgressOnlyGatewayRow } from "./model";

interface Properties {
  region: string;
  items: Chosen<EgressOnlyGatewayRow>;
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
      labelOf={(row) => label(row.id, row.name)}
      title={text("egressOnly.deleteTitle", { count: items.length })}
      what={text("action.deleteEgressOnlyGateway")}
      action="DeleteEgressOnlyInternetGateway"
      parameters={(row) => ({ EgressOnlyInternetGatewayId: row.id })}
      prospect={(row) => {
        const routes = routesTo(tables ?? [], row.id);
        const will = text("egressOnly.deleteWill", { vpc: row.vpc });
        return { type: "warning", text: routes === "" ? will : `${will} ${text("gone.routes", { routes })}` };
      }}
      close={close}
    />
  );
}
