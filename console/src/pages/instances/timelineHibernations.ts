/** Hibernations in a timeline: when the guest stood still, its memory kept, and the calls that brought it about. */
import type { Hibernation } from "../../api/types";
import { time, type GuestKind, type Phase } from "./timelineModel";
import type { Flag } from "./timelineMoments";

/** Those of these boots that began until then. */
export function hibernationsOf(hibernations: readonly Hibernation[], boots: readonly { id: string }[], until: number): Hibernation[] {
  const ids = new Set(boots.map(({ id }) => id));
  return hibernations.filter((one) => ids.has(one.boot_id) && time(one.asked_at)! <= until);
}

/** These phases, with the times in which the guest stood still, its memory kept. Where that was given up, it was off from then on. */
export function withHibernations(
  phases: readonly Phase<GuestKind>[],
  hibernations: readonly Hibernation[],
  now: number,
): Phase<GuestKind>[] {
  const stretches = hibernations.flatMap((one) => {
    const [from, to] = [time(one.suspended_at), time(one.resumed_at ?? one.ended_at)];
    return from === null ? [] : [{ from, to: to ?? now, open: to === null, isGivenUp: one.ended_at !== null }];
  });
  return stretches.reduce<Phase<GuestKind>[]>(
    (before, { from, to, open, isGivenUp }) =>
      before.flatMap((phase) => {
        if (isGivenUp && phase.kind === "atRest" && phase.from === to) return [{ ...phase, kind: "off" }];
        if (!isAlive(phase) || phase.to <= from || phase.from >= to) return [phase];
        const [begin, end] = [Math.max(phase.from, from), Math.min(phase.to, to)];
        return [
          ...(phase.from < begin ? [{ ...phase, to: begin, open: false }] : []),
          { kind: "hibernated", from: begin, to: end, open },
          ...(!open && (end < phase.to || phase.open) ? [{ ...phase, from: end }] : []),
        ];
      }),
    [...phases],
  );
}

function isAlive({ kind }: Phase<GuestKind>): boolean {
  return kind === "booting" || kind === "fromMemory" || kind === "up";
}

/** What had a guest's memory saved, and what had it go on: no boot tells of these. */
export function hibernationFlags(hibernations: readonly Hibernation[]): Flag[] {
  const saved = hibernations.filter((one) => one.suspended_at !== null);
  return saved.flatMap((one) => {
    const flag = (action: string, at: string, by: Pick<Flag, "request" | "principal" | "arn">): Flag => ({
      ...{ key: `${action}-${at}`, at: time(at)!, cause: "action", action, ...by },
    });
    const stopped = { request: one.request_id, principal: one.principal, arn: one.principal_arn };
    const resumed = { request: one.resume_request_id, principal: one.resume_principal, arn: one.resume_principal_arn };
    const went = one.resumed_at;
    return [
      flag("StopInstances", one.asked_at, stopped),
      ...(went === null ? [] : [flag("StartInstances", went, resumed)]),
    ];
  });
}
