/** Detach internet gateways from their VPCs: says which routes become blackholes. */
import { useMemo, type ReactNode } from "react";
import { useListing } from "../../api/listing";
import { ForEach, type Prospect } from "../../resource/ForEach";
import type { Chosen } from "../../resource/resource";
import { useText } from "../../texts/texts";
import { routesTo } from "../route-tables/routesTo";
import { routeTablesOf } from "../route-tables/model";
import { rowLabel, type InternetGatewayRow } from "./model";

interface Properties {
  region: string;
  items: Chosen<InternetGatewayRow>;
  close: () => void;
}

export function DetachGateways({ region, items, close }: Properties): ReactNode {
  const text = useText();
  const { value: tables } = useListing(useMemo(() => routeTablesOf(region), [region]));
  const prospect = (row: InternetGatewayRow): Prospect => {
    if (tables === undefined) return { type: "loading", text: text("loading") };
    const routes = routesTo(tables, row.id);
    const will = text("detachGateway.will", { vpc: row.vpc });
    return { type: "warning", text: routes === "" ? will : `${will} ${text("gone.routes", { routes })}` };
  };
  return (
    <ForEach
      region={region}
      items={items}
      idOf={(row) => row.id}
      labelOf={rowLabel}
      title={text("detachGateway.title", { count: items.length })}
      what={text("action.detachInternetGateway")}
      action="DetachInternetGateway"
      parameters={(row) => ({ InternetGatewayId: row.id, VpcId: row.vpc })}
      prospect={prospect}
      why={(row) => text(row.vpc === "" ? "detachGateway.free" : "detachGateway.why", { vpc: row.vpc })}
      stateOf={(row) => row.vpc}
      close={close}
    />
  );
}
