"""Room on the host's disk: an action that cannot fit is refused before it harms anything; what takes none is not."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest
from asgi import Refused
from sqlalchemy import Connection, select
from stack import Stack
from volumes_at_hand import ZONE, create, refused

from kumoniwa.placement.disk_room import NEW_LAYER_BYTES
from kumoniwa.store.all_tables import metadata

pytestmark = pytest.mark.anyio

_DATA = [{"DeviceName": "/dev/sdf", "Ebs": {"VolumeSize": 1}}]


async def everything(stack: Stack) -> tuple[Mapping[str, Any], Mapping[str, Any]]:
    """Every row of every table, and every layer with the files in it."""

    def read(connection: Connection) -> Mapping[str, Any]:
        return {table.name: connection.execute(select(table)).all() for table in metadata.sorted_tables}

    files = stack.driver.world.layers
    held: dict[str, Any] = {
        layer: (files[layer], dict(files.own(layer))) for layer in await stack.driver.disks.all_layers()
    }
    return await stack.running.cloud.read(read), held


async def cut_by_rows(stack: Stack) -> str:
    """A volume that nobody has, and that was cut: its head has no file."""
    volume_id = await create(stack)
    await stack.call("CreateSnapshot", VolumeId=volume_id)
    await stack.idle()
    return volume_id


class Scene:
    """One of everything that an action could be asked for."""

    def __init__(self, stack: Stack, folder: Path) -> None:
        self.stack = stack
        self.folder = folder

    async def begin(self) -> None:
        stack = self.stack
        self.stopped = await stack.launch()
        await stack.call("StopInstances", InstanceIds=[self.stopped])
        self.running = await stack.launch(BlockDeviceMappings=_DATA)
        self.image = (await stack.instance(self.running))["ImageId"]
        root, data = (await stack.instance(self.running))["BlockDeviceMappings"]
        self.root, self.data = root["Ebs"]["VolumeId"], data["Ebs"]["VolumeId"]
        self.unmade = await cut_by_rows(stack)
        self.snapshot = (await stack.call("CreateSnapshot", VolumeId=self.data))["SnapshotId"]
        await stack.idle()
        self.disk = self.folder / "disk.raw"
        self.disk.write_bytes(b"\1" * (1 << 20))

    def asked(self, action: str) -> dict[str, Any]:
        """What the action is asked for."""
        by_action: dict[str, dict[str, Any]] = {
            "RunInstances": {"ImageId": self.image, "InstanceType": "t3.micro", "MinCount": 1, "MaxCount": 1},
            "StartInstances": {"InstanceIds": [self.stopped]},
            "CreateVolume": {"AvailabilityZone": ZONE, "Size": 1},
            "CreateVolume of a snapshot": {"AvailabilityZone": ZONE, "SnapshotId": self.snapshot},
            "ModifyVolume": {"VolumeId": self.data, "Size": 2},
            "ModifyVolume that nobody has": {"VolumeId": self.unmade, "Size": 2},
            "AttachVolume": {"VolumeId": self.unmade, "InstanceId": self.running, "Device": "/dev/sdg"},
            "CreateSnapshot": {"VolumeId": self.data},
            "CreateSnapshot of what nobody has": {"VolumeId": self.unmade},
            "CreateSnapshots": {"InstanceSpecification": {"InstanceId": self.running}},
            "CreateImage": {"InstanceId": self.running, "Name": "golden"},
            "CreateImage NoReboot": {"InstanceId": self.running, "Name": "golden", "NoReboot": True},
            "CreateReplaceRootVolumeTask": {"InstanceId": self.running},
            "ImportSnapshot": {"DiskContainer": {"Format": "RAW", "Url": self.disk.as_uri()}},
        }
        return by_action[action]


REFUSED = (
    "RunInstances",
    "StartInstances",
    "CreateVolume",
    "CreateVolume of a snapshot",
    "ModifyVolume",
    "ModifyVolume that nobody has",
    "AttachVolume",
    "CreateSnapshot",
    "CreateSnapshot of what nobody has",
    "CreateSnapshots",
    "CreateImage",
    "CreateImage NoReboot",
    "CreateReplaceRootVolumeTask",
    "ImportSnapshot",
)


@pytest.mark.parametrize("action", REFUSED)
async def test_what_cannot_fit_is_refused_and_changes_nothing(stack: Stack, tmp_path: Path, action: str) -> None:
    scene = Scene(stack, tmp_path)
    await scene.begin()
    boot = stack.guest(scene.running).boot_id
    before = await everything(stack)
    stack.driver.world.room = NEW_LAYER_BYTES - 1
    with pytest.raises(Refused) as told:
        await stack.call(action.split()[0], **scene.asked(action))
    assert (told.value.code, told.value.status) == ("InsufficientVolumeCapacity", 500)
    assert stack.running.cloud.engine.is_idle, "nothing was begun"
    assert await everything(stack) == before
    assert stack.guest(scene.running).boot_id == boot
    stack.driver.world.room = 1 << 40
    await stack.call(action.split()[0], **scene.asked(action))
    await stack.idle()
    assert await everything(stack) != before


async def test_copies_take_no_room(stack: Stack, tmp_path: Path) -> None:
    scene = Scene(stack, tmp_path)
    await scene.begin()
    image = (await stack.call("CreateImage", InstanceId=scene.running, Name="golden", NoReboot=True))["ImageId"]
    await stack.idle()
    files = await stack.driver.disks.all_layers()
    stack.driver.world.room = 0
    snapshot = await stack.call("CopySnapshot", SourceRegion="us-east-1", SourceSnapshotId=scene.snapshot)
    copy = await stack.call("CopyImage", SourceRegion="us-east-1", SourceImageId=image, Name="copy")
    await stack.idle()
    (told,) = (await stack.call("DescribeSnapshots", SnapshotIds=[snapshot["SnapshotId"]]))["Snapshots"]
    assert told["State"] == "completed"
    (told,) = (await stack.call("DescribeImages", ImageIds=[copy["ImageId"]]))["Images"]
    assert told["State"] == "available"
    assert await stack.driver.disks.all_layers() == files


async def test_what_gives_room_back_or_takes_none_goes_on_without_any(stack: Stack, tmp_path: Path) -> None:
    scene = Scene(stack, tmp_path)
    await scene.begin()
    spare = await create(stack)
    stack.driver.world.room = 0
    await stack.call("AttachVolume", VolumeId=spare, InstanceId=scene.running, Device="/dev/sdg")
    await stack.idle()
    await stack.call("DetachVolume", VolumeId=spare)
    await stack.idle()
    await stack.call("DeleteVolume", VolumeId=spare)
    await stack.call("DeleteSnapshot", SnapshotId=scene.snapshot)
    await stack.call("RebootInstances", InstanceIds=[scene.running])
    await stack.call("StopInstances", InstanceIds=[scene.running])
    await stack.idle()
    assert (await stack.instance(scene.running))["State"]["Name"] == "stopped"
    await stack.call("TerminateInstances", InstanceIds=[scene.running])
    await stack.idle()
    assert (await stack.instance(scene.running))["State"]["Name"] == "terminated"


async def test_a_volume_whose_file_is_still_to_be_made_is_attached_where_it_fits(stack: Stack) -> None:
    instance_id = await stack.launch()
    volume_id = await cut_by_rows(stack)
    stack.driver.world.room = NEW_LAYER_BYTES - 1
    asked = {"VolumeId": volume_id, "InstanceId": instance_id, "Device": "/dev/sdg"}
    with refused("InsufficientVolumeCapacity"):
        await stack.call("AttachVolume", **asked)
    stack.driver.world.room = NEW_LAYER_BYTES
    await stack.call("AttachVolume", **asked)
    await stack.idle()
    stack.guest(instance_id).write("/data", b"fits", serial=volume_id.replace("-", ""), sync=True)
