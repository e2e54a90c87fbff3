"""What is asked of volumes, and what must come of it."""

from typing import Any

from given import BEFORE, FILE, ZONE, Given, Story, serial, volumes_of
from points import REFUSAL
from stack import Stack
from stories_of_instances import STOPPED, is_hibernated

_SEVEN = [{"Name": "size", "Values": ["7"]}]


async def _volume(stack: Stack, volume_id: str) -> dict[str, Any]:
    described: dict[str, Any] = (await stack.call("DescribeVolumes", VolumeIds=[volume_id]))["Volumes"][0]
    return described


async def _create(stack: Stack, given: Given) -> None:
    await stack.call("CreateVolume", AvailabilityZone=ZONE, Size=7, SnapshotId=given.snapshot)


async def _create_failed(stack: Stack, given: Given) -> str | None:
    (found,) = (await stack.call("DescribeVolumes", Filters=_SEVEN))["Volumes"]
    if found["State"] == "error":
        await stack.call("DeleteVolume", VolumeId=found["VolumeId"])
        await stack.idle()
        return REFUSAL  # EC2 has no place in which a volume says why
    assert found["State"] == "available"
    await stack.call("AttachVolume", VolumeId=found["VolumeId"], InstanceId=given.instance, Device="/dev/sdj")
    await stack.idle()
    assert stack.guest(given.instance).read(FILE, serial=serial(found["VolumeId"])) == BEFORE
    return None


async def _attach(stack: Stack, given: Given) -> None:
    await stack.call("AttachVolume", VolumeId=given.spare, InstanceId=given.instance, Device="/dev/sdg")


async def _attach_to_stopped(stack: Stack, given: Given) -> None:
    await stack.call("AttachVolume", VolumeId=given.spare, InstanceId=given.stopped, Device="/dev/sdg")


async def _attach_failed(stack: Stack, given: Given) -> str | None:
    attachments = (await _volume(stack, given.spare))["Attachments"]
    if not attachments:
        return REFUSAL  # told by the volume's being available again alone
    assert [one["State"] for one in attachments] == ["attached"]
    return None


async def _detach(stack: Stack, given: Given) -> None:
    await stack.call("DetachVolume", VolumeId=given.attached)


async def _detach_failed(stack: Stack, given: Given, *, force: bool = False) -> str | None:
    volume = await _volume(stack, given.attached)
    if volume["State"] == "in-use":
        assert [one["State"] for one in volume["Attachments"]] == ["busy"]
        await stack.call("DetachVolume", VolumeId=given.attached, Force=force)  # asked again, it goes
        await stack.idle()
        assert (await _volume(stack, given.attached))["State"] == "available"
        return REFUSAL
    assert await volumes_of(stack, given.instance) == [given.root]
    return None


async def _holds_it(stack: Stack, given: Given) -> None:
    """A program in the guest keeps the volume busy."""
    stack.guest(given.instance).holds_disk(serial(given.attached))


async def _detach_by_force(stack: Stack, given: Given) -> None:
    await stack.call("DetachVolume", VolumeId=given.attached, Force=True)


async def _detach_by_force_failed(stack: Stack, given: Given) -> str | None:
    failure = await _detach_failed(stack, given, force=True)
    other = await stack.launch()  # its guest keeps a dead device
    await stack.call("AttachVolume", VolumeId=given.attached, InstanceId=other, Device="/dev/sdf")
    await stack.idle()
    return failure


async def _detach_held_failed(stack: Stack, given: Given) -> None:
    """It was kept, as the guest wanted, and goes when that lets it."""
    assert [one["State"] for one in (await _volume(stack, given.attached))["Attachments"]] == ["busy"]
    stack.guest(given.instance).releases_disk(serial(given.attached))
    await stack.call("DetachVolume", VolumeId=given.attached)
    await stack.idle()
    assert (await _volume(stack, given.attached))["State"] == "available"


async def _detach_from_stopped(stack: Stack, given: Given) -> None:
    await stack.call("DetachVolume", VolumeId=given.stopped_data)


async def _detach_from_stopped_failed(stack: Stack, given: Given) -> str | None:
    volume = await _volume(stack, given.stopped_data)
    if volume["State"] == "in-use":
        assert [one["State"] for one in volume["Attachments"]] == ["busy"]
        await stack.call("DetachVolume", VolumeId=given.stopped_data)
        await stack.idle()
        assert (await _volume(stack, given.stopped_data))["State"] == "available"
        return REFUSAL
    assert await volumes_of(stack, given.stopped) == [given.stopped_root]
    return None


async def _detach_from_hibernated_failed(stack: Stack, given: Given) -> str | None:
    """Another guest may write to the volume from now on, so that this one boots."""
    failure = await _detach_failed(stack, given)
    await stack.call("StartInstances", InstanceIds=[given.instance])
    await stack.idle()
    told = await stack.get(f"/_kumoniwa/instances/{given.instance}/boots")
    assert [boot["action"] for boot in told["boots"]] == ["RunInstances", "StartInstances"]
    assert told["hibernations"][0]["because"] == f"{given.attached} was detached meanwhile."
    return failure


async def _grow_attached(stack: Stack, given: Given) -> None:
    await stack.call("ModifyVolume", VolumeId=given.attached, Size=5)


async def _grow_stopped(stack: Stack, given: Given) -> None:
    await stack.call("ModifyVolume", VolumeId=given.stopped_data, Size=5)


async def _grow_spare(stack: Stack, given: Given) -> None:
    await stack.call("ModifyVolume", VolumeId=given.spare, Size=5)


async def _grow_failed(stack: Stack, given: Given) -> str | None:
    (told,) = (await stack.call("DescribeVolumesModifications"))["VolumesModifications"]
    size = (await _volume(stack, told["VolumeId"]))["Size"]
    if told["ModificationState"] == "failed":
        assert size == 1
        return str(told["StatusMessage"])
    assert told["ModificationState"] == "completed" and told["Progress"] == 100
    assert size == 5
    return None


async def _delete(stack: Stack, given: Given) -> None:
    await stack.call("DeleteVolume", VolumeId=given.spare)


async def _delete_failed(stack: Stack, given: Given) -> None:
    assert given.spare not in {one["VolumeId"] for one in (await stack.call("DescribeVolumes"))["Volumes"]}


_ATTACHED = frozenset({"spare.Attachments", "spare.State"})
_DETACHED = frozenset({"attached.Attachments", "attached.State", "instance.At /dev/sdf"})
_BUSY = frozenset({"attached.Attachments.0.State", "instance.At /dev/sdf.Ebs.Status"})

STORIES: dict[str, Story] = {
    "create a volume": Story("create_volume", _create, _create_failed),
    "attach": Story("attach_volume", _attach, _attach_failed, changes=_ATTACHED | {"instance.At /dev/sdg"}),
    "attach to one that is stopped": Story(
        "attach_volume", _attach_to_stopped, _attach_failed, changes=_ATTACHED | {"stopped.At /dev/sdg"}
    ),
    "detach": Story("detach_volume", _detach, _detach_failed, changes=_DETACHED, blames=_BUSY),
    "detach what the guest holds": Story(
        "detach_volume", _detach, _detach_held_failed, changes=_BUSY, before=_holds_it
    ),
    "detach by force": Story(
        "detach_volume", _detach_by_force, _detach_by_force_failed, changes=_DETACHED, blames=_BUSY, before=_holds_it
    ),
    "detach from one that is stopped": Story(
        "detach_volume",
        _detach_from_stopped,
        _detach_from_stopped_failed,
        changes=frozenset({"stopped_data.Attachments", "stopped_data.State", "stopped.At /dev/sdf"}),
        blames=frozenset({"stopped_data.Attachments.0.State", "stopped.At /dev/sdf.Ebs.Status"}),
    ),
    "detach from one that is hibernated": Story(
        "detach_volume",
        _detach,
        _detach_from_hibernated_failed,
        changes=_DETACHED | STOPPED,
        blames=_BUSY | STOPPED,
        before=is_hibernated,
    ),
    "grow": Story("modify_volume", _grow_attached, _grow_failed, changes=frozenset({"attached.Size"})),
    "grow one of a stopped instance": Story(
        "modify_volume", _grow_stopped, _grow_failed, changes=frozenset({"stopped_data.Size"})
    ),
    "grow nobody's": Story("modify_volume", _grow_spare, _grow_failed, changes=frozenset({"spare.Size"})),
    "delete a volume": Story("collect_layers", _delete, _delete_failed, frozenset({"spare"})),
}
