/** Which routes lead to something. Pure. */
import { destinationOf, type RouteTableRow } from "./model";
import { targetOf } from "./targets";

/** `0.0.0.0/0 (rtb-…), …`; empty where no route leads to it. */
export function routesTo(tables: readonly RouteTableRow[], target: string): string {
  return tables
    .flatMap(({ id, table }) =>
      (table.Routes ?? []).filter((route) => targetOf(route).id === target).map((route) => `${destinationOf(route)} (${id})`),
    )
    .join(", ");
}
