/** Why EC2 would not give an address to a network interface: it has no dry run of that, so the page says it. Pure. */
import type { InstanceTypeInfo, NetworkInterface } from "../../api/types";
import type { TextKey } from "../../texts/texts";
import { blockOf, isWithin } from "../security-groups/cidr";
import type { Edits } from "./addresses";
import { secondaryOf } from "./model";

const KEPT_FIRST = 4; // addresses of a subnet, of which EC2 keeps the last one too
const MOST_UNATTACHED = 50;

export interface Around {
  /** The block of its subnet. */
  block: string;
  /** The other interfaces there. */
  others: readonly NetworkInterface[];
  /** Whether their further addresses may be taken from them. */
  reassign: boolean;
}

/** Why one that is typed cannot be given; null where it can, as far as the page knows. */
export function problemOf(address: string, eni: NetworkInterface, edits: Edits, { block, others, reassign }: Around): TextKey | null {
  if (address === "") return null;
  if (blockOf(`${address}/32`)?.kind !== "ipv4") return "addresses.problem.form";
  if (!isWithin(address, block) || isKept(address, block)) return "addresses.problem.range";
  if (edits.added.filter((one) => one === address).length > 1) return "addresses.problem.twice";
  const own = [eni.PrivateIpAddress, ...secondaryOf(eni)].includes(address);
  const isTaken = others.some((one) => one.PrivateIpAddress === address || (!reassign && secondaryOf(one).includes(address)));
  return own || isTaken ? "addresses.problem.taken" : null;
}

/** How many private addresses an interface may have: its instance's type limits it, once it has an instance. */
export function mostOf(type: InstanceTypeInfo | undefined): number {
  return type?.NetworkInfo?.Ipv4AddressesPerInterface ?? MOST_UNATTACHED;
}

/** How many it is to have. */
export function countOf(eni: NetworkInterface, { removed, added }: Edits): number {
  return 1 + secondaryOf(eni).filter((address) => !removed.includes(address)).length + added.length;
}

function isKept(address: string, block: string): boolean {
  const [first = "", length] = block.split("/");
  const offset = numberOf(address) - numberOf(first);
  return offset < KEPT_FIRST || offset === 2 ** (32 - Number(length)) - 1;
}

function numberOf(address: string): number {
  return address.split(".").reduce((sum, part) => sum * 256 + Number(part), 0);
}
