import { expect, test } from "vitest";
import { textsOf } from "../../texts/texts";
import type { Hibernation } from "./evidence";
import { outcomeOf } from "./Hibernations";
import { canHibernate, isHibernated, type Row } from "./model";
import { withHibernations } from "./timelineModel";

const text = textsOf("en");
const at = "2026-11-23T06:44:48.000Z";
const told = (more: Partial<Hibernation> = {}): Hibernation => ({
  asked_at: at,
  request_id: null,
  suspended_at: null,
  size_bytes: null,
  resumed_at: null,
  ended_at: null,
  because: null,
  ...more,
});

test("every hibernation says what became of it", () => {
  const kept = { suspended_at: at, size_bytes: 1 };
  const because = "vol-1 was detached meanwhile.";
  expect(
    [
      told(),
      told({ ended_at: at, because: "The host's disk is full." }),
      told(kept),
      told({ ...kept, resumed_at: at }),
      told({ ...kept, ended_at: at, because }),
      told({ ...kept, ended_at: at }),
    ].map((one) => outcomeOf(text, one)),
  ).toEqual([
    "Under way",
    "It was shut down instead. The host's disk is full.",
    "Hibernated",
    "It went on in the same boot.",
    "Its memory was given up. vol-1 was detached meanwhile.",
    "Its memory was given up.",
  ]);
});

test("an instance is hibernated where it was stopped so, if it was launched for it", () => {
  const row = (state: string, Code: string) =>
    ({ state, instance: { StateReason: { Code }, HibernationOptions: { Configured: true } } }) as Row;
  expect(isHibernated(row("stopped", "Client.UserInitiatedHibernate"))).toBe(true);
  expect(isHibernated(row("stopped", "Client.UserInitiatedShutdown"))).toBe(false);
  expect(isHibernated(row("stopping", "Client.UserInitiatedHibernate"))).toBe(false);
  expect(canHibernate(row("running", ""))).toBe(true);
  expect(canHibernate({ instance: {} } as Row)).toBe(false);
});

test("on the timeline the guest stands still while it is hibernated, in the boot that goes on", () => {
  const second = (count: number): string => new Date(count * 1000).toISOString();
  const up = { kind: "up" as const, from: 1000, to: 60_000, open: true };
  const phases = (one: Hibernation) => withHibernations([up], [one], 60_000).map(({ kind, from, to, open }) => [kind, from, to, open]);
  expect(phases(told({ suspended_at: second(10), resumed_at: second(20) }))).toEqual([
    ["up", 1000, 10_000, false],
    ["hibernated", 10_000, 20_000, false],
    ["up", 20_000, 60_000, true],
  ]);
  expect(phases(told({ suspended_at: second(10) }))).toEqual([
    ["up", 1000, 10_000, false],
    ["hibernated", 10_000, 60_000, true],
  ]);
  expect(phases(told({ ended_at: second(10) }))).toEqual([["up", 1000, 60_000, true]]);
});
