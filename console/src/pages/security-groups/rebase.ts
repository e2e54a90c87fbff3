/** What is edited, where the cloud's own rules changed meanwhile. Pure. */
import { editedOf, type EditedRule, type Present, type Wanted } from "./editedRules";
import { keyOf } from "./grant";
import type { Reading } from "./readings";

/** What is edited, on the rules that the cloud has now instead of those that it had: what the reader changed stays so,
 * and the rest is as it is now. */
export function rebased(
  rules: readonly EditedRule[],
  readings: ReadonlyMap<number, Reading>,
  was: readonly Present[],
  is: readonly Present[],
): EditedRule[] {
  const [wasById, isById] = [byId(was), byId(is)];
  const isByKey = new Map(is.map((rule) => [keyOf(rule.grant), rule]));
  const wantedOf = ({ number }: EditedRule): Wanted | undefined => {
    const reading = readings.get(number);
    return reading !== undefined && "wanted" in reading ? reading.wanted : undefined;
  };
  const held = new Set(rules.flatMap(({ id }) => (id !== undefined && isById.has(id) ? [id] : [])));
  const followed = rules.flatMap((rule): EditedRule[] => {
    const wanted = wantedOf(rule);
    if (rule.id === undefined) {
      const made = wanted && isByKey.get(keyOf(wanted.grant));
      if (made === undefined || held.has(made.id)) return [rule];
      held.add(made.id);
      return [{ ...rule, id: made.id }];
    }
    const [before, now] = [wasById.get(rule.id), isById.get(rule.id)];
    const isTouched = before === undefined || wanted === undefined || !isSame(before, wanted);
    if (isTouched) return [now === undefined ? { ...rule, id: undefined } : rule];
    return now === undefined ? [] : isSame(before, now) ? [rule] : [{ ...editedOf(now), number: rule.number }];
  });
  const appeared = is.filter((rule) => !wasById.has(rule.id) && !held.has(rule.id));
  return [...followed, ...appeared.map(editedOf)];
}

function isSame(one: Present | Wanted, other: Present | Wanted): boolean {
  return keyOf(one.grant) === keyOf(other.grant) && one.description === other.description;
}

function byId(rules: readonly Present[]): Map<string, Present> {
  return new Map(rules.map((rule) => [rule.id, rule]));
}
