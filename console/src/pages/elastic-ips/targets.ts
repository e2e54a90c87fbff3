/** What an Elastic IP address can be associated with. Pure. */
import type { NetworkInterface } from "../../api/types";
import { instanceLabel, isPrimary, rowLabel, type InterfaceRow } from "../network-interfaces/model";

export type Kind = "instance" | "interface";

export interface Target {
  id: string;
  label: string;
  /** The network interface that it comes to: of an instance the primary one. */
  row: InterfaceRow;
}

/** The states of instances with which EC2 associates addresses. */
export const ASSOCIATED_IN = ["running", "stopping", "stopped"];

/** Every instance, or every network interface that is no service's own. */
export function targetsOf(interfaces: readonly InterfaceRow[], kind: Kind): Target[] {
  const own = interfaces.filter(({ eni }) => !eni.RequesterManaged);
  if (kind === "interface") return own.map((row) => ({ id: row.id, label: rowLabel(row), row }));
  return own
    .filter(({ eni, instance }) => isPrimary(eni) && ASSOCIATED_IN.includes(instance?.State?.Name ?? ""))
    .map((row) => ({ id: row.eni.Attachment?.InstanceId ?? "", label: instanceLabel(row), row }));
}

/** The private addresses of an interface, each with the public one that leads to it now. */
export function privateAddresses(eni: NetworkInterface): { address: string; leading: string | undefined }[] {
  return (eni.PrivateIpAddresses ?? []).map(({ PrivateIpAddress = "", Association }) => ({
    address: PrivateIpAddress,
    leading: Association?.PublicIp,
  }));
}

/** What leads to a private address before another address does. `isLent`: it goes back to the cloud, and cannot be had again. */
export function displacedBy(address: string, eni: NetworkInterface, privateIp: string): { publicIp: string; isLent: boolean } | null {
  const { Association } = eni.PrivateIpAddresses?.find(({ PrivateIpAddress }) => PrivateIpAddress === privateIp) ?? {};
  const publicIp = Association?.PublicIp;
  if (publicIp === undefined || publicIp === address) return null;
  return { publicIp, isLent: Association?.AllocationId === undefined };
}
