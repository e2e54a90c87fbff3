import { expect, test } from "vitest";
import { textsOf } from "../../texts/texts";
import { blockersOf, deletionOf } from "./deletion";
import { empty } from "./testing";

const names = (rules: [group: string, named: string, egress?: boolean][]) =>
  rules.map(([GroupId, named, IsEgress = false], index) => ({
    SecurityGroupRuleId: `sgr-${index}`,
    GroupId,
    IsEgress,
    ReferencedGroupInfo: { GroupId: named },
  }));
const calls = (network: Partial<typeof empty>) =>
  deletionOf(textsOf("en"), { ...empty, ...network }).map(({ action, parameters }) => [action, ...Object.values(parameters(String)).flat()].join(" "));

test("an empty VPC is deleted by one call", () => expect(calls({})).toEqual(["DeleteVpc vpc-1"]));

test("what was made with the VPC is in no call, and the VPC comes last", () => {
  const found = calls({
    subnets: [{ SubnetId: "subnet-1" }],
    tables: [{ RouteTableId: "rtb-main", Associations: [{ Main: true }] }, { RouteTableId: "rtb-2" }],
    acls: [{ NetworkAclId: "acl-1", IsDefault: true }, { NetworkAclId: "acl-2", IsDefault: false }],
    groups: [{ GroupId: "sg-default", GroupName: "default" }, { GroupId: "sg-2", GroupName: "web" }],
    internetGateways: [{ InternetGatewayId: "igw-1" }],
    egressOnlyGateways: [{ EgressOnlyInternetGatewayId: "eigw-1" }],
  });
  expect(found).toEqual([
    "DetachInternetGateway igw-1 vpc-1",
    "DeleteInternetGateway igw-1",
    "DeleteEgressOnlyInternetGateway eigw-1",
    "DeleteSubnet subnet-1",
    "DeleteRouteTable rtb-2",
    "DeleteNetworkAcl acl-2",
    "DeleteSecurityGroup sg-2",
    "DeleteVpc vpc-1",
  ]);
});

test("rules that name a group are revoked before it is deleted, its own and those that name the default group are not", () => {
  const groups = ["default", "web", "db"].map((GroupName) => ({ GroupId: `sg-${GroupName}`, GroupName }));
  const rules = names([
    ["sg-web", "sg-db"],
    ["sg-web", "sg-default"],
    ["sg-db", "sg-web", true],
    ["sg-db", "sg-db"],
    ["sg-default", "sg-db"],
  ]);
  expect(calls({ groups, rules }).slice(0, 3)).toEqual([
    "RevokeSecurityGroupIngress sg-web sgr-0",
    "RevokeSecurityGroupEgress sg-db sgr-2",
    "RevokeSecurityGroupIngress sg-default sgr-4",
  ]);
});

test("a NAT gateway that failed does not hinder it", () => {
  const natGateways = (["pending", "available", "failed", "deleting"] as const).map((State) => ({ NatGatewayId: `nat-${State}`, State }));
  expect(blockersOf({ ...empty, natGateways }).map(({ id }) => id)).toEqual(["nat-pending", "nat-available", "nat-deleting"]);
});

test("instances, NAT gateways and interfaces of nobody hinder it, each once", () => {
  const blockers = blockersOf({
    ...empty,
    natGateways: [{ NatGatewayId: "nat-1", NatGatewayAddresses: [{ NetworkInterfaceId: "eni-nat" }] }],
    interfaces: [
      { NetworkInterfaceId: "eni-1", Attachment: { InstanceId: "i-1" } },
      { NetworkInterfaceId: "eni-nat" },
      { NetworkInterfaceId: "eni-free" },
    ],
    instances: new Map([["i-1", { InstanceId: "i-1" }]]),
  });
  expect(blockers.map(({ id, why }) => [id, why])).toEqual([
    ["i-1", "deleteVpc.instance"],
    ["nat-1", "deleteVpc.nat"],
    ["eni-free", "deleteVpc.interface"],
  ]);
});
