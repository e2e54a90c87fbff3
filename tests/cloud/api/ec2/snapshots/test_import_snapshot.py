"""ImportSnapshot: a disk file of this host becomes a snapshot, and that an image."""

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest
from bare_cloud import BareCloud, bare_cloud, refused

from kumoniwa.hypervisor.driver import DiskRefused
from kumoniwa.store import layers
from kumoniwa.workflows.engine import Engine

pytestmark = pytest.mark.anyio


@pytest.fixture
async def cloud(tmp_path: Path) -> AsyncIterator[BareCloud]:
    async with bare_cloud(tmp_path) as made:
        yield made


@pytest.fixture
def disk(tmp_path: Path) -> Path:
    """A raw disk of 4 KiB whose name has to be quoted in a URL."""
    path = tmp_path / "a moss & stone?.raw"
    path.write_bytes(bytes(4096))
    return path


async def begin(cloud: BareCloud, url: str, format: str = "RAW", **parameters: Any) -> dict[str, Any]:
    return await cloud.ask("ImportSnapshot", DiskContainer={"Format": format, "Url": url}, **parameters)


async def task_of(cloud: BareCloud, task_id: str) -> dict[str, Any]:
    """The task as DescribeImportSnapshotTasks tells it."""
    (told,) = (await cloud.ask("DescribeImportSnapshotTasks", ImportTaskIds=[task_id]))["ImportSnapshotTasks"]
    detail: dict[str, Any] = told["SnapshotTaskDetail"]
    return detail


async def test_a_disk_becomes_a_snapshot_and_that_an_image(cloud: BareCloud, disk: Path) -> None:
    begun = await begin(cloud, disk.as_uri(), Description="moss")
    assert begun["ImportTaskId"].startswith("import-snap-") and begun["Description"] == "moss"
    assert begun["SnapshotTaskDetail"]["Status"] == "active"
    assert "SnapshotId" not in begun["SnapshotTaskDetail"]
    await cloud.done()
    done = await task_of(cloud, begun["ImportTaskId"])
    assert done["Status"] == "completed"
    assert (done["Format"], done["Url"]) == ("RAW", disk.as_uri())

    (snapshot,) = (await cloud.ask("DescribeSnapshots", SnapshotIds=[done["SnapshotId"]]))["Snapshots"]
    assert (snapshot["State"], snapshot["Progress"], snapshot["VolumeSize"]) == ("completed", "100%", 1)
    assert snapshot["VolumeId"] == "vol-ffffffff"
    assert snapshot["Description"] == f"Created by AWS-VMImport service for {begun['ImportTaskId']}"

    image = await cloud.ask(
        "RegisterImage",
        Name="moss",
        VirtualizationType="hvm",
        RootDeviceName="/dev/xvda",
        BlockDeviceMappings=[{"DeviceName": "/dev/xvda", "Ebs": {"SnapshotId": done["SnapshotId"]}}],
    )
    (told,) = (await cloud.ask("DescribeImages", ImageIds=[image["ImageId"]]))["Images"]
    assert told["State"] == "available"
    assert await cloud.cloud.world.collector.collect() == 0
    assert await cloud.driver.disks.all_layers() == await cloud.database.read(layers.known)


async def test_an_import_has_the_tags_it_was_given(cloud: BareCloud, disk: Path) -> None:
    tags = [{"Key": "Team", "Value": "moss"}]
    begun = await begin(
        cloud, disk.as_uri(), TagSpecifications=[{"ResourceType": "import-snapshot-task", "Tags": tags}]
    )
    (told,) = (await cloud.ask("DescribeImportSnapshotTasks"))["ImportSnapshotTasks"]
    assert begun["Tags"] == told["Tags"] == tags
    await cloud.done()


@pytest.mark.parametrize(
    "url",
    [
        "s3://bucket/key",
        "https://example.com/disk.raw",
        "/disk.raw",
        "file://example.com/disk.raw",
        "file:disk.raw",
        "file:///disk.raw?x",
        "file:///a%00b",
        "file://[",
    ],
)
async def test_what_is_no_file_of_this_host_is_refused(cloud: BareCloud, url: str) -> None:
    with refused("InvalidParameterValue"):
        await begin(cloud, url)


async def test_a_bucket_is_refused(cloud: BareCloud) -> None:
    with refused("UnsupportedOperation"):
        bucket = {"S3Bucket": "garden", "S3Key": "moss.raw"}
        await cloud.ask("ImportSnapshot", DiskContainer={"Format": "RAW", "UserBucket": bucket})


async def test_a_file_that_is_no_such_disk_is_refused_with_the_reason(cloud: BareCloud, disk: Path) -> None:
    reason = "It is not a qcow2 file."
    way_out = "Give one that is whole, and its own format: qemu-img info says which it is."
    with refused("InvalidParameterValue", f"The disk {disk} is refused: {reason} {way_out}"):
        await begin(cloud, disk.as_uri(), format="QCOW2")
    with refused("InvalidParameterValue"):
        await begin(cloud, disk.with_name("nothing.raw").as_uri())
    with refused("InvalidParameterValue"):
        await begin(cloud, disk.as_uri(), format="VHD")
    assert (await cloud.ask("DescribeImportSnapshotTasks"))["ImportSnapshotTasks"] == []


async def test_an_import_that_fails_says_why_and_leaves_nothing(cloud: BareCloud, disk: Path) -> None:
    cloud.driver.fail_next("ensure_imported", DiskRefused("The disk's second half is missing.", way_out="Ask again."))
    begun = await begin(cloud, disk.as_uri())
    await cloud.done()
    told = await task_of(cloud, begun["ImportTaskId"])
    assert told["Status"] == "deleted"
    assert told["StatusMessage"] == "ClientError: The disk's second half is missing. Ask again."
    assert "SnapshotId" not in told
    assert (await cloud.ask("DescribeSnapshots"))["Snapshots"] == []
    await cloud.cloud.world.collector.collect()
    assert await cloud.database.read(layers.known) == frozenset()


async def test_an_import_tells_how_far_it_is_and_is_resumed_after_a_crash(cloud: BareCloud, disk: Path) -> None:
    half_way = asyncio.Event()
    points = 0

    async def stay(method: str) -> None:
        nonlocal points
        if method == "ensure_imported":
            points += 1
            if points == 4:  # it was told 25 and 50 percent by then
                half_way.set()
                await asyncio.Event().wait()

    cloud.driver.faults.hook = stay
    begun = await begin(cloud, disk.as_uri())
    async with asyncio.timeout(20):
        await half_way.wait()
    # Writes that nobody waits for are done in their order: the progress is written by now.
    await cloud.database.write(lambda _: None, patient=True)
    assert 0 < int((await task_of(cloud, begun["ImportTaskId"]))["Progress"]) < 100
    await cloud.cloud.engine.close()

    cloud.driver.faults.hook = None
    assert await cloud.cloud.world.collector.collect() == 0
    again = Engine(cloud.cloud.world)
    await again.wake()
    await again.idle(timeout=20)
    told = await task_of(cloud, begun["ImportTaskId"])
    assert told["Status"] == "completed"
    assert len((await cloud.ask("DescribeSnapshots"))["Snapshots"]) == 1
    await again.close()


async def test_an_unknown_import_is_refused_by_its_id(cloud: BareCloud) -> None:
    with refused("InvalidConversionTaskId"):
        await task_of(cloud, "import-snap-00000000000000009")
