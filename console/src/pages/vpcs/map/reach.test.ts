import { expect, test } from "vitest";
import { empty } from "../testing";
import { stopOf, wayOf, type Decision, type Reach } from "./reach";

const network = {
  ...empty,
  acls: [{ NetworkAclId: "acl-1", Associations: [{ SubnetId: "subnet-b" }] }],
  interfaces: [
    { NetworkInterfaceId: "eni-a", SubnetId: "subnet-a", PrivateIpAddress: "10.0.0.5", Attachment: { InstanceId: "i-a" } },
    { NetworkInterfaceId: "eni-b", SubnetId: "subnet-b", PrivateIpAddress: "10.0.1.5", Attachment: { InstanceId: "i-b" } },
  ],
};
const question = { from: "i-a", to: "i-b", protocol: "tcp", port: "22" };
const decision = (by: string, id: string, admits = true): Decision => ({ by, id, admits, sentence: "" });
const reach = (...decisions: Decision[]): Reach => ({
  reached: decisions.every(({ admits }) => admits),
  deciding: decisions.at(-1)!,
  forwarded_by: null,
  there: [{ vpc_id: "vpc-1", from: "eni-a", to: null, decisions }],
  back: [],
});

test("on the way are both ends with their subnets, and what was passed", () => {
  const way = wayOf(reach(decision("route table", "rtb-1")), question, network);
  expect([...way].sort()).toEqual(["i-a", "i-b", "rtb-1", "subnet-a", "subnet-b"]);
  expect([...wayOf(reach(), { ...question, to: "192.0.2.1" }, network)].sort()).toEqual(["i-a", "subnet-a"]);
});

test("the way ends at what refused it", () => {
  const egress = decision("security group", "sg-1");
  expect(stopOf(reach(egress), question, network)).toBeUndefined();
  expect(stopOf(reach(decision("route table", "rtb-1", false)), question, network)).toBe("rtb-1");
  expect(stopOf(reach(decision("network ACL", "acl-1", false)), question, network)).toBe("subnet-b");
  expect(stopOf(reach({ ...egress, admits: false }), question, network)).toBe("i-a");
  expect(stopOf(reach(egress, decision("security group", "sg-2", false)), question, network)).toBe("i-b");
  expect(stopOf(reach(decision("security group", "sg-2", false)), { ...question, from: "internet" }, network)).toBe("i-b");
});
