/** Volumes as the pages know them: with their attachment and its instance, their status, and their last modification. */
import { call } from "../../api/call";
import type { Listing } from "../../api/listing";
import type { Instance, Volume, VolumeAttachment, VolumeModification, VolumeStatusItem } from "../../api/types";
import { label, nameTag } from "../../resource/resource";
import { evidenceOf } from "../instances/evidence";

export interface VolumeRow {
  id: string;
  name: string;
  /** `available`, `in-use`, … */
  state: string;
  volume: Volume;
  attachment: VolumeAttachment | undefined;
  /** The instance that has it. */
  instance: Instance | undefined;
  status: VolumeStatusItem | undefined;
  /** The latest one. */
  modification: VolumeModification | undefined;
}

/** Every volume of a region. */
export function volumesOf(region: string): Listing<VolumeRow[]> {
  return {
    key: `${region}/volumes`,
    tables: ["volumes", "attachments", "volume_modifications", "tags", "instances"],
    read: async () => {
      const [volumes, statuses, modifications, reservations] = await Promise.all([
        call(region, "DescribeVolumes", {}),
        call(region, "DescribeVolumeStatus", {}),
        call(region, "DescribeVolumesModifications", {}),
        call(region, "DescribeInstances", {}),
      ]);
      const instances = (reservations.Reservations ?? []).flatMap((one) => one.Instances ?? []);
      const ofInstance = new Map(instances.map((one) => [one.InstanceId, one]));
      const ofStatus = new Map((statuses.VolumeStatuses ?? []).map((one) => [one.VolumeId, one]));
      const ofModification = new Map((modifications.VolumesModifications ?? []).map((one) => [one.VolumeId, one]));
      return (volumes.Volumes ?? []).map((volume) => {
        const [attachment] = volume.Attachments ?? [];
        return {
          id: volume.VolumeId ?? "",
          name: nameTag(volume.Tags),
          state: volume.State ?? "",
          volume,
          attachment,
          instance: ofInstance.get(attachment?.InstanceId),
          status: ofStatus.get(volume.VolumeId),
          modification: ofModification.get(volume.VolumeId),
        };
      });
    },
  };
}

/** The Availability Zones of a region, by name. */
export function zonesOf(region: string): Listing<string[]> {
  return {
    key: `${region}/zones`,
    tables: [],
    read: async () => ((await call(region, "DescribeAvailabilityZones", {})).AvailabilityZones ?? []).map((zone) => zone.ZoneName ?? ""),
  };
}

/** Whether an instance has NVMe disks, as Nitro has; types before it have not, nor have instances of an image with fast launch. */
export function hasNvme(region: string, instanceId: string): Listing<boolean> {
  const known = evidenceOf(region, instanceId);
  return { ...known, key: `${known.key}/nvme`, tables: ["instances"], of: instanceId, read: async () => (await known.read()).disk_bus === "nvme" };
}

/** Whether the volume is the one that its instance boots from. */
export function isRoot({ attachment, instance }: VolumeRow): boolean {
  return attachment !== undefined && attachment.Device === instance?.RootDeviceName;
}

/** `web-1 (i-…)`; empty where nothing has it. */
export function instanceLabel({ attachment, instance }: VolumeRow): string {
  return attachment === undefined ? "" : label(attachment.InstanceId ?? "", nameTag(instance?.Tags));
}

/** The state of the instance that has it; empty where none has. */
export function instanceState({ instance }: VolumeRow): string {
  return instance?.State?.Name ?? "";
}

/** Where it stands, in EC2's word: its modification while that is under way. */
export function wordOf({ state, modification }: VolumeRow): string {
  const under = modification?.ModificationState;
  if (under !== "modifying" && under !== "optimizing") return state;
  return `${state} - ${under} (${modification?.Progress ?? 0}%)`;
}

/** All that a dry run about the volume depends on. */
export function stateOf(row: VolumeRow): string {
  return [wordOf(row), row.attachment?.State, row.attachment?.InstanceId, instanceState(row)].join();
}
