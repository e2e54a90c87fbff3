"""The host's disk becomes full, really: the data folder lies on a small file system of its own."""

import asyncio
import os
import re
from collections.abc import AsyncIterator, Iterator, Sequence
from contextlib import asynccontextmanager
from functools import partial
from pathlib import Path
from typing import Any

import pytest
from qemu_bench import qemu
from real_cloud import RealCloud, end_guests, letters, numbers, real_cloud
from real_cloud import until as eventually
from small_disk import MIB, SmallDisk

from kumoniwa.hypervisor.driver import MAKE_ROOM, Cut, CutMade, DiskBus, EventKind, GuestState, LayerId
from kumoniwa.hypervisor.qemu.disks.qemu_disks import QcowDisks
from kumoniwa.hypervisor.qemu.guest.process.machine import Machine
from kumoniwa.hypervisor.qemu.guest.qemu_guest import QemuGuest
from kumoniwa.hypervisor.qemu.host.disk_space import FLOOR
from kumoniwa.store import snapshots

pytestmark = [
    pytest.mark.vm,
    pytest.mark.timeout(1200),
    pytest.mark.skipif(os.geteuid() != 0, reason="only root may mount a file system"),
]


@pytest.fixture
def disk(tmp_path: Path) -> Iterator[SmallDisk]:
    disk = SmallDisk(tmp_path / "small", 640)
    try:
        yield disk
    finally:
        disk.unmount()


@pytest.mark.anyio
async def test_a_write_for_which_there_is_no_room_after_all_waits_on_virtio(disk: SmallDisk) -> None:
    """Nobody paused the guest in time: QEMU does, at the write itself."""
    async with qemu(disk.path, DiskBus.VIRTIO) as bench:
        guest, spec = await bench.up()
        cut = Cut(spec.disks[0].layer, bench.layer())  # whatever is written after it wants room
        await bench.driver.disks.ensure_overlay(cut.new, cut.old, 8 * MIB)
        await bench.run(guest.ensure_cut([cut]))
        disk.fill(0)
        writing = asyncio.create_task(bench.write(spec.id, "it"))
        await bench.event(EventKind.OUT_OF_SPACE)
        assert not writing.done()
        disk.empty()
        await writing
        assert await guest.observe() is GuestState.RUNNING
        assert await bench.holds(cut.new, "it")


CUTS: dict[str, dict[str, Any]] = {
    "an image with reboot": {},
    "an image without reboot": {"NoReboot": True},
    "snapshots": {},
}


@pytest.mark.anyio
@pytest.mark.parametrize("a_little", [True, False], ids=["a little room after it", "no room after it"])
@pytest.mark.parametrize("what", CUTS)
async def test_a_cut_for_whose_overlays_there_is_no_room_harms_nothing(
    what: str, a_little: bool, disk: SmallDisk, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Where a little room is left, the failure is written down. With none that may not succeed; then the cut is tried
    again, and made once there is room."""
    overlay, tried = QcowDisks.ensure_overlay, asyncio.Event()

    async def without_room(disks: QcowDisks, layer: LayerId, on: LayerId, size: int) -> None:
        disk.fill(0)
        try:
            await overlay(disks, layer, on, size)
        finally:
            if a_little:
                disk.give_back(MIB)
            tried.set()

    async with _cloud_on(disk) as cloud:
        instance_id = await cloud.launch(await cloud.boot_sector_image())
        await cloud.press(instance_id, "a")
        with monkeypatch.context() as patch:
            patch.setattr(QcowDisks, "ensure_overlay", without_room)
            image_id, snapshot_ids = await _begin_cut(cloud, what, instance_id)
            async with asyncio.timeout(60):
                await tried.wait()
            await eventually(lambda: _impaired(cloud, instance_id))  # it paused
        disk.empty()
        await cloud.idle()
        reason = await _outcome(cloud, image_id, snapshot_ids)
        full = f"The host's disk is full. {MAKE_ROOM}"
        assert reason in ([full] if a_little else [full, None])
        boots = (await cloud.evidence(f"instances/{instance_id}/boots"))["boots"]
        assert len(boots) == (2 if what == "an image with reboot" and reason is None else 1)
        await _goes_on(cloud, instance_id, "ab")


@pytest.mark.anyio
@pytest.mark.parametrize("what", CUTS)
async def test_a_cut_at_whose_instant_the_room_gives_out_harms_nothing(
    what: str, disk: SmallDisk, monkeypatch: pytest.MonkeyPatch
) -> None:
    cut, tried = QemuGuest.ensure_cut, asyncio.Event()

    async def without_room(guest: QemuGuest, cuts: Sequence[Cut], *, freeze: bool = False) -> CutMade:
        disk.fill(0)
        try:
            return await cut(guest, cuts, freeze=freeze)
        finally:
            tried.set()

    async with _cloud_on(disk) as cloud:
        instance_id = await cloud.launch(await cloud.boot_sector_image())
        await cloud.press(instance_id, "a")
        with monkeypatch.context() as patch:
            patch.setattr(QemuGuest, "ensure_cut", without_room)
            image_id, snapshot_ids = await _begin_cut(cloud, what, instance_id)
            async with asyncio.timeout(60):
                await tried.wait()
        disk.empty()
        await cloud.idle()
        await _outcome(cloud, image_id, snapshot_ids)
        await _goes_on(cloud, instance_id, "ab")


async def _begin_cut(cloud: RealCloud, what: str, instance_id: str) -> tuple[str | None, list[str]]:
    """Ask for it; gives the ids of the image, if it is one, and of the snapshots."""
    if what == "snapshots":
        made = (await cloud.call("CreateSnapshots", InstanceSpecification={"InstanceId": instance_id}))["Snapshots"]
        return None, [one["SnapshotId"] for one in made]
    image_id = (await cloud.call("CreateImage", InstanceId=instance_id, Name=what, **CUTS[what]))["ImageId"]
    [image] = (await cloud.call("DescribeImages", ImageIds=[image_id]))["Images"]
    return image_id, [one["Ebs"]["SnapshotId"] for one in image["BlockDeviceMappings"]]


async def _outcome(cloud: RealCloud, image_id: str | None, snapshot_ids: list[str]) -> str | None:
    """Why the cut was not made, as image and snapshots say alike; None where it was, and they hold what they should."""
    rows = {}
    for row in (await cloud.call("DescribeSnapshots", SnapshotIds=snapshot_ids))["Snapshots"]:
        rows[row["SnapshotId"]] = (row["State"], row.get("StateMessage") or None)
    assert rows.keys() == set(snapshot_ids)
    if image_id is not None:
        [image] = (await cloud.call("DescribeImages", ImageIds=[image_id]))["Images"]
        is_there = image["State"] == "available"
        assert is_there or image["State"] == "failed"
        reason = None if is_there else image["StateReason"]["Message"].removeprefix("Server.InternalError: ")
        assert reason != ""
        rows["image"] = ("completed" if is_there else "error", reason)
    [(state, reason)] = set(rows.values())
    assert (state == "completed") is (reason is None)
    if state == "completed":
        assert [await cloud.snapshot_letters(id) for id in snapshot_ids] == ["a"]
    return reason


async def _goes_on(cloud: RealCloud, instance_id: str, holds: str) -> None:
    """The guest runs, can be cut, and has lost nothing; the last of the letters is not written yet."""
    await eventually(lambda: _runs(cloud, instance_id))
    await cloud.press_until_heard(instance_id, holds[-1])
    made = await cloud.call("CreateSnapshots", InstanceSpecification={"InstanceId": instance_id})
    await cloud.idle()
    assert await cloud.snapshot_letters(made["Snapshots"][0]["SnapshotId"]) == holds
    await cloud.call("StopInstances", InstanceIds=[instance_id])
    await cloud.idle()
    assert await letters(cloud.folder, await cloud.head(instance_id)) == holds
    assert await cloud.faults() == []


@pytest.mark.anyio
@pytest.mark.parametrize("when", ["before it begins", "while it copies"])
async def test_a_compaction_for_which_there_is_no_room_says_so_and_is_made_when_there_is(
    when: str, disk: SmallDisk, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with _cloud_on(disk) as cloud:
        instance_id = await cloud.launch(await cloud.boot_sector_image())
        volume_id = (await cloud.instance(instance_id))["BlockDeviceMappings"][0]["Ebs"]["VolumeId"]
        held = [await _filled_and_cut(cloud, instance_id, number) for number in range(1, 5)]
        await cloud.press(instance_id, "a")  # the cluster for all letters is there: none needs room any more
        compaction = await cloud.compaction()
        head, pressing = await cloud.head(instance_id), asyncio.Event()
        before = await cloud.driver.disks.parent(LayerId(head))

        async def press() -> None:
            for letter in "bcdefgh":
                await cloud.press_until_heard(instance_id, letter)
                pressing.set()

        execute = Machine.execute

        async def fills(machine: Machine, command: str, **arguments: Any) -> Any:
            if command == "block-stream":
                disk.fill(MIB)
            return await execute(machine, command, **arguments)

        with monkeypatch.context() as patch:
            if when == "while it copies":
                patch.setattr(Machine, "execute", fills)
            else:
                disk.fill(FLOOR + MIB)
            keys = asyncio.create_task(press())
            await pressing.wait()
            await compaction.go_round()
        told = (await cloud.evidence("storage"))["compaction"]
        why = told["skipped"][volume_id]
        if when == "while it copies":
            assert why == f"The host's disk is full: {head} was not compacted. {MAKE_ROOM}"
            assert (told["last"]["volume"], told["last"]["outcome"]) == (volume_id, why)
        else:
            assert re.fullmatch(r"The host has no room to copy \d+ bytes: \d+ are free, of which \d+ are kept .*", why)
            assert told["last"] is None
        assert await cloud.driver.disks.parent(LayerId(head)) == before, "it stands where it stood"
        assert await cloud.faults() == []

        disk.empty()
        await eventually(lambda: _runs(cloud, instance_id))
        async with asyncio.timeout(60):
            await keys
        await compaction.go_round()
        told = (await cloud.evidence("storage"))["compaction"]
        assert (told["skipped"], told["last"]["outcome"], told["last"]["layers_after"]) == ({}, "done", 2)
        assert await cloud.driver.disks.parent(LayerId(head)) != before
        for number, snapshot_id in enumerate(held, 1):
            snapshot = await cloud.running.cloud.read(partial(snapshots.get, snapshot_id=snapshot_id))
            assert snapshot is not None and snapshot.layer_id is not None
            assert await numbers(cloud.folder, snapshot.layer_id) == list(range(1, number + 1))
        await cloud.call("StopInstances", InstanceIds=[instance_id])
        await cloud.idle()
        assert await letters(cloud.folder, head) == "abcdefgh"
        assert await numbers(cloud.folder, head) == [1, 2, 3, 4]
        assert await cloud.faults() == []


async def _filled_and_cut(cloud: RealCloud, instance_id: str, number: int) -> str:
    """Fill the guest's n-th MiB, and cut; gives the snapshot."""
    await cloud.fill(instance_id, number)
    made = await cloud.call("CreateSnapshots", InstanceSpecification={"InstanceId": instance_id})
    await cloud.idle()
    return str(made["Snapshots"][0]["SnapshotId"])


@asynccontextmanager
async def _cloud_on(disk: SmallDisk) -> AsyncIterator[RealCloud]:
    """A cloud on the small disk; none of its guests outlives the block."""
    folder = disk.path / "cloud"
    folder.mkdir()
    try:
        async with real_cloud(folder) as cloud:
            yield cloud
    finally:
        end_guests(folder)


async def _impaired(cloud: RealCloud, instance_id: str) -> bool:
    return await cloud.guest(instance_id).observe() is GuestState.HALTED


async def _runs(cloud: RealCloud, instance_id: str) -> bool:
    return await cloud.guest(instance_id).observe() is GuestState.RUNNING
