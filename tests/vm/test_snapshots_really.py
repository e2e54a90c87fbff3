"""Snapshots of real guests' disks, which are boot sectors: live, at rest, and of a volume that nobody has."""

from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest
from real_cloud import RealCloud, end_guests, layer_holds, real_cloud

pytestmark = [pytest.mark.vm, pytest.mark.anyio, pytest.mark.timeout(300)]

FREEZE = [{"ResourceType": "snapshot", "Tags": [{"Key": "kumoniwa:freeze", "Value": "true"}]}]


@pytest.fixture
async def cloud(tmp_path: Path) -> AsyncIterator[RealCloud]:
    try:
        async with real_cloud(tmp_path) as made:
            yield made
    finally:
        end_guests(tmp_path)


async def _root(cloud: RealCloud, instance_id: str) -> str:
    return str((await cloud.instance(instance_id))["BlockDeviceMappings"][0]["Ebs"]["VolumeId"])


async def _taken(cloud: RealCloud, volume_id: str, **parameters: Any) -> dict[str, Any]:
    """What is told of a new snapshot of the volume, once it is completed."""
    made = await cloud.call("CreateSnapshot", VolumeId=volume_id, **parameters)
    await cloud.idle()
    (told,) = (await cloud.call("DescribeSnapshots", SnapshotIds=[made["SnapshotId"]]))["Snapshots"]
    assert (told["State"], told["Progress"]) == ("completed", "100%"), told
    assert told["FullSnapshotSizeInBytes"] > 0
    return await cloud.evidence(f"snapshots/{made['SnapshotId']}")


async def _holds(cloud: RealCloud, snapshot: dict[str, Any]) -> str:
    return "".join([letter for letter in "abc" if await cloud.snapshot_holds(snapshot["snapshot_id"], letter)])


async def test_snapshots_hold_what_was_written_before_them_whoever_has_the_volume(cloud: RealCloud) -> None:
    instance_id = await cloud.launch(await cloud.boot_sector_image())
    volume_id = await _root(cloud, instance_id)
    await cloud.press(instance_id, "a")
    live = await _taken(cloud, volume_id, TagSpecifications=FREEZE)
    assert live["consistency"] == "crash-consistent"
    assert "not frozen" in live["detail"], "a boot sector has no agent"
    await cloud.press(instance_id, "b")
    await cloud.call("StopInstances", InstanceIds=[instance_id])
    await cloud.idle()
    stopped = await _taken(cloud, volume_id)
    assert stopped["consistency"] == "at-rest"
    await cloud.call("DetachVolume", VolumeId=volume_id)
    await cloud.idle()
    alone, again = await _taken(cloud, volume_id), await _taken(cloud, volume_id)
    for one in (alone, again):  # nothing was written to it since it was at rest
        assert (one["consistency"], one["changed_bytes"]) == ("at-rest", 0)
    await cloud.call("AttachVolume", VolumeId=volume_id, InstanceId=instance_id, Device="/dev/xvda")
    await cloud.idle()
    await cloud.call("StartInstances", InstanceIds=[instance_id])
    await cloud.idle()
    await cloud.booted(instance_id, 2)
    await cloud.press(instance_id, "c")
    await cloud.call("StopInstances", InstanceIds=[instance_id])
    await cloud.idle()
    assert [await _holds(cloud, one) for one in (live, stopped, alone, again)] == ["a", "ab", "ab", "ab"]
    head = await cloud.head(instance_id)
    assert [await layer_holds(cloud.folder, head, letter) for letter in "abc"] == [True, True, True]


async def test_a_copy_boots_when_its_source_and_all_else_is_gone(cloud: RealCloud) -> None:
    instance_id = await cloud.launch(await cloud.boot_sector_image())
    await cloud.press(instance_id, "a")
    (made,) = (await cloud.call("CreateSnapshots", InstanceSpecification={"InstanceId": instance_id}))["Snapshots"]
    await cloud.idle()
    asked = {"SourceRegion": "us-east-1", "SourceSnapshotId": made["SnapshotId"]}
    copy = (await cloud.call("CopySnapshot", **asked))["SnapshotId"]
    await cloud.idle()
    await cloud.call("TerminateInstances", InstanceIds=[instance_id])
    await cloud.call("DeleteSnapshot", SnapshotId=made["SnapshotId"])
    await cloud.idle()
    image = await cloud.call(
        "RegisterImage",
        Name="of the copy",
        Architecture="x86_64",
        VirtualizationType="hvm",
        RootDeviceName="/dev/xvda",
        BlockDeviceMappings=[{"DeviceName": "/dev/xvda", "Ebs": {"SnapshotId": copy}}],
    )
    restored = await cloud.launch(image["ImageId"])
    assert await layer_holds(cloud.folder, await cloud.head(restored), "a")
