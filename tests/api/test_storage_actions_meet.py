"""A storage action on an instance on which another is under way: what EC2 answers, and how both end.

CreateImage is held where the guest is being shut down, for it does not hear its power button.
"""

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any

import pytest
from asgi import Refused
from stack import Stack

pytestmark = pytest.mark.anyio

_DATA = [{"DeviceName": "/dev/sdf", "Ebs": {"VolumeSize": 1, "DeleteOnTermination": True}}]


class Held:
    """An instance with a data volume, an image of it in the making, and a volume that nobody has."""

    def __init__(self, stack: Stack) -> None:
        self.stack = stack

    async def begin(self) -> None:
        self.instance_id = await self.stack.launch(BlockDeviceMappings=_DATA)
        root, data = (await self.stack.instance(self.instance_id))["BlockDeviceMappings"]
        self.root, self.data = root["Ebs"]["VolumeId"], data["Ebs"]["VolumeId"]
        zone = (await self.stack.instance(self.instance_id))["Placement"]["AvailabilityZone"]
        self.spare = (await self.stack.call("CreateVolume", AvailabilityZone=zone, Size=1))["VolumeId"]
        await self.stack.idle()
        self.stack.guest(self.instance_id).write("/before", b"the cut", serial=self.data.replace("-", ""), sync=True)
        self.stack.guest(self.instance_id).ignore_power_button = True
        asked = asyncio.Event()

        async def reached(method: str) -> None:
            if method == "ensure_shut_down":
                asked.set()

        self.stack.driver.faults.hook = reached
        told = await self.stack.call("CreateImage", InstanceId=self.instance_id, Name="first")
        self.image = told["ImageId"]
        async with asyncio.timeout(10):
            await asked.wait()
        self.stack.driver.faults.hook = None

    async def end(self) -> None:
        guest = self.stack.guest(self.instance_id)
        guest.ignore_power_button = False
        guest.power_off_from_inside()
        await self.stack.idle()

    async def image_state(self) -> dict[str, Any]:
        image: dict[str, Any] = (await self.stack.call("DescribeImages", ImageIds=[self.image]))["Images"][0]
        return image

    async def volume(self, volume_id: str) -> dict[str, Any]:
        volume: dict[str, Any] = (await self.stack.call("DescribeVolumes", VolumeIds=[volume_id]))["Volumes"][0]
        return volume


async def _attach(held: Held) -> str:
    told = await held.stack.call("AttachVolume", VolumeId=held.spare, InstanceId=held.instance_id, Device="/dev/sdg")
    return str(told["State"])


async def _detach(held: Held) -> str:
    return str((await held.stack.call("DetachVolume", VolumeId=held.data))["State"])


async def _detach_root(held: Held) -> str:
    return str((await held.stack.call("DetachVolume", VolumeId=held.root))["State"])


async def _delete_data(held: Held) -> str:
    await held.stack.call("DeleteVolume", VolumeId=held.data)
    return "deleted"


async def _image_again(held: Held) -> str:
    told = await held.stack.call("CreateImage", InstanceId=held.instance_id, Name="second")
    return str((await held.stack.call("DescribeImages", ImageIds=[told["ImageId"]]))["Images"][0]["State"])


async def _same_name(held: Held) -> str:
    await held.stack.call("CreateImage", InstanceId=held.instance_id, Name="first")
    return "made"


async def _snapshot(held: Held) -> str:
    return str((await held.stack.call("CreateSnapshot", VolumeId=held.data))["State"])


async def _snapshots(held: Held) -> str:
    told = await held.stack.call("CreateSnapshots", InstanceSpecification={"InstanceId": held.instance_id})
    return str(told["Snapshots"][0]["State"])


async def _grow(held: Held) -> str:
    told = await held.stack.call("ModifyVolume", VolumeId=held.data, Size=2)
    return str(told["VolumeModification"]["ModificationState"])


async def _launch_from_it(held: Held) -> str:
    await held.stack.call("RunInstances", ImageId=held.image, MinCount=1, MaxCount=1)
    return "launched"


async def _deregister(held: Held) -> str:
    await held.stack.call("DeregisterImage", ImageId=held.image)
    return "deregistered"


async def _delete_its_snapshot(held: Held) -> str:
    devices = (await held.image_state())["BlockDeviceMappings"]
    await held.stack.call("DeleteSnapshot", SnapshotId=devices[0]["Ebs"]["SnapshotId"])
    return "deleted"


async def _replace_root(held: Held) -> str:
    told = await held.stack.call("CreateReplaceRootVolumeTask", InstanceId=held.instance_id)
    return str(told["ReplaceRootVolumeTask"]["TaskState"])


async def _nothing(held: Held) -> None:
    pass


async def _is_attached(held: Held) -> None:
    assert (await held.volume(held.spare))["Attachments"][0]["State"] == "attached"
    held.stack.guest(held.instance_id).write("/x", b"x", serial=held.spare.replace("-", ""), sync=True)


async def _is_detached_and_in_the_image(held: Held) -> None:
    assert (await held.volume(held.data))["State"] == "available"
    devices = [device["DeviceName"] for device in (await held.image_state())["BlockDeviceMappings"]]
    assert devices == ["/dev/xvda", "/dev/sdf"], "it was there when the image was asked for"


async def _every_image_is_there(held: Held) -> None:
    images = (await held.stack.call("DescribeImages", Filters=[{"Name": "name", "Values": ["first", "second"]}]))[
        "Images"
    ]
    assert [image["State"] for image in images] == ["available", "available"]
    assert len(await held.stack.boots(held.instance_id, 3)) == 3, "each image reboots for itself"


async def _every_snapshot_is_there(held: Held) -> None:
    found = (await held.stack.call("DescribeSnapshots", Filters=[{"Name": "volume-id", "Values": [held.data]}]))[
        "Snapshots"
    ]
    assert len(found) == 2
    assert {one["State"] for one in found} == {"completed"}


async def _has_grown(held: Held) -> None:
    assert (await held.volume(held.data))["Size"] == 2


async def _has_another_root(held: Held) -> None:
    root = (await held.stack.instance(held.instance_id))["BlockDeviceMappings"][0]["Ebs"]["VolumeId"]
    assert root != held.root


async def _is_gone(held: Held) -> None:
    with pytest.raises(Refused, match=r"InvalidAMIID\.Unavailable"):
        await held.image_state()


Second = Callable[[Held], Awaitable[str]]
After = Callable[[Held], Awaitable[None]]

# During CreateImage · what EC2 answers · what is so in the end
MEETINGS: list[tuple[Second, str, After]] = [
    (_attach, "attaching", _is_attached),
    (_detach, "detaching", _is_detached_and_in_the_image),
    (_detach_root, "IncorrectState", _nothing),
    (_delete_data, "VolumeInUse", _nothing),
    (_image_again, "pending", _every_image_is_there),
    (_same_name, "InvalidAMIName.Duplicate", _nothing),
    (_snapshot, "pending", _every_snapshot_is_there),
    (_snapshots, "pending", _every_snapshot_is_there),
    (_grow, "modifying", _has_grown),
    (_launch_from_it, "InvalidAMIID.Unavailable", _nothing),
    (_deregister, "deregistered", _is_gone),
    (_delete_its_snapshot, "InvalidSnapshot.InUse", _nothing),
    (_replace_root, "pending", _has_another_root),
]


@pytest.mark.parametrize(("second", "answer", "after"), MEETINGS)
async def test_a_storage_action_while_an_image_is_made(stack: Stack, second: Second, answer: str, after: After) -> None:
    held = Held(stack)
    await held.begin()
    try:
        told = await second(held)
    except Refused as refusal:
        told = refusal.code
    assert told == answer
    await held.end()
    await after(held)
    assert (await stack.instance(held.instance_id))["State"]["Name"] == "running"
    if second is not _deregister:
        assert (await held.image_state())["State"] == "available"


# What an instance is · the action · what EC2 answers
STATES: list[tuple[str, Second, str]] = [
    ("StopInstances", _attach, "IncorrectState"),
    ("StopInstances", _detach, "detaching"),
    ("StopInstances", _snapshot, "pending"),
    ("StopInstances", _snapshots, "pending"),
    ("StopInstances", _grow, "modifying"),
    ("StopInstances", _replace_root, "IncorrectInstanceState"),
    ("TerminateInstances", _attach, "IncorrectState"),
    ("TerminateInstances", _detach, "detaching"),
    ("TerminateInstances", _snapshot, "IncorrectState"),
    ("TerminateInstances", _image_again, "InvalidParameterValue"),
    ("TerminateInstances", _replace_root, "IncorrectInstanceState"),
    ("RebootInstances", _attach, "attaching"),
    ("RebootInstances", _detach, "detaching"),
    ("RebootInstances", _snapshot, "pending"),
    ("RebootInstances", _replace_root, "pending"),
]


@pytest.mark.parametrize(("first", "second", "answer"), STATES)
async def test_a_storage_action_while_an_instance_changes(
    stack: Stack, first: str, second: Second, answer: str
) -> None:
    held = Held(stack)
    await held.begin()
    await stack.call(first, InstanceIds=[held.instance_id])
    try:
        told = await second(held)
    except Refused as refusal:
        told = refusal.code
    assert told == answer
    await held.end()
    ends = {"StopInstances": "stopped", "TerminateInstances": "terminated", "RebootInstances": "running"}
    assert (await stack.instance(held.instance_id))["State"]["Name"] == ends[first]
    found = (await stack.call("DescribeVolumes"))["Volumes"]
    assert {one["State"] for one in found} <= {"available", "in-use"}
    snapshots = (await stack.call("DescribeSnapshots", OwnerIds=["self"]))["Snapshots"]
    assert {one["State"] for one in snapshots} <= {"completed", "error"}
    assert (await held.image_state())["State"] == "available"
