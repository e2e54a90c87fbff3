import { expect, test } from "vitest";
import { permissionChanges, snapshotsOf } from "./model";

test("what is granted and what is taken back is one change, and nothing is none", () => {
  const before = { everyone: false, accounts: ["111122223333", "222233334444"] };
  expect(permissionChanges(before, before)).toEqual({});
  expect(permissionChanges(before, { everyone: true, accounts: ["222233334444", "333344445555"] })).toEqual({
    Add: [{ Group: "all" }, { UserId: "333344445555" }],
    Remove: [{ UserId: "111122223333" }],
  });
});

const image = (ImageId: string, ...snapshots: string[]) => ({
  ImageId,
  BlockDeviceMappings: snapshots.map((SnapshotId) => ({ DeviceName: SnapshotId, Ebs: { SnapshotId } })),
});

test("a snapshot that another image needs is not an image's own", () => {
  const one = image("ami-1", "snap-1", "snap-2");
  expect(snapshotsOf(one, [one, image("ami-2", "snap-2")])).toEqual({ own: ["snap-1"], shared: ["snap-2"] });
});
