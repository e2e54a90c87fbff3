/** Delete peering connections, or take requests back: says which routes become blackholes. */
import { useMemo, type ReactNode } from "react";
import { useListing } from "../../api/listing";
import { ForEach, type Prospect } from "../../resource/ForEach";
import type { Chosen } from "../../resource/resource";
import { useText } from "../../texts/texts";
import { routeTablesOf } from "../route-tables/model";
import { routesTo } from "../route-tables/routesTo";
import { rowLabel, type PeeringRow } from "./model";

interface Properties {
  region: string;
  items: Chosen<PeeringRow>;
  close: () => void;
}

export function DeletePeerings({ region, items, close }: Properties): ReactNode {
  const text = useText();
  const { value: tables } = useListing(useMemo(() => routeTablesOf(region), [region]));
  const prospect = (row: PeeringRow): Prospect => {
    if (tables === undefined) return { type: "loading", text: text("loading") };
    if (row.state === "pending-acceptance") return { type: "warning", text: text("peering.deleteRequest") };
    const routes = routesTo(tables, row.id);
    const vpcs = { requester: row.requester.VpcId ?? "", accepter: row.accepter.VpcId ?? "" };
    const will = text("peering.deleteWill", vpcs);
    return { type: "warning", text: routes === "" ? will : `${will} ${text("gone.routes", { routes })}` };
  };
  return (
    <ForEach
      region={region}
      items={items}
      idOf={(row) => row.id}
      labelOf={rowLabel}
      title={text("peering.deleteTitle", { count: items.length })}
      what={text("action.deletePeering")}
      action="DeleteVpcPeeringConnection"
      parameters={(row) => ({ VpcPeeringConnectionId: row.id })}
      prospect={prospect}
      stateOf={(row) => row.state}
      close={close}
    />
  );
}
