"""A layer's file is torn under a stopped instance: nothing runs on it, and whoever wanted to says which file it is."""

import re
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest
from real_cloud import RealCloud, end_guests, letters, real_cloud
from sqlalchemy import Connection, select

from kumoniwa.hypervisor.driver import GuestState, LayerId
from kumoniwa.store import all_tables as tables
from kumoniwa.store import snapshots

pytestmark = [pytest.mark.anyio, pytest.mark.vm, pytest.mark.timeout(300)]


@pytest.fixture
async def cloud(tmp_path: Path) -> AsyncIterator[RealCloud]:
    try:
        async with real_cloud(tmp_path) as made:
            yield made
    finally:
        end_guests(tmp_path)


async def _stopped(cloud: RealCloud) -> tuple[str, str, str]:
    """An instance that was stopped, on three layers: its image's, one that a snapshot holds, and its head.

    Gives it, the snapshot, and the layer that the snapshot holds.
    """
    instance_id = await cloud.launch(await cloud.boot_sector_image())
    await cloud.press(instance_id, "a")
    made = await cloud.call("CreateSnapshots", InstanceSpecification={"InstanceId": instance_id})
    await cloud.idle()
    await cloud.press(instance_id, "b")
    await cloud.call("StopInstances", InstanceIds=[instance_id])
    await cloud.idle()
    snapshot_id = str(made["Snapshots"][0]["SnapshotId"])
    snapshot = await cloud.running.cloud.read(lambda connection: snapshots.get(connection, snapshot_id))
    assert snapshot is not None and snapshot.layer_id is not None
    return instance_id, snapshot_id, snapshot.layer_id


class Torn:
    """A layer's file that ends too early, within its tables or (`end`) with its last cluster, until it is mended."""

    def __init__(self, cloud: RealCloud, layer: str, *, end: bool = False) -> None:
        self.name = f"{layer}.qcow2"
        self._path = cloud.folder / "layers" / self.name
        self._whole = self._path.read_bytes()
        cluster = 1 << int.from_bytes(self._whole[20:24], "big")
        self._path.write_bytes(self._whole[: (len(self._whole) - 1) // cluster * cluster if end else 3 * cluster])

    def mend(self) -> None:
        self._path.write_bytes(self._whole)


@pytest.mark.parametrize("which", ["middle", "lowest"])
async def test_an_instance_does_not_start_on_a_layer_that_lost_its_end_and_names_it(
    which: str, cloud: RealCloud
) -> None:
    """The last cluster of what a guest wrote: the file's tables are whole."""
    instance_id, _, middle = await _stopped(cloud)
    torn = Torn(cloud, middle if which == "middle" else str(await cloud.driver.disks.parent(LayerId(middle))), end=True)
    await cloud.call("StartInstances", InstanceIds=[instance_id])
    await cloud.idle()
    stopped = await cloud.instance(instance_id)
    assert (stopped["State"]["Name"], stopped["StateReason"]["Code"]) == ("stopped", "Server.InternalError")
    assert f"{torn.name} is torn" in stopped["StateReason"]["Message"]
    torn.mend()
    await cloud.call("StartInstances", InstanceIds=[instance_id])
    await cloud.idle()
    await cloud.booted(instance_id, 2)


@pytest.mark.parametrize("which", ["head", "middle", "lowest"])
async def test_an_instance_does_not_start_on_a_torn_layer_and_names_it(which: str, cloud: RealCloud) -> None:
    instance_id, _, middle = await _stopped(cloud)
    head = await cloud.head(instance_id)
    lowest = await cloud.driver.disks.parent(LayerId(middle))
    torn = Torn(cloud, {"head": head, "middle": middle, "lowest": str(lowest)}[which])
    await cloud.call("StartInstances", InstanceIds=[instance_id])
    await cloud.idle()
    stopped = await cloud.instance(instance_id)
    assert (stopped["State"]["Name"], stopped["StateReason"]["Code"]) == ("stopped", "Server.InternalError")
    assert re.search(rf"{torn.name} is torn", stopped["StateReason"]["Message"])
    assert await cloud.guest(instance_id).observe() is GuestState.ABSENT
    assert torn.name in str(await cloud.faults())
    torn.mend()
    await cloud.call("StartInstances", InstanceIds=[instance_id])
    await cloud.idle()
    await cloud.booted(instance_id, 2)
    await cloud.press(instance_id, "c")
    await cloud.call("StopInstances", InstanceIds=[instance_id])
    await cloud.idle()
    assert await letters(cloud.folder, head) == "abc"


async def test_nothing_comes_of_a_snapshot_whose_layer_is_torn_and_each_attempt_names_it(cloud: RealCloud) -> None:
    _, snapshot_id, layer = await _stopped(cloud)
    known = await cloud.running.cloud.read(_failures)
    torn = Torn(cloud, layer)

    volume_id = (await cloud.call("CreateVolume", AvailabilityZone="us-east-1a", SnapshotId=snapshot_id))["VolumeId"]
    await cloud.idle()
    assert (await _volume(cloud, volume_id))["State"] == "error"

    image = await cloud.call(
        "RegisterImage",
        Name="of the torn",
        Architecture="x86_64",
        VirtualizationType="hvm",
        RootDeviceName="/dev/xvda",
        BlockDeviceMappings=[{"DeviceName": "/dev/xvda", "Ebs": {"SnapshotId": snapshot_id}}],
    )
    asked = {"ImageId": image["ImageId"], "InstanceType": "t3.nano", "MinCount": 1, "MaxCount": 1}
    launched = (await cloud.call("RunInstances", **asked))["Instances"][0]["InstanceId"]
    await cloud.idle()
    gone = await cloud.instance(launched)
    assert (gone["State"]["Name"], gone["StateReason"]["Code"]) == ("terminated", "Server.InternalError")
    assert f"{torn.name} is torn" in gone["StateReason"]["Message"]

    failures = await cloud.running.cloud.read(_failures)
    assert [kind for kind, _ in failures[len(known) :]] == ["create_volume", "run_instance"]
    assert all(f"{torn.name} is torn" in error for _, error in failures[len(known) :])


@pytest.mark.parametrize("runs", [True, False], ids=["running", "stopped"])
async def test_a_volume_whose_layer_is_torn_is_not_plugged_in(runs: bool, cloud: RealCloud) -> None:
    """EC2 has no member to say why: the volume is available again; the server's log and `storage check` name it."""
    instance_id, snapshot_id, layer = await _stopped(cloud)
    other = await cloud.launch((await cloud.instance(instance_id))["ImageId"])
    if not runs:
        await cloud.call("StopInstances", InstanceIds=[other])
        await cloud.idle()
    volume_id = (await cloud.call("CreateVolume", AvailabilityZone="us-east-1a", SnapshotId=snapshot_id))["VolumeId"]
    await cloud.idle()
    assert (await _volume(cloud, volume_id))["State"] == "available"
    torn = Torn(cloud, layer)
    await cloud.call("AttachVolume", VolumeId=volume_id, InstanceId=other, Device="/dev/sdf")
    await cloud.idle()
    [fault] = await cloud.faults()
    assert torn.name in fault["what"]
    assert {volume_id, snapshot_id} <= set(fault["needed_by"])
    assert (await _volume(cloud, volume_id))["State"] == "available"
    [(kind, error)] = (await cloud.running.cloud.read(_failures))[-1:]
    assert (kind, f"{torn.name} is torn" in error) == ("attach_volume", True)
    if runs:
        await cloud.press(other, "c")  # and the guest goes on


async def test_a_flipped_bit_in_what_a_snapshot_holds_is_found_by_reading_every_byte(cloud: RealCloud) -> None:
    """The quick look at start does not see it: no table says what a guest's bytes should be."""
    instance_id, snapshot_id, layer = await _stopped(cloud)
    path = cloud.folder / "layers" / f"{layer}.qcow2"
    content = bytearray(path.read_bytes())
    content[content.index(b"a" * 512)] ^= 1
    path.write_bytes(content)
    damage = cloud.running.cloud.damage
    assert damage is not None
    await damage.look()
    assert damage.seen is not None and damage.seen.faults == ()
    [fault] = await cloud.faults()
    assert fault["what"] == f"{layer}.qcow2 is not what it was when it was measured: its digest differs"
    volume_id = (await cloud.instance(instance_id))["BlockDeviceMappings"][0]["Ebs"]["VolumeId"]
    assert (fault["layer"], fault["needed_by"], fault["repairable"]) == (layer, [volume_id, snapshot_id], False)


async def _volume(cloud: RealCloud, volume_id: str) -> dict[str, Any]:
    volume: dict[str, Any] = (await cloud.call("DescribeVolumes", VolumeIds=[volume_id]))["Volumes"][0]
    return volume


def _failures(connection: Connection) -> list[tuple[str, str]]:
    """The workflows that failed, each with the reason, in their order."""
    table = tables.workflows
    query = select(table.c.kind, table.c.error).where(table.c.error.is_not(None)).order_by(table.c.sequence)
    return [(kind, error) for kind, error in connection.execute(query)]
