import { expect, test } from "vitest";
import { textsOf } from "../../texts/texts";
import { problemOf, usersOf } from "./cidrEdits";

const text = textsOf("en");
const problems = (...added: string[]) => added.map((_, index) => problemOf(text, index, added, ["10.0.0.0/16"]));

test.each(["", "moss", "10.1.0.0/15", "10.1.0.0/29", "fd00::/56"])("%j is no further block of a VPC", (block) => {
  expect(problems(block)).toEqual([text("createVpc.notBlock")]);
});

test("a further block overlaps neither those that the VPC has nor the others that are typed", () => {
  expect(problems("10.1.0.0/16", "10.2.0.0/28")).toEqual([null, null]);
  expect(problems("10.0.5.0/24")).toEqual([text("createSubnet.overlap", { one: "10.0.5.0/24", other: "10.0.0.0/16" })]);
  expect(problems("10.1.0.0/16", "10.1.5.0/24")).toEqual([
    text("createSubnet.overlap", { one: "10.1.0.0/16", other: "10.1.5.0/24" }),
    text("createSubnet.overlap", { one: "10.1.5.0/24", other: "10.1.0.0/16" }),
  ]);
  expect(problems("10.1.0.0/16", "10.1.0.0/16").every((one) => one !== null)).toBe(true);
});

test("subnets use a block by their IPv4 and their IPv6 addresses", () => {
  const subnets = [
    { SubnetId: "subnet-1", CidrBlock: "10.0.1.0/24" },
    { SubnetId: "subnet-2", CidrBlock: "10.1.0.0/24", Ipv6CidrBlockAssociationSet: [{ Ipv6CidrBlock: "2600:1f00:1:2201::/64" }] },
  ];
  expect(usersOf("10.0.0.0/16", subnets)).toEqual(["subnet-1"]);
  expect(usersOf("2600:1f00:1:2200::/56", subnets)).toEqual(["subnet-2"]);
  expect(usersOf("2600:1f00:1:2300::/56", subnets)).toEqual([]);
});
