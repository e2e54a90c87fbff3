"""What is asked of a snapshot, an image or a volume that is still being made."""

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from asgi import Refused
from stack import Stack
from volumes_at_hand import ZONE, create, held

FRIEND = "210987654321"


@dataclass
class Making:
    """The ids of what is being made, and of what is beside it."""

    stack: Stack
    instance_id: str
    volume_id: str
    snapshot_id: str = ""
    image_id: str = ""

    async def call(self, action: str, **parameters: Any) -> str:
        """Call the action; gives the state that is told, where one is."""
        told = await self.stack.call(action, **parameters)
        return str(told.get("State", "accepted"))


async def ask(stack: Stack, what: str, second: str) -> tuple[str, str]:
    """What is told at once, and what becomes of that which is being made."""
    making = Making(stack, await stack.launch(), await create(stack))
    begin, at, end = _MADE[what]
    async with held(stack, at) as reached:
        await begin(making)
        async with asyncio.timeout(10):
            await reached.wait()
        try:
            answer = await SECONDS[what][second](making)
        except Refused as refusal:
            answer = _without_ids(making, refusal)
    await stack.idle()
    return answer, await end(making)


async def _snapshot(making: Making) -> None:
    making.snapshot_id = (await making.stack.call("CreateSnapshot", VolumeId=making.volume_id))["SnapshotId"]


async def _image(making: Making) -> None:
    asked = {"InstanceId": making.instance_id, "Name": "golden", "NoReboot": True}
    making.image_id = (await making.stack.call("CreateImage", **asked))["ImageId"]
    image = (await making.stack.call("DescribeImages", ImageIds=[making.image_id]))["Images"][0]
    making.snapshot_id = image["BlockDeviceMappings"][0]["Ebs"]["SnapshotId"]


async def _volume(making: Making) -> None:
    making.volume_id = (await making.stack.call("CreateVolume", AvailabilityZone=ZONE, Size=1))["VolumeId"]


async def _snapshot_end(making: Making) -> str:
    found = await making.stack.call("DescribeSnapshots", Filters=[_named("snapshot-id", making.snapshot_id)])
    return found["Snapshots"][0]["State"] if found["Snapshots"] else "gone"


async def _image_end(making: Making) -> str:
    """Its snapshot is completed, whatever became of the image."""
    assert await _snapshot_end(making) == "completed"
    found = await making.stack.call("DescribeImages", Filters=[_named("image-id", making.image_id)])
    return found["Images"][0]["State"] if found["Images"] else "gone"


async def _volume_end(making: Making) -> str:
    found = await making.stack.call("DescribeVolumes", VolumeIds=[making.volume_id])
    return str(found["Volumes"][0]["State"])


def _named(name: str, value: str) -> dict[str, Any]:
    return {"Name": name, "Values": [value]}


def _without_ids(making: Making, refusal: Refused) -> str:
    message = refusal.message
    for identifier in (making.instance_id, making.volume_id, making.snapshot_id, making.image_id):
        if identifier:
            message = message.replace(identifier, f"{identifier.partition('-')[0]}-…")
    return f"{refusal.code}: {message}"


def _mapped(making: Making) -> list[dict[str, Any]]:
    return [{"DeviceName": "/dev/sdg", "Ebs": {"SnapshotId": making.snapshot_id}}]


async def _launch_with_it(making: Making) -> str:
    image = (await making.stack.instance(making.instance_id))["ImageId"]
    one = {"MinCount": 1, "MaxCount": 1, "InstanceType": "t3.micro"}
    return await making.call("RunInstances", ImageId=image, BlockDeviceMappings=_mapped(making), **one)


_Asks = Callable[[Making], Awaitable[str]]

_MADE: dict[str, tuple[Callable[[Making], Awaitable[None]], str, Callable[[Making], Awaitable[str]]]] = {
    "the snapshot of an unattached volume": (_snapshot, "measure", _snapshot_end),
    "the image of an instance": (_image, "measure", _image_end),
    "a volume": (_volume, "ensure_empty", _volume_end),
}

_OF_A_SNAPSHOT: dict[str, _Asks] = {
    "CreateVolume": lambda making: making.call("CreateVolume", AvailabilityZone=ZONE, SnapshotId=making.snapshot_id),
    "CopySnapshot": lambda making: making.call(
        "CopySnapshot", SourceRegion="us-east-1", SourceSnapshotId=making.snapshot_id
    ),
    "RegisterImage": lambda making: making.call(
        "RegisterImage",
        Name="registered",
        RootDeviceName="/dev/sdg",
        VirtualizationType="hvm",
        BlockDeviceMappings=_mapped(making),
    ),
    "RunInstances with it": _launch_with_it,
    "CreateImage with it": lambda making: making.call(
        "CreateImage", InstanceId=making.instance_id, Name="with it", BlockDeviceMappings=_mapped(making)
    ),
    "ModifySnapshotAttribute": lambda making: making.call(
        "ModifySnapshotAttribute",
        SnapshotId=making.snapshot_id,
        CreateVolumePermission={"Add": [{"UserId": FRIEND}]},
    ),
    "CreateSnapshot": lambda making: making.call("CreateSnapshot", VolumeId=making.volume_id),
    "AttachVolume": lambda making: making.call(
        "AttachVolume", VolumeId=making.volume_id, InstanceId=making.instance_id, Device="/dev/sdf"
    ),
    "DeleteVolume": lambda making: making.call("DeleteVolume", VolumeId=making.volume_id),
    "DeleteSnapshot": lambda making: making.call("DeleteSnapshot", SnapshotId=making.snapshot_id),
}

_OF_AN_IMAGE: dict[str, _Asks] = {
    "RunInstances": lambda making: making.call("RunInstances", ImageId=making.image_id, MinCount=1, MaxCount=1),
    "CreateReplaceRootVolumeTask": lambda making: making.call(
        "CreateReplaceRootVolumeTask", InstanceId=making.instance_id, ImageId=making.image_id
    ),
    "CopyImage": lambda making: making.call(
        "CopyImage", SourceRegion="us-east-1", SourceImageId=making.image_id, Name="copy"
    ),
    "ModifyImageAttribute": lambda making: making.call(
        "ModifyImageAttribute", ImageId=making.image_id, LaunchPermission={"Add": [{"UserId": FRIEND}]}
    ),
    "DisableImage": lambda making: making.call("DisableImage", ImageId=making.image_id),
    "EnableImageDeprecation": lambda making: making.call(
        "EnableImageDeprecation", ImageId=making.image_id, DeprecateAt=datetime(2030, 1, 1, tzinfo=UTC)
    ),
    "CreateImage of its name": lambda making: making.call("CreateImage", InstanceId=making.instance_id, Name="golden"),
    "CreateVolume of its snapshot": lambda making: making.call(
        "CreateVolume", AvailabilityZone=ZONE, SnapshotId=making.snapshot_id
    ),
    "DeleteSnapshot of its own": lambda making: making.call("DeleteSnapshot", SnapshotId=making.snapshot_id),
    "DeregisterImage": lambda making: making.call("DeregisterImage", ImageId=making.image_id),
}

_OF_A_VOLUME: dict[str, _Asks] = {
    "AttachVolume": _OF_A_SNAPSHOT["AttachVolume"],
    "DetachVolume": lambda making: making.call("DetachVolume", VolumeId=making.volume_id),
    "ModifyVolume": lambda making: making.call("ModifyVolume", VolumeId=making.volume_id, Size=2),
    "CreateSnapshot": _OF_A_SNAPSHOT["CreateSnapshot"],
    "DeleteVolume": _OF_A_SNAPSHOT["DeleteVolume"],
}

SECONDS = {
    "the snapshot of an unattached volume": _OF_A_SNAPSHOT,
    "the image of an instance": _OF_AN_IMAGE,
    "a volume": _OF_A_VOLUME,
}
