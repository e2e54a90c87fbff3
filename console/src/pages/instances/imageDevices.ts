/** What a new image's devices are to be: those of its instance with their changes, and empty ones that it adds. */
import { call } from "../../api/call";
import type { Listing } from "../../api/listing";
import type { Asked, Instance, Volume } from "../../api/types";

type Mapping = NonNullable<Asked<"CreateImage">["BlockDeviceMappings"]>[number];

/** A volume of an instance, as an image would have it. EC2 lets a request change no more than these two of it. */
export interface OwnDevice {
  device: string;
  volumeId: string;
  size: number | undefined;
  type: string | undefined;
  isRoot: boolean;
  /** As it is on the instance. */
  deleted: boolean;
}

/** What is to be different in the image. */
export interface DeviceChange {
  left?: boolean;
  deleted?: boolean;
}

/** A device that only the image has: launched from it, it is an empty volume. */
export interface AddedDevice {
  device: string;
  size: string;
  type: string;
  deleted: boolean;
}

/** The volumes of an instance. */
export function volumesOfInstance(region: string, id: string): Listing<Volume[]> {
  return {
    key: `${region}/instances/${id}/volumes`,
    tables: ["volumes", "attachments"],
    read: async () => {
      const filters = { Filters: [{ Name: "attachment.instance-id", Values: [id] }] };
      return (await call(region, "DescribeVolumes", filters)).Volumes ?? [];
    },
  };
}

export function ownDevices(instance: Instance, volumes: readonly Volume[]): OwnDevice[] {
  return (instance.BlockDeviceMappings ?? []).map(({ DeviceName = "", Ebs }) => {
    const volume = volumes.find((one) => one.VolumeId === Ebs?.VolumeId);
    return {
      device: DeviceName,
      volumeId: Ebs?.VolumeId ?? "",
      size: volume?.Size,
      type: volume?.VolumeType,
      isRoot: DeviceName === instance.RootDeviceName,
      deleted: Ebs?.DeleteOnTermination ?? false,
    };
  });
}

/** The parameter for these devices; without a member where nothing is different from the instance. */
export function mappingsOf(
  own: readonly OwnDevice[],
  changes: Readonly<Record<string, DeviceChange>>,
  added: readonly AddedDevice[],
): { BlockDeviceMappings?: Mapping[] } {
  const changed = own.flatMap(({ device, deleted }): Mapping[] => {
    const change = changes[device] ?? {};
    if (change.left === true) return [{ DeviceName: device, NoDevice: "" }];
    if (change.deleted === undefined || change.deleted === deleted) return [];
    return [{ DeviceName: device, Ebs: { DeleteOnTermination: change.deleted } }];
  });
  const mappings = [
    ...changed,
    ...added.map(({ device, size, type, deleted }) => ({
      DeviceName: device,
      Ebs: { VolumeSize: Number(size), VolumeType: type as "gp3", DeleteOnTermination: deleted },
    })),
  ];
  return mappings.length === 0 ? {} : { BlockDeviceMappings: mappings };
}

/** Whether each added device says what it is; whether EC2 takes it, EC2 says. */
export function areWhole(added: readonly AddedDevice[]): boolean {
  return added.every(({ device, size }) => device !== "" && /^[1-9][0-9]*$/.test(size));
}
