import { expect, test } from "vitest";
import { changeOf } from "./EditTableAssociation";
import { rowsOf } from "./model";

const tables = [
  { RouteTableId: "rtb-main", VpcId: "vpc-1", Associations: [{ Main: true }] },
  { RouteTableId: "rtb-2", VpcId: "vpc-1", Associations: [{ SubnetId: "subnet-2", RouteTableAssociationId: "rtbassoc-2" }] },
  { RouteTableId: "rtb-other", VpcId: "vpc-2", Associations: [{ Main: true }] },
];
const acls = [{ NetworkAclId: "acl-1", VpcId: "vpc-1", Associations: [{ SubnetId: "subnet-1", NetworkAclAssociationId: "aclassoc-1" }] }];
const subnets = [{ SubnetId: "subnet-1", VpcId: "vpc-1" }, { SubnetId: "subnet-2", VpcId: "vpc-1" }];
const [first, second] = rowsOf(subnets, [], tables, acls);

test("a subnet routes by its own table, or by its VPC's main one", () => {
  expect([first!.table?.RouteTableId, first!.hasMain, first!.association]).toEqual(["rtb-main", true, undefined]);
  expect([second!.table?.RouteTableId, second!.hasMain, second!.association]).toEqual(["rtb-2", false, "rtbassoc-2"]);
  expect(first!.tables.map(({ RouteTableId }) => RouteTableId)).toEqual(["rtb-main", "rtb-2"]);
});

test("it has its ACL with the association that can be replaced", () => {
  expect([first!.acl?.NetworkAclId, first!.aclAssociation]).toEqual(["acl-1", "aclassoc-1"]);
});

test("another table is associated, replaces the one before, or is the main one again", () => {
  expect(changeOf(first!, "rtb-2")).toMatchObject({ action: "AssociateRouteTable", parameters: { SubnetId: "subnet-1", RouteTableId: "rtb-2" } });
  expect(changeOf(second!, "rtb-main")).toMatchObject({
    action: "ReplaceRouteTableAssociation",
    parameters: { AssociationId: "rtbassoc-2", RouteTableId: "rtb-main" },
  });
  expect(changeOf(second!, "")).toMatchObject({ action: "DisassociateRouteTable", parameters: { AssociationId: "rtbassoc-2" } });
});
