import createWrapper from "@cloudscape-design/components/test-utils/dom";
import { act } from "react";
import { expect, test } from "vitest";
import { rowOf, serve, settle, show, type Reply } from "../../testing";
import { ChangeGroups } from "./ChangeGroups";
import { InstancePorts } from "./InstancePorts";
import type { Row } from "./model";

const ids = [1, 2, 3, 4, 5, 6, 7].map((number) => `sg-${number}`);
const GROUPS = ids.map((GroupId) => ({ GroupId, GroupName: `name of ${GroupId}`, VpcId: GroupId === "sg-7" ? "vpc-2" : "vpc-1" }));
const inGroups = (...groups: string[]): Row => {
  const { instance } = rowOf("i-1");
  return rowOf("i-1", { instance: { ...instance, VpcId: "vpc-1", SecurityGroups: groups.map((GroupId) => ({ GroupId })) } });
};
const cloud = (reply: (action: string) => Reply | undefined = () => undefined) =>
  serve(({ action }) => reply(action ?? "") ?? { body: action === "DescribeSecurityGroups" ? { SecurityGroups: GROUPS } : {} });
const dialog = () => createWrapper().findModal()!;
const go = () => dialog().findFooter()!.findAllButtons()[1]!;
const choose = (id: string): void => {
  const list = dialog().findContent().findMultiselect()!;
  if (list.findDropdown().findOpenDropdown() === null) act(() => list.openDropdown());
  act(() => list.selectOptionByValue(id));
};
const close = (): void => undefined;

test("groups of the instance's own VPC can be chosen, and five at most", async () => {
  cloud((action) => (action === "ModifyInstanceAttribute" ? { status: 412, body: { code: "DryRunOperation", message: "" } } : undefined));
  await show(<ChangeGroups region="us-east-1" items={[inGroups("sg-1", "sg-2", "sg-3", "sg-4", "sg-5")]} close={close} />);
  act(() => dialog().findContent().findMultiselect()!.openDropdown());
  expect(dialog().findContent().findMultiselect()!.findDropdown().findOptions()).toHaveLength(6);
  expect(go().isDisabled()).toBe(true);
  act(() => dialog().findContent().findMultiselect()!.selectOptionByValue("sg-6"));
  await settle();
  expect(dialog().getElement().textContent).toContain("The maximum number of security groups per interface has been reached.");
  expect(go().isDisabled()).toBe(true);
});

test("what is added and removed is said, and the command names all groups that it is to have", async () => {
  const heard = cloud((action) => (action === "ModifyInstanceAttribute" ? { status: 412, body: { code: "DryRunOperation", message: "" } } : undefined));
  await show(<ChangeGroups region="us-east-1" items={[inGroups("sg-1")]} close={close} />);
  choose("sg-2");
  choose("sg-1"); // a second choice takes it away
  await settle();
  const words = dialog().getElement().textContent;
  expect(words).toContain("Added: name of sg-2 (sg-2). Removed: name of sg-1 (sg-1).");
  expect(words).toContain("aws ec2 modify-instance-attribute --region us-east-1 --instance-id i-1 --groups sg-2");
  expect(heard.at(-1)).toMatchObject({ action: "ModifyInstanceAttribute", parameters: { Groups: ["sg-2"], DryRun: true } });
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
