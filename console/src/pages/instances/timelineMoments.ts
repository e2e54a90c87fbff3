/** The moments that a timeline marks: what caused boots and ends, when disks were cut, when a guest was reachable. */
import type { Boot } from "../../api/types";
import type { Claim } from "./evidence";
import { time } from "./timelineModel";

/** What brought a boot about, or an end after which there was none: drawn as a flag at its moment. */
export interface Flag {
  key: string;
  at: number;
  cause: string | null;
  action: string | null;
  request: string | null;
  principal: string | null;
  /** Whose key that is. */
  arn: string | null;
  /** Whether what it caused has not come yet. */
  isGoingOn?: boolean;
}

/** One flag for each cause, at the moment of the call, or of what was first seen of it. */
export function flagsOf(boots: readonly Boot[]): Flag[] {
  return boots.flatMap((boot, index) => {
    const [before, next] = [boots[index - 1], boots[index + 1]];
    const isReboot = before !== undefined && before.end_cause === boot.cause && before.end_action === boot.action;
    const { action, cause, request_id: request, principal, principal_arn: arn } = boot;
    const began = isReboot ? endOf(before) : time(boot.called_at ?? boot.started_at)!;
    const flags: Flag[] = [{ key: boot.id, at: began, cause, action, request, principal, arn }];
    const endsAlone = boot.end_cause !== null && (!next || next.cause !== boot.end_cause || next.action !== boot.end_action);
    if (!endsAlone) return flags;
    const end = { cause: boot.end_cause, action: boot.end_action, request: boot.end_request_id };
    const by = { principal: boot.end_principal, arn: boot.end_principal_arn };
    return [...flags, { key: `${boot.id}-end`, at: endOf(boot), ...end, ...by }];
  });
}

const ENDING = new Set(["CreateImage", "RebootInstances", "StopInstances", "TerminateInstances", "CreateReplaceRootVolumeTask"]);

/** The flag of a call that is being carried out, and of which no boot and no end tells yet. */
export function workingFlag(claim: Claim | null, flags: readonly Flag[]): Flag[] {
  if (claim === null || claim.action === null || !ENDING.has(claim.action)) return [];
  const { workflow, action, request, principal, principal_arn: arn, at } = claim;
  if (flags.some((flag) => flag.request === request)) return [];
  return [{ key: workflow, at: time(at)!, cause: "action", action, request, principal, arn, isGoingOn: true }];
}

function endOf(boot: Boot): number {
  return time(boot.end_called_at ?? boot.end_requested_at ?? boot.at_rest_at ?? boot.ended_at)!;
}

/** A moment of which the picture has a mark: when the disks were cut, when the guest answered again. */
export interface Mark {
  kind: "cut" | "reachable";
  at: number;
  /** How long the cut took. */
  seconds: number | null;
}

export function marksOf(boots: readonly Boot[]): Mark[] {
  return boots.flatMap((boot, index) => {
    const rested = time(boots[index - 1]?.at_rest_at ?? null);
    const reachable = time(boot.reachable_at);
    const marks: Mark[] = [];
    if (boot.cut_seconds !== null && rested !== null) {
      // Somewhere between rest and the first instruction; where it was is not recorded, how long it took is.
      marks.push({ kind: "cut", at: (rested + time(boot.started_at)!) / 2, seconds: boot.cut_seconds });
    }
    if (reachable !== null) marks.push({ kind: "reachable", at: reachable, seconds: null });
    return marks;
  });
}
