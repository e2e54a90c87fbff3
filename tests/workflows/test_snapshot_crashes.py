"""The server dies at every point of the stories of snapshots; the next one finishes what was promised."""

import shutil
from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from life import Life, Points, ended, whole
from stack import Stack

pytestmark = [pytest.mark.anyio, pytest.mark.timeout(600)]

ZONE = "us-east-1a"
KEPT = "/kept"
FREEZE = [{"ResourceType": "snapshot", "Tags": [{"Key": "kumoniwa:freeze", "Value": "true"}]}]


@dataclass
class Given:
    """A guest that runs, with a volume beside its root, a volume that nobody has, and a snapshot of that."""

    instance_id: str
    attached: str
    spare: str
    snapshot_id: str


Begin = Callable[[Stack, Given], Awaitable[None]]


def serial(volume_id: str) -> str:
    return volume_id.replace("-", "")


async def _of_all(stack: Stack, given: Given) -> None:
    await stack.call("CreateSnapshots", InstanceSpecification={"InstanceId": given.instance_id})


async def _of_all_frozen(stack: Stack, given: Given) -> None:
    asked = {"InstanceSpecification": {"InstanceId": given.instance_id}, "TagSpecifications": FREEZE}
    await stack.call("CreateSnapshots", **asked)


async def _of_one_that_leaves(stack: Stack, given: Given) -> None:
    await stack.call("DetachVolume", VolumeId=given.attached)
    await stack.call("CreateSnapshot", VolumeId=given.attached)


async def _of_nobodys(stack: Stack, given: Given) -> None:
    await stack.call("CreateSnapshot", VolumeId=given.spare)


async def _copy(stack: Stack, given: Given) -> None:
    await stack.call("CopySnapshot", SourceRegion="us-east-1", SourceSnapshotId=given.snapshot_id)


async def _image_frozen(stack: Stack, given: Given) -> None:
    asked = {"InstanceId": given.instance_id, "Name": "live", "NoReboot": True, "TagSpecifications": FREEZE}
    await stack.call("CreateImage", **asked)


STORIES: dict[str, Begin] = {
    "all": _of_all,
    "all, frozen": _of_all_frozen,
    "one that leaves": _of_one_that_leaves,
    "nobody's": _of_nobodys,
    "copy": _copy,
    "image, frozen": _image_frozen,
}


async def _given(stack: Stack) -> Given:
    instance_id = await stack.launch()
    made = [(await stack.call("CreateVolume", AvailabilityZone=ZONE, Size=1))["VolumeId"] for _ in range(2)]
    await stack.idle()
    guest = stack.guest(instance_id)
    for volume_id in reversed(made):
        await stack.call("AttachVolume", VolumeId=volume_id, InstanceId=instance_id, Device="/dev/sdf")
        await stack.idle()
        guest.write(KEPT, b"before", serial=serial(volume_id), sync=True)
        if volume_id == made[1]:
            await stack.call("DetachVolume", VolumeId=volume_id)
            await stack.idle()
    guest.write(KEPT, b"before", sync=True)
    snapshot_id = (await stack.call("CreateSnapshot", VolumeId=made[1]))["SnapshotId"]
    await stack.idle()
    return Given(instance_id, *made, snapshot_id)


async def _holds(stack: Stack, given: Given) -> None:
    """Every snapshot is completed and holds what was written; so do the volumes, and take more."""
    snapshots: list[dict[str, Any]] = (await stack.call("DescribeSnapshots"))["Snapshots"]
    assert {one["State"] for one in snapshots} == {"completed"}
    images = (await stack.call("DescribeImages"))["Images"]
    assert {one["State"] for one in images} == {"available"}
    guest = stack.guest(given.instance_id)
    assert not guest.is_frozen
    described = (await stack.call("DescribeVolumes", VolumeIds=[given.attached]))["Volumes"][0]
    if described["State"] == "available":
        await stack.call("AttachVolume", VolumeId=given.attached, InstanceId=given.instance_id, Device="/dev/sdf")
    await stack.call("AttachVolume", VolumeId=given.spare, InstanceId=given.instance_id, Device="/dev/sdg")
    await stack.idle()
    on = [None, serial(given.attached), serial(given.spare)]
    for one in on:
        assert guest.read(KEPT, serial=one) == b"before"
        guest.write(KEPT, b"after", serial=one, sync=True)
    await stack.call("StopInstances", InstanceIds=[given.instance_id])
    await stack.idle()
    await stack.call("StartInstances", InstanceIds=[given.instance_id])
    await stack.idle()
    assert [guest.read(KEPT, serial=one) for one in on] == [b"after"] * 3
    other = await stack.launch()
    taken = [one for one in snapshots if "simulated" not in one["Description"]]
    for snapshot, letter in zip(taken, "fghij", strict=False):
        if snapshot["VolumeId"] not in (given.attached, given.spare, "vol-ffffffff"):
            continue
        made = (await stack.call("CreateVolume", AvailabilityZone=ZONE, SnapshotId=snapshot["SnapshotId"]))["VolumeId"]
        await stack.idle()
        await stack.call("AttachVolume", VolumeId=made, InstanceId=other, Device=f"/dev/sd{letter}")
        await stack.idle()
        if snapshot["FullSnapshotSizeInBytes"]:
            assert stack.guest(other).read(KEPT, serial=serial(made)) == b"before"


async def _lived(folder: Path, story: str, crashes: tuple[int, ...], monkeypatch: pytest.MonkeyPatch) -> bool:
    """Begin a story, crash at these points of its successive lives, check the end; gives whether any crash came."""
    life = Life(folder)
    first = Points(crashes[0])
    async with life.server(first, monkeypatch) as stack:
        given = await _given(stack)
        first.armed = True
        await STORIES[story](stack, given)
        await ended(stack, first)
    for crash_at in crashes[1:]:
        points = Points(crash_at, armed=True)
        async with life.server(points, monkeypatch) as stack:
            await ended(stack, points)
    async with life.server(Points(), monkeypatch) as stack:
        await stack.idle()
        await _holds(stack, given)
        await stack.idle()
        await whole(stack)
    return first.crashed.is_set()


@pytest.mark.parametrize("twice", [False, True])
@pytest.mark.parametrize("story", STORIES)
async def test_a_server_that_dies_at_any_point_leaves_snapshots_that_hold_what_was_written(
    story: str, twice: bool, folders: Callable[[int], Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    crash_at = 1
    while await _lived(folders(crash_at), story, (crash_at, 1 + crash_at % 3) if twice else (crash_at,), monkeypatch):
        crash_at += 3 if twice else 1
    assert crash_at > 4, "there were points at all"


@pytest.fixture
async def folders(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Callable[[int], Path]]:
    """Data folders that a server has started on once: migrating anew each time would take most of the tests' time."""
    template = tmp_path / "template"
    template.mkdir()
    async with Life(template).server(Points(), monkeypatch):
        pass

    def copied(number: int) -> Path:
        return shutil.copytree(template, tmp_path / str(number))

    yield copied
