/** How an image was cut, in words. */
import type { StatusIndicatorProps } from "@cloudscape-design/components/status-indicator";
import type { Image } from "../../api/types";
import type { Text, TextKey } from "../../texts/texts";
import { duration } from "../instances/timelineModel";
import type { AroundCut } from "./cutModel";
import type { Consistency, HowCut } from "./model";

const HEADLINES: Record<Consistency, { type: StatusIndicatorProps.Type; key: TextKey }> = {
  "at-rest": { type: "success", key: "cut.atRest" },
  frozen: { type: "info", key: "cut.frozen" },
  "crash-consistent": { type: "warning", key: "cut.crashConsistent" },
};

/** The answer in a line. */
export function headline(state: string, how: HowCut): { type: StatusIndicatorProps.Type; key: TextKey } {
  if (state === "failed") return { type: "error", key: "cut.failed" };
  if (how.consistency !== null) return HEADLINES[how.consistency];
  return state === "pending" ? { type: "in-progress", key: "cut.goesOn" } : { type: "info", key: "cut.unknown" };
}

type Moment = (at: string | undefined | null) => string;

/** How moments are written: whole, and those of the same day to a tenth of a second. */
export interface Moments {
  moment: Moment;
  clock: Moment;
}

/** What was asked, what the guest did for it, and what proves it. */
export function sentences(text: Text, moments: Moments, image: Image, how: HowCut, around: AroundCut | null): string[] {
  return [
    asked(text, moments, image, how),
    ...(around === null ? [] : whatTheGuestDid(text, moments, how, around)),
    ...(how.frozen_ms === null ? [] : [text("cut.wasFrozen", { ms: Math.round(how.frozen_ms) })]),
    ...(image.StateReason?.Message ? [image.StateReason.Message] : []),
    ...(how.detail === null ? [] : [text("cut.seen", { detail: how.detail })]),
    ...(how.consistency === null ? [] : [text(`cut.proof.${how.consistency}`)]),
  ];
}

function asked(text: Text, { moment }: Moments, image: Image, how: HowCut): string {
  const values = { at: moment(how.asked_at), request: how.request_id ?? text("unknown") };
  const source = image.SourceInstanceId ?? image.SourceImageId;
  if (source === undefined) return text(how.request_id === null ? "cut.byCloud" : "cut.registered", values);
  return text(image.SourceInstanceId === undefined ? "cut.copied" : "cut.asked", { ...values, source });
}

function whatTheGuestDid(text: Text, { moment, clock }: Moments, how: HowCut, around: AroundCut): string[] {
  const { course, before, after, down } = around;
  // As long as it is not cut, a guest that runs may still be shut down for it.
  if (course === "running") return how.consistency === null ? [] : [text("cut.running")];
  if (course === "hibernated") return [text("cut.hibernated")];
  if (course === "off") return [text("cut.off", { at: moment(before?.at_rest_at ?? before?.ended_at) })];
  const told: string[] = [];
  const askedAt = before?.end_requested_at ?? null;
  const restAt = before?.at_rest_at ?? before?.ended_at ?? null;
  if (askedAt !== null && restAt === null) told.push(text("cut.shuttingDown", { at: clock(askedAt) }));
  if (restAt !== null) {
    const took = askedAt === null ? text("unknown") : duration((Date.parse(restAt) - Date.parse(askedAt)) / 1000);
    told.push(text(before?.end_clean === false ? "cut.halted" : "cut.shutDown", { asked: clock(askedAt), at: clock(restAt), took }));
  }
  if (after !== undefined) {
    const cut = after.cut_seconds === null ? text("unknown") : `${Math.round(after.cut_seconds * 1000)} ms`;
    told.push(text("cut.made", { cut, at: clock(after.started_at) }));
  }
  if (down !== undefined) told.push(text("cut.down", { whole: duration(down.whole) }));
  return told;
}
