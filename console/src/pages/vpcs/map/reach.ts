/** Who reaches whom, as `/_kumoniwa/reach` answers it, and what of the map is on the way. */
import { evidence } from "../../../api/call";
import type { Listing } from "../../../api/listing";
import type { Network } from "../network";

export interface Decision {
  admits: boolean;
  /** What kind of thing decided, in the server's word: `security group`. */
  by: string;
  /** The rule, ACL, route table, gateway or interface that decided. */
  id: string;
  sentence: string;
}

export interface Hop {
  vpc_id: string;
  from: string;
  to: string | null;
  decisions: Decision[];
}

export interface Reach {
  reached: boolean;
  deciding: Decision;
  /** The interface of an instance that would have to forward it. */
  forwarded_by: string | null;
  there: Hop[];
  back: Hop[];
}

export interface Question {
  from: string;
  to: string;
  protocol: string;
  /** Empty for ICMP. */
  port: string;
}

/** An answer with its question. */
export interface Shown {
  question: Question;
  reach: Reach;
}

export function reachOf(region: string, { from, to, protocol, port }: Question): Listing<Reach> {
  const asked = new URLSearchParams({ from, to, protocol, ...(port !== "" && { port }) });
  return {
    key: `${region}/reach/${asked}`,
    tables: [
      "acl_entries",
      "elastic_ips",
      "instances",
      "interface_groups",
      "internet_gateways",
      "nat_gateways",
      "network_acls",
      "network_interfaces",
      "peerings",
      "prefix_list_entries",
      "route_table_associations",
      "routes",
      "secondary_addresses",
      "security_group_rules",
      "subnets",
      "vpcs",
    ],
    read: () => evidence<Reach>(region, `reach?${asked}`),
  };
}

/** What of a VPC's map is on the way of a flow: its ends, their subnets, the tables and gateways that it passes. */
export function wayOf({ there, back }: Reach, { from, to }: Question, network: Network): Set<string> {
  const hops = [...there, ...back];
  const ends = [from, to, ...hops.flatMap((hop) => [hop.from, hop.to])];
  return new Set([...ends.flatMap((end) => aroundOf(end, network)), ...hops.flatMap(({ decisions }) => decisions.map(({ id }) => id))]);
}

/** What on the map the way ends at, though it should not: a table or a gateway, the subnet of an ACL, the instance of a group. */
export function stopOf({ deciding, there, back }: Reach, { from, to }: Question, network: Network): string | undefined {
  if (deciding.admits) return undefined;
  const ofAcl = network.acls.find(({ NetworkAclId }) => NetworkAclId === deciding.id)?.Associations?.map(({ SubnetId }) => SubnetId);
  if (ofAcl !== undefined) return [from, to].flatMap((end) => aroundOf(end, network)).find((id) => ofAcl.includes(id));
  if (deciding.by !== GROUP) return deciding.id;
  // Groups are asked at the sender first, where that is in the VPC.
  const asked = [...there, ...back].flatMap(({ decisions }) => decisions).filter(({ by }) => by === GROUP);
  return asked.length === 1 && from.startsWith("i-") ? from : to;
}

const GROUP = "security group";

/** An end with its subnet, and of an interface the instance that has it. */
function aroundOf(end: string | null, { interfaces }: Network): string[] {
  const found = interfaces.filter(({ NetworkInterfaceId, Attachment, PrivateIpAddress }) =>
    [NetworkInterfaceId, Attachment?.InstanceId, PrivateIpAddress].includes(end ?? ""),
  );
  return found.flatMap(({ SubnetId, Attachment }) => [SubnetId, Attachment?.InstanceId]).filter((id) => id !== undefined);
}
