import { expect, test } from "vitest";
import { freeDevices, linkInGuest } from "./devices";
import { areWhole, asked, retyped } from "./measures";
import { isRoot, stateOf, wordOf, type VolumeRow } from "./model";
import { changed } from "./ModifyVolume";

const GP3 = { type: "gp3", size: "8", iops: "3000", throughput: "125" };

test("a call is given the performance that its volume type has, and no other", () => {
  expect(asked(GP3)).toEqual({ VolumeType: "gp3", Size: 8, Iops: 3000, Throughput: 125 });
  expect(asked({ ...GP3, type: "io2" })).toEqual({ VolumeType: "io2", Size: 8, Iops: 3000 });
  expect(asked({ ...GP3, type: "st1" })).toEqual({ VolumeType: "st1", Size: 8 });
});

test.each([
  [GP3, true],
  [{ ...GP3, size: "" }, false],
  [{ ...GP3, size: "1.5" }, false],
  [{ ...GP3, size: "-1" }, false],
  [{ ...GP3, iops: "1e4" }, false],
  [{ ...GP3, type: "gp2", iops: "", throughput: "" }, true],
])("whether %o are whole numbers", (measures, whole) => expect(areWhole(measures)).toBe(whole));

test.each([
  ["gp2", { iops: "", throughput: "" }],
  ["gp3", { iops: "3000", throughput: "125" }],
  ["io1", { iops: "400", throughput: "" }], // fifty for each GiB
  ["io2", { iops: "3000", throughput: "" }],
])("another type has the performance that EC2's console proposes: %s", (type, performance) => {
  expect(retyped(GP3, type)).toEqual({ type, size: "8", ...performance });
});

test("a modification asks for what is changed, and of another type for its performance too", () => {
  expect(changed(asked(GP3), asked({ ...GP3, size: "9" }))).toEqual({ Size: 9 });
  expect(changed(asked(GP3), asked(GP3))).toEqual({});
  const gp2 = { type: "gp2", size: "8", iops: "100", throughput: "" };
  expect(changed(asked(gp2), asked(retyped(gp2, "gp3")))).toEqual({ VolumeType: "gp3", Iops: 3000, Throughput: 125 });
});

const mapped = (...names: string[]) => names.map((DeviceName) => ({ DeviceName }));

test("device names that are taken are not proposed, whichever way they are written", () => {
  const names = freeDevices({ RootDeviceName: "/dev/xvda", BlockDeviceMappings: mapped("/dev/xvda", "/dev/sdf", "xvdg") });
  expect(names).toEqual(["h", "i", "j", "k", "l", "m", "n", "o", "p"].map((letter) => `/dev/sd${letter}`));
});

test("an instance without a root volume is proposed its root device first", () => {
  expect(freeDevices({ RootDeviceName: "/dev/sda1", BlockDeviceMappings: [] }).slice(0, 2)).toEqual(["/dev/sda1", "/dev/sdf"]);
});

test("what leads to a volume inside a guest goes by the volume's id", () => {
  expect(linkInGuest("vol-0123", true)).toBe("/dev/disk/by-id/nvme-QEMU_NVMe_Ctrl_vol0123");
  expect(linkInGuest("vol-0123", false)).toBe("/dev/disk/by-id/virtio-vol0123");
});

const row = (more: Partial<VolumeRow>): VolumeRow => ({
  id: "vol-1",
  name: "",
  state: "in-use",
  volume: {},
  attachment: { InstanceId: "i-1", Device: "/dev/xvda", State: "attached" },
  instance: { InstanceId: "i-1", RootDeviceName: "/dev/xvda", State: { Name: "running" } },
  status: undefined,
  modification: undefined,
  ...more,
});

test("a modification is part of a volume's state while it is under way", () => {
  expect(wordOf(row({ modification: { ModificationState: "optimizing", Progress: 40 } }))).toBe("in-use - optimizing (40%)");
  expect(wordOf(row({ modification: { ModificationState: "completed", Progress: 100 } }))).toBe("in-use");
});

test("the root volume is the one at its instance's root device", () => {
  expect(isRoot(row({}))).toBe(true);
  expect(isRoot(row({ attachment: { InstanceId: "i-1", Device: "/dev/sdf" } }))).toBe(false);
  expect(isRoot(row({ attachment: undefined, instance: undefined }))).toBe(false);
});

test("a dry run is asked again when the instance's state changes", () => {
  expect(stateOf(row({}))).not.toBe(stateOf(row({ instance: { State: { Name: "stopped" } } })));
});
