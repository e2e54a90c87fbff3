import createWrapper from "@cloudscape-design/components/test-utils/dom";
import { act } from "react";
import { expect, test } from "vitest";
import { settle, serve, show } from "../../testing";
import { howText } from "../instances/causes";
import { textsOf } from "../../texts/texts";
import { ConfigureFastLaunch } from "./ConfigureFastLaunch";
import { ImageFastLaunch } from "./ImageFastLaunch";

const image = { ImageId: "ami-1", Name: "golden", State: "available" as const };
const close = (): void => undefined;
const dialog = () => createWrapper().findModal()!;
const goOn = () => dialog().findFooter()!.findAllButtons()[1]!;
const told = () => dialog().getElement().textContent;
const DRY_RUN = { status: 412, body: { code: "DryRunOperation", message: "" } };

/** A cloud in which the image's fast launch is in this state; null: it is disabled. */
function cloud(State: string | null, refused?: { code: string; message: string }) {
  const described = State === null ? [] : [{ ImageId: "ami-1", State, StateTransitionReason: "The guest is silent.", SnapshotConfiguration: { TargetResourceCount: 3 } }];
  const machines = State === null ? [] : [{ machine_id: "prepared-1", vcpus: 2, memory_mib: 1024, state: "ready", reason: null }];
  return serve(({ action, path, parameters }) => {
    if (path !== undefined) return { body: { machines } };
    if (action === "DescribeFastLaunchImages") return { body: { FastLaunchImages: described } };
    if (refused !== undefined) return { status: 400, body: refused };
    return parameters?.["DryRun"] ? DRY_RUN : { body: {} };
  });
}

const made = (heard: ReturnType<typeof serve>) =>
  heard.filter(({ action = "", parameters }) => /^(En|Dis)ableFastLaunch$/.test(action) && !parameters?.["DryRun"]);
const toggle = (): void => act(() => dialog().findContent().findToggle()!.findNativeInput().click());
const rested = async (): Promise<void> => {
  await act(async () => {
    await new Promise((resolve) => setTimeout(resolve, 350));
  });
  await settle();
};

test("it is enabled by one call, which is shown, and what it takes is said", async () => {
  const heard = cloud(null);
  await show(<ConfigureFastLaunch region="us-east-1" items={[image]} close={close} />);
  expect(goOn().isDisabled()).toBe(true);
  toggle();
  await rested();
  expect(told()).toContain("saved in memory");
  expect(told()).toContain("enable-fast-launch --region us-east-1 --image-id ami-1 --snapshot-configuration");
  act(() => goOn().click());
  await settle();
  expect(made(heard)).toEqual([
    expect.objectContaining({ action: "EnableFastLaunch", parameters: { ImageId: "ami-1", SnapshotConfiguration: { TargetResourceCount: 10 } } }),
  ]);
});

test("it is disabled by one call, and what goes is said", async () => {
  const heard = cloud("enabled");
  await show(<ConfigureFastLaunch region="us-east-1" items={[image]} close={close} />);
  toggle();
  await rested();
  expect(told()).toContain("What was prepared is deleted");
  act(() => goOn().click());
  await settle();
  expect(made(heard)).toEqual([expect.objectContaining({ action: "DisableFastLaunch", parameters: { ImageId: "ami-1" } })]);
});

test("what the cloud would refuse is said before, in its words", async () => {
  cloud(null, { code: "UnsupportedOperation", message: "Kumoniwa prepares no machine of it." });
  await show(<ConfigureFastLaunch region="us-east-1" items={[image]} close={close} />);
  toggle();
  await rested();
  expect(told()).toContain("Kumoniwa prepares no machine of it. (UnsupportedOperation)");
  expect(goOn().isDisabled()).toBe(true);
});

test("what failed can be tried again as it was, and says why it failed", async () => {
  cloud("enabling-failed");
  await show(<ConfigureFastLaunch region="us-east-1" items={[image]} close={close} />);
  await rested();
  expect(told()).toContain("The guest is silent.");
  expect(goOn().isDisabled()).toBe(false);
});

test("an image shows its state and the machines that are prepared of it", async () => {
  cloud("enabled");
  const text = await show(<ImageFastLaunch region="us-east-1" item={image} />);
  expect(text()).toContain("Enabled");
  expect(text()).toContain("2 vCPUs, 1024 MiB: Ready");
});

test("a boot says whether it was from memory, and why not", () => {
  const text = textsOf("en");
  expect(howText(text, { from_memory: true, cold_because: null })).toBe("From memory");
  expect(howText(text, { from_memory: false, cold_because: "its disk was written to" })).toBe("Boot, not from memory: its disk was written to");
  expect(howText(text, { from_memory: false, cold_because: null })).toBe("Boot");
});
