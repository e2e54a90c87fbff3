import createWrapper from "@cloudscape-design/components/test-utils/dom";
import { act } from "react";
import { expect, test } from "vitest";
import { eventually, serve, settle, show, type Reply } from "../../testing";
import LaunchPage from "./LaunchPage";

const images = [
  {
    ...{ ImageId: "ami-1", Name: "debian", State: "available", Architecture: "x86_64", VirtualizationType: "hvm", OwnerId: "1" },
    ...{ CreationDate: "2026-01-01T00:00:00.000Z", RootDeviceName: "/dev/xvda" },
    BlockDeviceMappings: [{ DeviceName: "/dev/xvda", Ebs: { SnapshotId: "snap-1", VolumeSize: 8, VolumeType: "gp2", DeleteOnTermination: true } }],
  },
];
const type = {
  InstanceType: "t3.micro",
  ProcessorInfo: { SupportedArchitectures: ["x86_64"] },
  SupportedVirtualizationTypes: ["hvm"],
  VCpuInfo: { DefaultVCpus: 2 },
  MemoryInfo: { SizeInMiB: 1024 },
};
const answers: Record<string, object> = {
  DescribeImages: { Images: images },
  DescribeInstanceTypes: { InstanceTypes: [type] },
  DescribeVpcs: { Vpcs: [{ VpcId: "vpc-1", IsDefault: true }] },
  DescribeSubnets: { Subnets: [] },
  DescribeSecurityGroups: { SecurityGroups: [{ GroupId: "sg-1", GroupName: "launch-wizard-1", VpcId: "vpc-1" }] },
  DescribeSnapshots: { Snapshots: [] },
  DescribeKeyPairs: { KeyPairs: [{ KeyName: "mine", KeyType: "rsa" }] },
};
const PATIENCE = 30_000; // ms: the whole page is rendered anew for each key
const FREE = { status: 412, body: { code: "DryRunOperation", message: "" } };

function cloud(reply: (action: string, parameters: Record<string, unknown>) => Reply | undefined) {
  return serve(({ action = "", parameters = {} }) => {
    const own = reply(action, parameters);
    if (own !== undefined) return own;
    return parameters.DryRun === true ? FREE : { body: answers[action] ?? {} };
  });
}

const page = () => createWrapper();
const launch = () => page().findAllButtons().find((button) => button.getElement().textContent?.startsWith("Launch instance"))!;

async function wizard(): Promise<() => string> {
  const text = await show(<LaunchPage place={{ region: "us-east-1", page: "launch", id: "ami-1", tab: "" }} account="1" />);
  await eventually(() => text().includes("debian (ami-1)"));
  return text;
}

/** Choose to proceed without a key pair, which is the first of the key pairs. */
async function withoutKey(): Promise<void> {
  const select = page().findAllSelects().find((one) => one.getElement().textContent?.includes("Select a key pair"))!;
  act(() => select.openDropdown());
  act(() => select.selectOption(1));
  await settle();
}

test("the button says what is missing, then what the cloud refuses in EC2's words, and then launches", { timeout: PATIENCE }, async () => {
  let room = false;
  const heard = cloud((action, { DryRun }) => {
    if (action !== "RunInstances") return undefined;
    if (!room) return { status: 500, body: { code: "InsufficientInstanceCapacity", message: "There is no room." } };
    return DryRun ? FREE : { body: { Instances: [{ InstanceId: "i-1" }] } };
  });
  const text = await wizard();
  expect(launch().isDisabled()).toBe(true);
  expect(text()).toContain("Neither a key pair is chosen, nor to proceed without one");
  await withoutKey();
  expect(text()).toContain("Without a key pair you may never be able to sign in");
  await eventually(() => text().includes("There is no room. (InsufficientInstanceCapacity)"));
  expect(launch().isDisabled()).toBe(true);
  room = true;
  act(() => page().findInput()!.setInputValue("web"));
  await eventually(() => text().includes("The cloud would accept this launch"));
  act(() => launch().click());
  await eventually(() => location.hash === "#/us-east-1/instances");
  expect(heard.at(-1)).toMatchObject({
    action: "RunInstances",
    parameters: { ImageId: "ami-1", TagSpecifications: [{ ResourceType: "instance", Tags: [{ Key: "Name", Value: "web" }] }] },
  });
});

test("an attempt whose answer was lost is repeated with its ClientToken, and its security group is made once", { timeout: PATIENCE }, async () => {
  const tokens: unknown[] = [];
  const heard = cloud((action, { DryRun, ClientToken }) => {
    if (action === "CreateSecurityGroup" && DryRun !== true) return { body: { GroupId: "sg-2" } };
    if (action !== "RunInstances" || DryRun === true) return undefined;
    tokens.push(ClientToken);
    if (tokens.length === 1) throw new Error("the connection is lost");
    return { body: { Instances: [{ InstanceId: "i-1" }] } };
  });
  location.hash = "";
  const text = await wizard();
  await withoutKey();
  await eventually(() => text().includes("The cloud would accept this launch"));
  act(() => launch().click());
  await eventually(() => text().includes("The server does not answer."));
  await eventually(() => !launch().isDisabled());
  act(() => launch().click());
  await eventually(() => location.hash === "#/us-east-1/instances");
  expect(tokens).toEqual([expect.stringMatching(/^[0-9a-f]{32}$/), tokens[0]]);
  const made = heard.filter(({ action, parameters }) => action === "CreateSecurityGroup" && parameters?.DryRun !== true);
  expect(made.map(({ parameters }) => parameters?.GroupName)).toEqual(["launch-wizard-2"]);
  const admitted = heard.filter(({ action }) => action === "AuthorizeSecurityGroupIngress");
  expect(admitted.map(({ parameters }) => parameters?.GroupId)).toEqual(["sg-2"]);
});

test("a security group whose rules are refused is deleted again, and the form stays as it was", { timeout: PATIENCE }, async () => {
  const heard = cloud((action, { DryRun }) => {
    if (action === "CreateSecurityGroup" && DryRun !== true) return { body: { GroupId: "sg-3" } };
    if (action !== "AuthorizeSecurityGroupIngress") return undefined;
    return { status: 400, body: { code: "RulesPerSecurityGroupLimitExceeded", message: "Too many rules." } };
  });
  const text = await wizard();
  await withoutKey();
  await eventually(() => text().includes("The cloud would accept this launch"));
  act(() => launch().click());
  await eventually(() => text().includes("Too many rules. (RulesPerSecurityGroupLimitExceeded, request req-1)"));
  expect(heard.filter(({ action }) => action === "DeleteSecurityGroup")).toMatchObject([{ parameters: { GroupId: "sg-3" } }]);
  expect(heard.filter(({ action, parameters }) => action === "RunInstances" && parameters?.DryRun !== true)).toEqual([]);
  expect(text()).toContain("New security group launch-wizard-2");
});
