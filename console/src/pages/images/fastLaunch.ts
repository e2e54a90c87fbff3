/** The fast launch of an image, and the machines that are prepared of it. */
import { call, evidence } from "../../api/call";
import type { Listing } from "../../api/listing";
import type { Answered } from "../../api/types";

export type FastLaunchImage = NonNullable<Answered<"DescribeFastLaunchImages">["FastLaunchImages"]>[number];

/** A machine that is saved in memory, as `/_kumoniwa/images/{id}` tells it. */
export interface PreparedMachine {
  machine_id: string;
  vcpus: number;
  memory_mib: number;
  state: "preparing" | "ready" | "failed" | "stale";
  reason: string | null;
}

export interface FastLaunch {
  /** Null where it is disabled. */
  image: FastLaunchImage | null;
  machines: PreparedMachine[];
}

export function fastLaunchOf(region: string, id: string): Listing<FastLaunch> {
  return {
    key: `${region}/images/${id}/fast-launch`,
    tables: ["fast_launches", "prepared_machines"],
    read: async () => {
      const [described, known] = await Promise.all([
        call(region, "DescribeFastLaunchImages", { ImageIds: [id] }),
        evidence<{ machines: PreparedMachine[] }>(region, `images/${id}`),
      ]);
      return { image: described.FastLaunchImages?.[0] ?? null, machines: known.machines };
    },
  };
}

/** Whether instances are, or will be, launched from memory. */
export function isOn(fastLaunch: FastLaunch): boolean {
  return fastLaunch.image !== null && !fastLaunch.image.State!.startsWith("disabling");
}
