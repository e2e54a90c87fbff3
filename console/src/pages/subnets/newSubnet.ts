/** Subnets that are to be made. Pure. */
import type { Asked, Tag } from "../../api/types";
import { NO_TAGS, tagSpecifications, wanted, type EditedTags } from "../../resource/tags";
import { freePart, ipv4BlockOf, overlap, SMALLEST, textOf, type Ipv4Block } from "../vpcs/blocks";

export interface NewSubnet {
  /** Tells it from the others. */
  key: number;
  block: string;
  /** Empty where it may be any. */
  zone: string;
  tags: EditedTags;
}

const FURTHER = 4; // bits by which its prefix is longer than its VPC's, as EC2's console proposes

let count = 0;

/** A new one with the first addresses of its VPC that are free; without a block where none are. */
export function newSubnet(wholes: readonly string[], taken: readonly string[]): NewSubnet {
  const blocks = blocksIn(wholes);
  const [first] = blocks;
  const block = first && freePart(blocks, Math.min(SMALLEST, first.prefix + FURTHER), blocksIn(taken));
  return { key: ++count, block: block ? textOf(block) : "", zone: "", tags: NO_TAGS };
}

export function askedFor(VpcId: string, one: NewSubnet): Asked<"CreateSubnet"> {
  return {
    VpcId,
    CidrBlock: one.block,
    ...(one.zone !== "" && { AvailabilityZone: one.zone }),
    ...tagSpecifications("subnet", one.tags),
  };
}

export function wantedTags({ tags }: NewSubnet): Tag[] {
  return wanted(tags);
}

/** Two of these blocks that have addresses in common, which the cloud cannot know of before one of them is there. */
export function overlaps(texts: readonly string[]): [string, string] | null {
  const found = texts.flatMap((one, index) => {
    const block = ipv4BlockOf(one);
    const other = texts.slice(index + 1).find((text) => {
      const further = ipv4BlockOf(text);
      return block !== null && further !== null && overlap(block, further);
    });
    return other === undefined ? [] : [[one, other] as [string, string]];
  });
  return found[0] ?? null;
}

function blocksIn(texts: readonly string[]): Ipv4Block[] {
  return texts.flatMap((text) => ipv4BlockOf(text) ?? []);
}
