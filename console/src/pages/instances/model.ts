/** Instances as the pages know them: what DescribeInstances and DescribeInstanceStatus say together. */
import { call, evidence } from "../../api/call";
import type { Listing } from "../../api/listing";
import type { Answered, Boot, Instance, InstanceStatus } from "../../api/types";
import { nameTag } from "../../resource/resource";

export interface Row {
  id: string;
  name: string;
  state: string;
  instance: Instance;
  status: InstanceStatus | undefined;
}

/** Every instance of a region. Whatever changes what is read here of an instance changes a row of its table. */
export function instancesOf(region: string): Listing<Row[]> {
  return {
    key: `${region}/instances`,
    tables: ["instances"],
    read: async () => {
      const [found, status] = await Promise.all([
        call(region, "DescribeInstances", {}),
        call(region, "DescribeInstanceStatus", { IncludeAllInstances: true }),
      ]);
      return rows(found, status);
    },
    rows: {
      prefix: "i-",
      idOf: (row) => row.id,
      read: async (ids) => {
        // By a filter: those that are gone, or of another region, are no mistake then.
        const found = await call(region, "DescribeInstances", { Filters: [{ Name: "instance-id", Values: ids }] });
        const there = rows(found, {}).map((row) => row.id);
        if (there.length === 0) return [];
        return rows(found, await call(region, "DescribeInstanceStatus", { InstanceIds: there, IncludeAllInstances: true }));
      },
    },
  };
}

/** Every boot of an instance, the first first. */
export function bootsOf(region: string, id: string): Listing<Boot[]> {
  return {
    key: `${region}/instances/${id}/boots`,
    tables: ["boots", "instances"],
    of: id,
    read: async () => (await evidence<{ boots: Boot[] }>(region, `instances/${id}/boots`)).boots,
  };
}

export interface Protections {
  stop: boolean;
  termination: boolean;
}

/** What refuses to stop or terminate an instance. */
export function protectionsOf(region: string, id: string): Listing<Protections> {
  return {
    key: `${region}/instances/${id}/protections`,
    tables: ["instances"],
    of: id,
    read: async () => {
      const [stop, termination] = await Promise.all([
        call(region, "DescribeInstanceAttribute", { InstanceId: id, Attribute: "disableApiStop" }),
        call(region, "DescribeInstanceAttribute", { InstanceId: id, Attribute: "disableApiTermination" }),
      ]);
      return {
        stop: stop.DisableApiStop?.Value ?? false,
        termination: termination.DisableApiTermination?.Value ?? false,
      };
    },
  };
}

/** A port of this machine that reaches a port of a guest. */
export interface Forward {
  protocol: string;
  host: string;
  port: number;
  guest_port: number;
  /** Why it could not be opened; null where it is open. */
  refused: string | null;
}

/** The ports that the rules of an instance's security groups open. */
export function forwardsOf(region: string, id: string): Listing<Forward[]> {
  return {
    key: `${region}/instances/${id}/forwards`,
    tables: ["instances", "interface_groups", "security_group_rules"],
    read: async () => (await evidence<{ forwards: Forward[] }>(region, `instances/${id}`)).forwards,
  };
}

/** The volumes of an instance that end with it, and those that stay. */
export function volumesOf(instance: Instance): { gone: string[]; kept: string[] } {
  const attached = (instance.BlockDeviceMappings ?? []).filter((device) => device.Ebs?.VolumeId);
  const ids = (deleted: boolean): string[] =>
    attached.filter((device) => (device.Ebs?.DeleteOnTermination ?? false) === deleted).map((device) => device.Ebs!.VolumeId!);
  return { gone: ids(true), kept: ids(false) };
}

function rows(found: Answered<"DescribeInstances">, status: Answered<"DescribeInstanceStatus">): Row[] {
  const statuses = new Map((status.InstanceStatuses ?? []).map((one) => [one.InstanceId, one]));
  return (found.Reservations ?? [])
    .flatMap((reservation) => reservation.Instances ?? [])
    .map((instance) => row(instance, statuses.get(instance.InstanceId)));
}

function row(instance: Instance, status: InstanceStatus | undefined): Row {
  return { id: instance.InstanceId ?? "", name: nameTag(instance.Tags), state: instance.State?.Name ?? "", instance, status };
}
