"""The server dies at every point of the stories of volumes; the next one finishes what was promised."""

import asyncio
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


@dataclass
class Given:
    """A guest that runs, with a volume beside its root, and one that nobody has."""

    instance_id: str
    attached: str
    spare: str


Begin = Callable[[Stack, Given], Awaitable[None]]
Check = Callable[[Stack, Given], Awaitable[None]]


async def volume(stack: Stack, volume_id: str) -> dict[str, Any]:
    described: dict[str, Any] = (await stack.call("DescribeVolumes", VolumeIds=[volume_id]))["Volumes"][0]
    return described


async def _create(stack: Stack, _: Given) -> None:
    await stack.call("CreateVolume", AvailabilityZone=ZONE, Size=7)


async def _created(stack: Stack, given: Given) -> None:
    found = (await stack.call("DescribeVolumes", Filters=[{"Name": "size", "Values": ["7"]}]))["Volumes"]
    assert [one["State"] for one in found] == ["available"]


async def _attach(stack: Stack, given: Given) -> None:
    await stack.call("AttachVolume", VolumeId=given.spare, InstanceId=given.instance_id, Device="/dev/sdg")


async def _is_attached(stack: Stack, given: Given) -> None:
    assert (await volume(stack, given.spare))["Attachments"][0]["State"] == "attached"
    stack.guest(given.instance_id).write("/new", b"new", serial=given.spare.replace("-", ""))


async def _detach(stack: Stack, given: Given) -> None:
    await stack.call("DetachVolume", VolumeId=given.attached)


async def _is_detached(stack: Stack, given: Given) -> None:
    assert (await volume(stack, given.attached))["State"] == "available"
    other = await stack.launch()
    await stack.call("AttachVolume", VolumeId=given.attached, InstanceId=other, Device="/dev/sdf")
    await stack.idle()
    assert stack.guest(other).read("/synced", serial=given.attached.replace("-", "")) == b"before"


async def _grow_attached(stack: Stack, given: Given) -> None:
    await stack.call("ModifyVolume", VolumeId=given.attached, Size=5)


async def _grow_spare(stack: Stack, given: Given) -> None:
    await stack.call("ModifyVolume", VolumeId=given.spare, Size=5)


async def _attached_has_grown(stack: Stack, given: Given) -> None:
    await _has_grown(stack, given.attached)
    assert stack.guest(given.instance_id).read("/synced", serial=given.attached.replace("-", "")) == b"before"


async def _spare_has_grown(stack: Stack, given: Given) -> None:
    await _has_grown(stack, given.spare)


async def _has_grown(stack: Stack, volume_id: str) -> None:
    assert (await volume(stack, volume_id))["Size"] == 5
    told = await stack.call("DescribeVolumesModifications", VolumeIds=[volume_id])
    assert told["VolumesModifications"][0]["ModificationState"] == "completed"


async def _delete(stack: Stack, given: Given) -> None:
    await stack.call("DeleteVolume", VolumeId=given.spare)


async def _is_deleted(stack: Stack, given: Given) -> None:
    assert len((await stack.call("DescribeVolumes"))["Volumes"]) == 2


STORIES: dict[str, tuple[Begin, Check]] = {
    "create_volume": (_create, _created),
    "attach_volume": (_attach, _is_attached),
    "detach_volume": (_detach, _is_detached),
    "modify_volume_attached": (_grow_attached, _attached_has_grown),
    "modify_volume": (_grow_spare, _spare_has_grown),
    "delete_volume": (_delete, _is_deleted),
}


async def _given(stack: Stack) -> Given:
    instance_id = await stack.launch()
    made = [(await stack.call("CreateVolume", AvailabilityZone=ZONE, Size=1))["VolumeId"] for _ in range(2)]
    await stack.idle()
    await stack.call("AttachVolume", VolumeId=made[0], InstanceId=instance_id, Device="/dev/sdf")
    await stack.idle()
    stack.guest(instance_id).write("/synced", b"before", serial=made[0].replace("-", ""), sync=True)
    return Given(instance_id, *made)


async def _lived(folder: Path, story: str, crashes: tuple[int, ...], monkeypatch: pytest.MonkeyPatch) -> bool:
    """Begin a story, crash at these points of its successive lives, check the end; gives whether any crash came."""
    begin, check = STORIES[story]
    life = Life(folder)
    first = Points(crashes[0])
    async with life.server(first, monkeypatch) as stack:
        given = await _given(stack)
        first.armed = True
        await begin(stack, given)
        await ended(stack, first)
    for crash_at in crashes[1:]:
        points = Points(crash_at, armed=True)
        async with life.server(points, monkeypatch) as stack:
            await ended(stack, points)
    async with life.server(Points(), monkeypatch) as stack:
        await stack.idle()
        await check(stack, given)
        await stack.idle()
        await whole(stack)
    return first.crashed.is_set()


@pytest.mark.parametrize("twice", [False, True])
@pytest.mark.parametrize("story", STORIES)
async def test_a_server_that_dies_at_any_point_leaves_what_was_promised(
    story: str, twice: bool, folders: Callable[[int], Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    crash_at = 1
    while await _lived(folders(crash_at), story, (crash_at, 1 + crash_at % 3) if twice else (crash_at,), monkeypatch):
        crash_at += 3 if twice else 1
    assert crash_at > 4, "there were points at all"


async def test_a_layer_that_many_want_at_once_is_made_once(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    async with Life(tmp_path).server(Points(), monkeypatch) as stack:
        snapshot_id = (await stack.call("DescribeSnapshots"))["Snapshots"][0]["SnapshotId"]
        asked = {"AvailabilityZone": ZONE, "SnapshotId": snapshot_id}
        await asyncio.gather(*(stack.call("CreateVolume", **asked) for _ in range(5)))
        await stack.idle()
        found = (await stack.call("DescribeVolumes"))["Volumes"]
        assert [one["State"] for one in found] == ["available"] * 5
        await whole(stack)


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
