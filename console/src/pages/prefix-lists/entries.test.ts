import { expect, test } from "vitest";
import { checkDone } from "./model";
import { changesOf, edited } from "./entries";

const before = [{ Cidr: "10.0.0.0/8", Description: "ours" }, { Cidr: "192.0.2.0/24" }];

test("entries that stay are in no call", () => {
  expect(changesOf(before, edited(before))).toEqual({ add: [], remove: [] });
  expect(changesOf(before, [...edited(before), { cidr: " ", description: "nothing yet" }])).toEqual({ add: [], remove: [] });
});

test("a block is added, one is described otherwise, one is removed", () => {
  const after = [
    { cidr: "10.0.0.0/8", description: "theirs" },
    { cidr: "203.0.113.0/24 ", description: "" },
  ];
  expect(changesOf(before, after)).toEqual({
    add: [{ Cidr: "10.0.0.0/8", Description: "theirs" }, { Cidr: "203.0.113.0/24" }],
    remove: [{ Cidr: "192.0.2.0/24" }],
  });
});

test("a block that is there twice is sent, so that EC2 says what is wrong with it", () => {
  const after = [...edited(before), { cidr: "10.0.0.0/8", description: "ours" }];
  expect(changesOf(before, after).add).toEqual([{ Cidr: "10.0.0.0/8", Description: "ours" }]);
});

test("an answer whose state says that nothing was done is a failure", () => {
  expect(() => checkDone({ State: "delete-failed", StateMessage: "sg-1 names it" })).toThrow("sg-1 names it (delete-failed)");
  expect(() => checkDone({ State: "modify-complete" })).not.toThrow();
});
