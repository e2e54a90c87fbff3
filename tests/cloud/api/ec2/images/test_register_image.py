"""Images are registered of snapshots, under names that are their own."""

from collections.abc import AsyncIterator
from functools import partial
from pathlib import Path
from typing import Any

import pytest
from bare_cloud import BareCloud, bare_cloud, refused
from stored import add_snapshot, hexadecimal

from kumoniwa.model.snapshots import SnapshotState

pytestmark = pytest.mark.anyio


@pytest.fixture
async def cloud(tmp_path: Path) -> AsyncIterator[BareCloud]:
    async with bare_cloud(tmp_path) as made:
        yield made


async def described(cloud: BareCloud, *filters: tuple[str, str], **parameters: Any) -> list[str]:
    """The ids of the images that a DescribeImages gives."""
    asked = [{"Name": name, "Values": [value]} for name, value in filters]
    answer = await cloud.ask("DescribeImages", Filters=asked, **parameters)
    return [image["ImageId"] for image in answer["Images"]]


async def registered(cloud: BareCloud, snapshot: str, **parameters: Any) -> str:
    """Register an image of a snapshot; gives its id."""
    asked: dict[str, Any] = {
        "Name": "moss",
        "Architecture": "x86_64",
        "RootDeviceName": "/dev/xvda",
        "VirtualizationType": "hvm",
        "BlockDeviceMappings": [{"DeviceName": "/dev/xvda", "Ebs": {"SnapshotId": snapshot}}],
    }
    answer = await cloud.ask("RegisterImage", **(asked | parameters))
    image: str = answer["ImageId"]
    return image


async def test_an_image_is_registered_of_snapshots(cloud: BareCloud) -> None:
    snapshot = await cloud.database.write(partial(add_snapshot, number=1))
    image = await registered(
        cloud,
        snapshot,
        Description="a garden",
        EnaSupport=True,
        ImdsSupport="v2.0",
        TagSpecifications=[{"ResourceType": "image", "Tags": [{"Key": "Team", "Value": "moss"}]}],
        BlockDeviceMappings=[
            {"DeviceName": "/dev/xvdb", "Ebs": {"VolumeSize": 8, "VolumeType": "gp3", "Iops": 4000}},
            {"DeviceName": "/dev/xvda", "Ebs": {"SnapshotId": snapshot, "VolumeSize": 20}},
            {"DeviceName": "/dev/xvdc", "VirtualName": "ephemeral0"},
        ],
    )
    (told,) = (await cloud.ask("DescribeImages", ImageIds=[image]))["Images"]
    assert told["State"] == "available"
    assert (told["Name"], told["Description"]) == ("moss", "a garden")
    assert (told["EnaSupport"], told["ImdsSupport"]) == (True, "v2.0")
    assert told["Tags"] == [{"Key": "Team", "Value": "moss"}]
    root, data, ephemeral = told["BlockDeviceMappings"]
    assert root["Ebs"]["SnapshotId"] == snapshot and root["Ebs"]["VolumeSize"] == 20
    assert root["Ebs"]["VolumeType"] == "gp2"
    assert data["Ebs"]["Iops"] == 4000 and "SnapshotId" not in data["Ebs"]
    assert ephemeral == {"DeviceName": "/dev/xvdc", "VirtualName": "ephemeral0"}


async def test_ena_is_off_and_the_architecture_i386_unless_given(cloud: BareCloud) -> None:
    snapshot = await cloud.database.write(partial(add_snapshot, number=1))
    mapping = [{"DeviceName": "/dev/sda1", "Ebs": {"SnapshotId": snapshot}}]
    await cloud.ask(
        "RegisterImage",
        Name="moss",
        RootDeviceName="/dev/sda1",
        VirtualizationType="hvm",
        BlockDeviceMappings=mapping,
    )
    (told,) = (await cloud.ask("DescribeImages"))["Images"]
    assert (told["EnaSupport"], told["Architecture"]) == (False, "i386")


@pytest.mark.parametrize("name", ["ab", "a" * 129, "moss+stone", "moss\n", "苔苔苔", "a:b:c"])
async def test_a_name_that_no_image_can_have_is_refused(cloud: BareCloud, name: str) -> None:
    snapshot = await cloud.database.write(partial(add_snapshot, number=1))
    with refused("InvalidAMIName.Malformed"):
        await registered(cloud, snapshot, Name=name)


@pytest.mark.parametrize("name", ["abc", "a" * 128, "A (b) [c] d.e/f-g'h@i_j"])
async def test_a_name_of_the_allowed_characters_is_taken(cloud: BareCloud, name: str) -> None:
    snapshot = await cloud.database.write(partial(add_snapshot, number=1))
    image = await registered(cloud, snapshot, Name=name)
    assert await described(cloud, ("name", name)) == [image]


async def test_a_name_is_an_images_own_until_it_is_deregistered(cloud: BareCloud) -> None:
    snapshot = await cloud.database.write(partial(add_snapshot, number=1))
    image = await registered(cloud, snapshot)
    with refused("InvalidAMIName.Duplicate", f"AMI name moss is already in use by AMI {image}"):
        await registered(cloud, snapshot)
    await cloud.ask("DeregisterImage", ImageId=image)
    await registered(cloud, snapshot)


async def test_what_no_guest_here_can_be_is_not_registered(cloud: BareCloud) -> None:
    snapshot = await cloud.database.write(partial(add_snapshot, number=1))
    for lacking in (
        {"Architecture": "arm64"},
        {"VirtualizationType": "paravirtual"},
        {"TpmSupport": "v2.0"},
        {"ImageLocation": "bucket/manifest.xml"},
    ):
        with refused("UnsupportedOperation"):
            await registered(cloud, snapshot, **lacking)
    assert await described(cloud) == []


@pytest.mark.parametrize("other", [{"VirtualizationType": "paravirtual"}, {"Architecture": "arm64"}])
async def test_a_snapshot_that_is_not_there_is_refused_before_what_no_guest_here_can_be(
    cloud: BareCloud, other: dict[str, Any]
) -> None:
    unknown = f"snap-{hexadecimal(1)}"
    with refused("InvalidSnapshot.NotFound", f"The snapshot '{unknown}' does not exist."):
        await registered(cloud, unknown, **other)


@pytest.mark.parametrize(
    ("ebs", "code", "message"),
    [
        ({}, "InvalidBlockDeviceMapping", "Either snapshot ID or volume size must be provided for: /dev/xvda"),
        ({"VolumeSize": 8}, "InvalidBlockDeviceMapping", "The root device '/dev/xvda' must be mapped to a snapshot."),
        (
            {"SnapshotId": f"snap-{hexadecimal(1)}", "VolumeSize": 7},
            "InvalidBlockDeviceMapping",
            f"Volume of size 7GB is smaller than snapshot 'snap-{hexadecimal(1)}', expect size >= 8GB",
        ),
        (
            {"SnapshotId": f"snap-{hexadecimal(2)}"},
            "InvalidSnapshot.NotFound",
            f"The snapshot 'snap-{hexadecimal(2)}' does not exist.",
        ),
        ({"SnapshotId": "snap-x"}, "InvalidParameterValue", None),
        (
            {"SnapshotId": f"snap-{hexadecimal(1)}", "Encrypted": True},
            "InvalidBlockDeviceMapping",
            "the encrypted flag cannot be specified since device /dev/xvda has a snapshot specified.",
        ),
    ],
)
async def test_a_root_that_cannot_be_is_refused(
    cloud: BareCloud, ebs: dict[str, Any], code: str, message: str | None
) -> None:
    await cloud.database.write(partial(add_snapshot, number=1))
    with refused(code, message):
        await registered(cloud, "", BlockDeviceMappings=[{"DeviceName": "/dev/xvda", "Ebs": ebs}])


async def test_a_snapshot_that_is_not_completed_makes_no_image(cloud: BareCloud) -> None:
    snapshot = await cloud.database.write(
        lambda connection: add_snapshot(connection, 1, state=SnapshotState.PENDING, progress=10)
    )
    with refused("IncorrectState", f"Snapshot '{snapshot}' is not 'completed'."):
        await registered(cloud, snapshot)
