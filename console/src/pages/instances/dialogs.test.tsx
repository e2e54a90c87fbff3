import createWrapper from "@cloudscape-design/components/test-utils/dom";
import { act } from "react";
import { expect, test } from "vitest";
import { bootOf, eventually, rowOf, second, serve, settle, show, type Reply } from "../../testing";
import { ChangeProtection } from "./ChangeProtection";
import { ChangeState } from "./ChangeState";
import { CreateImage } from "./CreateImage";
import { CreateImageAnswer } from "./CreateImageAnswer";

const boots = [
  bootOf(1, 0, { end_action: "CreateImage", end_requested_at: second(10), at_rest_at: second(13) }),
  bootOf(2, 14, { action: "CreateImage", cut_seconds: 0.002, end_action: "RebootInstances", end_requested_at: second(20), at_rest_at: second(21) }),
  bootOf(3, 21, { action: "RebootInstances" }),
];
const close = (): void => undefined;
const dialog = () => createWrapper().findModal()!;

function cloud(reply: (action: string, parameters: Record<string, unknown>) => Reply | undefined) {
  return serve(({ action = "", path, parameters = {} }) => {
    const own = reply(action, parameters);
    if (own !== undefined) return own;
    if (path !== undefined) return { body: { boots, hibernations: [] } };
    return { body: { DisableApiStop: { Value: true }, DisableApiTermination: { Value: false } } };
  });
}

const answer = (more: Partial<Parameters<typeof CreateImageAnswer>[0]>) =>
  show(<CreateImageAnswer region="us-east-1" row={rowOf("i-1")} reboot isProtected={false} {...more} />);

test("of a protected instance the answer is that it is rebooted, and for how long it was down the last time", async () => {
  cloud(() => undefined);
  const text = await answer({ isProtected: true });
  expect(text()).toContain("Stop protection is on, and does not prevent this reboot");
  expect(text()).toContain("down for 6.0 s: shutdown 3.0 s, snapshot 2 ms, boot 2.0 s");
  expect(text()).toContain("Its last reboots, the latest first: down for 3.0 s.");
});

test("without a reboot the answer names the risk", async () => {
  cloud(() => undefined);
  expect((await answer({ reboot: false, isProtected: true }))()).toContain("crash-consistent");
});

test("of a stopped instance nothing is rebooted", async () => {
  cloud(() => undefined);
  expect((await answer({ row: rowOf("i-2", { state: "stopped" }) }))()).toContain("nothing is rebooted");
});

const volumes = { Volumes: [{ VolumeId: "vol-1", Size: 8, VolumeType: "gp3" }, { VolumeId: "vol-2", Size: 20, VolumeType: "gp2" }] };

/** A cloud that makes images, unless their name is taken. */
const maker = () =>
  cloud((action, { DryRun, Name }) => {
    if (action === "DescribeVolumes") return { body: volumes };
    if (action !== "CreateImage") return undefined;
    if (Name === "taken") return { status: 400, body: { code: "InvalidAMIName.Duplicate", message: "AMI name taken is in use" } };
    return DryRun ? { status: 412, body: { code: "DryRunOperation", message: "" } } : { body: { ImageId: "ami-1" } };
  });
const imaged = (heard: ReturnType<typeof serve>) =>
  heard.filter(({ action, parameters }) => action === "CreateImage" && !parameters?.DryRun).map(({ parameters }) => parameters);
const goOn = () => dialog().findFooter()!.findAllButtons()[1]!;
const name = (value: string): void => act(() => dialog().findContent().findInput()!.setInputValue(value));

test("an image needs a name that EC2 takes, and is made by one call", async () => {
  const heard = maker();
  await show(<CreateImage region="us-east-1" items={[rowOf("i-1")]} close={close} />);
  expect(goOn().isDisabled()).toBe(true);
  name("no!");
  expect(dialog().getElement().textContent).toContain("a character that EC2 does not take");
  name("my image");
  expect(dialog().getElement().textContent).toContain("create-image --region us-east-1 --instance-id i-1 --name 'my image' --reboot");
  await eventually(() => !goOn().isDisabled());
  act(() => goOn().click());
  await settle();
  expect(imaged(heard)).toEqual([{ InstanceId: "i-1", Name: "my image", NoReboot: false }]);
});

test("a name that is taken is refused in EC2's words before anything is done", async () => {
  const heard = maker();
  await show(<CreateImage region="us-east-1" items={[rowOf("i-1")]} close={close} />);
  name("taken");
  await eventually(() => dialog().getElement().textContent.includes("AMI name taken is in use (InvalidAMIName.Duplicate)"));
  expect([goOn().isDisabled(), imaged(heard)]).toEqual([true, []]);
});

test("a volume is left out of an image by its own checkbox, and the root cannot be", async () => {
  const heard = maker();
  const BlockDeviceMappings = [
    { DeviceName: "/dev/xvda", Ebs: { VolumeId: "vol-1", DeleteOnTermination: true } },
    { DeviceName: "/dev/sdf", Ebs: { VolumeId: "vol-2", DeleteOnTermination: false } },
  ];
  const instance = { InstanceId: "i-2", RootDeviceName: "/dev/xvda", BlockDeviceMappings };
  await show(<CreateImage region="us-east-1" items={[rowOf("i-2", { instance })]} close={close} />);
  const box = (label: string) => dialog().findContent().find<HTMLInputElement>(`input[aria-label="${label}"]`)!.getElement();
  expect(dialog().getElement().textContent).toMatch(/vol-1.*8.*gp3.*vol-2.*20.*gp2/);
  expect(box("In the image: /dev/xvda").disabled).toBe(true);
  act(() => box("In the image: /dev/sdf").click());
  act(() => box("Delete on termination: /dev/xvda").click());
  name("smaller");
  await eventually(() => !goOn().isDisabled());
  act(() => goOn().click());
  await settle();
  expect(imaged(heard)[0]?.BlockDeviceMappings).toEqual([
    { DeviceName: "/dev/xvda", Ebs: { DeleteOnTermination: false } },
    { DeviceName: "/dev/sdf", NoDevice: "" },
  ]);
});

test("a stop says which instance is refused in EC2's words, and stops the others", async () => {
  const heard = cloud((action, { InstanceIds, DryRun }) => {
    if (action !== "StopInstances") return undefined;
    if ((InstanceIds as string[])[0] === "i-protected") {
      return { status: 400, body: { code: "OperationNotPermitted", message: "The instance 'i-protected' may not be stopped." } };
    }
    return DryRun ? { status: 412, body: { code: "DryRunOperation", message: "" } } : { body: {} };
  });
  const rows = [rowOf("i-protected"), rowOf("i-free")];
  await show(<ChangeState region="us-east-1" items={rows} change="stop" close={close} />);
  expect(dialog().getElement().textContent).toContain("The instance 'i-protected' may not be stopped. (OperationNotPermitted)");
  const [, go] = dialog().findFooter()!.findAllButtons();
  expect(go!.getElement().textContent).toBe("Stop instance (1)");
  act(() => go!.click());
  await settle();
  const stopped = heard.filter(({ action, parameters }) => action === "StopInstances" && !parameters?.DryRun);
  expect(stopped.map(({ parameters }) => parameters?.InstanceIds)).toEqual([["i-free"]]);
});

test("where every instance is refused the button says why it cannot be pressed", async () => {
  cloud((action) => (action === "StopInstances" ? { status: 400, body: { code: "OperationNotPermitted", message: "no" } } : undefined));
  await show(<ChangeState region="us-east-1" items={[rowOf("i-1")]} change="stop" close={close} />);
  expect(dialog().findFooter()!.findAllButtons()[1]!.isDisabled()).toBe(true);
});

test("a termination names the volumes that are lost", async () => {
  cloud((action) => (action === "TerminateInstances" ? { status: 412, body: { code: "DryRunOperation", message: "" } } : undefined));
  await show(<ChangeState region="us-east-1" items={[rowOf("i-1")]} change="terminate" close={close} />);
  expect(dialog().getElement().textContent).toContain("all that is on vol-1. Kept: no volume.");
});

test("protection is changed by one call, and the dialog shows what it is now", async () => {
  const heard = cloud((action) => (action === "ModifyInstanceAttribute" ? { body: {} } : undefined));
  await show(<ChangeProtection region="us-east-1" items={[rowOf("i-3")]} of="stop" close={close} />);
  const toggle = dialog().findContent().findToggle()!;
  expect(toggle.findNativeInput().getElement().checked).toBe(true);
  act(() => toggle.findNativeInput().click());
  expect(dialog().getElement().textContent).toContain("--no-disable-api-stop");
  act(() => dialog().findFooter()!.findAllButtons()[1]!.click());
  await settle();
  expect(heard.at(-1)).toMatchObject({ action: "ModifyInstanceAttribute", parameters: { DisableApiStop: { Value: false } } });
});
