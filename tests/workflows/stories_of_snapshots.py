"""What is asked of snapshots, images and roots, and what must come of it."""

import asyncio
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

from given import BEFORE, FILE, Given, Story, volumes_of
from points import REFUSAL
from stack import Stack
from stories_of_instances import is_deaf

_FREEZE = [{"ResourceType": "snapshot", "Tags": [{"Key": "kumoniwa:freeze", "Value": "true"}]}]
_MADE = "made by the story"

Begin = Callable[[Stack, Given], Awaitable[Any]]
Failed = Callable[[Stack, Given], Awaitable[str | None]]


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


def _snapshots_failed(count: int, *ways: str) -> Failed:
    async def failed(stack: Stack, given: Given) -> str | None:
        made = await _made(stack)
        assert len(made) == count
        for one in made:
            if one["State"] == "error":
                return str(one["StateMessage"])
        for one in made:
            assert (await stack.get(f"/_kumoniwa/snapshots/{one['SnapshotId']}"))["consistency"] in ways
        return None

    return failed


async def _made(stack: Stack) -> list[dict[str, Any]]:
    described = await stack.call("DescribeSnapshots", Filters=[{"Name": "description", "Values": [_MADE]}])
    found: list[dict[str, Any]] = described["Snapshots"]
    return found


async def _snapshots_deleted(stack: Stack, given: Given) -> None:
    """One of them is not wanted any more before it is made."""
    asked = {"InstanceSpecification": {"InstanceId": given.instance}, "Description": _MADE}
    asked_for = (await stack.call("CreateSnapshots", **asked))["Snapshots"]
    await stack.call("DeleteSnapshot", SnapshotId=asked_for[0]["SnapshotId"])


async def _has_no_agent(stack: Stack, given: Given) -> None:
    """The guest's agent does not answer."""
    stack.guest(given.instance).agent_answers = False


async def _delete_snapshot(stack: Stack, given: Given) -> None:
    await stack.call("DeleteSnapshot", SnapshotId=given.snapshot)


async def _delete_failed(stack: Stack, given: Given) -> None:
    assert given.snapshot not in {one["SnapshotId"] for one in (await stack.call("DescribeSnapshots"))["Snapshots"]}


async def _import(stack: Stack, given: Given) -> None:
    disk: Path = stack.running.cloud.world.config.data_dir.parent / "disk.raw"  # one for all copies of the folder
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


async def _deregistered_image(stack: Stack, given: Given) -> None:
    """An image that is not wanted any more before it is made."""
    asked = await stack.call("CreateImage", InstanceId=given.instance, Name="golden")
    await stack.call("DeregisterImage", ImageId=asked["ImageId"], DeleteAssociatedSnapshots=True)


async def _deregistered_image_failed(stack: Stack, given: Given) -> None:
    assert (await _golden(stack)) == []
    left = {one["SnapshotId"] for one in (await stack.call("DescribeSnapshots", OwnerIds=["self"]))["Snapshots"]}
    assert len(left) == 3 + 1, "the given one, the given image's two, and the simulated image's"
    assert (await stack.instance(given.instance))["State"]["Name"] == "running"


async def _golden(stack: Stack) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = (
        await stack.call("DescribeImages", Filters=[{"Name": "name", "Values": ["golden"]}])
    )["Images"]
    return found


def _image_failed(*ways: str, boots: int = 1, devices: int = 2) -> Failed:
    """Cut in one of these ways; so often had the guest booted then."""

    async def failed(stack: Stack, given: Given) -> str | None:
        (image,) = await _golden(stack)
        told = (await stack.get(f"/_kumoniwa/instances/{given.instance}/boots"))["boots"]
        if image["State"] == "failed":
            await stack.call("DeregisterImage", ImageId=image["ImageId"], DeleteAssociatedSnapshots=True)
            await stack.idle()
            return str(image["StateReason"]["Message"])
        assert [boot["action"] for boot in told] == ["RunInstances", "CreateImage"][:boots]
        assert (await stack.get(f"/_kumoniwa/images/{image['ImageId']}"))["consistency"] in ways
        assert len(image["BlockDeviceMappings"]) == devices
        copy = await stack.launch(ImageId=image["ImageId"])
        assert stack.guest(copy).read(FILE) == BEFORE
        return None

    return failed


def _replace(**parameters: Any) -> Begin:
    async def begin(stack: Stack, given: Given) -> None:
        await stack.call("CreateReplaceRootVolumeTask", InstanceId=given.instance, **parameters)

    return begin


async def _replace_by_image(stack: Stack, given: Given) -> None:
    await _replace(ImageId=given.image, DeleteReplacedRootVolume=True)(stack, given)


async def _has_a_snapshot(stack: Stack, given: Given) -> None:
    """There is a snapshot of the root."""
    await stack.call("CreateSnapshot", VolumeId=given.root, Description=_MADE)
    await stack.idle()


async def _replace_by_snapshot(stack: Stack, given: Given) -> None:
    (of_root,) = await _made(stack)
    await _replace(SnapshotId=of_root["SnapshotId"], DeleteReplacedRootVolume=True)(stack, given)


async def _has_a_volume_of_the_root(stack: Stack, given: Given) -> None:
    """There is a volume, made of a snapshot of the root."""
    await _has_a_snapshot(stack, given)
    (of_root,) = await _made(stack)
    zone = (await stack.instance(given.instance))["Placement"]["AvailabilityZone"]
    await stack.call("CreateVolume", SnapshotId=of_root["SnapshotId"], AvailabilityZone=zone)
    await stack.idle()


async def _replace_by_volume(stack: Stack, given: Given) -> None:
    (of_root,) = await _made(stack)
    found = await stack.call("DescribeVolumes", Filters=[{"Name": "snapshot-id", "Values": [of_root["SnapshotId"]]}])
    await _replace(VolumeId=found["Volumes"][0]["VolumeId"], DeleteReplacedRootVolume=True)(stack, given)


def _replace_failed(*, keeps: bool = False, brings: bool = False, holds: bytes | None = None) -> Failed:
    """The new root holds this; it is `brings`-along, or made. The old one is kept, and nobody's, or gone."""

    async def failed(stack: Stack, given: Given) -> str | None:
        (task,) = (await stack.call("DescribeReplaceRootVolumeTasks"))["ReplaceRootVolumeTasks"]
        root, *others = await volumes_of(stack, given.instance)
        assert others == [given.attached]
        assert (await stack.instance(given.instance))["State"]["Name"] == "running"
        assert task["TaskState"] == ("failed" if root == given.root else "succeeded")
        there = {one["VolumeId"]: one["State"] for one in (await stack.call("DescribeVolumes"))["Volumes"]}
        if root == given.root:
            assert len(there) == 5 + brings
            assert set(there.values()) == {"in-use", "available"}
            return REFUSAL  # EC2 has no place in which a task says why
        assert len(there) == 5 + keeps
        assert there.get(given.root) == ("available" if keeps else None)
        try:
            held = stack.guest(given.instance).read(FILE)
        except FileNotFoundError:
            held = None
        assert held == holds
        return None

    return failed


_FROZEN = ("frozen", "crash-consistent")  # a server that dies may not have seen how long it was frozen
_PUT_BACK = frozenset({"instance.At /dev/xvda.Ebs.AttachTime", "root.Attachments.0.AttachTime"})
_REPLACED = frozenset({"instance.At /dev/xvda.Ebs.AttachTime", "instance.At /dev/xvda.Ebs.VolumeId"})
_ROOT = frozenset({"root"})
_LAUNCHED = frozenset({"image.LastLaunchedTime"})

STORIES: dict[str, Story] = {
    "snapshots": Story("create_snapshots", _snapshots("instance"), _snapshots_failed(2, "crash-consistent")),
    "snapshots, frozen": Story(
        "create_snapshots", _snapshots("instance", TagSpecifications=_FREEZE), _snapshots_failed(2, *_FROZEN)
    ),
    "snapshots, frozen by no agent": Story(
        "create_snapshots",
        _snapshots("instance", TagSpecifications=_FREEZE),
        _snapshots_failed(2, "crash-consistent"),
        before=_has_no_agent,
    ),
    "snapshots of one that is stopped": Story(
        "create_snapshots", _snapshots("stopped"), _snapshots_failed(2, "at-rest")
    ),
    "snapshots, one of them deleted": Story(
        "create_snapshots", _snapshots_deleted, _snapshots_failed(1, "crash-consistent")
    ),
    "snapshot nobody's": Story(
        "finish_snapshots", _snapshot_nobodys, _snapshots_failed(1, "at-rest", "crash-consistent")
    ),
    "copy a snapshot": Story("finish_snapshots", _copy_snapshot, _snapshots_failed(1, "at-rest", "crash-consistent")),
    "delete a snapshot": Story("collect_layers", _delete_snapshot, _delete_failed, frozenset({"snapshot"})),
    "import": Story("import_snapshot", _import, _import_failed),
    "image": Story("create_image", _image("instance"), _image_failed("at-rest", boots=2)),
    "image of a deaf guest": Story(
        "create_image", _image("instance"), _image_failed("crash-consistent", boots=2), before=is_deaf
    ),
    "image of the root alone": Story(
        "create_image",
        _image("instance", BlockDeviceMappings=[{"DeviceName": "/dev/sdf", "NoDevice": ""}]),
        _image_failed("at-rest", boots=2, devices=1),
    ),
    "image, deregistered": Story("create_image", _deregistered_image, _deregistered_image_failed),
    "live image": Story("create_image", _image("instance", NoReboot=True), _image_failed("crash-consistent")),
    "live image, frozen": Story(
        "create_image", _image("instance", NoReboot=True, TagSpecifications=_FREEZE), _image_failed(*_FROZEN)
    ),
    "image of one that is stopped": Story("create_image", _image("stopped"), _image_failed("at-rest")),
    "copy an image": Story("copy_image", _copy_image, _image_failed("at-rest")),
    "replace the root": Story(
        "replace_root",
        _replace(DeleteReplacedRootVolume=True),
        _replace_failed(),
        _ROOT,
        changes=_REPLACED,
        blames=_PUT_BACK,
    ),
    "replace the root, the old one kept": Story(
        "replace_root",
        _replace(),
        _replace_failed(keeps=True),
        changes=_REPLACED | {"root.Attachments", "root.State"},
        blames=_PUT_BACK,
    ),
    "replace the root by an image's": Story(
        "replace_root",
        _replace_by_image,
        _replace_failed(holds=BEFORE),
        _ROOT,
        changes=_REPLACED | _LAUNCHED | {"instance.ImageId"},
        blames=_PUT_BACK | _LAUNCHED,
    ),
    "replace the root by a snapshot's": Story(
        "replace_root",
        _replace_by_snapshot,
        _replace_failed(holds=BEFORE),
        _ROOT,
        changes=_REPLACED,
        blames=_PUT_BACK,
        before=_has_a_snapshot,
    ),
    "replace the root by a volume": Story(
        "replace_root",
        _replace_by_volume,
        _replace_failed(brings=True, holds=BEFORE),
        _ROOT,
        changes=_REPLACED,
        blames=_PUT_BACK,
        before=_has_a_volume_of_the_root,
    ),
}
