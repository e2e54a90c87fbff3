/** Blocks of IPv4 addresses as numbers: which lie in which, how they are parted. Pure. */
import { blockOf } from "../security-groups/cidr";

export interface Ipv4Block {
  /** The number of its first address. */
  first: number;
  prefix: number;
}

/** EC2's lengths of the prefixes of a VPC's and a subnet's blocks. */
export const LARGEST = 16;
export const SMALLEST = 28;
/** Of each subnet: its router, its resolver, one for later, and the first and the last. */
export const RESERVED = 5;

/** The block that a text stands for, what lies behind its prefix made zero; null where it stands for none. */
export function ipv4BlockOf(text: string): Ipv4Block | null {
  const block = blockOf(text);
  if (block?.kind !== "ipv4") return null;
  const [address = "", prefix = ""] = block.text.split("/");
  return { first: address.split(".").reduce((sum, octet) => sum * 256 + Number(octet), 0), prefix: Number(prefix) };
}

export function textOf({ first, prefix }: Ipv4Block): string {
  return `${[24, 16, 8, 0].map((shift) => Math.floor(first / 2 ** shift) % 256).join(".")}/${prefix}`;
}

export function sizeOf({ prefix }: Ipv4Block): number {
  return 2 ** (32 - prefix);
}

export function contains(outer: Ipv4Block, inner: Ipv4Block): boolean {
  return inner.prefix >= outer.prefix && inner.first >= outer.first && inner.first < outer.first + sizeOf(outer);
}

export function overlap(one: Ipv4Block, other: Ipv4Block): boolean {
  return contains(one, other) || contains(other, one);
}

/** The parts of a block with this prefix, in their order: the `index`th of them. */
export function partOf(whole: Ipv4Block, prefix: number, index: number): Ipv4Block {
  return { first: whole.first + index * 2 ** (32 - prefix), prefix };
}

/**
 * The first part with this prefix of one of several blocks that overlaps none of those taken; null where there is none.
 * Of a block that is smaller than that, it is the whole block.
 */
export function freePart(wholes: readonly Ipv4Block[], prefix: number, taken: readonly Ipv4Block[]): Ipv4Block | null {
  for (const whole of wholes) {
    const length = Math.max(prefix, whole.prefix);
    for (let index = 0; index < 2 ** (length - whole.prefix); index += 1) {
      const part = partOf(whole, length, index);
      if (!taken.some((other) => overlap(part, other))) return part;
    }
  }
  return null;
}

/** Whether a VPC or a subnet can have a block of this size. */
export function isSized(block: Ipv4Block | null): block is Ipv4Block {
  return block !== null && block.prefix >= LARGEST && block.prefix <= SMALLEST;
}
