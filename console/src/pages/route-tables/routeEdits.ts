/** What is edited of a table's routes, as changes to those that it has at each moment, and the calls that they come to. Pure. */
import type { Route } from "../../api/types";
import { step, type Step } from "../../resource/steps";
import { destinationOf } from "./model";
import { named, targetOf, targetText, type Kind, type Target } from "./targets";

/** A route that is to be added, as far as it is filled in. */
export interface NewRoute {
  number: number;
  destination: string;
  kind: Kind | "";
  id: string;
}

export interface Edits {
  /** By their destinations, the new targets of routes that there are. */
  replaced: ReadonlyMap<string, { kind: Kind; id: string }>;
  /** The destinations of routes that go. */
  removed: ReadonlySet<string>;
  added: readonly NewRoute[];
}

export const NO_EDITS: Edits = { replaced: new Map(), removed: new Set(), added: [] };

/** A call of the plan, and the edits without what it does. */
export interface Change {
  step: Step;
  kind: "replace" | "add" | "remove";
  destination: string;
  before: string;
  after: string;
  without: (edits: Edits) => Edits;
}

/** Whether something of the route is missing. */
export function isWhole({ destination, kind, id }: NewRoute): boolean {
  return destination.trim() !== "" && kind !== "" && id !== "";
}

/** The calls: what is added comes before what goes. */
export function changesOf(table: string, routes: readonly Route[], { replaced, removed, added }: Edits): Change[] {
  const changes: Change[] = [];
  for (const route of routes) {
    const destination = destinationOf(route);
    const [before, after] = [targetOf(route), replaced.get(destination)];
    if (after === undefined || removed.has(destination) || isSame(before, after)) continue;
    if (after.kind !== "local" && after.id === "") continue;
    changes.push({
      step: step("ReplaceRoute", { RouteTableId: table, ...to(destination), ...named(after) }),
      kind: "replace",
      destination,
      before: targetText(before),
      after: targetText(after),
      without: (edits) => ({ ...edits, replaced: new Map([...edits.replaced].filter(([one]) => one !== destination)) }),
    });
  }
  for (const route of added.filter(isWhole)) {
    const destination = route.destination.trim();
    const target = { kind: route.kind as Kind, id: route.id };
    changes.push({
      step: step("CreateRoute", { RouteTableId: table, ...to(destination), ...named(target) }),
      kind: "add",
      destination,
      before: "",
      after: targetText(target),
      without: (edits) => ({ ...edits, added: edits.added.filter(({ number }) => number !== route.number) }),
    });
  }
  for (const route of routes.filter((one) => removed.has(destinationOf(one)))) {
    const destination = destinationOf(route);
    changes.push({
      step: step("DeleteRoute", { RouteTableId: table, ...to(destination) }),
      kind: "remove",
      destination,
      before: targetText(targetOf(route)),
      after: "",
      without: (edits) => ({ ...edits, removed: new Set([...edits.removed].filter((one) => one !== destination)) }),
    });
  }
  return changes;
}

/** A destination as calls name it; what it is not, EC2 says. */
function to(destination: string): { DestinationCidrBlock?: string; DestinationIpv6CidrBlock?: string; DestinationPrefixListId?: string } {
  if (destination.startsWith("pl-")) return { DestinationPrefixListId: destination };
  return destination.includes(":") ? { DestinationIpv6CidrBlock: destination } : { DestinationCidrBlock: destination };
}

function isSame(one: Target, other: Target): boolean {
  return one.kind === other.kind && one.id === other.id;
}
