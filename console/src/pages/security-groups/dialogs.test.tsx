import createWrapper from "@cloudscape-design/components/test-utils/dom";
import { act, useState, type ReactNode } from "react";
import { expect, test } from "vitest";
import { eventually, serve, settle, show, type Reply } from "../../testing";
import { CreateGroup } from "./CreateGroup";
import { DeleteGroups } from "./DeleteGroups";
import { EditRules } from "./EditRules";
import { rowsOf } from "./model";
import { RuleTable } from "./RuleTable";
import { Enforced } from "./Enforced";

const GROUPS = [
  { GroupId: "sg-1", GroupName: "web", VpcId: "vpc-1" },
  { GroupId: "sg-2", GroupName: "default", VpcId: "vpc-1" },
];
const rule = (id: string, port: number, more: object = {}) => ({
  SecurityGroupRuleId: id,
  GroupId: "sg-1",
  IsEgress: false,
  IpProtocol: "tcp",
  FromPort: port,
  ToPort: port,
  CidrIpv4: "0.0.0.0/0",
  ...more,
});
const RULES = [rule("sgr-1", 22), rule("sgr-2", 80), rule("sgr-3", 1, { GroupId: "sg-2", CidrIpv4: undefined, ReferencedGroupInfo: { GroupId: "sg-1" } })];
const INTERFACES = [{ NetworkInterfaceId: "eni-1", Attachment: { InstanceId: "i-1" }, Groups: [{ GroupId: "sg-1" }] }];
const [web, usual] = rowsOf(GROUPS, RULES, INTERFACES);
const DRY = { status: 412, body: { code: "DryRunOperation", message: "" } };
const REFUSED = { status: 400, body: { code: "RequestLimitExceeded", message: "Request limit exceeded." } };

type Asked = Parameters<Parameters<typeof serve>[0]>[0];
/** A cloud with these groups, of this driver and network mode, which answers what `reply` does not otherwise. */
const cloud = (reply: (asked: Asked) => Reply | undefined = () => undefined, driver = "qemu", network = "user"): Asked[] =>
  serve((asked) => {
    const answers: Record<string, object> = {
      DescribeSecurityGroups: { SecurityGroups: GROUPS },
      DescribeSecurityGroupRules: { SecurityGroupRules: RULES },
      DescribeNetworkInterfaces: { NetworkInterfaces: INTERFACES },
      DescribeVpcs: { Vpcs: [{ VpcId: "vpc-1", IsDefault: true }] },
    };
    return reply(asked) ?? { body: asked.action === undefined ? { driver, network } : (answers[asked.action] ?? {}) };
  });
const made = (heard: Asked[]): string[] => heard.flatMap(({ action }) => (action && !action.startsWith("Describe") ? [action] : []));
const dialog = () => createWrapper().findModal()!;
const editor = (index = 0) => dialog().findContent().findAllAttributeEditors()[index]!;
const words = (): string => dialog().getElement().textContent ?? "";
const press = async (): Promise<void> => {
  act(() => dialog().findFooter()!.findAllButtons()[1]!.click());
  await settle();
};
let closed = 0;
const close = (): void => void closed++;

test("what the network mode enforces is said, and of each rule what it does", async () => {
  cloud();
  const text = await show(
    <>
      <Enforced way="inbound" />
      <Enforced way="outbound" />
      <RuleTable region="us-east-1" way="inbound" rules={[...web!.rules.inbound, ...usual!.rules.inbound]} groups={web!.groups} />
    </>,
  );
  expect(text()).toContain("an IPv4 block that contains 127.0.0.1");
  expect(text()).toContain("outbound rules are stored and shown, and not enforced");
  const cells = createWrapper().findTable()!.findRows().map((row) => row.getElement().textContent);
  expect(cells.map((cell) => /Opens ports|Recorded only/.exec(cell ?? "")?.[0])).toEqual(["Opens ports", "Opens ports", "Recorded only"]);
});

test("with simulated guests nothing is claimed to be open", async () => {
  cloud(undefined, "simulated");
  const text = await show(
    <>
      <Enforced way="inbound" />
      <RuleTable region="us-east-1" way="inbound" rules={web!.rules.inbound} groups={web!.groups} />
    </>,
  );
  await eventually(() => text().includes("simulated"));
  expect(text()).not.toContain("Opens ports");
});

test("where a VPC carries packets, every rule is enforced, and that is said once", async () => {
  cloud(undefined, "qemu", "vpc");
  const text = await show(
    <>
      <Enforced way="inbound" />
      <Enforced way="outbound" isSecond />
      <RuleTable region="us-east-1" way="inbound" rules={usual!.rules.inbound} groups={web!.groups} />
    </>,
  );
  await eventually(() => text().includes("rules act as on EC2, inbound and outbound, statefully"));
  expect(text().split("rules act as on EC2")).toHaveLength(2);
  expect(createWrapper().findTable()!.findRows()[0]!.getElement().textContent).toContain("Enforced");
});

test("what was done before a refusal is said, and the editor goes on with the rules that there are then", async () => {
  const heard = cloud(({ action }) => {
    if (action === "RevokeSecurityGroupIngress") return REFUSED;
    if (action === "DescribeSecurityGroupRules") return { body: { SecurityGroupRules: [...RULES, rule("sgr-4", 443)] } };
    return undefined;
  });
  await show(<EditRules region="us-east-1" items={[web!]} way="inbound" close={close} />);
  act(() => editor().findRow(1)!.findRemoveButton()!.click());
  act(() => editor().findAddButton().click());
  const row = () => editor().findRow(2)!;
  const field = (index: number) => row().findField(index)!.findControl()!;
  act(() => field(4).findInput()!.setInputValue("443"));
  act(() => field(5).findSelect()!.openDropdown());
  act(() => field(5).findSelect()!.selectOptionByValue("anywhereIpv4"));
  expect(words()).toContain("Add HTTPS: TCP 443 from 0.0.0.0/0");
  await press();
  expect(words()).toContain("Done: AuthorizeSecurityGroupIngress.");
  expect(words()).toContain("Request limit exceeded. (RequestLimitExceeded, request req-1)");
  expect(words()).not.toContain("Add HTTPS");
  expect(made(heard)).toEqual(["AuthorizeSecurityGroupIngress", "RevokeSecurityGroupIngress"]);
  expect(closed).toBe(0);
  // What the page itself shows is still as it was before: that is not somebody else's change.
  expect(words()).not.toContain("The rules were changed elsewhere");
});

test("rules that changed elsewhere are taken over before anything is saved", async () => {
  cloud();
  const [grown] = rowsOf(GROUPS, [...RULES, rule("sgr-9", 99)], INTERFACES);
  let grow: () => void = () => undefined;
  function Live(): ReactNode {
    const [row, setRow] = useState(web!);
    grow = () => setRow(grown!);
    return <EditRules region="us-east-1" items={[row]} way="inbound" close={close} />;
  }
  await show(<Live />);
  act(() => grow());
  expect(words()).toContain("The rules were changed elsewhere");
  expect(dialog().findFooter()!.findAllButtons()[1]!.isDisabled()).toBe(true);
  act(() => dialog().findContent().findAllAlerts().at(-1)!.findActionSlot()!.findButton()!.click());
  expect(editor().findRows()).toHaveLength(3);
  expect(words()).not.toContain("The rules were changed elsewhere");
});

test("a group that was made before a call was refused is not made twice", async () => {
  let refusing = true;
  const heard = cloud(({ action, parameters }) => {
    if (action === "CreateSecurityGroup") return { body: { GroupId: "sg-3" } };
    if (action === "RevokeSecurityGroupEgress" && refusing) return REFUSED;
    const isOfIt = JSON.stringify(parameters ?? {}).includes("sg-3");
    if (action === "DescribeSecurityGroupRules" && isOfIt) {
      const all = { IsEgress: true, IpProtocol: "-1", FromPort: -1, ToPort: -1, GroupId: "sg-3" };
      return { body: { SecurityGroupRules: [rule("sgr-7", 1, all)] } };
    }
    return undefined;
  });
  await show(<CreateGroup region="us-east-1" close={close} />);
  await eventually(() => !words().includes("Loading"));
  const [name, description] = dialog().findContent().findAllInputs();
  act(() => name!.setInputValue("new"));
  act(() => description!.setInputValue("a new one"));
  act(() => editor(1).findRow(1)!.findRemoveButton()!.click());
  await press();
  expect(words()).toContain("Done: CreateSecurityGroup.");
  refusing = false;
  await press();
  expect(made(heard)).toEqual(["CreateSecurityGroup", "RevokeSecurityGroupEgress", "RevokeSecurityGroupEgress"]);
  expect(heard.filter(({ action }) => action === "RevokeSecurityGroupEgress").map(({ parameters }) => parameters)).toEqual([
    { GroupId: "sg-3", IpPermissions: [{ IpProtocol: "-1", IpRanges: [{ CidrIp: "0.0.0.0/0" }] }] },
    { GroupId: "sg-3", SecurityGroupRuleIds: ["sgr-7"] },
  ]);
  expect(closed).toBe(1);
});

test("a group that is used says by what it is kept", async () => {
  const dependent = { status: 400, body: { code: "DependencyViolation", message: "resource sg-1 has a dependent object" } };
  cloud(({ action }) => (action === "DeleteSecurityGroup" ? dependent : undefined));
  await show(<DeleteGroups region="us-east-1" items={[web!]} close={close} />);
  expect(words()).toContain("resource sg-1 has a dependent object (DependencyViolation)");
  expect(words()).toContain("Network interfaces are in it: eni-1 (i-1).");
  expect(words()).toContain("Rules of other groups name it: sgr-3 (sg-2 | default).");
});

test("a group that nothing uses says what is lost with it", async () => {
  cloud(({ action }) => (action === "DeleteSecurityGroup" ? DRY : undefined));
  const [alone] = rowsOf(GROUPS, RULES.slice(0, 2), []);
  await show(<DeleteGroups region="us-east-1" items={[alone!]} close={close} />);
  expect(words()).toContain("It is deleted for good, with its inbound rules (2) and outbound rules (0).");
});
