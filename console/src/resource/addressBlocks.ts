/** Blocks of addresses of VPCs and subnets. EC2 shows those that were taken away for a while, as `disassociated`. */
import type { Subnet, Vpc } from "../api/types";

type Associated = Pick<Vpc, "CidrBlockAssociationSet" | "Ipv6CidrBlockAssociationSet">;

/** The state of a block that was taken away. */
export const TAKEN = "disassociated";

/** A VPC's IPv4 blocks, the first one first. */
export function ipv4Blocks({ CidrBlockAssociationSet = [] }: Associated): string[] {
  return CidrBlockAssociationSet.filter(({ CidrBlockState }) => CidrBlockState?.State !== TAKEN).map(({ CidrBlock = "" }) => CidrBlock);
}

/** The IPv6 blocks of a VPC or a subnet. */
export function ipv6Blocks({ Ipv6CidrBlockAssociationSet = [] }: Associated | Subnet): string[] {
  return Ipv6CidrBlockAssociationSet.filter(({ Ipv6CidrBlockState }) => Ipv6CidrBlockState?.State !== TAKEN).map(
    ({ Ipv6CidrBlock = "" }) => Ipv6CidrBlock,
  );
}
