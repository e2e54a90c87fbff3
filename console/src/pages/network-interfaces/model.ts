/** Network interfaces as the pages know them: with the instance that has each. */
import { call } from "../../api/call";
import type { Listing } from "../../api/listing";
import type { Instance, NetworkInterface } from "../../api/types";
import { label, nameTag } from "../../resource/resource";

export interface InterfaceRow {
  id: string;
  /** The value of its tag `Name`. */
  name: string;
  eni: NetworkInterface;
  /** The instance that has it. */
  instance: Instance | undefined;
}

/** Every network interface of a region. */
export function networkInterfacesOf(region: string): Listing<InterfaceRow[]> {
  return {
    key: `${region}/network-interfaces`,
    tables: ["elastic_ips", "instances", "interface_groups", "network_interfaces", "secondary_addresses", "tags"],
    read: async () => {
      const [interfaces, reservations] = await Promise.all([
        call(region, "DescribeNetworkInterfaces", {}),
        call(region, "DescribeInstances", {}),
      ]);
      const instances = (reservations.Reservations ?? []).flatMap(({ Instances = [] }) => Instances);
      return rowsOf(interfaces.NetworkInterfaces ?? [], instances);
    },
  };
}

export function rowsOf(interfaces: readonly NetworkInterface[], instances: readonly Instance[]): InterfaceRow[] {
  const byId = new Map(instances.map((instance) => [instance.InstanceId, instance]));
  return interfaces.map((eni) => ({
    id: eni.NetworkInterfaceId ?? "",
    name: nameTag(eni.TagSet),
    eni,
    instance: eni.Attachment?.InstanceId === undefined ? undefined : byId.get(eni.Attachment.InstanceId),
  }));
}

export function rowLabel({ id, name }: InterfaceRow): string {
  return label(id, name);
}

/** `web-1 (i-…)`; empty where no instance has it. */
export function instanceLabel({ eni, instance }: InterfaceRow): string {
  const id = eni.Attachment?.InstanceId;
  return id === undefined ? "" : label(id, nameTag(instance?.Tags));
}

/** The addresses of a network interface, as it shows them and as its instance does. */
type Addressed = Pick<NetworkInterface, "PrivateIpAddresses">;

/** Its further private addresses. */
export function secondaryOf(eni: Addressed): string[] {
  return (eni.PrivateIpAddresses ?? []).filter(({ Primary }) => !Primary).map(({ PrivateIpAddress = "" }) => PrivateIpAddress);
}

/** An Elastic IP address that leads to one of its private addresses. */
export interface Leading {
  publicIp: string;
  associationId: string;
  privateIp: string;
}

export function leadingTo(eni: NetworkInterface): Leading[] {
  return (eni.PrivateIpAddresses ?? []).flatMap(({ PrivateIpAddress = "", Association }) =>
    Association?.AssociationId === undefined
      ? []
      : [{ publicIp: Association.PublicIp ?? "", associationId: Association.AssociationId, privateIp: PrivateIpAddress }],
  );
}

/** Every public address of it, also one that is lent to its instance. */
export function publicOf(eni: Addressed): string[] {
  return (eni.PrivateIpAddresses ?? []).flatMap(({ Association }) => (Association?.PublicIp ? [Association.PublicIp] : []));
}

/** Whether it is the one that its instance was launched with. */
export function isPrimary({ Attachment }: NetworkInterface): boolean {
  return Attachment?.DeviceIndex === 0;
}

export function runs({ instance }: InterfaceRow): boolean {
  return instance?.State?.Name === "running";
}

/** All that a dry run about it depends on. */
export function stateOf({ eni, instance }: InterfaceRow): string {
  const { Status, Attachment, PrivateIpAddresses, Groups } = eni;
  return JSON.stringify([Status, Attachment?.Status, Attachment?.InstanceId, PrivateIpAddresses, Groups, instance?.State?.Name]);
}
