import { expect, test } from "vitest";
import { ipv4Blocks, ipv6Blocks } from "./addressBlocks";

test("a block that was taken away is shown for a while, and is none of its VPC's any more", () => {
  const vpc = {
    CidrBlockAssociationSet: [
      { CidrBlock: "10.0.0.0/16", CidrBlockState: { State: "associated" as const } },
      { CidrBlock: "10.5.0.0/16", CidrBlockState: { State: "disassociated" as const } },
    ],
    Ipv6CidrBlockAssociationSet: [
      { Ipv6CidrBlock: "fd00::/56", Ipv6CidrBlockState: { State: "disassociated" as const } },
      { Ipv6CidrBlock: "fd01::/56", Ipv6CidrBlockState: { State: "associating" as const } },
    ],
  };
  expect(ipv4Blocks(vpc)).toEqual(["10.0.0.0/16"]);
  expect(ipv6Blocks(vpc)).toEqual(["fd01::/56"]);
  expect(ipv6Blocks({})).toEqual([]);
});
