import { expect, test } from "vitest";
import { bootOf, second } from "../../testing";
import { flagsOf, workingFlag } from "./timelineMoments";

const claim = { workflow: "wf-1", kind: "reboot_instance", action: "RebootInstances", request: "request-9", principal: "AKIA", at: second(30) };
const flags = flagsOf([bootOf(1, 0)]);

test("a call that is carried out has a flag before its boot comes", () => {
  expect(workingFlag(claim, flags)).toMatchObject([{ action: "RebootInstances", at: Date.parse(second(30)), isGoingOn: true }]);
});

test("once its boot is there, the call has no second flag, and what ends no guest has none", () => {
  expect(workingFlag({ ...claim, request: "request-1" }, flags)).toEqual([]);
  expect(workingFlag({ ...claim, action: "AttachVolume" }, flags)).toEqual([]);
  expect(workingFlag({ ...claim, action: null }, flags)).toEqual([]);
  expect(workingFlag(null, flags)).toEqual([]);
});
