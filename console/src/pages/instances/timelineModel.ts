/** The boots of one guest as stretches of time, and an axis on which seconds of downtime beside days of uptime are seen. */
import type { Boot, Move } from "../../api/types";
import type { Claim } from "./evidence";

export type GuestKind = "booting" | "fromMemory" | "hibernated" | "up" | "shutdown" | "atRest" | "off";
export type ApiKind = "pending" | "running" | "stopping" | "stopped" | "shutting-down" | "terminated" | "unrecorded";

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
    const shutdown = secondsBetween(before.end_requested_at, before.at_rest_at);
    const rest = secondsBetween(before.at_rest_at, after.started_at);
    const boot = secondsBetween(after.started_at, after.reachable_at);
    if (shutdown === null || rest === null || boot === null) return [];
    const { number, action, cut_seconds: cut } = after;
    return [{ number, action, shutdown, rest, boot, whole: shutdown + rest + boot, cut }];
  });
}

/** The boots with the shutdown that goes on now, of which a boot tells once its guest is down. */
export function withShutdown(boots: readonly Boot[], claim: Claim | null): readonly Boot[] {
  const last = boots.at(-1);
  const isShuttingDown = claim !== null && claim.step === SHUTDOWN_STEP && claim.step_since !== null;
  if (!isShuttingDown || last === undefined || last.ended_at !== null) return boots;
  return [...boots.slice(0, -1), { ...last, end_requested_at: claim.step_since, end_action: claim.action }];
}

const SHUTDOWN_STEP = "shut the guest down"; // as every workflow calls it

/** The same, with the phase parted in which this moment lies: a long one is then shortened on each side of it. */
export function partedAt(phases: readonly Phase<GuestKind>[], moment: number): Phase<GuestKind>[] {
  return phases.flatMap((phase) =>
    phase.from < moment && moment < phase.to ? [{ ...phase, to: moment, open: false }, { ...phase, from: moment }] : [phase],
  );
}

/** What the guest was doing, from the beginning until now, without holes. */
export function guestPhases(boots: readonly Boot[], now: number, beginning: number): Phase<GuestKind>[] {
  const started = time(boots[0]!.started_at)!;
  const before: Phase<GuestKind> = { kind: "off", from: beginning, to: started, open: false };
  return [...(beginning < started ? [before] : []), ...boots.flatMap((boot, index) => phasesOf(boot, boots[index + 1], now))];
}

function phasesOf(boot: Boot, next: Boot | undefined, now: number): Phase<GuestKind>[] {
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
  add(boot.from_memory ? "fromMemory" : "booting", started, Math.min(reachable ?? alive, alive), goesOn && reachable === null);
  if (reachable !== null) add("up", reachable, alive, goesOn);
  if (ending !== null) add("shutdown", ending, down ?? last, !next && down === null);
  if (down !== null) add(isStopped(boot, next) ? "off" : "atRest", down, last, !next);
  return phases;
}

/** When the picture of these boots begins: with the launch, where the first of them is its. */
export function beginningOf(boots: readonly Boot[], moves: readonly Move[]): number {
  const [first] = boots;
  const started = time(first!.started_at)!;
  const launched = time(moves[0]?.at ?? null);
  return first!.number === 1 && launched !== null ? Math.min(launched, started) : started;
}

/** What EC2's API says of the instance from then until now: it shows none of the reboots. `unrecorded` where that was
 * not written down, by an earlier version. */
export function apiPhases(moves: readonly Move[], from: number, now: number): Phase<ApiKind>[] {
  const first = moves[0] === undefined ? Infinity : time(moves[0].at)!;
  const before: Phase<ApiKind> = { kind: "unrecorded", from, to: Math.min(first, now), open: moves.length === 0 };
  const until = moves.filter((move) => time(move.at)! <= now || move === moves[0]); // a picture may end before now
  const known = until.flatMap((move, index) => {
    const next = until[index + 1];
    const begin = Math.max(from, time(move.at)!);
    const end = next === undefined ? Math.max(begin, now) : time(next.at)!;
    if (next !== undefined && end <= begin) return [];
    return [{ kind: move.state as ApiKind, from: begin, to: end, open: next === undefined }];
  });
  return from < first ? [before, ...known] : known;
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
  return phase.kind === "up" || phase.kind === "off" || phase.kind === "hibernated";
}

const length = (phase: Phase<unknown>): number => phase.to - phase.from;
const sum = (one: number, other: number): number => one + other;

/** A moment in milliseconds since 1970. */
export function time(moment: string | null): number | null {
  return moment === null ? null : Date.parse(moment);
}

/** From one moment to another, in seconds; null where one of them was not seen. */
export function secondsBetween(from: string | null, to: string | null): number | null {
  return from === null || to === null ? null : (Date.parse(to) - Date.parse(from)) / 1000;
}
