import { expect, test } from "vitest";
import { textsOf } from "../../../texts/texts";
import { empty } from "../testing";
import { layoutOf, MOST_GUESTS } from "./layout";
import { mapOf, pathOf } from "./mapModel";
import { guestSaid, noteOf, saidOf } from "./words";

const text = textsOf("en");
const local = { DestinationCidrBlock: "10.0.0.0/16", GatewayId: "local", State: "active" as const };
const to = (target: object, State: "active" | "blackhole" = "active") => ({ DestinationCidrBlock: "0.0.0.0/0", State, ...target });

/** A public subnet with a NAT gateway, by which a private one in another zone goes out; one more by the main table. */
const network = {
  ...empty,
  subnets: [
    { SubnetId: "subnet-b", CidrBlock: "10.0.1.0/24", AvailabilityZone: "us-east-1b", AvailableIpAddressCount: 250 },
    { SubnetId: "subnet-a", CidrBlock: "10.0.0.0/24", AvailabilityZone: "us-east-1a", Tags: [{ Key: "Name", Value: "web" }] },
    { SubnetId: "subnet-c", CidrBlock: "10.0.2.0/24", AvailabilityZone: "us-east-1b" },
  ],
  tables: [
    { RouteTableId: "rtb-main", Associations: [{ Main: true }], Routes: [local] },
    { RouteTableId: "rtb-out", Associations: [{ SubnetId: "subnet-a" }], Routes: [local, to({ GatewayId: "igw-1" })] },
    { RouteTableId: "rtb-nat", Associations: [{ SubnetId: "subnet-b" }], Routes: [local, to({ NatGatewayId: "nat-1" })] },
    { RouteTableId: "rtb-lost", Associations: [], Routes: [local, to({ VpcPeeringConnectionId: "pcx-gone" }, "blackhole")] },
  ],
  internetGateways: [{ InternetGatewayId: "igw-1" }],
  natGateways: [{ NatGatewayId: "nat-1", SubnetId: "subnet-a" }],
  interfaces: [
    { NetworkInterfaceId: "eni-1", SubnetId: "subnet-b", PrivateIpAddress: "10.0.1.9", Attachment: { InstanceId: "i-1" } },
    { NetworkInterfaceId: "eni-nat", SubnetId: "subnet-a", PrivateIpAddress: "10.0.0.4", Attachment: {} },
  ],
  instances: new Map([["i-1", { InstanceId: "i-1", State: { Name: "running" as const }, Tags: [{ Key: "Name", Value: "db" }] }]]),
};
const map = mapOf(network);

test("subnets are in the order of their zones, with their instances", () => {
  expect(map.subnets.map(({ id, isPublic }) => [id, isPublic])).toEqual([
    ["subnet-a", true],
    ["subnet-b", false],
    ["subnet-c", false],
  ]);
  expect(map.subnets.map(({ guests }) => guests.map(({ name, address }) => `${name} ${address}`))).toEqual([[], ["db 10.0.1.9"], []]);
});

test("a subnet without a table of its own is connected with the main one", () => {
  expect(map.edges.filter(({ from }) => from.startsWith("subnet"))).toMatchObject([
    { from: "subnet-a", to: "rtb-out" },
    { from: "subnet-b", to: "rtb-nat" },
    { from: "subnet-c", to: "rtb-main" },
  ]);
  expect(map.tables.map(({ isMain, subnets }) => [isMain, subnets])).toEqual([[true, 1], [false, 1], [false, 1], [false, 0]]);
});

test("a route that leads nowhere is told, and what it led to is shown", () => {
  expect(map.edges.find(({ from }) => from === "rtb-lost")).toEqual({ from: "rtb-lost", to: "pcx-gone", isBlackhole: true });
  expect(map.connections.map(({ id, what, isBlackhole }) => [id, what, isBlackhole])).toEqual([
    ["igw-1", "internet", false],
    ["nat-1", "nat", false],
    ["pcx-gone", "peering", true],
  ]);
});

test("the path of anything is what leads to it and what it leads to", () => {
  expect([...pathOf(map, "subnet-b")].sort()).toEqual(["nat-1", "rtb-nat", "subnet-b", "vpc-1"]);
  expect([...pathOf(map, "igw-1")].sort()).toEqual(["igw-1", "rtb-out", "subnet-a", "vpc-1"]);
  expect([...pathOf(map, "i-1")].sort()).toEqual(["i-1", "nat-1", "rtb-nat", "subnet-b", "vpc-1"]);
  expect(pathOf(map, "vpc-1").size).toBe(1 + 3 + 3 + 2); // all but the table that nothing uses, and what it led to
});

test("words say all that the picture shows", () => {
  const [web, db] = map.subnets;
  expect(saidOf(text, map, web!)).toBe("Subnet web (subnet-a): 10.0.0.0/24 · public. Leads to rtb-out");
  expect(noteOf(text, db!)).toBe("10.0.1.0/24 · private · 250 addresses free");
  expect(noteOf(text, map.connections[1]!)).toBe("NAT gateway · web");
  expect(noteOf(text, map.connections[2]!)).toBe("Peering connection: blackhole");
  expect(guestSaid(text, db!.guests[0]!)).toBe("Instance db (i-1), Running, 10.0.1.9");
});

test("no box lies on another, and every line leads from one to one", () => {
  const many = Array.from({ length: MOST_GUESTS + 5 }, (_, index) => ({
    NetworkInterfaceId: `eni-${index}`,
    SubnetId: "subnet-a",
    PrivateIpAddress: `10.0.0.${index + 10}`,
    Attachment: { InstanceId: "i-1" },
  }));
  const crowded = mapOf({ ...network, interfaces: many });
  const { boxes, lines, width, height } = layoutOf(crowded);
  const all = [...boxes.values()];
  expect(all).toHaveLength(1 + 3 + 4 + 3);
  for (const one of all) {
    expect(one.x + one.width <= width && one.y + one.height <= height).toBe(true);
    const others = all.filter((other) => other.id !== one.id);
    const isOn = others.filter(
      (other) =>
        one.x < other.x + other.width && other.x < one.x + one.width && one.y < other.y + other.height && other.y < one.y + one.height,
    );
    expect(isOn).toEqual([]);
  }
  expect(lines).toHaveLength(crowded.edges.length);
});
