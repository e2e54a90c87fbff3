/** Whether a launch of an image with fast launch goes on from memory, or boots and why: as RunInstances decides it. Pure. */
import type { Image, InstanceTypeInfo } from "../../api/types";
import type { Text } from "../../texts/texts";
import { isOn, type FastLaunchOf } from "../images/fastLaunch";
import { isOfSize } from "./choices";

export interface Way {
  isFromMemory: boolean;
  /** Why it boots, where it does, and what else comes of it. */
  sentences: string[];
}

/** Null where fast launch is off. */
export function wayOf(text: Text, image: Image, type: InstanceTypeInfo, fast: FastLaunchOf): Way | null {
  if (!isOn(fast.fastLaunch)) return null;
  const why = whyCold(text, image, type, fast);
  return { isFromMemory: why === null, sentences: [...(why === null ? [] : [why]), text("launch.willBeVirtio")] };
}

function whyCold(text: Text, image: Image, type: InstanceTypeInfo, { fastLaunch, machines }: FastLaunchOf): string | null {
  if (image.BootMode === "uefi-preferred" && type.SupportedBootModes?.includes("uefi")) return text("launch.coldByUefi");
  const usable = machines.filter(({ state }) => state !== "stale");
  const own = usable.find(({ vcpus, memory_mib }) => isOfSize(type, vcpus, memory_mib));
  if (own?.state === "ready") return null;
  if (own?.state === "failed") return text("launch.coldAfterFailure", { why: own.reason ?? text("unknown") });
  if (own !== undefined) return text("launch.coldWhilePreparing");
  if (fastLaunch.State === "enabling-failed") return text("launch.coldUnprepared", { why: fastLaunch.StateTransitionReason ?? text("unknown") });
  const most = fastLaunch.SnapshotConfiguration?.TargetResourceCount;
  if (most !== undefined && usable.length >= most) return text("launch.coldByTarget", { count: most });
  return text("launch.coldFirst");
}
