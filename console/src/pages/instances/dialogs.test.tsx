import createWrapper from "@cloudscape-design/components/test-utils/dom";
import { act } from "react";
import { expect, test } from "vitest";
import { bootOf, rowOf, second, serve, settle, show, type Reply } from "../../testing";
import { ChangeProtection } from "./ChangeProtection";
import { ChangeState } from "./ChangeState";
import { CreateImage, TheAnswer } from "./CreateImage";

const boots = [
  bootOf(1, 0, { end_action: "CreateImage", end_requested_at: second(10), at_rest_at: second(13) }),
  bootOf(2, 14, { action: "CreateImage", cut_seconds: 0.002 }),
];
const close = (): void => undefined;
const dialog = () => createWrapper().findModal()!;

function cloud(reply: (action: string, parameters: Record<string, unknown>) => Reply | undefined) {
  return serve(({ action = "", path, parameters = {} }) => {
    const own = reply(action, parameters);
    if (own !== undefined) return own;
    if (path !== undefined) return { body: { boots } };
    return { body: { DisableApiStop: { Value: true }, DisableApiTermination: { Value: false } } };
  });
}

const answer = (more: Partial<Parameters<typeof TheAnswer>[0]>) =>
  show(<TheAnswer region="us-east-1" row={rowOf("i-1")} reboot isProtected={false} {...more} />);

test("of a protected instance the answer is that it is rebooted, and for how long it was down the last time", async () => {
  cloud(() => undefined);
  const text = await answer({ isProtected: true });
  expect(text()).toContain("Stop protection is on, and does not prevent this reboot");
  expect(text()).toContain("down for 6.0 s: shutdown 3.0 s, snapshot 2 ms, boot 2.0 s");
});

test("without a reboot the answer names the risk", async () => {
  cloud(() => undefined);
  expect((await answer({ reboot: false, isProtected: true }))()).toContain("crash-consistent");
});

test("of a stopped instance nothing is rebooted", async () => {
  cloud(() => undefined);
  expect((await answer({ row: rowOf("i-2", { state: "stopped" }) }))()).toContain("nothing is rebooted");
});

test("an image needs a name that EC2 takes, and is made by one call", async () => {
  const heard = cloud((action) => (action === "CreateImage" ? { body: { ImageId: "ami-1" } } : undefined));
  await show(<CreateImage region="us-east-1" items={[rowOf("i-1")]} close={close} />);
  const [, go] = dialog().findFooter()!.findAllButtons();
  expect(go!.isDisabled()).toBe(true);
  act(() => dialog().findContent().findInput()!.setInputValue("no!"));
  expect(dialog().getElement().textContent).toContain("a character that EC2 does not take");
  act(() => dialog().findContent().findInput()!.setInputValue("my image"));
  expect(dialog().getElement().textContent).toContain("create-image --region us-east-1 --instance-id i-1 --name 'my image' --reboot");
  act(() => go!.click());
  await settle();
  expect(heard.at(-1)).toMatchObject({ action: "CreateImage", parameters: { InstanceId: "i-1", Name: "my image", NoReboot: false } });
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
