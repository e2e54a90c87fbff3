import { expect, test } from "vitest";
import { changeable, edited, tagCalls, tagSpecifications, type EditedTags } from "./tags";

const before = [
  { Key: "Name", Value: "web" },
  { Key: "old", Value: "1" },
];
const after = (tags: [string, string, boolean?][]): EditedTags => ({
  tags: tags.map(([key, value, removed]) => ({ key, value, existing: true, markedForRemoval: removed ?? false })),
  valid: true,
});

test("nothing that is not changed is called", () => expect(tagCalls("i-1", before, edited(before))).toEqual({}));

test("what the cloud itself marked is nobody's to change", () => {
  expect(changeable([{ Key: "aws:ec2launchtemplate:id", Value: "lt-1" }, ...before])).toEqual(before);
});

test("what is new or changed is created, what is marked for removal is deleted", () => {
  const changed = after([["Name", "web-2"], ["old", "1", true], ["new", ""]]);
  expect(tagCalls("i-1", before, changed)).toEqual({
    create: { Resources: ["i-1"], Tags: [{ Key: "Name", Value: "web-2" }, { Key: "new", Value: "" }] },
    remove: { Resources: ["i-1"], Tags: [{ Key: "old" }] },
  });
});

test("a key that is removed and added again is written with its new value only", () => {
  const changed = after([["Name", "web"], ["old", "1", true], ["old", "2"]]);
  expect(tagCalls("i-1", before, changed)).toEqual({
    create: { Resources: ["i-1"], Tags: [{ Key: "old", Value: "2" }] },
  });
});

test("a new resource has its tags from its first moment, and without tags no member for them", () => {
  expect(tagSpecifications("volume", after([["a", "b"]]))).toEqual({
    TagSpecifications: [{ ResourceType: "volume", Tags: [{ Key: "a", Value: "b" }] }],
  });
  expect(tagSpecifications("volume", after([]))).toEqual({});
});
