/** The boots of the source instance around the moment at which an image was cut. */
import type { Boot, Hibernation } from "../../api/types";
import { downtimes, type Downtime } from "../instances/timelineModel";
import type { HowCut } from "./model";

/** `rebooted`: the guest was shut down for it. Else it went on `running`, stood still `hibernated`, or was `off` already. */
export type Course = "rebooted" | "running" | "hibernated" | "off";

export interface AroundCut {
  course: Course;
  /** Those to draw, and until when: what became of the guest much later is not of interest. */
  boots: Boot[];
  until: number;
  /** Where the cut is marked: in milliseconds since 1970. */
  cutAt: number;
  /** The boot that ended before the cut, or that went on; and the one that the same call caused. */
  before: Boot | undefined;
  after: Boot | undefined;
  down: Downtime | undefined;
}

/** Null where the boots of that time are not known any more, or the image does not say which request made it. */
export function aroundCut(
  boots: readonly Boot[],
  how: HowCut,
  now: number,
  hibernations: readonly Hibernation[] = [],
): AroundCut | null {
  if (how.request_id === null) return null;
  const asked = Date.parse(how.asked_at);
  const after = boots.find((boot) => boot.request_id === how.request_id);
  if (after !== undefined) {
    const before = boots.find((boot) => boot.number === after.number - 1);
    const shown = before === undefined ? [after] : [before, after];
    const cutAt = Date.parse(before?.at_rest_at ?? before?.ended_at ?? after.started_at);
    return { course: "rebooted", ...clipped(shown, now), cutAt, before, after, down: downtimes(shown)[0] };
  }
  const before = boots.findLast((boot) => Date.parse(boot.started_at) <= asked);
  if (before === undefined) return null;
  const known = { before, after: undefined, down: undefined };
  if (before.end_request_id === how.request_id) {
    // It is being shut down for this image now, or did not come up again.
    const cutAt = Date.parse(before.at_rest_at ?? before.ended_at ?? how.asked_at);
    return { course: "rebooted", boots: [before], until: now, cutAt, ...known };
  }
  const ended = before.at_rest_at ?? before.ended_at;
  const course = hibernations.some((one) => wasKept(one, asked)) ? "hibernated" : "running";
  if (ended === null || Date.parse(ended) > asked) return { course, ...clipped([before], now), cutAt: asked, ...known };
  const next = boots.find((boot) => boot.number === before.number + 1);
  return { course: "off", boots: [before], until: next === undefined ? now : Date.parse(next.started_at), cutAt: asked, ...known };
}

/** Whether a guest stood still then, its memory kept. */
function wasKept({ suspended_at, resumed_at, ended_at }: Hibernation, moment: number): boolean {
  const over = resumed_at ?? ended_at;
  return suspended_at !== null && Date.parse(suspended_at) <= moment && (over === null || moment < Date.parse(over));
}

/** These boots without the end of the last, and the moment of that end. */
function clipped(boots: readonly Boot[], now: number): { boots: Boot[]; until: number } {
  const last = boots.at(-1)!;
  const end = last.end_requested_at ?? last.at_rest_at ?? last.ended_at;
  const open = { end_requested_at: null, at_rest_at: null, ended_at: null, end_action: null, end_cause: null };
  return { boots: [...boots.slice(0, -1), { ...last, ...open }], until: end === null ? Math.max(now, Date.parse(last.reachable_at ?? last.started_at)) : Date.parse(end) };
}
