/** Entries while they are edited, as texts of fields, and what these come to. Pure. */
import { blockOf } from "../security-groups/cidr";
import { trafficOf, type EditedTraffic } from "../security-groups/editedRules";
import { whole } from "../../resource/fields";
import { portsOf, type Problem } from "../security-groups/readings";
import { inOrder, isSame, LAST_NUMBER, type Entry } from "./entries";

export interface EditedEntry extends EditedTraffic {
  /** Tells it from the others, whatever its fields say. */
  key: number;
  number: string;
  block: string;
  allow: boolean;
}

export type Fault = (Omit<Problem, "field"> & { field: Problem["field"] | "number" });
export type Reading = { entry: Entry } | { fault: Fault };

const STEP = 100; // EC2's advice: so that others fit between

let count = 0;

export function editedOf({ number, allow, grant }: Entry): EditedEntry {
  return { key: ++count, number: String(number), ...trafficOf(grant), block: grant.source, allow };
}

/** A new one behind those that there are. */
export function newEntry(entries: readonly EditedEntry[]): EditedEntry {
  const last = Math.max(0, ...entries.map(({ number }) => whole(number) ?? 0));
  const number = Math.min(LAST_NUMBER, (Math.floor(last / STEP) + 1) * STEP);
  return { key: ++count, number: String(number), type: "customTcp", protocol: "", ports: "", block: "0.0.0.0/0", allow: true };
}

/** What each comes to, by its key. */
export function readingsOf(entries: readonly EditedEntry[]): Map<number, Reading> {
  const seen = new Set<number>();
  return new Map(
    entries.map((edited): [number, Reading] => {
      const reading = readingOf(edited);
      if ("fault" in reading) return [edited.key, reading];
      if (seen.has(reading.entry.number)) return [edited.key, { fault: fault("number", "acl.fault.taken", { number: edited.number }) }];
      seen.add(reading.entry.number);
      return [edited.key, reading];
    }),
  );
}

function readingOf({ number: typed, block: given, allow, ...traffic }: EditedEntry): Reading {
  const number = whole(typed);
  if (number === undefined || number < 1 || number > LAST_NUMBER) {
    return { fault: fault("number", "acl.fault.number", { number: typed, last: String(LAST_NUMBER) }) };
  }
  const ports = portsOf(traffic);
  if ("problem" in ports) return { fault: ports.problem };
  const block = blockOf(given);
  if (block === null) return { fault: fault("source", "rule.problem.block", { value: given }) };
  return { entry: { number, allow, grant: { ...ports, kind: block.kind, source: block.text } } };
}

/** The entries that the fields come to, in the order in which they are asked. */
export function entriesIn(readings: ReadonlyMap<number, Reading>): Entry[] {
  const found = [...readings.values()].flatMap((reading) => ("entry" in reading ? [reading.entry] : []));
  return inOrder(found);
}

/** What is edited, on the entries that the cloud has now in place of those that it had: what the reader changed stays so,
 * and the rest is as it is now. */
export function rebased(
  edited: readonly EditedEntry[],
  readings: ReadonlyMap<number, Reading>,
  was: readonly Entry[],
  is: readonly Entry[],
): EditedEntry[] {
  const [before, now] = [byNumber(was), byNumber(is)];
  const numbers = new Set<number>();
  const followed = edited.flatMap((one): EditedEntry[] => {
    const reading = readings.get(one.key);
    if (reading === undefined || "fault" in reading) return [one]; // half typed
    const { entry } = reading;
    numbers.add(entry.number);
    if (!isSame(entry, before.get(entry.number))) return [one];
    const current = now.get(entry.number);
    return current === undefined ? [] : isSame(current, entry) ? [one] : [{ ...editedOf(current), key: one.key }];
  });
  const appeared = is.filter(({ number }) => !before.has(number) && !numbers.has(number));
  return [...followed, ...appeared.map(editedOf)];
}

export function byNumber(entries: readonly Entry[]): Map<number, Entry> {
  return new Map(entries.map((entry) => [entry.number, entry]));
}

function fault(field: Fault["field"], text: Fault["text"], values: Record<string, string>): Fault {
  return { field, text, values, missing: false };
}
