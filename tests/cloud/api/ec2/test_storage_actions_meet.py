"""A third action, on an instance whose second waits for the first: pairs are in `concurrent_actions.py`.

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


async def _image_again(held: Held) -> str:
    told = await held.stack.call("CreateImage", InstanceId=held.instance_id, Name="second")
    return str((await held.stack.call("DescribeImages", ImageIds=[told["ImageId"]]))["Images"][0]["State"])


async def _snapshot(held: Held) -> str:
    return str((await held.stack.call("CreateSnapshot", VolumeId=held.data))["State"])


async def _snapshots(held: Held) -> str:
    told = await held.stack.call("CreateSnapshots", InstanceSpecification={"InstanceId": held.instance_id})
    return str(told["Snapshots"][0]["State"])


async def _grow(held: Held) -> str:
    told = await held.stack.call("ModifyVolume", VolumeId=held.data, Size=2)
    return str(told["VolumeModification"]["ModificationState"])


async def _replace_root(held: Held) -> str:
    told = await held.stack.call("CreateReplaceRootVolumeTask", InstanceId=held.instance_id)
    return str(told["ReplaceRootVolumeTask"]["TaskState"])


Second = Callable[[Held], Awaitable[str]]
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
    ("TerminateInstances", _snapshot, "pending"),
    ("TerminateInstances", _image_again, "InvalidParameterValue"),
    ("TerminateInstances", _replace_root, "IncorrectInstanceState"),
    ("RebootInstances", _attach, "attaching"),
    ("RebootInstances", _detach, "detaching"),
    ("RebootInstances", _snapshot, "pending"),
    ("RebootInstances", _replace_root, "pending"),
]


@pytest.mark.parametrize(("first", "second", "answer"), STATES)
async def test_a_storage_action_while_an_instance_waits_to_change(
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
    assert {one["State"] for one in snapshots} == {"completed"}
    assert (await held.image_state())["State"] == "available"
