/** VPC peering connections as the pages know them. */
import { call } from "../../api/call";
import type { Listing } from "../../api/listing";
import type { Vpc, VpcPeeringConnection } from "../../api/types";
import { label, nameTag } from "../../resource/resource";
import { isWithin } from "../security-groups/cidr";

export type Side = NonNullable<VpcPeeringConnection["RequesterVpcInfo"]>;

export interface PeeringRow {
  id: string;
  name: string;
  /** `pending-acceptance`, `active`, `rejected`, … */
  state: string;
  peering: VpcPeeringConnection;
  requester: Side;
  accepter: Side;
}

/** Every peering connection of a region's VPCs, on whichever side; those too that ended lately. */
export function peeringsOf(region: string): Listing<PeeringRow[]> {
  return {
    key: `${region}/peering-connections`,
    tables: ["peerings", "tags", "vpc_blocks"],
    read: async () =>
      ((await call(region, "DescribeVpcPeeringConnections", {})).VpcPeeringConnections ?? []).map((peering) => ({
        id: peering.VpcPeeringConnectionId ?? "",
        name: nameTag(peering.Tags),
        state: peering.Status?.Code ?? "",
        peering,
        requester: peering.RequesterVpcInfo ?? {},
        accepter: peering.AccepterVpcInfo ?? {},
      })),
  };
}

export function rowLabel({ id, name }: PeeringRow): string {
  return label(id, name);
}

/** The IPv4 and IPv6 blocks of a side, as far as they are shown. */
export function blocksOf({ CidrBlockSet = [], Ipv6CidrBlockSet = [] }: Side): string {
  return [...CidrBlockSet.map(({ CidrBlock }) => CidrBlock), ...Ipv6CidrBlockSet.map(({ Ipv6CidrBlock }) => Ipv6CidrBlock)].join(", ");
}

/** The IPv4 blocks that two VPCs have in common: with any, a peering connection between them fails. */
export function overlaps(one: Vpc | undefined, other: Vpc | undefined): string[] {
  return ipv4Of(one).filter((block) => ipv4Of(other).some((their) => isPart(block, their) || isPart(their, block)));
}

function ipv4Of(vpc: Vpc | undefined): string[] {
  return (vpc?.CidrBlockAssociationSet ?? []).flatMap(({ CidrBlock }) => (CidrBlock ? [CidrBlock] : []));
}

/** Whether a block begins within another one: of two blocks that overlap one does. */
function isPart(block: string, of: string): boolean {
  return isWithin(block.split("/")[0]!, of);
}

/** Whether public names of a side resolve to private addresses on the other. */
export function resolves({ PeeringOptions }: Side): boolean {
  return PeeringOptions?.AllowDnsResolutionFromRemoteVpc === true;
}
