"""What is asked of volumes, and what must come of it."""

from typing import Any

from given import BEFORE, FILE, ZONE, Given, Story, serial, volumes_of
from life import REFUSAL
from stack import Stack

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


async def _detach_failed(stack: Stack, given: Given) -> str | None:
    volume = await _volume(stack, given.attached)
    if volume["State"] == "in-use":
        assert [one["State"] for one in volume["Attachments"]] == ["busy"]
        await stack.call("DetachVolume", VolumeId=given.attached)  # asked again, it goes
        await stack.idle()
        assert (await _volume(stack, given.attached))["State"] == "available"
        return REFUSAL
    assert await volumes_of(stack, given.instance) == [given.root]
    return None


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


STORIES: dict[str, Story] = {
    "create a volume": Story("create_volume", _create, _create_failed),
    "attach": Story("attach_volume", _attach, _attach_failed),
    "attach to one that is stopped": Story("attach_volume", _attach_to_stopped, _attach_failed),
    "detach": Story("detach_volume", _detach, _detach_failed),
    "grow": Story("modify_volume", _grow_attached, _grow_failed),
    "grow one of a stopped instance": Story("modify_volume", _grow_stopped, _grow_failed),
    "grow nobody's": Story("modify_volume", _grow_spare, _grow_failed),
    "delete a volume": Story("collect_layers", _delete, _delete_failed, frozenset({"spare"})),
}
