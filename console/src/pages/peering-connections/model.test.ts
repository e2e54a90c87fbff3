import { expect, test } from "vitest";
import type { Vpc } from "../../api/types";
import { overlaps } from "./model";

const vpc = (...blocks: string[]): Vpc => ({ CidrBlockAssociationSet: blocks.map((CidrBlock) => ({ CidrBlock })) });

test.each([
  [["10.0.0.0/16"], ["10.0.0.0/16"], ["10.0.0.0/16"]],
  [["10.0.0.0/8"], ["10.1.2.0/24"], ["10.0.0.0/8"]],
  [["10.1.2.0/24"], ["10.0.0.0/8"], ["10.1.2.0/24"]],
  [["10.0.0.0/16", "192.168.0.0/24"], ["10.1.0.0/16", "192.168.0.128/25"], ["192.168.0.0/24"]],
  [["10.0.0.0/16"], ["10.1.0.0/16"], []],
])("of %j and %j overlap: %j", (one, other, common) => {
  expect(overlaps(vpc(...one), vpc(...other))).toEqual(common);
});

test("of a VPC that is not known nothing overlaps", () => expect(overlaps(vpc("10.0.0.0/16"), undefined)).toEqual([]));
