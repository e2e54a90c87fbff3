import { expect, test } from "vitest";
import { edited, NO_TAGS } from "../../resource/tags";
import { serve } from "../../testing";
import { byteSize } from "../../texts/bytes";
import { outlookOf } from "./CutAnswer";
import { snapshotsOf } from "./model";
import { permissionCalls } from "./permissions";
import { areAccounts } from "../../resource/Accounts";
import { everyVolume, specification } from "./VolumesToCut";

const FREEZE = edited([{ Key: "kumoniwa:freeze", Value: "true" }]);

const UNFROZEN = edited([{ Key: "kumoniwa:freeze", Value: "false" }]);

test.each([
  [undefined, NO_TAGS, true, "unattached"],
  ["stopped", FREEZE, true, "stopped"],
  ["running", NO_TAGS, false, "running"],
  ["running", NO_TAGS, true, "frozen"],
  ["running", FREEZE, false, "frozen"],
  ["running", UNFROZEN, true, "running"],
  ["stopping", NO_TAGS, false, "running"],
])("of an instance that is %s, with %o, where the server freezes: %s, the cut will be %s", (state, tags, freeze, outlook) => {
  expect(outlookOf(state, tags, freeze)).toBe(outlook);
});

test("what is added and what is removed are two calls, as EC2 wants", () => {
  const of = { SnapshotId: "snap-1", Attribute: "createVolumePermission" };
  const before = { isPublic: false, accounts: ["111111111111", "222222222222"] };
  const after = { isPublic: true, accounts: ["222222222222", "333333333333"] };
  expect(permissionCalls("snap-1", before, after)).toEqual([
    { ...of, CreateVolumePermission: { Add: [{ Group: "all" }, { UserId: "333333333333" }] } },
    { ...of, CreateVolumePermission: { Remove: [{ UserId: "111111111111" }] } },
  ]);
  expect(permissionCalls("snap-1", before, before)).toEqual([]);
});

test("an account has twelve digits", () => {
  expect(areAccounts(["123456789012"])).toBe(true);
  expect(areAccounts(["123456789012", "12345678901"])).toBe(false);
});

test("volumes of an instance are left out by EC2's two members for that", () => {
  expect(specification("i-1", everyVolume)).toEqual({ InstanceId: "i-1" });
  expect(specification("i-1", { ...everyVolume, root: false, excluded: ["vol-2"] })).toEqual({
    InstanceId: "i-1",
    ExcludeBootVolume: true,
    ExcludeDataVolumeIds: ["vol-2"],
  });
});

const snapshot = (SnapshotId: string) => ({ SnapshotId, State: "completed" });
const image = (ImageId: string, State: string) => ({ ImageId, State, BlockDeviceMappings: [{ Ebs: { SnapshotId: "snap-1" } }] });

test("a snapshot knows the AMIs that need it, and private ones are those that others share", async () => {
  serve(({ action, parameters = {} }) => {
    if (action === "DescribeImages") return { body: { Images: [image("ami-1", "disabled"), image("ami-2", "failed")] } };
    return { body: { Snapshots: (parameters.OwnerIds ? ["snap-1"] : ["snap-1", "snap-2"]).map(snapshot) } };
  });
  expect((await snapshotsOf("us-east-1").read()).map(({ id, images }) => [id, images])).toEqual([["snap-1", ["ami-1"]]]);
  expect((await snapshotsOf("us-east-1", "private").read()).map(({ id }) => id)).toEqual(["snap-2"]);
  expect((await snapshotsOf("us-east-1", "public").read()).map(({ id }) => id)).toEqual(["snap-1", "snap-2"]);
});

test("bytes are written as people read them", () => {
  expect([0, 1023, 1536, 3 << 20, null].map(byteSize)).toEqual(["0 B", "1023 B", "1.5 KiB", "3.0 MiB", undefined]);
});
