import { expect, test } from "vitest";
import { changesOf } from "./changes";
import { editedOf, type EditedRule, type Present, type Wanted } from "./editedRules";
import type { Grant } from "./grant";
import { readingsOf } from "./readings";
import { rebased } from "./rebase";

const tcp = (port: number): Grant => ({ protocol: "tcp", from: port, to: port, kind: "ipv4", source: "0.0.0.0/0" });
const present = (id: string, grant: Grant, description = ""): Present => ({ id, grant, description });
const wanted = (id: string | undefined, grant: Grant, description = ""): Wanted => ({ id, grant, description });
const rebase = (rules: EditedRule[], was: Present[], is: Present[]) => {
  const groups = new Set(["sg-1", "sg-2"]);
  const followed = rebased(rules, readingsOf(rules, groups), was, is);
  const after = [...readingsOf(followed, groups).values()].map((reading) => ("wanted" in reading ? reading.wanted : null));
  return { followed, after, changes: changesOf(is, after.filter((one) => one !== null)) };
};

test("after a part was done, what is left to do is the rest", () => {
  const was = [present("a", tcp(22)), present("b", tcp(80)), present("c", tcp(81))];
  const rules = [wanted("a", tcp(2222)), wanted("c", tcp(81)), wanted(undefined, tcp(443), "https")].map(editedOf);
  // Authorized was what is new; the rest was refused.
  const is = [...was, present("n", tcp(443), "https")];
  const { after, changes } = rebase(rules, was, is);
  expect(after.map((one) => one?.id)).toEqual(["a", "c", "n"]);
  expect(changes).toMatchObject({ described: [], added: [], modified: [{ before: { id: "a" } }], revoked: [{ id: "b" }] });
});

test("what others changed meanwhile is followed where the reader did not change it", () => {
  const was = [present("a", tcp(22)), present("b", tcp(80)), present("c", tcp(81)), present("d", tcp(82))];
  const rules = was.map((rule, index) => editedOf(index === 3 ? wanted("d", tcp(8282)) : rule));
  const is = [present("b", tcp(8080), "theirs"), present("c", tcp(81)), present("e", tcp(99))];
  const { followed, after, changes } = rebase(rules, was, is);
  expect(after.map((one) => [one?.id, one?.grant.from])).toEqual([["b", 8080], ["c", 81], [undefined, 8282], ["e", 99]]);
  expect(followed.map(({ number }) => number).slice(0, 3)).toEqual(rules.map(({ number }) => number).slice(1));
  expect(changes).toMatchObject({ described: [], modified: [], revoked: [], added: [{ grant: { from: 8282 } }] });
});

test("a row that is no rule yet stays as it was typed", () => {
  const was = [present("a", tcp(22))];
  const half = { ...editedOf(was[0]!), type: "customTcp", ports: "22-" };
  expect(rebase([half], was, was).followed).toEqual([half]);
});
