import createWrapper from "@cloudscape-design/components/test-utils/dom";
import { act } from "react";
import { expect, test } from "vitest";
import { eventually, serve, settle, show, type Reply } from "../../testing";
import { DeleteVolumes } from "./DeleteVolumes";
import { DetachVolume } from "./DetachVolume";
import type { VolumeRow } from "./model";
import { ModifyVolume } from "./ModifyVolume";
import { VolumeFacts } from "./VolumeFacts";

const REGION = "us-east-1";
const ALLOWED: Reply = { status: 412, body: { code: "DryRunOperation", message: "" } };
const close = (): void => undefined;
const dialog = () => createWrapper().findModal()!;
const said = (): string => dialog().getElement().textContent ?? "";
const go = () => dialog().findFooter()!.findAllButtons()[1]!;

function row(more: Partial<VolumeRow> = {}): VolumeRow {
  return {
    id: "vol-1",
    name: "data",
    state: "in-use",
    volume: { VolumeId: "vol-1", Size: 8, VolumeType: "gp3", Iops: 3000, Throughput: 125 },
    attachment: { InstanceId: "i-1", Device: "/dev/sdf", State: "attached" },
    instance: { InstanceId: "i-1", InstanceType: "t3.micro", RootDeviceName: "/dev/xvda", State: { Name: "running" } },
    status: undefined,
    modification: undefined,
    ...more,
  };
}

/** A cloud that would do everything, whose guests have virtio disks, and with one snapshot of `vol-1`. */
function cloud() {
  return serve(({ action = "", path, parameters = {} }) => {
    if (parameters.DryRun) return ALLOWED;
    if (path !== undefined) return { body: { disk_bus: "virtio" } };
    if (action === "DescribeSnapshots") return { body: { Snapshots: [{ SnapshotId: "snap-1", VolumeId: "vol-1", State: "completed" }] } };
    return { body: {} };
  });
}

test("a volume that grows is modified by its size alone, and what its guest sees goes by its disks", async () => {
  const heard = cloud();
  await show(<ModifyVolume region={REGION} items={[row()]} close={close} />);
  expect(go().isDisabled()).toBe(true);
  act(() => dialog().findContent().findInput()!.setInputValue("9"));
  await eventually(() => !go().isDisabled());
  expect(said()).toContain("its guest sees the new size at once");
  act(() => go().click());
  await settle();
  const asked = heard.filter(({ action, parameters }) => action === "ModifyVolume" && !parameters?.DryRun);
  expect(asked.map(({ parameters }) => parameters)).toEqual([{ VolumeId: "vol-1", Size: 9 }]);
});

test("a detachment by force says what is lost, and is asked for by force, of the instance that is shown", async () => {
  const heard = cloud();
  const shown = row();
  await show(<DetachVolume region={REGION} items={[shown]} force close={close} />);
  expect(said()).toContain("what is not written yet is lost");
  act(() => go().click());
  await settle();
  expect(shown.attachment?.InstanceId).toBeDefined();
  expect(heard.at(-1)).toMatchObject({
    action: "DetachVolume",
    parameters: { VolumeId: "vol-1", InstanceId: shown.attachment?.InstanceId, Force: true },
  });
});

test.each([
  ["/dev/sdf", "nothing is lost"],
  ["/dev/xvda", "it cannot be started without one"],
])("of a stopped instance, a detachment of %s says: %s", async (Device, words) => {
  cloud();
  const instance = { ...row().instance, State: { Name: "stopped" as const } };
  const attachment = { InstanceId: "i-1", Device };
  await show(<DetachVolume region={REGION} items={[row({ instance, attachment })]} force={false} close={close} />);
  expect(said()).toContain(words);
});

test("a deletion names the snapshots that stay", async () => {
  cloud();
  const free = { state: "available", attachment: undefined, instance: undefined };
  await show(<DeleteVolumes region={REGION} items={[row(free), row({ ...free, id: "vol-2" })]} close={close} />);
  await eventually(() => said().includes("which stay: snap-1"));
  expect(said()).toContain("it has no completed snapshot");
});

test("the details say that a guest keeps a volume, and how a modification goes", async () => {
  const modification = { ModificationState: "modifying" as const, Progress: 0, OriginalSize: 8, TargetSize: 9, StatusMessage: "soon" };
  const busy = row({ attachment: { InstanceId: "i-1", Device: "/dev/sdf", State: "busy" }, modification });
  const text = await show(<VolumeFacts region={REGION} item={busy} />);
  expect(text()).toContain("The guest did not let this volume go");
  expect(text()).toContain("in-use - modifying (0%)");
  expect(text()).toContain("soon");
});
