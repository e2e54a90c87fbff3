"""Images: described, deregistered, registered of snapshots."""

from collections.abc import AsyncIterator
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Any

import pytest
from bare_cloud import BareCloud, bare_cloud, refused
from example_guest import INSTANCE
from sqlalchemy import Connection
from stored import add_image, add_snapshot, hexadecimal

from kumoniwa.model.images import ImageState
from kumoniwa.model.instances import InstanceState
from kumoniwa.model.snapshots import SnapshotState
from kumoniwa.model.tags import Tag
from kumoniwa.store import images, instances, layers, snapshots, tags

pytestmark = pytest.mark.anyio

UNKNOWN = f"ami-{hexadecimal(99)}"


@pytest.fixture
async def cloud(tmp_path: Path) -> AsyncIterator[BareCloud]:
    async with bare_cloud(tmp_path) as made:
        yield made


async def an_image(cloud: BareCloud, number: int = 1, **columns: Any) -> tuple[str, str]:
    """An image of one snapshot; gives the ids of both."""
    snapshot = await cloud.database.write(partial(add_snapshot, number=number))
    image = await cloud.database.write(lambda connection: add_image(connection, number, snapshot, **columns))
    return image, snapshot


async def described(cloud: BareCloud, *filters: tuple[str, str], **parameters: Any) -> list[str]:
    """The ids of the images that a DescribeImages gives."""
    asked = [{"Name": name, "Values": [value]} for name, value in filters]
    answer = await cloud.ask("DescribeImages", Filters=asked, **parameters)
    return [image["ImageId"] for image in answer["Images"]]


async def test_an_image_is_described_as_ec2_does(cloud: BareCloud) -> None:
    image, snapshot = await an_image(cloud)
    (told,) = (await cloud.ask("DescribeImages", ImageIds=[image]))["Images"]
    assert told == {
        "Architecture": "x86_64",
        "BlockDeviceMappings": [
            {
                "DeviceName": "/dev/xvda",
                "Ebs": {
                    "DeleteOnTermination": True,
                    "Encrypted": False,
                    "Iops": 3000,
                    "SnapshotId": snapshot,
                    "Throughput": 125,
                    "VolumeSize": 8,
                    "VolumeType": "gp3",
                },
            }
        ],
        "CreationDate": "2026-01-01T00:00:00.000Z",
        "DeregistrationProtection": "disabled",
        "EnaSupport": True,
        "Hypervisor": "xen",
        "ImageId": image,
        "ImageLocation": "123456789012/image 1",
        "ImageType": "machine",
        "Name": "image 1",
        "OwnerId": "123456789012",
        "PlatformDetails": "Linux/UNIX",
        "Public": False,
        "RootDeviceName": "/dev/xvda",
        "RootDeviceType": "ebs",
        "SriovNetSupport": "simple",
        "State": "available",
        "UsageOperation": "RunInstances",
        "VirtualizationType": "hvm",
    }


async def test_a_failed_image_says_why(cloud: BareCloud) -> None:
    reason = "Server.InternalError: The cut was refused."
    image, _ = await an_image(
        cloud, state=ImageState.FAILED, state_reason_code="Server.InternalError", state_reason_message=reason
    )
    (told,) = (await cloud.ask("DescribeImages"))["Images"]
    assert told["State"] == "failed"
    assert told["StateReason"] == {"Code": "Server.InternalError", "Message": reason}
    assert await described(cloud, ("state-reason-code", "Server.*")) == [image]


async def test_an_image_that_does_not_exist_is_refused_by_its_id(cloud: BareCloud) -> None:
    with refused("InvalidAMIID.NotFound", f"The image id '[{UNKNOWN}]' does not exist"):
        await described(cloud, ImageIds=[UNKNOWN])
    other = f"ami-{hexadecimal(98)}"
    with refused("InvalidAMIID.NotFound", f"The image ids '[{UNKNOWN}, {other}]' do not exist"):
        await described(cloud, ImageIds=[UNKNOWN, other])
    with refused("InvalidAMIID.Malformed", 'Invalid id: "ami-x"'):
        await described(cloud, ImageIds=["ami-x"])


async def test_another_accounts_image_does_not_exist(cloud: BareCloud) -> None:
    image, _ = await an_image(cloud)
    assert (await cloud.ask("DescribeImages", account="210987654321"))["Images"] == []
    with refused("InvalidAMIID.NotFound"):
        await cloud.ask("DescribeImages", account="210987654321", ImageIds=[image])
    with refused("InvalidAMIID.NotFound"):
        await cloud.ask("DeregisterImage", account="210987654321", ImageId=image)


@pytest.mark.parametrize(
    ("owners", "found"),
    [(["self"], 1), (["123456789012"], 1), (["amazon"], 0), (["210987654321"], 0), (["amazon", "self"], 1), ([], 1)],
)
async def test_owners_scope_what_is_found(cloud: BareCloud, owners: list[str], found: int) -> None:
    await an_image(cloud)
    assert len(await described(cloud, Owners=owners)) == found


async def test_an_owner_that_is_none_is_refused(cloud: BareCloud) -> None:
    with refused("InvalidUserID.Malformed", 'Invalid user id: "me"'):
        await described(cloud, Owners=["me"])


async def test_nothing_is_shared_explicitly(cloud: BareCloud) -> None:
    await an_image(cloud)
    assert await described(cloud, ExecutableUsers=["self"]) == []
    assert await described(cloud, IncludeDeprecated=True, IncludeDisabled=True) != []


@pytest.mark.parametrize(
    ("name", "value", "other"),
    [
        ("architecture", "x86_64", "arm64"),
        ("block-device-mapping.device-name", "/dev/xvda", "/dev/sda1"),
        ("block-device-mapping.snapshot-id", f"snap-{hexadecimal(1)}", f"snap-{hexadecimal(2)}"),
        ("block-device-mapping.volume-size", "8", "9"),
        ("block-device-mapping.delete-on-termination", "true", "false"),
        ("creation-date", "2026-01-01T*", "2025-*"),
        ("is-public", "false", "true"),
        ("name", "image*", "Image*"),
        ("owner-id", "123456789012", "210987654321"),
        ("root-device-type", "ebs", "instance-store"),
        ("source-instance-id", "i-0123456789abcdef0", "i-1"),
        ("state", "available", "pending"),
        ("tag:Team", "moss", "stone"),
        ("tag-key", "Team", "team"),
        ("virtualization-type", "hvm", "paravirtual"),
    ],
)
async def test_a_filter_finds_what_it_names(cloud: BareCloud, name: str, value: str, other: str) -> None:
    image, _ = await an_image(cloud, source_instance_id="i-0123456789abcdef0")
    tag = Tag("123456789012", "us-east-1", image, "image", "Team", "moss")
    await cloud.database.write(lambda connection: tags.add(connection, tag))
    assert await described(cloud, (name, value)) == [image]
    assert await described(cloud, (name, other)) == []


async def test_pages_hold_every_image_once(cloud: BareCloud) -> None:
    every = [(await an_image(cloud, number))[0] for number in range(1, 6)]
    seen, token = [], {}
    for _ in range(3):
        answer = await cloud.ask("DescribeImages", MaxResults=2, **token)
        seen += [image["ImageId"] for image in answer["Images"]]
        token = {"NextToken": answer.get("NextToken")}
    assert seen == every
    assert token == {"NextToken": None}


async def test_a_deregistered_image_vanishes_and_its_snapshots_stay(cloud: BareCloud) -> None:
    image, snapshot = await an_image(cloud)
    assert await cloud.ask("DeregisterImage", ImageId=image) == {"Return": True}
    assert await described(cloud) == []
    with refused("InvalidAMIID.Unavailable", f"The image id '[{image}]' is no longer available"):
        await described(cloud, ImageIds=[image])
    with refused("InvalidAMIID.Unavailable", f"The image id '[{image}]' is no longer available"):
        await cloud.ask("DeregisterImage", ImageId=image)
    assert await cloud.database.read(partial(snapshots.get, snapshot_id=snapshot)) is not None


async def test_a_deregistered_image_that_an_instance_refers_to_is_no_unknown_id(cloud: BareCloud) -> None:
    image, _ = await an_image(cloud)
    await cloud.database.write(lambda connection: _launched_from(connection, image))
    await cloud.ask("DeregisterImage", ImageId=image)
    assert await described(cloud, ImageIds=[image]) == []


async def test_an_image_that_is_still_made_can_be_deregistered(cloud: BareCloud) -> None:
    image, _ = await an_image(cloud, state=ImageState.PENDING)
    await cloud.ask("DeregisterImage", ImageId=image)
    published = await cloud.database.write(
        lambda connection: images.move(connection, image, [ImageState.PENDING], ImageState.AVAILABLE)
    )
    assert not published


async def test_associated_snapshots_go_with_the_image_unless_another_needs_them(cloud: BareCloud) -> None:
    own = await cloud.database.write(partial(add_snapshot, number=1))
    shared = await cloud.database.write(partial(add_snapshot, number=2))
    image = await cloud.database.write(lambda connection: add_image(connection, 1, own, shared))
    await cloud.database.write(lambda connection: add_image(connection, 2, shared))
    assert await cloud.ask("DeregisterImage", ImageId=image, DeleteAssociatedSnapshots=True) == {
        "Return": True,
        "DeleteSnapshotResults": [
            {"SnapshotId": own, "ReturnCode": "success"},
            {"SnapshotId": shared, "ReturnCode": "skipped"},
        ],
    }
    await cloud.done()
    assert await cloud.database.read(layers.known) == {"layer-2"}


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
        ({"SnapshotId": f"snap-{hexadecimal(1)}", "Encrypted": True}, "UnsupportedOperation", None),
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


def _launched_from(connection: Connection, image: str) -> None:
    instances.add(connection, replace(INSTANCE, image_id=image, state=InstanceState.STOPPED), [])
