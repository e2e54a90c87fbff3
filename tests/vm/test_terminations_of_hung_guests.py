"""A real QEMU that stands still (SIGSTOP) answers nothing: its instance is terminated all the same."""

import os
import signal
from collections.abc import AsyncIterator
from datetime import timedelta
from pathlib import Path

import pytest
from real_cloud import RealCloud, end_guests, layer_holds, real_cloud, until

from kumoniwa.hypervisor.qemu.guest.process.host_process import identify
from kumoniwa.store import volumes
from kumoniwa.workflows import overrides
from kumoniwa.workflows.steps.instances import ended_guests

pytestmark = [pytest.mark.anyio, pytest.mark.vm]


@pytest.fixture
async def cloud(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[RealCloud]:
    """Its bounds are seconds instead of minutes."""
    monkeypatch.setattr(ended_guests, "SKIPS_WITHIN", 2.0)
    monkeypatch.setattr(overrides, "PATIENCE_HURRIED", timedelta(seconds=2))
    monkeypatch.setattr(overrides, "GUEST_ENDS_WITHIN", 2.0)
    try:
        async with real_cloud(tmp_path) as cloud:
            yield cloud
    finally:
        end_guests(tmp_path)


async def test_a_guest_that_stands_still_is_ended(cloud: RealCloud) -> None:
    instance_id = await cloud.launch(await cloud.boot_sector_image())
    process = cloud.process(instance_id)
    os.kill(process.pid, signal.SIGSTOP)
    await cloud.call("TerminateInstances", InstanceIds=[instance_id], SkipOsShutdown=True)
    await cloud.idle()
    assert (await cloud.instance(instance_id))["State"]["Name"] == "terminated"
    assert identify(process.pid) != process, "its process is gone"
    assert (await cloud.evidence(f"instances/{instance_id}"))["overridden"] == []
    assert (await cloud.call("DescribeVolumes"))["Volumes"] == []
    assert await cloud.faults() == []


async def test_a_snapshot_that_hangs_with_its_guest_is_overridden_and_the_volume_is_whole(cloud: RealCloud) -> None:
    kept = [{"DeviceName": "/dev/xvda", "Ebs": {"DeleteOnTermination": False}}]
    instance_id = await cloud.launch(await cloud.boot_sector_image(), BlockDeviceMappings=kept)
    await cloud.press(instance_id, "a")
    await cloud.flush(instance_id)
    [mapped] = (await cloud.instance(instance_id))["BlockDeviceMappings"]
    volume_id, process = mapped["Ebs"]["VolumeId"], cloud.process(instance_id)
    os.kill(process.pid, signal.SIGSTOP)
    snapshot_id = (await cloud.call("CreateSnapshot", VolumeId=volume_id))["SnapshotId"]
    await until(lambda: _is_at(cloud, instance_id))
    await cloud.call("TerminateInstances", InstanceIds=[instance_id], Force=True)
    await cloud.idle()
    assert (await cloud.instance(instance_id))["State"]["Name"] == "terminated"
    assert identify(process.pid) != process, "its process is gone"
    [overridden] = (await cloud.evidence(f"instances/{instance_id}"))["overridden"]
    assert (overridden["action"], overridden["by"]["action"]) == ("CreateSnapshot", "TerminateInstances")
    [snapshot] = (await cloud.call("DescribeSnapshots", SnapshotIds=[snapshot_id]))["Snapshots"]
    by = overridden["by"]["request"]
    assert snapshot["State"] == "error"
    assert snapshot["StateMessage"].startswith(f"Overridden by TerminateInstances {by}. Ask for it on")
    volume = await cloud.running.cloud.read(lambda connection: volumes.get(connection, volume_id))
    assert volume is not None and volume.state == "available"
    assert await layer_holds(cloud.folder, volume.head, "a")
    assert await cloud.faults() == []


async def _is_at(cloud: RealCloud, instance_id: str) -> bool:
    """Whether a workflow has the instance by now."""
    return (await cloud.evidence(f"instances/{instance_id}"))["claimed_by"] is not None
