/** Whether all rules of an editor can be sent, and what they come to. Pure. */
import type { Text } from "../../texts/texts";
import type { Wanted } from "./editedRules";
import type { Reading } from "./readings";

/** The rules that can be sent as they are. */
export function wantedOf(readings: ReadonlyMap<number, Reading>): Wanted[] {
  return [...readings.values()].flatMap((reading) => ("wanted" in reading ? [reading.wanted] : []));
}

/** Why the rules cannot be sent: what the first one that is wrong lacks; null where they can. */
export function hindranceOf(text: Text, readings: ReadonlyMap<number, Reading>): string | null {
  const index = [...readings.values()].findIndex((reading) => "problem" in reading);
  const found = [...readings.values()][index];
  if (found === undefined || "wanted" in found) return null;
  return text("rule.problem.in", { number: index + 1, problem: text(found.problem.text, found.problem.values) });
}
