import { expect, test } from "vitest";
import { textsOf } from "../../texts/texts";
import { admitsSsh } from "./admission";
import { addedDevice } from "./devices";
import { FIRST, type Form } from "./launchModel";
import { prospects } from "./WhatWillHappen";

const rule = (IpProtocol: string, FromPort: number, ToPort: number, CidrIp = "0.0.0.0/0") => ({
  GroupId: "sg-1",
  IpPermissions: [{ IpProtocol, FromPort, ToPort, IpRanges: [{ CidrIp }] }],
});

test.each([
  [rule("tcp", 22, 22), true],
  [rule("tcp", 0, 65535), true],
  [rule("tcp", 22, 22, "127.0.0.1/8"), true],
  [rule("-1", -1, -1), true],
  [rule("tcp", 80, 443), false],
  [rule("udp", 22, 22), false],
  [rule("tcp", 22, 22, "10.0.0.0/8"), false],
  [{ ...rule("tcp", 22, 22), GroupId: "sg-2" }, false],
])("the chosen group is one of %j: SSH is admitted: %s", (group, admits) => {
  expect(admitsSsh({ ...FIRST, firewall: "existing", groupIds: ["sg-1"] }, [group])).toBe(admits);
});

test("what will happen names address, SSH, protections and what is lost", () => {
  const networks = {
    vpcs: [],
    subnets: [{ SubnetId: "subnet-1", VpcId: "vpc-1", DefaultForAz: true, MapPublicIpOnLaunch: true, AvailabilityZone: "us-east-1b" }],
    groups: [],
  };
  const form: Form = { ...FIRST, vpcId: "vpc-1", devices: [addedDevice([])], stopProtection: true, shutdown: "terminate" };
  expect(prospects(textsOf("en"), form, networks, true)).toEqual([
    "A guest boots at once, in an Availability Zone of the cloud's choice.",
    "Public address: a loopback address (127.x.y.z), which this machine alone reaches.",
    "Port 22 is open to this machine: SSH reaches the guest.",
    "StopInstances is refused until stop protection is off; TerminateInstances too.",
    "An instance whose guest shuts itself down is terminated.",
    "Lost with the termination: no volume. Kept: /dev/sdb.",
  ]);
  const closed: Form = { ...form, subnetId: "subnet-1", count: "2", firewall: "existing", publicIp: "enable", stopProtection: false, shutdown: "stop" };
  expect(prospects(textsOf("en"), closed, networks, true).slice(0, 3)).toEqual([
    "2 guests boot at once, in us-east-1b.",
    "Public address: a loopback address (127.x.y.z), which this machine alone reaches.",
    "No rule opens port 22 to this machine: SSH does not reach the guest.",
  ]);
  expect(prospects(textsOf("en"), { ...closed, publicIp: "disable" }, networks, true)[1]).toContain("No public address");
  expect(prospects(textsOf("en"), form, networks, false)[2]).toBe("Simulated guests: nothing answers at their addresses.");
});
