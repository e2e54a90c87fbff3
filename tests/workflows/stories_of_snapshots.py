"""What is asked of snapshots, images and roots, and what must come of it."""

import asyncio
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

from given import BEFORE, FILE, Given, Story, volumes_of
from life import REFUSAL
from stack import Stack

_FREEZE = [{"ResourceType": "snapshot", "Tags": [{"Key": "kumoniwa:freeze", "Value": "true"}]}]
_MADE = "made by the story"

Begin = Callable[[Stack, Given], Awaitable[Any]]


def _snapshots(instance: str, **parameters: Any) -> Begin:
    async def begin(stack: Stack, given: Given) -> None:
        asked = {"InstanceSpecification": {"InstanceId": getattr(given, instance)}, "Description": _MADE}
        await stack.call("CreateSnapshots", **asked, **parameters)

    return begin


async def _snapshot_nobodys(stack: Stack, given: Given) -> None:
    await stack.call("CreateSnapshot", VolumeId=given.spare, Description=_MADE)


async def _copy_snapshot(stack: Stack, given: Given) -> None:
    asked = {"SourceRegion": "us-east-1", "SourceSnapshotId": given.snapshot}
    await stack.call("CopySnapshot", Description=_MADE, **asked)


async def _snapshots_failed(stack: Stack, given: Given) -> str | None:
    made = (await stack.call("DescribeSnapshots", Filters=[{"Name": "description", "Values": [_MADE]}]))["Snapshots"]
    assert made
    for one in made:
        if one["State"] == "error":
            return str(one["StateMessage"])
    return None


async def _delete_snapshot(stack: Stack, given: Given) -> None:
    await stack.call("DeleteSnapshot", SnapshotId=given.snapshot)


async def _delete_failed(stack: Stack, given: Given) -> None:
    assert given.snapshot not in {one["SnapshotId"] for one in (await stack.call("DescribeSnapshots"))["Snapshots"]}


async def _import(stack: Stack, given: Given) -> None:
    disk: Path = stack.running.cloud.world.config.data_dir / "disk.raw"
    await asyncio.to_thread(disk.write_bytes, bytes(4096))
    await stack.call("ImportSnapshot", DiskContainer={"Format": "RAW", "Url": disk.as_uri()})


async def _import_failed(stack: Stack, given: Given) -> str | None:
    (task,) = (await stack.call("DescribeImportSnapshotTasks"))["ImportSnapshotTasks"]
    detail = task["SnapshotTaskDetail"]
    if detail["Status"] == "deleted":
        return str(detail["StatusMessage"])
    await stack.call("CreateVolume", AvailabilityZone="us-east-1a", SnapshotId=detail["SnapshotId"])
    await stack.idle()
    return None


def _image(instance: str, **parameters: Any) -> Begin:
    async def begin(stack: Stack, given: Given) -> None:
        await stack.call("CreateImage", InstanceId=getattr(given, instance), Name="golden", **parameters)

    return begin


async def _copy_image(stack: Stack, given: Given) -> None:
    await stack.call("CopyImage", SourceRegion="us-east-1", SourceImageId=given.image, Name="golden")


async def _image_failed(stack: Stack, given: Given) -> str | None:
    (image,) = (await stack.call("DescribeImages", Filters=[{"Name": "name", "Values": ["golden"]}]))["Images"]
    if image["State"] == "failed":
        await stack.call("DeregisterImage", ImageId=image["ImageId"], DeleteAssociatedSnapshots=True)
        await stack.idle()
        return str(image["StateReason"]["Message"])
    copy = await stack.launch(ImageId=image["ImageId"])
    assert stack.guest(copy).read(FILE) == BEFORE
    return None


async def _rebooted_image_failed(stack: Stack, given: Given) -> str | None:
    failure = await _image_failed(stack, given)
    if failure is None:
        boots = (await stack.get(f"/_kumoniwa/instances/{given.instance}/boots"))["boots"]
        assert [boot["action"] for boot in boots] == ["RunInstances", "CreateImage"]
    return failure


async def _live_image_failed(stack: Stack, given: Given) -> str | None:
    assert len((await stack.get(f"/_kumoniwa/instances/{given.instance}/boots"))["boots"]) == 1
    return await _image_failed(stack, given)


async def _replace(stack: Stack, given: Given) -> None:
    await stack.call("CreateReplaceRootVolumeTask", InstanceId=given.instance, DeleteReplacedRootVolume=True)


async def _replace_failed(stack: Stack, given: Given) -> str | None:
    (task,) = (await stack.call("DescribeReplaceRootVolumeTasks"))["ReplaceRootVolumeTasks"]
    root, *others = await volumes_of(stack, given.instance)
    assert others == [given.attached]
    assert (await stack.instance(given.instance))["State"]["Name"] == "running"
    assert len((await stack.call("DescribeVolumes"))["Volumes"]) == 5
    assert task["TaskState"] == ("failed" if root == given.root else "succeeded")
    return REFUSAL if root == given.root else None  # EC2 has no place in which a task says why


STORIES: dict[str, Story] = {
    "snapshots": Story("create_snapshots", _snapshots("instance"), _snapshots_failed),
    "snapshots, frozen": Story(
        "create_snapshots", _snapshots("instance", TagSpecifications=_FREEZE), _snapshots_failed
    ),
    "snapshots of one that is stopped": Story("create_snapshots", _snapshots("stopped"), _snapshots_failed),
    "snapshot nobody's": Story("finish_snapshots", _snapshot_nobodys, _snapshots_failed),
    "copy a snapshot": Story("finish_snapshots", _copy_snapshot, _snapshots_failed),
    "delete a snapshot": Story("collect_layers", _delete_snapshot, _delete_failed),
    "import": Story("import_snapshot", _import, _import_failed),
    "image": Story("create_image", _image("instance"), _rebooted_image_failed),
    "live image": Story("create_image", _image("instance", NoReboot=True), _live_image_failed),
    "live image, frozen": Story(
        "create_image", _image("instance", NoReboot=True, TagSpecifications=_FREEZE), _live_image_failed
    ),
    "image of one that is stopped": Story("create_image", _image("stopped"), _image_failed),
    "copy an image": Story("copy_image", _copy_image, _image_failed),
    "replace the root": Story("replace_root", _replace, _replace_failed, frozenset({"root"})),
}
