import { expect, test } from "vitest";
import type { Boot, Hibernation } from "../../api/types";
import { bootOf, hibernationOf, second } from "../../testing";
import { hibernationFlags, withHibernations } from "./timelineHibernations";
import { guestPhases } from "./timelineModel";

const at = (of: number): number => Date.parse(second(of));
const asleep = (boots: readonly Boot[], of: Hibernation, now: number) =>
  withHibernations(guestPhases(boots, at(now), at(0)), [of], at(now)).map(({ kind, from, to, open }) => [kind, (from - at(0)) / 1000, (to - at(0)) / 1000, open]);

test("a guest stands still while it is hibernated, and goes on in the same boot", () => {
  const boots = [bootOf(1, 0)];
  expect(asleep(boots, hibernationOf({}), 60)).toEqual([
    ["booting", 0, 2, false],
    ["up", 2, 12, false],
    ["hibernated", 12, 60, true],
  ]);
  expect(asleep(boots, hibernationOf({ resumed_at: second(30) }), 60).slice(1)).toEqual([
    ["up", 2, 12, false],
    ["hibernated", 12, 30, false],
    ["up", 30, 60, true],
  ]);
});

test("a hibernation that did not come about is none, and one that was given up leaves the guest off", () => {
  const fallenBack = hibernationOf({ suspended_at: null, ended_at: second(10) });
  expect(asleep([bootOf(1, 0)], fallenBack, 60).map(([kind]) => kind)).toEqual(["booting", "up"]);
  const ended = bootOf(1, 0, { end_cause: "action", end_action: "DetachVolume", end_clean: false, ended_at: second(20) });
  expect(asleep([ended], hibernationOf({ ended_at: second(20) }), 60).slice(1)).toEqual([
    ["up", 2, 12, false],
    ["hibernated", 12, 20, false],
    ["off", 20, 60, true],
  ]);
});

test("the calls that had a guest hibernated and go on are flags of their own", () => {
  const went = hibernationOf({ resumed_at: second(30), resume_request_id: "start" });
  expect(hibernationFlags([went, hibernationOf({ suspended_at: null })]).map(({ at: when, action, request }) => [when, action, request])).toEqual([
    [at(9), "StopInstances", "request-stop"],
    [at(30), "StartInstances", "start"],
  ]);
});
