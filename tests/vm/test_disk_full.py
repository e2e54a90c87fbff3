"""The host's disk becomes full, really: the data folder lies on a small file system of its own."""

import os
import subprocess
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from debian_guest import launch, until
from real_cloud import RealCloud, end_guests, layer_holds, real_cloud
from real_cloud import until as eventually
from server import Server

from kumoniwa import run
from kumoniwa.client.cloud import CloudClient
from kumoniwa.hypervisor.driver import GuestState, HostExhausted, LayerId
from kumoniwa.hypervisor.qemu.disks import QcowDisks
from kumoniwa.hypervisor.qemu.space import FLOOR, free_bytes

pytestmark = [
    pytest.mark.vm,
    pytest.mark.timeout(1200),
    pytest.mark.skipif(os.geteuid() != 0, reason="only root may mount a file system"),
]

_MIB = 1 << 20
_WRITTEN = 1200 * _MIB
_PATTERN = f"yes kumoniwa | head -c {_WRITTEN}"


class SmallDisk:
    """A file system of its own, as large as a test says."""

    def __init__(self, path: Path) -> None:
        self.path = path

    def mount(self, mib: int) -> None:
        _run("mount", "-t", "tmpfs", "-o", f"size={mib}m", "kumoniwa-test", str(self.path))

    def resize(self, mib: int) -> None:
        _run("mount", "-o", f"remount,size={mib}m", str(self.path))

    def fill(self, left: int) -> None:
        """Leave this many bytes of it."""
        with (self.path / "filler").open("ab") as filler:
            while (free := free_bytes(self.path)) > left:
                filler.write(bytes(min(free - left, 1 << 24)))
                filler.flush()

    def empty(self) -> None:
        """Take back what filled it."""
        (self.path / "filler").unlink()

    def unmount(self) -> None:
        _run("umount", "--lazy", str(self.path))


@pytest.fixture
def disk(tmp_path: Path) -> Iterator[SmallDisk]:
    disk = SmallDisk(tmp_path / "small")
    disk.path.mkdir()
    disk.mount(1400)
    try:
        yield disk
    finally:
        disk.unmount()


@pytest.fixture
def server(disk: SmallDisk) -> Iterator[Server]:
    server = Server(disk.path / "cloud", "qemu")
    try:
        yield server
    finally:
        server.end()


def test_a_guest_that_fills_the_hosts_disk_pauses_and_goes_on_and_loses_nothing(
    server: Server, disk: SmallDisk, tmp_path: Path
) -> None:
    cloud = server.start()
    login = launch(cloud, tmp_path, data_gib=2)
    instance_id = login.instance_id
    serial = cloud.instance(instance_id)["BlockDeviceMappings"][1]["Ebs"]["VolumeId"].replace("-", "")
    device = login.run(f"lsblk -dnpo NAME,SERIAL | awk '$2 == \"{serial}\" {{print $1}}'")
    write = f"{_PATTERN} | dd of={device} bs=1M iflag=fullblock oflag=direct && touch /written"
    login.run(f"sudo setsid sh -c '{write}' >/dev/null 2>&1 </dev/null &")
    server.wait_for(lambda line: line.get("kind") == "out-of-space", 300)
    until(lambda: _status(cloud, instance_id), "Status", "impaired", 60)
    assert 0 < free_bytes(disk.path) < FLOOR, "it paused before there was nothing left"
    disk.resize(3000)
    server.wait_for(lambda line: line.get("kind") == "resumed", 60)
    login.run("timeout 240 sh -c 'until [ -e /written ]; do sleep 1; done'")
    assert login.run(f"{_PATTERN} | sudo cmp -n {_WRITTEN} - {device} && echo same") == "same"
    boots = cloud.told(f"instances/{instance_id}/boots")["boots"]
    assert len(boots) == 1, "it went on where it stood"


@pytest.mark.anyio
@pytest.mark.parametrize("left", [0, 128 << 10])
async def test_a_cut_for_which_there_is_no_room_harms_nothing(
    left: int, disk: SmallDisk, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = disk.path / "cloud"
    folder.mkdir()
    overlay = QcowDisks.ensure_overlay
    try:
        async with real_cloud(folder) as cloud:
            instance_id = await cloud.launch(await cloud.boot_sector_image())
            await cloud.press(instance_id, "a")

            async def without_room(disks: QcowDisks, layer: LayerId, on: LayerId, size: int) -> None:
                disk.fill(left)
                await overlay(disks, layer, on, size)

            with monkeypatch.context() as patch:
                patch.setattr(QcowDisks, "ensure_overlay", without_room)
                image_id = (await cloud.call("CreateImage", InstanceId=instance_id, Name="full"))["ImageId"]
                await eventually(lambda: _impaired(cloud, instance_id))  # it paused
            disk.empty()
            await cloud.idle()
            image = (await cloud.call("DescribeImages", ImageIds=[image_id]))["Images"][0]
            if image["State"] == "failed":
                assert "disk is full" in image["StateReason"]["Message"]
            else:
                # The failure could not even be written down, and with room again the cut was made.
                snapshot = image["BlockDeviceMappings"][0]["Ebs"]["SnapshotId"]
                assert (image["State"], await cloud.snapshot_holds(snapshot, "a")) == ("available", True)
            await eventually(lambda: _runs(cloud, instance_id))
            await cloud.press(instance_id, "b")
            await cloud.call("StopInstances", InstanceIds=[instance_id])
            await cloud.idle()
            await _all_whole(folder)
            assert [letter for letter in "ab" if await layer_holds(folder, await cloud.head(instance_id), letter)] == [
                "a",
                "b",
            ]
    finally:
        end_guests(folder)


@pytest.mark.anyio
async def test_a_compaction_for_which_the_room_gives_out_harms_nothing(disk: SmallDisk) -> None:
    folder = disk.path / "cloud"
    folder.mkdir()
    try:
        async with real_cloud(folder) as cloud:
            instance_id = await cloud.launch(await cloud.boot_sector_image())
            volume_id = (await cloud.instance(instance_id))["BlockDeviceMappings"][0]["Ebs"]["VolumeId"]
            for letter in "abcd":
                await cloud.press(instance_id, letter)
                await cloud.call("CreateSnapshot", VolumeId=volume_id)
                await cloud.idle()
            head = LayerId(await cloud.head(instance_id))
            base = await _base(cloud, head)
            disk.fill(0)
            surroundings = cloud.driver._around
            believes = replace(surroundings, spare_bytes=lambda: 1 << 40)  # it was there when the copying began
            guest = cloud.guest(instance_id)
            guest._around = believes
            with pytest.raises(HostExhausted):
                await guest.ensure_compacted(head, base)
            disk.empty()
            await eventually(lambda: _runs(cloud, instance_id))
            await cloud.press(instance_id, "e")
            assert await _base(cloud, head) == base, "it stands where it stood"
            assert all([await layer_holds(folder, head, letter) for letter in "abcd"])
            assert await guest.ensure_compacted(head, base)
            assert all([await layer_holds(folder, head, letter) for letter in "abcde"])
            await cloud.call("StopInstances", InstanceIds=[instance_id])
            await cloud.idle()
            await _all_whole(folder)
    finally:
        end_guests(folder)


async def _base(cloud: RealCloud, layer: LayerId) -> LayerId:
    """The lowest layer of a chain, as the files tell."""
    while (parent := await cloud.driver.disks.parent(layer)) is not None:
        layer = parent
    return layer


async def _impaired(cloud: RealCloud, instance_id: str) -> bool:
    return await cloud.guest(instance_id).observe() is GuestState.HALTED


async def _runs(cloud: RealCloud, instance_id: str) -> bool:
    return await cloud.guest(instance_id).observe() is GuestState.RUNNING


async def _all_whole(folder: Path) -> None:
    for layer in (folder / "layers").iterdir():
        await run.run(["qemu-img", "check", "-q", "-f", "qcow2", str(layer)], timeout=60)


def _status(cloud: CloudClient, instance_id: str) -> dict[str, Any]:
    told: dict[str, Any] = cloud.call("DescribeInstanceStatus", InstanceIds=[instance_id])["InstanceStatuses"][0]
    return dict(told["InstanceStatus"])


def _run(*argv: str) -> None:
    subprocess.run(argv, check=True, capture_output=True, timeout=60)
