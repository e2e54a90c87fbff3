"""What a snapshot tells of its size, to the byte: what its layer holds itself, and all that is read through it."""

import pytest
from stack import Stack
from volumes_at_hand import attached, create

from kumoniwa.reconcile.shorten_chains import Compaction

pytestmark = pytest.mark.anyio

Sizes = tuple[int, int]  # changed, full
FS = 1024
"""What a file system writes besides, in each layer that was mounted: its own state."""


class Disk:
    """A data volume that a running guest has: nothing is written to it but by the test."""

    def __init__(self, stack: Stack) -> None:
        self.stack = stack

    async def begin(self) -> None:
        self.instance_id, self.volume_id = await attached(self.stack)

    def write(self, path: str, length: int) -> None:
        guest = self.stack.guest(self.instance_id)
        guest.write(path, b"x" * length, serial=self.volume_id.replace("-", ""), sync=True)

    async def snapshot(self) -> str:
        return await taken(self.stack, self.volume_id)


async def taken(stack: Stack, volume_id: str) -> str:
    snapshot_id = str((await stack.call("CreateSnapshot", VolumeId=volume_id))["SnapshotId"])
    await stack.idle()
    return snapshot_id


async def sizes(stack: Stack, snapshot_id: str) -> Sizes:
    """The sizes of a completed snapshot; EC2's own member tells the full one."""
    told = await stack.get(f"/_kumoniwa/snapshots/{snapshot_id}")
    (described,) = (await stack.call("DescribeSnapshots", SnapshotIds=[snapshot_id]))["Snapshots"]
    assert described["State"] == "completed"
    assert described["FullSnapshotSizeInBytes"] == told["full_bytes"]
    return told["changed_bytes"], told["full_bytes"]


@pytest.fixture
async def disk(stack: Stack) -> Disk:
    made = Disk(stack)
    await made.begin()
    return made


async def history(disk: Disk) -> dict[str, Sizes]:
    """Four snapshots of what is known to have been written; what each has to tell."""
    expected: dict[str, Sizes] = {}
    disk.write("/a", 1000)
    expected[await disk.snapshot()] = (1000 + FS, 1000 + FS)
    disk.write("/a", 200)  # in the place of what was there
    disk.write("/b", 50)
    expected[await disk.snapshot()] = (250 + FS, 250 + FS)
    disk.write("/c", 7)
    expected[await disk.snapshot()] = (7 + FS, 257 + FS)
    expected[await disk.snapshot()] = (0, 257 + FS)
    return expected


async def test_a_snapshot_tells_what_was_written_since_the_one_before_and_all_that_it_holds(disk: Disk) -> None:
    expected = await history(disk)
    assert {one: await sizes(disk.stack, one) for one in expected} == expected


async def test_an_empty_volumes_snapshot_holds_nothing(stack: Stack) -> None:
    assert await sizes(stack, await taken(stack, await create(stack))) == (0, 0)


async def test_copies_tell_what_their_sources_do(disk: Disk) -> None:
    expected = await history(disk)
    copies = {}
    for source, size in expected.items():
        asked = {"SourceRegion": "us-east-1", "SourceSnapshotId": source}
        copies[(await disk.stack.call("CopySnapshot", **asked))["SnapshotId"]] = size
    await disk.stack.idle()
    assert {one: await sizes(disk.stack, one) for one in copies} == copies


async def test_the_snapshots_of_an_image_and_of_its_copy_tell_the_same(disk: Disk) -> None:
    stack = disk.stack
    disk.write("/a", 1000)
    asked = {"InstanceId": disk.instance_id, "Name": "golden", "NoReboot": True}
    image = (await stack.call("CreateImage", **asked))["ImageId"]
    await stack.idle()
    copy = (await stack.call("CopyImage", SourceRegion="us-east-1", SourceImageId=image, Name="copy"))["ImageId"]
    await stack.idle()
    for one in (image, copy):
        (described,) = (await stack.call("DescribeImages", ImageIds=[one]))["Images"]
        data = {device["DeviceName"]: device["Ebs"]["SnapshotId"] for device in described["BlockDeviceMappings"]}
        assert await sizes(stack, data["/dev/sdf"]) == (1000 + FS, 1000 + FS)


async def test_a_volume_made_of_a_snapshot_begins_where_that_ends(disk: Disk) -> None:
    stack = disk.stack
    last = list(await history(disk))[-1]
    restored = await create(stack, SnapshotId=last)
    assert await sizes(stack, await taken(stack, restored)) == (0, 257 + FS)


async def test_a_compaction_changes_the_size_of_no_snapshot_that_is_there(disk: Disk) -> None:
    """The layer of the next one holds, besides what was written since, what was brought together in it."""
    stack = disk.stack
    expected = await history(disk)
    compaction = Compaction(stack.running.cloud.world, longest=4, left=2)
    await compaction.go_round()
    assert compaction.last is not None
    assert (compaction.last.outcome, compaction.last.layers_after) == ("done", 2)
    assert {one: await sizes(stack, one) for one in expected} == expected
    disk.write("/d", 3)
    expected[await disk.snapshot()] = (260 + FS, 260 + FS)
    disk.write("/e", 1)
    expected[await disk.snapshot()] = (1 + FS, 261 + FS)
    assert {one: await sizes(stack, one) for one in expected} == expected
    assert (await stack.get("/_kumoniwa/storage/check"))["faults"] == []
