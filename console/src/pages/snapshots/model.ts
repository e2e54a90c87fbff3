/** Snapshots as the pages know them: with the AMIs that need them. */
import { call, evidence } from "../../api/call";
import type { Listing } from "../../api/listing";
import type { Cut, Snapshot } from "../../api/types";
import { nameTag } from "../../resource/resource";

export interface SnapshotRow {
  id: string;
  name: string;
  state: string;
  snapshot: Snapshot;
  /** The AMIs that need it, by id: while there is one it cannot be deleted. */
  images: string[];
}

/** Whose snapshots: EC2's console lists the reader's own, those shared with the reader alone, or those shared with all. */
export type Whose = "self" | "private" | "public";

/** Snapshots of a region. */
export function snapshotsOf(region: string, whose: Whose = "self"): Listing<SnapshotRow[]> {
  return {
    key: `${region}/snapshots/${whose}`,
    tables: ["snapshots", "tags", "images", "image_devices", ...(whose === "self" ? [] : (["permissions"] as const))],
    read: async () => {
      const [snapshots, images] = await Promise.all([
        read(region, whose),
        call(region, "DescribeImages", { Owners: ["self"], IncludeDisabled: true, IncludeDeprecated: true }),
      ]);
      const uses = (images.Images ?? [])
        .filter((image) => image.State !== "failed" && image.State !== "deregistered")
        .flatMap(({ ImageId = "", BlockDeviceMappings }) => (BlockDeviceMappings ?? []).map(({ Ebs }) => ({ id: Ebs?.SnapshotId, ImageId })));
      const imagesOf = Map.groupBy(uses, ({ id }) => id);
      return snapshots.map((snapshot) => ({
        id: snapshot.SnapshotId ?? "",
        name: nameTag(snapshot.Tags),
        state: snapshot.State ?? "",
        snapshot,
        images: [...new Set(imagesOf.get(snapshot.SnapshotId)?.map(({ ImageId }) => ImageId))],
      }));
    },
  };
}

async function read(region: string, whose: Whose): Promise<Snapshot[]> {
  const own = async (): Promise<Snapshot[]> => (await call(region, "DescribeSnapshots", { OwnerIds: ["self"] })).Snapshots ?? [];
  if (whose === "self") return own();
  const users = [whose === "public" ? "all" : "self"];
  const [mine, found] = await Promise.all([own(), call(region, "DescribeSnapshots", { RestorableByUserIds: users })]);
  if (whose === "public") return found.Snapshots ?? [];
  const ids = new Set(mine.map((snapshot) => snapshot.SnapshotId)); // who owns a snapshot may restore it too
  return (found.Snapshots ?? []).filter((snapshot) => !ids.has(snapshot.SnapshotId));
}

/** How a snapshot was cut, which EC2 hides. */
export function cutOf(region: string, id: string): Listing<Cut> {
  return { key: `${region}/snapshots/${id}/cut`, tables: ["snapshots"], read: () => evidence<Cut>(region, `snapshots/${id}`) };
}

/** Who may make volumes of a snapshot, beside its owner. */
export interface Permissions {
  isPublic: boolean;
  accounts: string[];
}

export function permissionsOf(region: string, id: string): Listing<Permissions> {
  return {
    key: `${region}/snapshots/${id}/permissions`,
    tables: ["permissions"],
    read: async () => {
      const asked = { SnapshotId: id, Attribute: "createVolumePermission" } as const;
      const permissions = (await call(region, "DescribeSnapshotAttribute", asked)).CreateVolumePermissions ?? [];
      return {
        isPublic: permissions.some((one) => one.Group === "all"),
        accounts: permissions.flatMap((one) => (one.UserId ? [one.UserId] : [])),
      };
    },
  };
}
