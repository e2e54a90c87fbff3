import { expect, test } from "vitest";
import { rowsOf } from "./model";
import { networkOf } from "./network";

const named = (Value: string) => [{ Key: "Name", Value }];

test("each VPC has its own main table and ACL, and the options that it names", () => {
  const rows = rowsOf(
    [{ VpcId: "vpc-1", DhcpOptionsId: "dopt-1", Tags: named("one") }, { VpcId: "vpc-2", DhcpOptionsId: "default" }],
    [
      { RouteTableId: "rtb-other", VpcId: "vpc-1", Associations: [{ SubnetId: "subnet-1" }] },
      { RouteTableId: "rtb-1", VpcId: "vpc-1", Associations: [{ Main: true }], Tags: named("main") },
      { RouteTableId: "rtb-2", VpcId: "vpc-2", Associations: [{ Main: true }] },
    ],
    [
      { NetworkAclId: "acl-1", VpcId: "vpc-1", IsDefault: true },
      { NetworkAclId: "acl-other", VpcId: "vpc-1", IsDefault: false },
    ],
    [{ DhcpOptionsId: "dopt-1", Tags: named("names") }],
  );
  expect(rows.map(({ name, mainTable, mainAcl, options }) => [name, mainTable, mainAcl, options])).toEqual([
    ["one", { id: "rtb-1", name: "main" }, { id: "acl-1", name: "" }, { id: "dopt-1", name: "names" }],
    ["", { id: "rtb-2", name: "" }, undefined, undefined],
  ]);
});

test("further addresses of interfaces are current in a VPC's map, and so is how many of a subnet are free", () => {
  expect(networkOf("us-east-1", "vpc-1").tables).toContain("secondary_addresses");
});
