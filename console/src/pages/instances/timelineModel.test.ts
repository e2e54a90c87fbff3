import { expect, test } from "vitest";
import { bootOf, second } from "../../testing";
import type { Boot } from "../../api/types";
import { textsOf } from "../../texts/texts";
import { wayText } from "./causes";
import { apiPhases, axisOf, beginningOf, downtimes, duration, guestPhases } from "./timelineModel";
import { flagsOf, marksOf } from "./timelineMoments";

const at = (of: number): number => Date.parse(second(of));
const DAY = 86_400;
const phasesOf = (boots: readonly Boot[], now: number) => guestPhases(boots, now, at(0));
const moved = (...moves: [string, number][]) => moves.map(([state, when]) => ({ state, at: second(when) }));

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
  const phases = phasesOf(imaged, at(DAY + 60));
  expect(phases.map(({ kind }) => kind)).toEqual(["booting", "up", "shutdown", "atRest", "booting", "up"]);
  phases.slice(1).forEach((phase, index) => expect(phase.from).toBe(phases[index]!.to));
  expect(phases.at(-1)).toEqual({ kind: "up", from: at(DAY + 5.5), to: at(DAY + 60), open: true });
});

test("the API says running through the reboot of an image", () => {
  expect(apiPhases(moved(["pending", -1], ["running", 1]), at(0), at(DAY + 60))).toEqual([
    { kind: "pending", from: at(0), to: at(1), open: false },
    { kind: "running", from: at(1), to: at(DAY + 60), open: true },
  ]);
});

test("the API's states have the moments at which they were moved", () => {
  const moves = moved(["pending", 0], ["running", 1], ["stopping", 9], ["stopped", 12.5], ["pending", 60], ["running", 61]);
  const phases = apiPhases(moves, at(0), at(90));
  expect(phases.map(({ kind }) => kind)).toEqual(["pending", "running", "stopping", "stopped", "pending", "running"]);
  expect(phases[2]).toEqual({ kind: "stopping", from: at(9), to: at(12.5), open: false });
  const stopped = bootOf(1, 0, { end_action: "StopInstances", end_requested_at: second(10), at_rest_at: second(12) });
  expect(phasesOf([stopped], at(90)).at(-1)).toMatchObject({ kind: "off", open: true });
});

test("what the API said before moments were kept is said to be not known", () => {
  expect(apiPhases([], at(0), at(90))).toEqual([{ kind: "unrecorded", from: at(0), to: at(90), open: true }]);
  const kinds = apiPhases(moved(["stopping", 50]), at(0), at(90)).map(({ kind }) => kind);
  expect(kinds).toEqual(["unrecorded", "stopping"]);
});

test("before its first boot the guest is off, from the launch on", () => {
  const moves = moved(["pending", 0]);
  expect(beginningOf([bootOf(1, 5)], moves)).toBe(at(0));
  expect(beginningOf([bootOf(7, 5)], moves)).toBe(at(5));
  expect(guestPhases([bootOf(1, 5)], at(9), at(0))[0]).toEqual({ kind: "off", from: at(0), to: at(5), open: false });
});

test("a reboot has one flag, at the moment of its call", () => {
  const call = { end_called_at: second(DAY - 1), end_request_id: "request-2" };
  const flags = flagsOf([{ ...imaged[0]!, ...call }, imaged[1]!]);
  expect(flags.map(({ action, at: when }) => [action, when])).toEqual([
    ["RunInstances", at(0)],
    ["CreateImage", at(DAY - 1)],
  ]);
  expect(flags[1]).toMatchObject({ request: "request-2", principal: "AKIAEXAMPLE" });
});

test("a stop and the start after it have a flag each, and so has an end that no boot followed", () => {
  const end = { end_cause: "action", end_action: "StopInstances", end_requested_at: second(10), ended_at: second(12) };
  const boots = [bootOf(1, 0, end), bootOf(2, 60, { action: "StartInstances", end_cause: "panic", ended_at: second(70) })];
  expect(flagsOf(boots).map(({ action, cause, at: when }) => [action ?? cause, when])).toEqual([
    ["RunInstances", at(0)],
    ["StopInstances", at(10)],
    ["StartInstances", at(60)],
    ["panic", at(70)],
  ]);
});

test("the cut is marked between rest and boot, and each moment from which the guest was reachable", () => {
  expect(marksOf(imaged).map(({ kind, at: when }) => [kind, when])).toEqual([
    ["reachable", at(2)],
    ["cut", at(DAY + 3.25)],
    ["reachable", at(DAY + 5.5)],
  ]);
});

test("a shutdown that goes on is open until now", () => {
  const phases = phasesOf([bootOf(1, 0, { end_action: "CreateImage", end_requested_at: second(10) })], at(14));
  expect(phases.at(-1)).toEqual({ kind: "shutdown", from: at(10), to: at(14), open: true });
});

test("a downtime has its parts, and none where a moment was not seen", () => {
  expect(downtimes(imaged)).toEqual([
    { number: 2, action: "CreateImage", shutdown: 3, rest: 0.5, boot: 2, whole: 5.5, cut: 0.002 },
  ]);
  expect(downtimes([bootOf(1, 0), bootOf(2, 50)])).toEqual([]);
});

test("seconds of downtime beside a day of uptime are seen, and the day is cut", () => {
  const phases = phasesOf(imaged, at(2 * DAY));
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

test("a guest that went on from memory did not boot", () => {
  const boots = [
    bootOf(1, 0, { from_memory: true, end_action: "RebootInstances", end_requested_at: second(9), at_rest_at: second(10) }),
    bootOf(2, 10, { action: "RebootInstances", cold_because: "its disk was written to" }),
  ];
  expect(phasesOf(boots, at(60)).map(({ kind }) => kind)).toEqual(["fromMemory", "up", "shutdown", "booting", "up"]);
  const text = textsOf("en");
  expect(boots.map((boot) => wayText(text, boot))).toEqual(["From memory", "Cold boot: its disk was written to"]);
  expect(wayText(text, bootOf(3, 70))).toBe("Cold boot");
});
