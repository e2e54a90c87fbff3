/** Images as the pages know them: what DescribeImages says, who may launch them, and how they were cut. */
import { call, evidence } from "../../api/call";
import type { Listing } from "../../api/listing";
import type { Asked, Image } from "../../api/types";
import type { Text } from "../../texts/texts";

const OWN = { Owners: ["self"] };

function imagesOf(view: string, asked: Asked<"DescribeImages">): (region: string) => Listing<Image[]> {
  return (region) => ({
    key: `${region}/images/${view}`,
    tables: ["images", "image_devices", "permissions", "snapshots", "tags"],
    read: async () => (await call(region, "DescribeImages", asked)).Images ?? [],
  });
}

/** Every image of the account, disabled ones included. */
export const ownImages = imagesOf("all", { ...OWN, IncludeDisabled: true });

/** What EC2's console lets its reader choose. */
export const VIEWS = [
  { id: "owned", text: "image.view.owned", listing: imagesOf("owned", OWN) },
  { id: "private", text: "image.view.private", listing: imagesOf("private", isPublic("false")) },
  { id: "public", text: "image.view.public", listing: imagesOf("public", isPublic("true")) },
  {
    id: "disabled",
    text: "image.view.disabled",
    listing: imagesOf("disabled", { ...OWN, IncludeDisabled: true, Filters: [{ Name: "state", Values: ["disabled"] }] }),
  },
] as const;

function isPublic(value: string): Asked<"DescribeImages"> {
  return { Filters: [{ Name: "is-public", Values: [value] }] };
}

/** Who else may launch an image: everyone, and these accounts. */
export interface Permissions {
  everyone: boolean;
  accounts: string[];
}

export function permissionsOf(region: string, id: string): Listing<Permissions> {
  return {
    key: `${region}/images/${id}/permissions`,
    tables: ["permissions", "images"],
    read: async () => {
      const found = await call(region, "DescribeImageAttribute", { ImageId: id, Attribute: "launchPermission" });
      const granted = found.LaunchPermissions ?? [];
      return {
        everyone: granted.some((one) => one.Group === "all"),
        accounts: granted.flatMap((one) => one.UserId ?? []),
      };
    },
  };
}

/** The changes that lead from what is granted to what is wished; empty where it is the same. */
export function permissionChanges(before: Permissions, after: Permissions): { Add?: object[]; Remove?: object[] } {
  const changes = (from: Permissions, to: Permissions): object[] => [
    ...(to.everyone && !from.everyone ? [{ Group: "all" }] : []),
    ...to.accounts.filter((one) => !from.accounts.includes(one)).map((UserId) => ({ UserId })),
  ];
  const [add, remove] = [changes(before, after), changes(after, before)];
  return { ...(add.length > 0 && { Add: add }), ...(remove.length > 0 && { Remove: remove }) };
}

/** The instances that were launched from each image and are not terminated, by the image's id. */
export function launchedFrom(region: string): Listing<Map<string, string[]>> {
  return {
    key: `${region}/images/launched`,
    tables: ["instances"],
    read: async () => {
      const found = (await call(region, "DescribeInstances", {})).Reservations ?? [];
      const alive = found.flatMap((one) => one.Instances ?? []).filter((one) => one.State?.Name !== "terminated");
      const byImage = Map.groupBy(alive, (one) => one.ImageId ?? "");
      return new Map([...byImage].map(([image, instances]) => [image, instances.map((one) => one.InstanceId ?? "")]));
    },
  };
}

/** What an image's end does not touch, in words. */
export function whatGoesOn(text: Text, launched: Map<string, string[]> | undefined, image: Image): string {
  const instances = launched?.get(image.ImageId ?? "");
  return instances === undefined ? text("image.noneLaunched") : text("image.launched", { instances: instances.join(", ") });
}

/** The snapshots of an image: those that no other of these images needs, and those that one does. */
export function snapshotsOf(image: Image, all: readonly Image[]): { own: string[]; shared: string[] } {
  const others = new Set(all.filter((one) => one.ImageId !== image.ImageId).flatMap(snapshotIds));
  const ids = [...new Set(snapshotIds(image))];
  return { own: ids.filter((id) => !others.has(id)), shared: ids.filter((id) => others.has(id)) };
}

function snapshotIds(image: Image): string[] {
  return (image.BlockDeviceMappings ?? []).flatMap((device) => device.Ebs?.SnapshotId ?? []);
}

/** How an image was cut, as `/_kumoniwa/images/{id}` tells it. What was not seen is null. */
export interface HowCut {
  request_id: string | null;
  asked_at: string;
  consistency: Consistency | null;
  detail: string | null;
  frozen_ms: number | null;
  snapshots: CutSnapshot[];
  /** The first boots of instances that were launched from it, the latest first. */
  booted: FirstBoot[];
}

export interface FirstBoot {
  instance_id: string;
  started_at: string;
  reachable_at: string | null;
  from_memory: boolean;
  cold_because: string | null;
}

export type Consistency = "at-rest" | "frozen" | "crash-consistent";

export interface CutSnapshot {
  device: string;
  snapshot_id: string;
  volume_id: string | null;
  state: string | null;
  progress: number | null;
  consistency: Consistency | null;
  detail: string | null;
  completed_at: string | null;
}

export function howCut(region: string, id: string): Listing<HowCut> {
  return {
    key: `${region}/images/${id}/cut`,
    tables: ["images", "image_devices", "snapshots", "boots", "instances"],
    read: () => evidence<HowCut>(region, `images/${id}`),
  };
}
