import { expect, test } from "vitest";
import type { NetworkInterface } from "../../api/types";
import { textsOf } from "../../texts/texts";
import { countOf, mostOf, problemOf } from "./addressProblems";
import { addressCalls, NO_EDITS, type Edits } from "./addresses";
import { freeIndex, mayMeet } from "./attachable";

const text = textsOf("en");
const eni = (primary: string, ...secondary: string[]): NetworkInterface => ({
  NetworkInterfaceId: "eni-1",
  PrivateIpAddress: primary,
  PrivateIpAddresses: [primary, ...secondary].map((PrivateIpAddress) => ({ PrivateIpAddress, Primary: PrivateIpAddress === primary })),
});

test("what goes makes room for what comes, and each call forgets what it did", () => {
  let edits: Edits = { removed: ["10.0.0.5"], added: ["10.0.0.6", "", ""] };
  const plan = addressCalls(text, eni("10.0.0.4", "10.0.0.5"), edits, true, (still) => (edits = still(edits)));
  expect(plan.map(({ step: { action, parameters } }) => [action, parameters])).toEqual([
    ["UnassignPrivateIpAddresses", { NetworkInterfaceId: "eni-1", PrivateIpAddresses: ["10.0.0.5"] }],
    ["AssignPrivateIpAddresses", { NetworkInterfaceId: "eni-1", PrivateIpAddresses: ["10.0.0.6"], AllowReassignment: true }],
    ["AssignPrivateIpAddresses", { NetworkInterfaceId: "eni-1", SecondaryPrivateIpAddressCount: 2 }],
  ]);
  const left = plan.map(({ forget }) => {
    forget();
    return edits;
  });
  expect(left).toEqual([
    { removed: [], added: ["10.0.0.6", "", ""] },
    { removed: [], added: ["", ""] },
    NO_EDITS,
  ]);
});

test("what somebody else took away meanwhile is not taken again", () => {
  const plan = (...there: string[]) =>
    addressCalls(text, eni("10.0.0.4", ...there), { removed: ["10.0.0.5", "10.0.0.6"], added: [] }, false, () => undefined);
  expect(plan("10.0.0.6").map(({ step: { parameters } }) => parameters)).toEqual([
    { NetworkInterfaceId: "eni-1", PrivateIpAddresses: ["10.0.0.6"] },
  ]);
  expect(plan()).toEqual([]);
});

test.each([
  ["", null],
  ["10.0.1.77", null],
  ["10.0.1", "addresses.problem.form"],
  ["::1", "addresses.problem.form"],
  ["10.0.2.77", "addresses.problem.range"],
  ["10.0.1.3", "addresses.problem.range"],
  ["10.0.1.4", null],
  ["10.0.1.254", null],
  ["10.0.1.255", "addresses.problem.range"],
  ["10.0.1.10", "addresses.problem.taken"],
  ["10.0.1.11", "addresses.problem.taken"],
  ["10.0.1.20", "addresses.problem.taken"],
  ["10.0.1.21", "addresses.problem.taken"],
  ["10.0.1.30", "addresses.problem.twice"],
])("an address %s has the problem %s", (address, problem) => {
  const around = { block: "10.0.1.0/24", others: [eni("10.0.1.20", "10.0.1.21")], reassign: false };
  const edits = { removed: [], added: [address, "10.0.1.30", "10.0.1.30"] };
  expect(problemOf(address, eni("10.0.1.10", "10.0.1.11"), edits, around)).toBe(problem);
});

test("another interface's secondary address may be taken where that is allowed, its primary one never", () => {
  const around = { block: "10.0.1.0/24", others: [eni("10.0.1.20", "10.0.1.21")], reassign: true };
  const problems = ["10.0.1.20", "10.0.1.21"].map((address) => problemOf(address, eni("10.0.1.10"), { removed: [], added: [address] }, around));
  expect(problems).toEqual(["addresses.problem.taken", null]);
});

test("an instance's type limits the addresses of its interfaces", () => {
  expect(countOf(eni("10.0.1.10", "10.0.1.11", "10.0.1.12"), { removed: ["10.0.1.11"], added: ["", ""] })).toBe(4);
  expect([mostOf({ NetworkInfo: { Ipv4AddressesPerInterface: 4 } }), mostOf(undefined)]).toEqual([4, 50]);
});

test("an interface is attached within its zone and VPC, at the first index that is free", () => {
  const free = { Status: "available" as const, AvailabilityZone: "a", VpcId: "vpc-1" };
  const host = { VpcId: "vpc-1", Placement: { AvailabilityZone: "a" }, State: { Name: "running" as const } };
  const may = [host, { ...host, VpcId: "vpc-2" }, { ...host, Placement: { AvailabilityZone: "b" } }, { ...host, State: { Name: "pending" as const } }];
  expect(may.map((one) => mayMeet(free, one))).toEqual([true, false, false, false]);
  expect(mayMeet({ ...free, Status: "in-use" }, host)).toBe(false);
  const NetworkInterfaces = [0, 1, 3].map((DeviceIndex) => ({ Attachment: { DeviceIndex } }));
  expect(freeIndex({ NetworkInterfaces })).toBe(2);
});
