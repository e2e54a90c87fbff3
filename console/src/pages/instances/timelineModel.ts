/** The boots of one guest as stretches of time, and an axis on which seconds of downtime beside days of uptime are seen. */
import type { Boot } from "../../api/types";

export type GuestKind = "booting" | "up" | "shutdown" | "atRest" | "off";
export type ApiKind = "running" | "stopping" | "stopped" | "terminated";

/** A stretch of time, in milliseconds since 1970. One that is `open` goes on now. */
export interface Phase<Kind> {
  kind: Kind;
  from: number;
  to: number;
  open: boolean;
}

/** How long a guest was down between two boots whose every moment was seen, in seconds. */
export interface Downtime {
  number: number;
  action: string | null;
  shutdown: number;
  rest: number;
  boot: number;
  whole: number;
  cut: number | null;
}

const STOPPED_BY = new Set(["StopInstances", "TerminateInstances"]);

/** Whether the guest boots or shuts down now, of its last boot. */
export function isMoving(boot: Boot): boolean {
  return boot.at_rest_at === null && boot.ended_at === null && (boot.reachable_at === null || boot.end_requested_at !== null);
}

/** The downtimes, each with the boot that ended it. */
export function downtimes(boots: readonly Boot[]): Downtime[] {
  return boots.slice(1).flatMap((after, index) => {
    const before = boots[index]!;
    const shutdown = seconds(before.end_requested_at, before.at_rest_at);
    const rest = seconds(before.at_rest_at, after.started_at);
    const boot = seconds(after.started_at, after.reachable_at);
    if (shutdown === null || rest === null || boot === null) return [];
    const { number, action, cut_seconds: cut } = after;
    return [{ number, action, shutdown, rest, boot, whole: shutdown + rest + boot, cut }];
  });
}

/** What the guest was doing, from the first of these boots until now, without holes. */
export function guestPhases(boots: readonly Boot[], now: number): Phase<GuestKind>[] {
  return boots.flatMap((boot, index) => {
    const next = boots[index + 1];
    const started = time(boot.started_at)!;
    const reachable = time(boot.reachable_at);
    const ending = time(boot.end_requested_at);
    const down = time(boot.at_rest_at) ?? time(boot.ended_at);
    const last = next ? time(next.started_at)! : now;
    const alive = ending ?? down ?? last;
    const phases: Phase<GuestKind>[] = [];
    const add = (kind: GuestKind, from: number, to: number, open = false): void => {
      if (to > from || open) phases.push({ kind, from, to: Math.max(from, to), open });
    };
    const goesOn = !next && ending === null && down === null;
    add("booting", started, Math.min(reachable ?? alive, alive), goesOn && reachable === null);
    if (reachable !== null) add("up", reachable, alive, goesOn);
    if (ending !== null) add("shutdown", ending, down ?? last, !next && down === null);
    if (down !== null) add(isStopped(boot, next) ? "off" : "atRest", down, last, !next);
    return phases;
  });
}

/** The same, with the phase parted in which this moment lies: a long one is then shortened on each side of it. */
export function partedAt(phases: readonly Phase<GuestKind>[], moment: number): Phase<GuestKind>[] {
  return phases.flatMap((phase) =>
    phase.from < moment && moment < phase.to ? [{ ...phase, to: moment, open: false }, { ...phase, from: moment }] : [phase],
  );
}

/** What EC2's API says of the instance meanwhile: it shows none of the reboots. */
export function apiPhases(boots: readonly Boot[], now: number): Phase<ApiKind>[] {
  const phases: Phase<ApiKind>[] = [];
  const add = (kind: ApiKind, from: number, to: number, open = false): void => {
    const before = phases.at(-1);
    if (before?.kind === kind && before.to === from) phases[phases.length - 1] = { ...before, to, open };
    else if (to > from || open) phases.push({ kind, from, to: Math.max(from, to), open });
  };
  boots.forEach((boot, index) => {
    const next = boots[index + 1];
    const started = time(boot.started_at)!;
    const last = next ? time(next.started_at)! : now;
    const down = time(boot.at_rest_at) ?? time(boot.ended_at);
    const asked = STOPPED_BY.has(boot.end_action ?? "") ? time(boot.end_requested_at) : null;
    if (!isStopped(boot, next) && asked === null) {
      add("running", started, last, !next);
      return;
    }
    add("running", started, asked ?? down ?? last);
    if (asked !== null) add("stopping", asked, down ?? last, !next && down === null);
    if (down !== null) add(boot.end_action === "TerminateInstances" ? "terminated" : "stopped", down, last, !next);
  });
  return phases;
}

/** Where moments lie on a picture of this width. Long quiet stretches are shortened, and `cuts` says where. */
export interface Axis {
  x: (moment: number) => number;
  cuts: { x: number; width: number; seconds: number }[];
}

const QUIET_WIDTH = 110;
const LEAST_WIDTH = 14;

export function axisOf(phases: readonly Phase<GuestKind>[], width: number): Axis {
  const busy = phases.filter((phase) => !isQuiet(phase)).map(length);
  const longest = Math.max(1000, ...busy);
  const isCut = (phase: Phase<GuestKind>): boolean => isQuiet(phase) && length(phase) > 3 * longest;
  const cutWidth = Math.min(QUIET_WIDTH, width / (phases.filter(isCut).length * 2 + 1));
  const drawn = phases.filter((phase) => !isCut(phase));
  const scale = (width - (phases.length - drawn.length) * cutWidth) / Math.max(1, drawn.map(length).reduce(sum, 0));
  const wished = phases.map((phase) => (isCut(phase) ? cutWidth : Math.max(LEAST_WIDTH, length(phase) * scale)));
  const fit = width / wished.reduce(sum, 0);
  let at = 0;
  const stretches = phases.map((phase, index) => {
    const begin = at;
    at += wished[index]! * fit;
    return { phase, begin, end: at };
  });
  const x = (moment: number): number => {
    const found = stretches.find(({ phase }) => moment <= phase.to) ?? stretches.at(-1);
    if (found === undefined) return 0;
    const part = length(found.phase) === 0 ? 0 : (moment - found.phase.from) / length(found.phase);
    return found.begin + Math.min(1, Math.max(0, part)) * (found.end - found.begin);
  };
  const cuts = stretches
    .filter(({ phase }) => isCut(phase))
    .map(({ phase, begin, end }) => ({ x: begin, width: end - begin, seconds: length(phase) / 1000 }));
  return { x, cuts };
}

/** A duration in the largest two units that it has. */
export function duration(secondsLong: number): string {
  if (secondsLong < 10) return `${secondsLong.toFixed(1)} s`;
  const whole = Math.round(secondsLong);
  if (whole < 60) return `${whole} s`;
  if (whole < 3600) return `${Math.floor(whole / 60)} min ${whole % 60} s`;
  if (whole < 86400) return `${Math.floor(whole / 3600)} h ${Math.floor((whole % 3600) / 60)} min`;
  return `${Math.floor(whole / 86400)} d ${Math.floor((whole % 86400) / 3600)} h`;
}

function isStopped(boot: Boot, next: Boot | undefined): boolean {
  return STOPPED_BY.has(boot.end_action ?? "") || next?.action === "StartInstances" || (!next && boot.end_cause === "guest");
}

function isQuiet(phase: Phase<GuestKind>): boolean {
  return phase.kind === "up" || phase.kind === "off";
}

const length = (phase: Phase<unknown>): number => phase.to - phase.from;
const sum = (one: number, other: number): number => one + other;

function time(moment: string | null): number | null {
  return moment === null ? null : Date.parse(moment);
}

function seconds(from: string | null, to: string | null): number | null {
  return from === null || to === null ? null : (Date.parse(to) - Date.parse(from)) / 1000;
}
