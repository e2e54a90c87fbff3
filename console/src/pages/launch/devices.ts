/** The volumes of a launch: rows of a form, and the block device mappings that they come to. Pure. */
import type { Asked, Image } from "../../api/types";
import { encryptionAsked, NOT_ENCRYPTED, type Encryption } from "../volumes/EncryptionFields";
import { limitsOf, VOLUME_TYPES, type VolumeTypeName } from "../volumes/volumeTypes";

export interface Device {
  name: string;
  /** Whether the image brings it: such a one can be changed, and left out unless it is the root. */
  ofImage: boolean;
  isRoot: boolean;
  isLeftOut: boolean;
  snapshotId: string;
  /** GiB that its snapshot needs. */
  least: number;
  size: string;
  type: string;
  iops: string;
  throughput: string;
  deleteOnTermination: boolean;
  /** Whether its snapshot is encrypted: then it is in any case. */
  isSealed: boolean;
  encryption: Encryption;
}

type Mapping = NonNullable<Asked<"RunInstances">["BlockDeviceMappings"]>[number];

const NEVER_ROOTS = ["sc1", "st1"];

/** The volume types that a device can have, in the order of EC2's console. */
export function typesOf({ isRoot }: Device): VolumeTypeName[] {
  const all = Object.keys(VOLUME_TYPES) as VolumeTypeName[];
  return all.filter((type) => !isRoot || !NEVER_ROOTS.includes(type));
}

/** The devices that an image brings. */
export function devicesOf(image: Image): Device[] {
  return (image.BlockDeviceMappings ?? [])
    .filter((mapping) => mapping.Ebs !== undefined)
    .map(({ DeviceName = "", Ebs = {} }) => ({
      name: DeviceName,
      ofImage: true,
      isRoot: DeviceName === image.RootDeviceName,
      isLeftOut: false,
      snapshotId: Ebs.SnapshotId ?? "",
      least: Ebs.SnapshotId === undefined ? 1 : (Ebs.VolumeSize ?? 1),
      size: String(Ebs.VolumeSize ?? ""),
      type: Ebs.VolumeType ?? "gp2",
      iops: String(Ebs.Iops ?? ""),
      throughput: String(Ebs.Throughput ?? ""),
      deleteOnTermination: Ebs.DeleteOnTermination ?? false,
      isSealed: Ebs.Encrypted ?? false,
      encryption: NOT_ENCRYPTED,
    }));
}

/** A volume more, at the first device name that is free. */
export function addedDevice(devices: readonly Device[]): Device {
  const taken = new Set(devices.map((device) => device.name));
  const letters = "bcdefghijklmnopqrstuvwxyz";
  const name = [...letters].map((letter) => `/dev/sd${letter}`).find((one) => !taken.has(one)) ?? "";
  return {
    ...{ name, ofImage: false, isRoot: false, isLeftOut: false, snapshotId: "", least: 1, size: "8" },
    ...ofType("gp3"),
    deleteOnTermination: false,
    isSealed: false,
    encryption: NOT_ENCRYPTED,
  };
}

/** What a device has of a volume type: what can be asked for begins at its least. */
export function ofType(type: string): Pick<Device, "type" | "iops" | "throughput"> {
  const { iops, throughput } = limitsOf(type) ?? {};
  return { type, iops: String(iops?.[0] ?? ""), throughput: String(throughput?.[0] ?? "") };
}

/** The mappings that lead from what the image brings to what is wanted: what is as the image has it is not named. */
export function mappings(devices: readonly Device[], image: Image): Mapping[] {
  const before = new Map(devicesOf(image).map((device) => [device.name, device]));
  return devices.flatMap((device): Mapping[] => {
    if (device.isLeftOut) return [{ DeviceName: device.name, NoDevice: "" }];
    const was = device.ofImage ? before.get(device.name) : undefined;
    const Ebs = was === undefined ? whole(device) : changes(was, device);
    return Object.keys(Ebs).length === 0 ? [] : [{ DeviceName: device.name, Ebs }];
  });
}

function whole(device: Device): NonNullable<Mapping["Ebs"]> {
  return {
    ...(device.snapshotId !== "" && { SnapshotId: device.snapshotId }),
    VolumeSize: Number(device.size),
    ...typed(device),
    DeleteOnTermination: device.deleteOnTermination,
    ...encryptionAsked(device.encryption),
  };
}

function changes(was: Device, is: Device): NonNullable<Mapping["Ebs"]> {
  const isRetyped = was.type !== is.type || was.iops !== is.iops || was.throughput !== is.throughput;
  return {
    ...(was.size !== is.size && { VolumeSize: Number(is.size) }),
    ...(isRetyped && typed(is)),
    ...(was.deleteOnTermination !== is.deleteOnTermination && { DeleteOnTermination: is.deleteOnTermination }),
    ...encryptionAsked(is.encryption),
  };
}

function typed({ type, iops, throughput }: Device): Pick<NonNullable<Mapping["Ebs"]>, "VolumeType" | "Iops" | "Throughput"> {
  const has = limitsOf(type);
  return {
    VolumeType: type as NonNullable<Mapping["Ebs"]>["VolumeType"],
    ...(has?.iops !== undefined && { Iops: Number(iops) }),
    ...(has?.throughput !== undefined && { Throughput: Number(throughput) }),
  };
}
