import { expect, test } from "vitest";
import { bootOf, hibernationOf, second } from "../../testing";
import { aroundCut } from "./cutModel";
import type { HowCut } from "./model";

const at = (of: number): number => Date.parse(second(of));
const NOW = at(1000);
const how = (askedAt: number): HowCut => ({
  request_id: "request-cut",
  asked_at: second(askedAt),
  consistency: "at-rest",
  detail: null,
  frozen_ms: null,
  snapshots: [],
  booted: [],
});

const ended = { end_request_id: "request-cut", end_requested_at: second(101), at_rest_at: second(104), ended_at: second(104) };
const before = bootOf(2, 50, ended);
const after = bootOf(3, 105, { request_id: "request-cut", end_requested_at: second(300), at_rest_at: second(301), ended_at: second(301) });
const later = bootOf(4, 302);

test("an image that rebooted its instance is drawn with the boot before it and the boot it caused, until that one ends", () => {
  const found = aroundCut([bootOf(1, 0), before, after, later], how(100), NOW)!;
  expect(found).toMatchObject({ course: "rebooted", until: at(300), cutAt: at(104), before: { number: 2 }, after: { number: 3 } });
  expect(found.boots.map(({ number, ended_at }) => [number, ended_at])).toEqual([
    [2, second(104)],
    [3, null],
  ]);
  expect(found.down).toMatchObject({ shutdown: 3, rest: 1, boot: 2, whole: 6 });
});

test("of an image without a reboot the boot that went on is drawn, marked where it was asked for", () => {
  const found = aroundCut([before, after, later], { ...how(200) }, NOW)!;
  expect(found).toMatchObject({ course: "rebooted" }); // the request's own boot counts, whatever the times say
  const running = aroundCut([bootOf(1, 0), later], { ...how(200) }, NOW)!;
  expect(running).toMatchObject({ course: "running", cutAt: at(200), until: NOW, boots: [{ number: 1 }] });
});

test("of an instance that was off nothing is said to have been rebooted", () => {
  const stopped = bootOf(1, 0, { end_requested_at: second(10), at_rest_at: second(12), ended_at: second(12) });
  expect(aroundCut([stopped], how(100), NOW)).toMatchObject({ course: "off", until: NOW });
  expect(aroundCut([stopped, bootOf(2, 150)], how(100), NOW)).toMatchObject({ course: "off", until: at(150) });
});

test("while it is shut down for the cut, it is said to be rebooted", () => {
  expect(aroundCut([before], how(100), at(104.2))).toMatchObject({ course: "rebooted", until: at(104.2), after: undefined });
});

test("where the request or the boots are not known, nothing is drawn", () => {
  expect(aroundCut([before, after], { ...how(100), request_id: null }, NOW)).toBeNull();
  expect(aroundCut([], how(100), NOW)).toBeNull();
});

test("of an instance that was hibernated, nothing is said to have gone on running", () => {
  const kept = hibernationOf({ suspended_at: second(150), resumed_at: second(250) });
  expect(aroundCut([bootOf(1, 0)], how(200), NOW, [kept])).toMatchObject({ course: "hibernated", cutAt: at(200) });
  expect(aroundCut([bootOf(1, 0)], how(300), NOW, [kept])).toMatchObject({ course: "running" });
});
