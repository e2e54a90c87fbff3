/** From the entries that a network ACL has to those that it is to have: the calls, in their order. Pure. */
import { step, type ShownStep } from "../../resource/steps";
import type { Text } from "../../texts/texts";
import type { Direction } from "../security-groups/grant";
import { byNumber } from "./editedEntries";
import { entryParameters, isSame, MOST_ENTRIES, type Entry } from "./entries";
import { entryText } from "./words";

/** What is replaced keeps its number; what is new comes before what goes. Only where there is no room for both, what goes
 * goes first: the cloud's word on what is new would not hold then, and it is not asked. */
export function entrySteps(text: Text, acl: string, way: Direction, was: readonly Entry[], wanted: readonly Entry[]): ShownStep[] {
  const [before, after] = [byNumber(was), byNumber(wanted)];
  const added = wanted.filter(({ number }) => !before.has(number));
  const replaced = wanted.filter((entry) => before.has(entry.number) && !isSame(entry, before.get(entry.number)));
  const removed = was.filter(({ number }) => !after.has(number));
  const isFull = (["ipv4", "ipv6"] as const).some((kind) => {
    const count = (entries: readonly Entry[]): number => entries.filter(({ grant }) => grant.kind === kind).length;
    return count(was) + count(added) > MOST_ENTRIES;
  });
  const said = (entry: Entry): string => entryText(text, entry, way);
  const deletes = removed.map((entry) => ({
    ...step("DeleteNetworkAclEntry", { NetworkAclId: acl, RuleNumber: entry.number, Egress: way === "outbound" }),
    says: text("acl.step.delete", { rule: said(entry) }),
  }));
  return [
    ...replaced.map((entry) => ({
      ...step("ReplaceNetworkAclEntry", entryParameters(acl, way, entry)),
      says: text("acl.step.replace", { before: said(before.get(entry.number)!), after: said(entry) }),
    })),
    ...(isFull ? deletes : []),
    ...added.map((entry) => ({
      ...step("CreateNetworkAclEntry", entryParameters(acl, way, entry)),
      says: text("acl.step.create", { rule: said(entry) }),
      depends: isFull && deletes.length > 0,
    })),
    ...(isFull ? [] : deletes),
  ];
}
