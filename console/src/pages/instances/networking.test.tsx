import createWrapper from "@cloudscape-design/components/test-utils/dom";
import { act } from "react";
import { expect, test } from "vitest";
import { eventually, rowOf, serve, settle, show } from "../../testing";
import { textsOf } from "../../texts/texts";
import { ChangeInterfaceGroups } from "../network-interfaces/ChangeInterfaceGroups";
import { ofInstance } from "../network-interfaces/InterfaceChoice";
import { InstancePorts } from "./InstancePorts";
import { NETWORKING } from "./networking";

const ids = [1, 2, 3, 4, 5, 6, 7].map((number) => `sg-${number}`);
const GROUPS = ids.map((GroupId) => ({ GroupId, GroupName: `name of ${GroupId}`, VpcId: GroupId === "sg-7" ? "vpc-2" : "vpc-1" }));
const inGroups = (...of: string[][]): object[] =>
  of.map((groups, DeviceIndex) => ({
    NetworkInterfaceId: `eni-${DeviceIndex}`,
    VpcId: "vpc-1",
    Groups: groups.map((GroupId) => ({ GroupId })),
    Attachment: { InstanceId: "i-1", DeviceIndex },
  }));
const cloud = (interfaces: object[]) =>
  serve(({ action }) => {
    if (action === "ModifyNetworkInterfaceAttribute") return { status: 412, body: { code: "DryRunOperation", message: "" } };
    if (action === "DescribeNetworkInterfaces") return { body: { NetworkInterfaces: interfaces } };
    return { body: action === "DescribeSecurityGroups" ? { SecurityGroups: GROUPS } : {} };
  });
const asked = (heard: ReturnType<typeof serve>) => heard.findLast(({ action }) => action === "ModifyNetworkInterfaceAttribute")?.parameters;
const ChangeGroups = ofInstance(ChangeInterfaceGroups);
const dialog = () => createWrapper().findModal()!;
const go = () => dialog().findFooter()!.findAllButtons()[1]!;
const choose = (id: string): void => {
  const list = dialog().findContent().findMultiselect()!;
  if (list.findDropdown().findOpenDropdown() === null) act(() => list.openDropdown());
  act(() => list.selectOptionByValue(id));
};
const close = (): void => undefined;

test("groups of the instance's own VPC can be chosen, and five at most", async () => {
  cloud(inGroups(["sg-1", "sg-2", "sg-3", "sg-4", "sg-5"]));
  await show(<ChangeGroups region="us-east-1" items={[rowOf("i-1")]} close={close} />);
  act(() => dialog().findContent().findMultiselect()!.openDropdown());
  expect(dialog().findContent().findMultiselect()!.findDropdown().findOptions()).toHaveLength(6);
  expect(go().isDisabled()).toBe(true);
  act(() => dialog().findContent().findMultiselect()!.selectOptionByValue("sg-6"));
  await settle();
  expect(dialog().getElement().textContent).toContain("The maximum number of security groups per interface has been reached.");
  expect(go().isDisabled()).toBe(true);
});

test("what is added and removed is said, and the command names all groups that it is to have", async () => {
  const heard = cloud(inGroups(["sg-1"]));
  await show(<ChangeGroups region="us-east-1" items={[rowOf("i-1")]} close={close} />);
  choose("sg-2");
  choose("sg-1"); // a second choice takes it away
  await eventually(() => asked(heard) !== undefined);
  const words = dialog().getElement().textContent;
  expect(words).toContain("Added: name of sg-2 (sg-2). Removed: name of sg-1 (sg-1).");
  expect(words).toContain("aws ec2 modify-network-interface-attribute --region us-east-1 --network-interface-id eni-0 --groups sg-2");
  expect(asked(heard)).toEqual({ NetworkInterfaceId: "eni-0", Groups: ["sg-2"], DryRun: true });
});

test("of several network interfaces of an instance one is chosen, and begins with its own groups", async () => {
  const heard = cloud(inGroups(["sg-1"], ["sg-2"]));
  await show(<ChangeGroups region="us-east-1" items={[rowOf("i-1")]} close={close} />);
  choose("sg-3");
  await settle();
  const select = dialog().findContent().findSelect()!;
  act(() => select.openDropdown());
  act(() => select.selectOptionByValue("eni-1", { expandToViewport: true }));
  await settle();
  expect(dialog().getElement().textContent).not.toContain("Added:");
  choose("sg-3");
  await eventually(() => asked(heard)?.NetworkInterfaceId === "eni-1");
  expect(asked(heard)).toEqual({ NetworkInterfaceId: "eni-1", Groups: ["sg-2", "sg-3"], DryRun: true });
});

test("an Elastic IP address is associated with an instance in the states in which EC2 does so", () => {
  const item = NETWORKING.find(({ id }) => id === "associateAddress")!;
  const instance = { NetworkInterfaces: [{ NetworkInterfaceId: "eni-1" }] };
  const hindered = (state: string) => item.hindered!([rowOf("i-1", { state, instance })], textsOf("en"));
  expect(["running", "stopping", "stopped"].map(hindered)).toEqual([null, null, null]);
  expect(hindered("pending")).toBe("Only with an instance that is running, stopping or stopped: this one is pending");
  expect(item.hindered!([rowOf("i-1", { state: "terminated", instance: {} })], textsOf("en"))).not.toBeNull();
});

test("a port that could not be opened says why", async () => {
  const forward = { protocol: "tcp", host: "127.1.2.3", port: 1046, guest_port: 22, refused: null };
  serve(({ path }) => ({
    body: path === undefined ? { driver: "qemu" } : { forwards: [forward, { ...forward, port: 80, refused: "in use" }] },
  }));
  const text = await show(<InstancePorts region="us-east-1" id="i-1" />);
  expect(text()).toContain("127.1.2.3:1046TCP22open");
  expect(text()).toContain("127.1.2.3:80TCP22refused: in use");
});
