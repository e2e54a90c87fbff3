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
export function wayOf({ there, back }: Reach, network: Network): Set<string> {
  const found = new Set<string>();
  for (const { from, to, decisions } of [...there, ...back]) {
    for (const { id } of decisions) found.add(id);
    for (const end of [from, to]) for (const id of aroundOf(end, network)) found.add(id);
  }
  return found;
}

/** Where the way ends, of what the map shows, though it should not: a table, a gateway, or the subnet of what refused it. */
export function stopOf({ deciding, there, back }: Reach, network: Network): string | undefined {
  if (deciding.admits) return undefined;
  const hop = [...there, ...back].find(({ decisions }) => decisions.includes(deciding)) ?? [...there, ...back].find(({ decisions }) => decisions.some(({ admits }) => !admits));
  const shown = [network.tables.map((one) => one.RouteTableId), network.internetGateways.map((one) => one.InternetGatewayId)].flat();
  if (shown.includes(deciding.id)) return deciding.id;
  const ofAcl = network.acls.find(({ NetworkAclId }) => NetworkAclId === deciding.id)?.Associations?.map(({ SubnetId }) => SubnetId) ?? [];
  const around = [hop?.from, hop?.to].flatMap((end) => aroundOf(end ?? null, network));
  return ofAcl.find((id) => around.includes(id ?? ""));
}

/** An interface's subnet, and the instance that has it. */
export function aroundOf(end: string | null, { interfaces }: Network): string[] {
  const found = interfaces.find(({ NetworkInterfaceId }) => NetworkInterfaceId === end);
  return [found?.SubnetId, found?.Attachment?.InstanceId].filter((id) => id !== undefined);
}
