/** From the entries that a network ACL has to those that it is to have: the calls, in their order. Pure. */
import type { Planned } from "../../resource/CallsDialog";
import { step } from "../../resource/steps";
import type { Text } from "../../texts/texts";
import type { Direction } from "../security-groups/grant";
import { byNumber } from "./editedEntries";
import { entryParameters, inOrder, isSame, MOST_ENTRIES, type Entry } from "./entries";
import { entryText } from "./words";

/** What is replaced keeps its number; what is new comes before what goes. Only where there is no room for both, what goes
 * goes first: the cloud's word on what is new would not hold then, and it is not asked. `is` is told what the ACL has once a
 * call was made. */
export function entryCalls(
  text: Text,
  { acl, way }: { acl: string; way: Direction },
  was: readonly Entry[],
  wanted: readonly Entry[],
  is: (after: (entries: readonly Entry[]) => Entry[]) => void,
): Planned[] {
  const [before, after] = [byNumber(was), byNumber(wanted)];
  const added = wanted.filter(({ number }) => !before.has(number));
  const replaced = wanted.filter((entry) => before.has(entry.number) && !isSame(entry, before.get(entry.number)));
  const removed = was.filter(({ number }) => !after.has(number));
  const isFull = (["ipv4", "ipv6"] as const).some((kind) => {
    const count = (entries: readonly Entry[]): number => entries.filter(({ grant }) => grant.kind === kind).length;
    return count(was) + count(added) > MOST_ENTRIES;
  });
  const said = (entry: Entry): string => entryText(text, entry, way);
  const put = (entry: Entry): void => is((entries) => inOrder([...others(entries, entry), entry]));
  const deletes = removed.map((entry) => ({
    step: step("DeleteNetworkAclEntry", { NetworkAclId: acl, RuleNumber: entry.number, Egress: way === "outbound" }),
    words: said(entry),
    forget: () => is((entries) => others(entries, entry)),
  }));
  const replacements = replaced.map((entry) => ({
    step: step("ReplaceNetworkAclEntry", entryParameters(acl, way, entry)),
    words: text("acl.becomes", { before: said(before.get(entry.number)!), after: said(entry) }),
    forget: () => put(entry),
  }));
  const creations = added.map((entry) => ({
    step: step("CreateNetworkAclEntry", entryParameters(acl, way, entry)),
    words: said(entry),
    forget: () => put(entry),
    isUnasked: isFull && removed.length > 0,
  }));
  return isFull ? [...replacements, ...deletes, ...creations] : [...replacements, ...creations, ...deletes];
}

function others(entries: readonly Entry[], { number }: Entry): Entry[] {
  return entries.filter((one) => one.number !== number);
}
