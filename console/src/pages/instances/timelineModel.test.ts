import { expect, test } from "vitest";
import { bootOf, second } from "../../testing";
import { apiPhases, axisOf, downtimes, duration, guestPhases } from "./timelineModel";

const at = (of: number): number => Date.parse(second(of));
const DAY = 86_400;

const imaged = [
  bootOf(1, 0, {
    end_cause: "action",
    end_action: "CreateImage",
    end_requested_at: second(DAY),
    at_rest_at: second(DAY + 3),
    ended_at: second(DAY + 3),
  }),
  bootOf(2, DAY + 3.5, { action: "CreateImage", cut_seconds: 0.002 }),
];

test("the guest's phases leave no hole and do not overlap", () => {
  const phases = guestPhases(imaged, at(DAY + 60));
  expect(phases.map(({ kind }) => kind)).toEqual(["booting", "up", "shutdown", "atRest", "booting", "up"]);
  phases.slice(1).forEach((phase, index) => expect(phase.from).toBe(phases[index]!.to));
  expect(phases.at(-1)).toEqual({ kind: "up", from: at(DAY + 5.5), to: at(DAY + 60), open: true });
});

test("the API says running through the reboot of an image", () => {
  expect(apiPhases(imaged, at(DAY + 60))).toEqual([{ kind: "running", from: at(0), to: at(DAY + 60), open: true }]);
});

test("the API says that an instance stops, is stopped, and runs again", () => {
  const stopped = bootOf(1, 0, { end_action: "StopInstances", end_requested_at: second(10), at_rest_at: second(12) });
  const kinds = apiPhases([stopped, bootOf(2, 60, { action: "StartInstances" })], at(90)).map(({ kind }) => kind);
  expect(kinds).toEqual(["running", "stopping", "stopped", "running"]);
  expect(guestPhases([stopped], at(90)).at(-1)).toMatchObject({ kind: "off", open: true });
});

test("a shutdown that goes on is open until now", () => {
  const phases = guestPhases([bootOf(1, 0, { end_action: "CreateImage", end_requested_at: second(10) })], at(14));
  expect(phases.at(-1)).toEqual({ kind: "shutdown", from: at(10), to: at(14), open: true });
});

test("a downtime has its parts, and none where a moment was not seen", () => {
  expect(downtimes(imaged)).toEqual([
    { number: 2, action: "CreateImage", shutdown: 3, rest: 0.5, boot: 2, whole: 5.5, cut: 0.002 },
  ]);
  expect(downtimes([bootOf(1, 0), bootOf(2, 50)])).toEqual([]);
});

test("seconds of downtime beside a day of uptime are seen, and the day is cut", () => {
  const phases = guestPhases(imaged, at(2 * DAY));
  const axis = axisOf(phases, 1000);
  expect(axis.cuts.map((cut) => Math.round(cut.seconds))).toEqual([DAY - 2, DAY - 5.5].map(Math.round));
  for (const phase of phases) expect(axis.x(phase.to) - axis.x(phase.from)).toBeGreaterThan(10);
  expect([axis.x(at(0)), Math.round(axis.x(at(2 * DAY)))]).toEqual([0, 1000]);
});

test.each([
  [0.04, "0.0 s"],
  [59.6, "1 min 0 s"],
  [3600, "1 h 0 min"],
  [200_000, "2 d 7 h"],
])("%s seconds are %s", (seconds, written) => expect(duration(seconds)).toBe(written));
