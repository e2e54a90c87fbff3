"""Images are described as EC2 describes them."""

from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest
from bare_cloud import BareCloud, bare_cloud, refused
from images_at_hand import an_image, described
from stored import hexadecimal

from kumoniwa.model.images import ImageState
from kumoniwa.model.tags import Tag
from kumoniwa.store import tags

pytestmark = pytest.mark.anyio

UNKNOWN = f"ami-{hexadecimal(99)}"


@pytest.fixture
async def cloud(tmp_path: Path) -> AsyncIterator[BareCloud]:
    async with bare_cloud(tmp_path) as made:
        yield made


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
    with refused("InvalidAMIID.Malformed", 'Invalid id: "not_an_ami_id" (expecting "ami-...")'):
        await described(cloud, ImageIds=["not_an_ami_id", "another"])


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
    seen: list[str] = []
    token: dict[str, Any] = {}
    for _ in range(3):
        answer = await cloud.ask("DescribeImages", MaxResults=2, **token)
        seen += [image["ImageId"] for image in answer["Images"]]
        token = {"NextToken": answer.get("NextToken")}
    assert seen == every
    assert token == {"NextToken": None}
