/** Delete route tables: says what goes with each, or what keeps it. */
import type { ReactNode } from "react";
import { ForEach } from "../../resource/ForEach";
import type { Chosen } from "../../resource/resource";
import { useText, type Text } from "../../texts/texts";
import { destinationOf, rowLabel, stateOf, subnetLabel, type RouteTableRow } from "./model";

export function DeleteRouteTables({ region, items, close }: { region: string; items: Chosen<RouteTableRow>; close: () => void }): ReactNode {
  const text = useText();
  return (
    <ForEach
      region={region}
      items={items}
      idOf={(row) => row.id}
      labelOf={rowLabel}
      title={text("deleteRouteTable.title", { count: items.length })}
      what={text("action.deleteRouteTable")}
      action="DeleteRouteTable"
      parameters={(row) => ({ RouteTableId: row.id })}
      prospect={({ table }) => ({
        type: "warning",
        text: text("deleteRouteTable.will", { routes: (table.Routes ?? []).map(destinationOf).join(", ") }),
      })}
      why={(row) => whatKeeps(text, row)}
      stateOf={stateOf}
      close={close}
    />
  );
}

/** What a table cannot be deleted for; null where nothing is known. */
export function whatKeeps(text: Text, row: RouteTableRow): string | null {
  if (row.isMain) return text("deleteRouteTable.main", { vpc: row.vpc });
  const users = [...row.subnets.map(subnetLabel), ...row.gateways];
  return users.length === 0 ? null : text("deleteRouteTable.used", { users: users.join(", ") });
}
