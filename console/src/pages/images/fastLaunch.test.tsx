import createWrapper from "@cloudscape-design/components/test-utils/dom";
import { act } from "react";
import { expect, test } from "vitest";
import type { FastLaunch, Image } from "../../api/types";
import { eventually, second, serve, settle, show, type Reply } from "../../testing";
import { ConfigureFastLaunch } from "./ConfigureFastLaunch";
import { enabling, isSame, settingsOf, type PreparedMachine } from "./fastLaunch";
import { FastLaunchFacts, FastLaunchState } from "./FastLaunchFacts";

const fast = (State: NonNullable<FastLaunch["State"]>, StateTransitionReason = "Client.UserInitiated"): FastLaunch => ({
  ImageId: "ami-1",
  State,
  StateTransitionReason,
  SnapshotConfiguration: { TargetResourceCount: 3 },
  MaxParallelLaunches: 6,
});

test("nothing is changed by what is so, and what has failed is tried again", () => {
  const on = fast("enabled");
  expect(isSame(undefined, settingsOf(undefined))).toBe(true);
  expect(isSame(on, settingsOf(on))).toBe(true);
  expect(isSame(on, { ...settingsOf(on), target: "4" })).toBe(false);
  expect(isSame(on, { ...settingsOf(on), enabled: false, target: "x" })).toBe(false);
  expect(isSame(fast("enabling-failed"), settingsOf(fast("enabling-failed")))).toBe(false);
  expect(settingsOf(fast("disabling-failed")).enabled).toBe(false);
  expect(isSame(fast("disabling"), settingsOf(fast("disabling")))).toBe(true);
});

test("a number that is none is not sent", () => {
  const settings = settingsOf(undefined);
  expect(enabling("ami-1", settings)).toEqual({
    ImageId: "ami-1",
    SnapshotConfiguration: { TargetResourceCount: 10 },
    MaxParallelLaunches: 6,
  });
  expect(enabling("ami-1", { ...settings, target: "1.5" })).toBeUndefined();
});

const FREE = { status: 412, body: { code: "DryRunOperation", message: "" } };
const machine = (state: PreparedMachine["state"], memory_mib: number, reason: string | null = null): PreparedMachine => ({
  ...{ machine_id: `prep-${memory_mib}`, vcpus: 2, memory_mib, state, reason, created_at: second(0) },
  ready_at: state === "ready" ? second(30) : null,
});
const types = [
  { InstanceType: "t3.micro", VCpuInfo: { DefaultVCpus: 2 }, MemoryInfo: { SizeInMiB: 1024 } },
  { InstanceType: "t3.small", VCpuInfo: { DefaultVCpus: 2 }, MemoryInfo: { SizeInMiB: 2048 } },
];

/** A cloud in which the image's fast launch is so, with these machines. */
function cloud(now: FastLaunch | undefined, machines: PreparedMachine[] = [], reply: (action: string) => Reply | undefined = () => undefined) {
  return serve(({ action = "", path, parameters = {} }) => {
    if (path !== undefined) return { body: { machines } };
    if (action === "DescribeFastLaunchImages") return { body: { FastLaunchImages: now === undefined ? [] : [now] } };
    if (action === "DescribeInstanceTypes") return { body: { InstanceTypes: types } };
    return reply(action) ?? (parameters.DryRun === true ? FREE : { body: { State: action.startsWith("En") ? "enabling" : "disabling" } });
  });
}

let count = 0; // listings of one key are read once
const image = (): Image => ({ ImageId: `ami-fast-${++count}`, Name: "debian", State: "available" });
const dialog = () => createWrapper().findModal()!;
const told = (): string => dialog().getElement().textContent;
const go = () => dialog().findFooter()!.findAllButtons()[1]!;
const sent = (heard: ReturnType<typeof serve>) =>
  heard.filter(({ action, parameters }) => /FastLaunch$/.test(action ?? "") && parameters?.DryRun !== true);
const toggle = (): void => act(() => dialog().findContent().findToggle()!.findNativeInput().click());

test("it is enabled with the numbers that EC2 takes, by the command that is shown", async () => {
  const heard = cloud(undefined);
  const shown = image();
  await show(<ConfigureFastLaunch region="us-east-1" items={[shown]} close={() => undefined} />);
  expect([go().isDisabled(), told().includes("It is “Disabled” now.")]).toEqual([true, true]);
  toggle();
  expect(told()).toContain("for other sizes when they are first launched");
  expect(told()).toContain("virtio disks");
  const [target, parallel] = dialog().findContent().findAllInputs();
  act(() => target!.setInputValue(""));
  expect(go().isDisabled()).toBe(true);
  act(() => target!.setInputValue("2"));
  act(() => parallel!.setInputValue("7"));
  expect(told()).toContain(
    `enable-fast-launch --region us-east-1 --image-id ${shown.ImageId} --snapshot-configuration '{"TargetResourceCount":2}' --max-parallel-launches 7`,
  );
  await eventually(() => !go().isDisabled());
  act(() => go().click());
  await settle();
  expect(sent(heard).map(({ action, parameters }) => [action, parameters])).toEqual([
    ["EnableFastLaunch", { ImageId: shown.ImageId, SnapshotConfiguration: { TargetResourceCount: 2 }, MaxParallelLaunches: 7 }],
  ]);
});

test("an image that cannot have it is refused in the API's words before anything is done", async () => {
  const heard = cloud(undefined, [], (action) =>
    action === "EnableFastLaunch" ? { status: 400, body: { code: "UnsupportedOperation", message: "It boots by uefi alone." } } : undefined,
  );
  await show(<ConfigureFastLaunch region="us-east-1" items={[image()]} close={() => undefined} />);
  toggle();
  await eventually(() => told().includes("It boots by uefi alone. (UnsupportedOperation)"));
  expect([go().isDisabled(), sent(heard)]).toEqual([true, []]);
});

test("it is disabled by force where that is wished, and says what goes on", async () => {
  const heard = cloud(fast("enabled"));
  const shown = image();
  await show(<ConfigureFastLaunch region="us-east-1" items={[shown]} close={() => undefined} />);
  expect(go().isDisabled()).toBe(true); // as it is
  toggle();
  await settle();
  expect(told()).toContain("What was prepared is deleted, and instances boot from now on. No instance that is there was launched from it.");
  act(() => dialog().findContent().findCheckbox()!.findNativeInput().click());
  expect(told()).toContain(`disable-fast-launch --region us-east-1 --image-id ${shown.ImageId} --force`);
  await eventually(() => !go().isDisabled());
  act(() => go().click());
  await settle();
  expect(sent(heard).at(-1)).toMatchObject({ action: "DisableFastLaunch", parameters: { ImageId: shown.ImageId, Force: true } });
});

test("what failed says why, and is tried again by the same settings", async () => {
  cloud(fast("enabling-failed", "The guest did not answer."));
  await show(<ConfigureFastLaunch region="us-east-1" items={[image()]} close={() => undefined} />);
  expect(told()).toContain("Enabling failed");
  expect(told()).toContain("The guest did not answer.");
  await eventually(() => !go().isDisabled());
});

test("the details show its state and why, and each machine with the types that it serves", async () => {
  cloud(fast("enabled-failed", "No room."), [machine("ready", 1024), machine("failed", 2048, "The disk is full.")]);
  const id = image().ImageId!;
  const parts = (
    <>
      <FastLaunchState region="us-east-1" imageId={id} />
      <FastLaunchFacts region="us-east-1" item={{ ImageId: id }} />
    </>
  );
  const text = (await show(parts))();
  expect(text).toMatch(/^Enabled failedNo room\./);
  expect(text).toMatch(/2 vCPU, 1 GiB memoryt3\.microReady/);
  expect(text).toMatch(/2 vCPU, 2 GiB memoryt3\.smallFailedThe disk is full\./);
});

test("of an image without it it is said that it is disabled, and nothing prepared", async () => {
  cloud(undefined);
  const id = image().ImageId!;
  const parts = [<FastLaunchState key="state" region="us-east-1" imageId={id} />, <FastLaunchFacts key="facts" region="us-east-1" item={{ ImageId: id }} />];
  expect((await show(parts))()).toMatch(/^Disabled.*StateDisabled.*No machine is prepared/);
});
