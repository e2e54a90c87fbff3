/** Which network interfaces can be attached to which instances. Pure. */
import type { Instance, NetworkInterface } from "../../api/types";

const ATTACHABLE = ["running", "stopped"];

/** Whether an interface that is free is of the zone and the VPC of an instance that takes one now. */
export function mayMeet(eni: NetworkInterface, instance: Instance): boolean {
  const isNear = eni.AvailabilityZone === instance.Placement?.AvailabilityZone && eni.VpcId === instance.VpcId;
  return isNear && eni.Status === "available" && ATTACHABLE.includes(instance.State?.Name ?? "");
}

/** The first device index behind the primary one that the instance has free. */
export function freeIndex(instance: Instance): number {
  const taken = new Set((instance.NetworkInterfaces ?? []).map(({ Attachment }) => Attachment?.DeviceIndex));
  let index = 1;
  while (taken.has(index)) index += 1;
  return index;
}
