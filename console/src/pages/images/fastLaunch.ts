/** The fast launch of an image: what EC2's API says of it, and the machines that are prepared in memory, which it has not. */
import { call, evidence } from "../../api/call";
import type { Listing } from "../../api/listing";
import type { Asked, FastLaunch } from "../../api/types";
import { whole } from "../../resource/fields";

/** A machine of so many processors and so much memory, as `/_kumoniwa/images/{id}` tells it. */
export interface PreparedMachine {
  machine_id: string;
  vcpus: number;
  memory_mib: number;
  /** A stale one is being deleted: nothing is launched from it. */
  state: "preparing" | "ready" | "failed" | "stale";
  /** Why it failed, or is stale. */
  reason: string | null;
  created_at: string;
  ready_at: string | null;
}

export interface FastLaunchOf {
  fastLaunch: FastLaunch;
  machines: PreparedMachine[];
}

/** The fast launch of an image of the account's own; null where it has none. */
export function fastLaunchOf(region: string, imageId: string): Listing<FastLaunchOf | null> {
  return {
    key: `${region}/images/${imageId}/fast-launch`,
    tables: ["fast_launches", "prepared_machines"],
    read: async () => {
      if (imageId === "") return null;
      const { FastLaunchImages = [] } = await call(region, "DescribeFastLaunchImages", { ImageIds: [imageId] });
      const [fastLaunch] = FastLaunchImages;
      if (fastLaunch === undefined) return null;
      return { fastLaunch, ...(await evidence<Pick<FastLaunchOf, "machines">>(region, `images/${imageId}`)) };
    },
  };
}

/** Whether instances are launched from memory where there is a machine for them. */
export function isOn({ State }: FastLaunch): boolean {
  return State?.startsWith("disabling") !== true;
}

export function hasFailed({ State }: FastLaunch): boolean {
  return State?.endsWith("-failed") === true;
}

/** What Configure fast launch asks for, as it is typed. */
export interface Settings {
  enabled: boolean;
  target: string;
  parallel: string;
  force: boolean;
}

/** EC2's own numbers where an image has no fast launch yet. */
const USUAL = { target: "10", parallel: "6" };

/** The settings that an image has now. */
export function settingsOf(now: FastLaunch | undefined): Settings {
  return {
    enabled: now !== undefined && isOn(now),
    target: String(now?.SnapshotConfiguration?.TargetResourceCount ?? USUAL.target),
    parallel: String(now?.MaxParallelLaunches ?? USUAL.parallel),
    force: false,
  };
}

/** Whether the call would change nothing. What has failed is tried again by the same settings. */
export function isSame(now: FastLaunch | undefined, wanted: Settings): boolean {
  if (now === undefined) return !wanted.enabled;
  if (hasFailed(now)) return false;
  const is = settingsOf(now);
  return is.enabled === wanted.enabled && (!wanted.enabled || (is.target === wanted.target && is.parallel === wanted.parallel));
}

/** The call that enables it, or changes its settings; undefined where one of the two is no whole number. */
export function enabling(ImageId: string, { target, parallel }: Settings): Asked<"EnableFastLaunch"> | undefined {
  const [TargetResourceCount, MaxParallelLaunches] = [whole(target), whole(parallel)];
  if (TargetResourceCount === undefined || MaxParallelLaunches === undefined) return undefined;
  return { ImageId, SnapshotConfiguration: { TargetResourceCount }, MaxParallelLaunches };
}

export function disabling(ImageId: string, { force }: Settings): Asked<"DisableFastLaunch"> {
  return { ImageId, ...(force && { Force: true }) };
}
