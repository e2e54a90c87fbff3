import { expect, test } from "vitest";
import { bootOf, second } from "../../testing";
import { guestPhases, withShutdown } from "./timelineModel";
import { flagsOf, workingFlag } from "./timelineMoments";
import { callerOf } from "./TimelineFlags";

const claim = { workflow: "wf-1", kind: "reboot_instance", action: "RebootInstances", request: "request-9", principal: "AKIA", principal_arn: null, at: second(30), step: null, step_since: null };
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

test("a shutdown is drawn while it goes on, and not once the boot itself tells of its end", () => {
  const going = { ...claim, step: "shut the guest down", step_since: second(31) };
  const phases = guestPhases(withShutdown([bootOf(1, 0)], going), Date.parse(second(33)), Date.parse(second(0)));
  expect(phases.at(-1)).toEqual({ kind: "shutdown", from: Date.parse(second(31)), to: Date.parse(second(33)), open: true });
  const ended = [bootOf(1, 0, { ended_at: second(32) })];
  expect(withShutdown(ended, going)).toBe(ended);
  expect(withShutdown([bootOf(1, 0)], { ...going, step: "boot the guest" })[0]).toEqual(bootOf(1, 0));
});

test.each([
  ["arn:aws:iam::123456789012:root", "…MPLE"],
  ["arn:aws:iam::123456789012:user/ops/backup", "backup"],
  ["arn:aws:sts::123456789012:assumed-role/deploy/me", "deploy/me"],
  [null, "…MPLE"],
])("who called as %j is %j in a word", (arn, word) => {
  expect(callerOf({ arn, principal: "AKIAEXAMPLE" })).toBe(word);
});
