/** Further blocks of a VPC as they are edited: EC2 has no dry run of it, so what it would refuse is said here. Pure. */
import type { Subnet } from "../../api/types";
import { ipv6Blocks } from "../../resource/addressBlocks";
import type { Text } from "../../texts/texts";
import { blockOf, isWithin } from "../security-groups/cidr";
import { ipv4BlockOf, isSized, overlap } from "./blocks";

/** EC2's usual limit of a VPC's IPv4 blocks. */
export const MOST_BLOCKS = 5;

/** Why the one at `index` of the typed IPv4 blocks cannot belong to a VPC that has those `present`; null where it can. */
export function problemOf(text: Text, index: number, added: readonly string[], present: readonly string[]): string | null {
  const block = added[index] ?? "";
  const asked = ipv4BlockOf(block);
  if (!isSized(asked)) return text("createVpc.notBlock");
  const clash = [...present, ...added.toSpliced(index, 1)].find((one) => {
    const other = ipv4BlockOf(one);
    return other !== null && overlap(asked, other);
  });
  return clash === undefined ? null : text("createSubnet.overlap", { one: block, other: clash });
}

/** The ids of the subnets that have addresses in a block of their VPC, of IPv4 or IPv6. */
export function usersOf(block: string, subnets: readonly Subnet[]): string[] {
  return subnets.filter((subnet) => blocksOf(subnet).some((one) => liesIn(one, block))).map(({ SubnetId = "" }) => SubnetId);
}

function blocksOf(subnet: Subnet): string[] {
  return [subnet.CidrBlock ?? "", ...ipv6Blocks(subnet)];
}

/** A subnet's block is part of one of its VPC's, or of none: where it begins tells. */
function liesIn(inner: string, outer: string): boolean {
  const whole = blockOf(outer);
  return whole !== null && isWithin(inner.split("/")[0] ?? "", whole.text);
}
