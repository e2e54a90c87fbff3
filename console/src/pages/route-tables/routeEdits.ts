/** What is edited of a table's routes, as changes to those that it has at each moment, and the calls that they come to. Pure. */
import type { Route } from "../../api/types";
import { step, type Step } from "../../resource/steps";
import { blockOf } from "../security-groups/cidr";
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

/** Whether nothing of the route is missing. */
export function isWhole({ destination, kind, id }: NewRoute): boolean {
  return destination.trim() !== "" && kind !== "" && id !== "";
}

/** The destinations of the routes whose target is of another kind now, but not chosen yet. */
export function aimless(routes: readonly Route[], { replaced, removed }: Edits): string[] {
  return routes.map(destinationOf).filter((one) => !removed.has(one) && isAimless(replaced.get(one)));
}

/** The calls: what is added comes before what goes. A route that goes and comes again leads elsewhere: EC2 has it once. */
export function changesOf(table: string, routes: readonly Route[], { replaced, removed, added }: Edits): Change[] {
  const changes: Change[] = [];
  const whole = added.filter(isWhole);
  const again = new Map(
    routes.map(destinationOf).flatMap((one) => {
      const found = removed.has(one) && whole.find(({ destination }) => asKept(destination) === one);
      return found ? [[one, found] as const] : [];
    }),
  );
  for (const route of routes) {
    const destination = destinationOf(route);
    const back = again.get(destination);
    const [before, after] = [targetOf(route), removed.has(destination) ? back && leadsTo(back) : replaced.get(destination)];
    if (after === undefined || isAimless(after) || isSame(before, after)) continue;
    changes.push({
      step: step("ReplaceRoute", { RouteTableId: table, ...to(destination), ...named(after) }),
      kind: "replace",
      destination,
      before: targetText(before),
      after: targetText(after),
      without: (edits) => ({
        replaced: new Map([...edits.replaced].filter(([one]) => one !== destination)),
        removed: back ? lacking(edits.removed, destination) : edits.removed,
        added: edits.added.filter(({ number }) => number !== back?.number),
      }),
    });
  }
  const comingBack = [...again.values()];
  for (const route of whole.filter((one) => !comingBack.includes(one))) {
    const destination = route.destination.trim();
    const target = leadsTo(route);
    changes.push({
      step: step("CreateRoute", { RouteTableId: table, ...to(destination), ...named(target) }),
      kind: "add",
      destination,
      before: "",
      after: targetText(target),
      without: (edits) => ({ ...edits, added: edits.added.filter(({ number }) => number !== route.number) }),
    });
  }
  for (const route of routes) {
    const destination = destinationOf(route);
    if (!removed.has(destination) || again.has(destination)) continue;
    changes.push({
      step: step("DeleteRoute", { RouteTableId: table, ...to(destination) }),
      kind: "remove",
      destination,
      before: targetText(targetOf(route)),
      after: "",
      without: (edits) => ({ ...edits, removed: lacking(edits.removed, destination) }),
    });
  }
  return changes;
}

/** A destination as calls name it; what it is not, EC2 says. */
function to(destination: string): { DestinationCidrBlock?: string; DestinationIpv6CidrBlock?: string; DestinationPrefixListId?: string } {
  if (destination.startsWith("pl-")) return { DestinationPrefixListId: destination };
  return destination.includes(":") ? { DestinationIpv6CidrBlock: destination } : { DestinationCidrBlock: destination };
}

/** A destination as EC2 keeps it. */
function asKept(destination: string): string {
  return blockOf(destination)?.text ?? destination.trim();
}

function leadsTo({ kind, id }: NewRoute): Target {
  return { kind: kind as Kind, id };
}

function isAimless(target: Target | undefined): boolean {
  return target !== undefined && target.kind !== "local" && target.id === "";
}

function lacking(all: ReadonlySet<string>, one: string): Set<string> {
  return new Set([...all].filter((other) => other !== one));
}

function isSame(one: Target, other: Target): boolean {
  return one.kind === other.kind && one.id === other.id;
}
