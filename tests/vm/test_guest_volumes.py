"""Volumes of real guests: they come, go, grow, and what is in their files."""

import json
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from real_cloud import RealCloud, end_guests, real_cloud

from kumoniwa import run
from kumoniwa.model.layers import GIB
from kumoniwa.store import volumes

pytestmark = [pytest.mark.anyio, pytest.mark.vm]


@pytest.fixture
async def cloud(tmp_path: Path) -> AsyncIterator[RealCloud]:
    try:
        async with real_cloud(tmp_path, shutdown_deadline=5.0, detach_deadline=0.5) as cloud:
            yield cloud
    finally:
        end_guests(tmp_path)


async def create(cloud: RealCloud) -> str:
    made = await cloud.call("CreateVolume", AvailabilityZone="us-east-1a", Size=1)
    await cloud.idle()
    return str(made["VolumeId"])


async def states(cloud: RealCloud, volume_id: str) -> tuple[str, str | None]:
    """The volume's state, and its attachment's where it has one."""
    told = (await cloud.call("DescribeVolumes", VolumeIds=[volume_id]))["Volumes"][0]
    attachments = told.get("Attachments")
    return told["State"], attachments[0]["State"] if attachments else None


async def head_bytes(cloud: RealCloud, volume_id: str) -> int:
    """How long the disk in the file of the volume's writable layer is; the file must not be open anywhere."""
    volume = await cloud.running.cloud.read(lambda connection: volumes.get(connection, volume_id))
    assert volume is not None
    path = cloud.folder / "layers" / f"{volume.head}.qcow2"
    told = await run.run(["qemu-img", "info", "-f", "qcow2", "--output=json", str(path)], timeout=60)
    return int(json.loads(told)["virtual-size"])


async def serials(cloud: RealCloud, instance_id: str) -> set[str]:
    """The serial numbers of the disks that the guest's QEMU has."""
    machine = cloud.guest(instance_id)._machine
    assert machine is not None
    found = set()
    for each in (await machine.execute("qom-list", path="/machine/peripheral")).each():
        if "nvme" in each["type"].text():
            path = f"/machine/peripheral/{each['name'].text()}"
            found.add((await machine.execute("qom-get", path=path, property="serial")).text())
    return found


async def test_a_volume_comes_to_a_running_guest_and_is_taken_from_one_that_does_not_let_it_go(
    cloud: RealCloud,
) -> None:
    """A boot sector hears nothing of a disk that is to go: it is busy until it is forced."""
    instance_id, volume_id = await cloud.launch(await cloud.boot_sector_image()), await create(cloud)
    await cloud.call("AttachVolume", VolumeId=volume_id, InstanceId=instance_id, Device="/dev/sdf")
    await cloud.idle()
    assert await states(cloud, volume_id) == ("in-use", "attached")
    assert volume_id.replace("-", "") in await serials(cloud, instance_id)
    await cloud.call("DetachVolume", VolumeId=volume_id)
    await cloud.idle()
    assert await states(cloud, volume_id) == ("in-use", "busy")
    await cloud.call("DetachVolume", VolumeId=volume_id, Force=True)
    await cloud.idle()
    assert await states(cloud, volume_id) == ("available", None)
    assert await head_bytes(cloud, volume_id) == GIB
    await cloud.press(instance_id, "a")  # and the guest goes on


async def test_a_stopped_instance_takes_a_volume_that_grew_and_gives_it_back(cloud: RealCloud) -> None:
    instance_id, volume_id = await cloud.launch(await cloud.boot_sector_image()), await create(cloud)
    await cloud.call("StopInstances", InstanceIds=[instance_id])
    await cloud.idle()
    await cloud.call("ModifyVolume", VolumeId=volume_id, Size=2)  # nobody has it: a new layer on top
    await cloud.idle()
    assert await head_bytes(cloud, volume_id) == 2 * GIB
    await cloud.call("AttachVolume", VolumeId=volume_id, InstanceId=instance_id, Device="/dev/sdf")
    await cloud.call("ModifyVolume", VolumeId=volume_id, Size=3)  # in place
    await cloud.idle()
    assert await head_bytes(cloud, volume_id) == 3 * GIB
    await cloud.call("StartInstances", InstanceIds=[instance_id])
    await cloud.idle()
    await cloud.booted(instance_id, 2)
    assert volume_id.replace("-", "") in await serials(cloud, instance_id)
    await cloud.call("StopInstances", InstanceIds=[instance_id])
    await cloud.idle()
    await cloud.call("DetachVolume", VolumeId=volume_id)
    await cloud.idle()
    assert await states(cloud, volume_id) == ("available", None)


async def test_a_volume_grows_under_its_running_guest(cloud: RealCloud) -> None:
    instance_id = await cloud.launch(await cloud.boot_sector_image())
    root = str((await cloud.instance(instance_id))["BlockDeviceMappings"][0]["Ebs"]["VolumeId"])
    size = (await cloud.call("DescribeVolumes", VolumeIds=[root]))["Volumes"][0]["Size"]
    await cloud.call("ModifyVolume", VolumeId=root, Size=size + 1)
    await cloud.idle()
    told = (await cloud.call("DescribeVolumesModifications", VolumeIds=[root]))["VolumesModifications"][0]
    assert told["ModificationState"] == "completed"
    await cloud.press(instance_id, "a")
    await cloud.call("StopInstances", InstanceIds=[instance_id])
    await cloud.idle()
    assert await head_bytes(cloud, root) == (size + 1) * GIB
