/** Elastic IP addresses as the pages know them: with the network interface that each leads to, and its instance. */
import { call } from "../../api/call";
import type { Listing } from "../../api/listing";
import type { Address } from "../../api/types";
import { label, nameTag } from "../../resource/resource";
import { instanceLabel, rowLabel as interfaceLabel, rowsOf, type InterfaceRow } from "../network-interfaces/model";

export interface AddressRow {
  /** Of its allocation. */
  id: string;
  /** The value of its tag `Name`. */
  name: string;
  address: Address;
  /** What it leads to; undefined where it leads nowhere. */
  to: InterfaceRow | undefined;
}

/** Every Elastic IP address of a region. */
export function addressesOf(region: string): Listing<AddressRow[]> {
  return {
    key: `${region}/elastic-ips`,
    tables: ["elastic_ips", "instances", "network_interfaces", "secondary_addresses", "tags"],
    read: async () => {
      const [found, interfaces, reservations] = await Promise.all([
        call(region, "DescribeAddresses", {}),
        call(region, "DescribeNetworkInterfaces", {}),
        call(region, "DescribeInstances", {}),
      ]);
      const instances = (reservations.Reservations ?? []).flatMap(({ Instances = [] }) => Instances);
      const byId = new Map(rowsOf(interfaces.NetworkInterfaces ?? [], instances).map((row) => [row.id, row]));
      return (found.Addresses ?? []).map((address) => ({
        id: address.AllocationId ?? "",
        name: nameTag(address.Tags),
        address,
        to: byId.get(address.NetworkInterfaceId ?? ""),
      }));
    },
  };
}

/** `127.1.2.3 (eipalloc-…)`: people know it by its address. */
export function rowLabel({ id, address }: AddressRow): string {
  return label(id, address.PublicIp ?? "");
}

export function isAssociated({ address }: AddressRow): boolean {
  return address.AssociationId !== undefined;
}

/** Where it leads: `10.0.0.5 of web-1 (i-…)`'s two halves; empty where it leads nowhere. */
export function whereTo({ address, to }: AddressRow): { address: string; of: string } {
  const of = to === undefined ? (address.NetworkInterfaceId ?? "") : instanceLabel(to) || interfaceLabel(to);
  return { address: address.PrivateIpAddress ?? "", of };
}

/** Whether a service of EC2's (a NAT gateway) has it for itself. */
export function isServices({ to }: AddressRow): boolean {
  return to?.eni.RequesterManaged === true;
}

/** All that a dry run about it depends on. */
export function stateOf({ address, to }: AddressRow): string {
  return [address.AssociationId, address.PrivateIpAddress, to?.instance?.State?.Name].join();
}
