/** Instances as the pages know them: what DescribeInstances and DescribeInstanceStatus say together. */
import { call } from "../../api/call";
import type { Listing } from "../../api/listing";
import type { Answered, Boot, Image, Instance, InstanceStatus, Volume } from "../../api/types";
import { nameTag } from "../../resource/resource";
import { evidenceOf, historyOf, type Forward } from "./evidence";

export interface Row {
  id: string;
  name: string;
  state: string;
  instance: Instance;
  reservation: string;
  owner: string;
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

/** Whether it was launched to be hibernated. */
export function isHibernatable({ instance }: Row): boolean {
  return instance.HibernationOptions?.Configured ?? false;
}

/** Every boot of an instance, the first first. */
export function bootsOf(region: string, id: string): Listing<Boot[]> {
  const history = historyOf(region, id);
  return { ...history, key: `${history.key}/alone`, read: async () => (await history.read()).boots };
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

/** What becomes of an instance whose guest powers itself off: `stop` or `terminate`. */
export function shutdownBehaviorOf(region: string, id: string): Listing<string> {
  return {
    key: `${region}/instances/${id}/shutdown-behavior`,
    tables: ["instances"],
    read: async () => {
      const asked = { InstanceId: id, Attribute: "instanceInitiatedShutdownBehavior" } as const;
      const answer = await call(region, "DescribeInstanceAttribute", asked);
      return answer.InstanceInitiatedShutdownBehavior?.Value ?? "";
    },
  };
}

/** An instance's user data in base64; empty where it has none. */
export function userDataOf(region: string, id: string): Listing<string> {
  return {
    key: `${region}/instances/${id}/user-data`,
    tables: ["instances"],
    read: async () => {
      const answer = await call(region, "DescribeInstanceAttribute", { InstanceId: id, Attribute: "userData" });
      return answer.UserData?.Value ?? "";
    },
  };
}

/** `standard` or `unlimited`; empty where its type has no CPU credits. */
export function creditsOf(region: string, row: Row): Listing<string> {
  const isBurstable = row.instance.InstanceType?.startsWith("t") ?? false;
  return {
    key: `${region}/instances/${row.id}/credits/${isBurstable}`,
    tables: ["instances"],
    read: async () => {
      if (!isBurstable) return "";
      const answer = await call(region, "DescribeInstanceCreditSpecifications", { InstanceIds: [row.id] });
      return answer.InstanceCreditSpecifications?.[0]?.CpuCredits ?? "";
    },
  };
}

/** The image that an instance was launched from; null where it is there no more. */
export function imageOf(region: string, id: string): Listing<Image | null> {
  return {
    key: `${region}/image/${id}`,
    tables: ["images"],
    read: async () => {
      const asked = { Filters: [{ Name: "image-id", Values: [id] }] };
      return (await call(region, "DescribeImages", asked)).Images?.[0] ?? null;
    },
  };
}

/** The volumes that are attached to an instance, with all that is known of them. */
export function attachedTo(region: string, id: string): Listing<Volume[]> {
  return {
    key: `${region}/instances/${id}/volumes`,
    tables: ["volumes", "attachments"],
    read: async () => {
      const asked = { Filters: [{ Name: "attachment.instance-id", Values: [id] }] };
      return (await call(region, "DescribeVolumes", asked)).Volumes ?? [];
    },
  };
}

/** The ports that the rules of an instance's security groups open. */
export function forwardsOf(region: string, id: string): Listing<Forward[]> {
  const known = evidenceOf(region, id);
  return { ...known, key: `${known.key}/forwards`, read: async () => (await known.read()).forwards };
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
    .flatMap((launched) => (launched.Instances ?? []).map((instance) => ({ launched, instance })))
    .map(({ launched, instance }) => ({
      id: instance.InstanceId ?? "",
      name: nameTag(instance.Tags),
      state: instance.State?.Name ?? "",
      instance,
      reservation: launched.ReservationId ?? "",
      owner: launched.OwnerId ?? "",
      status: statuses.get(instance.InstanceId),
    }));
}
