"""Volumes, described."""

from collections.abc import AsyncIterator
from functools import partial
from pathlib import Path
from typing import Any

import pytest
from bare_cloud import BareCloud, bare_cloud, refused
from example_guest import INSTANCE
from sqlalchemy import Connection
from stored import AT, add_volume, hexadecimal

from kumoniwa.model.volumes import Attachment, AttachmentState, VolumeState
from kumoniwa.store import instances, volumes

pytestmark = pytest.mark.anyio

ROOT, SPARE = f"vol-{hexadecimal(1)}", f"vol-{hexadecimal(2)}"
ATTACHMENT = Attachment(ROOT, INSTANCE.id, "/dev/xvda", AttachmentState.ATTACHED, AT, True, 0, 0)


@pytest.fixture
async def cloud(tmp_path: Path) -> AsyncIterator[BareCloud]:
    """Two volumes: the root of an instance, and one attached nowhere."""

    def add(connection: Connection) -> None:
        instances.add(connection, INSTANCE)
        add_volume(connection, 1, ATTACHMENT)
        add_volume(connection, 2, size_gib=20, volume_type="gp2", iops=100, throughput=None)

    async with bare_cloud(tmp_path) as made:
        await made.database.write(add)
        yield made


async def described(cloud: BareCloud, *filters: tuple[str, str], **parameters: Any) -> list[str]:
    """The ids of the volumes that a DescribeVolumes gives."""
    asked = [{"Name": name, "Values": [value]} for name, value in filters]
    answer = await cloud.ask("DescribeVolumes", Filters=asked, **parameters)
    return [volume["VolumeId"] for volume in answer["Volumes"]]


async def test_a_volume_is_described_as_ec2_does(cloud: BareCloud) -> None:
    assert (await cloud.ask("DescribeVolumes", VolumeIds=[ROOT]))["Volumes"] == [
        {
            "Attachments": [
                {
                    "AttachTime": AT,
                    "DeleteOnTermination": True,
                    "Device": "/dev/xvda",
                    "InstanceId": INSTANCE.id,
                    "State": "attached",
                    "VolumeId": ROOT,
                }
            ],
            "AvailabilityZone": "us-east-1b",
            "AvailabilityZoneId": "use1-az2",
            "CreateTime": AT,
            "Encrypted": False,
            "Iops": 3000,
            "MultiAttachEnabled": False,
            "Operator": {"Managed": False},
            "Size": 8,
            "SnapshotId": "",
            "State": "in-use",
            "Throughput": 125,
            "VolumeId": ROOT,
            "VolumeType": "gp3",
        }
    ]


@pytest.mark.parametrize(
    ("name", "value", "found"),
    [
        ("attachment.attach-time", "2026-*", [ROOT]),
        ("attachment.delete-on-termination", "true", [ROOT]),
        ("attachment.delete-on-termination", "false", []),
        ("attachment.device", "/dev/xvda", [ROOT]),
        ("attachment.instance-id", INSTANCE.id, [ROOT]),
        ("attachment.status", "attached", [ROOT]),
        ("availability-zone", "us-east-1b", [ROOT, SPARE]),
        ("availability-zone-id", "use1-az2", [ROOT, SPARE]),
        ("create-time", "2026-01-01T00:00:00.000Z", [ROOT, SPARE]),
        ("encrypted", "true", []),
        ("size", "20", [SPARE]),
        ("snapshot-id", "snap-*", []),
        ("status", "available", [SPARE]),
        ("volume-id", SPARE, [SPARE]),
        ("volume-type", "gp2", [SPARE]),
    ],
)
async def test_a_filter_finds_what_it_names(cloud: BareCloud, name: str, value: str, found: list[str]) -> None:
    assert await described(cloud, (name, value)) == found


async def test_a_volume_that_does_not_exist_is_refused_by_its_id(cloud: BareCloud) -> None:
    unknown = f"vol-{hexadecimal(9)}"
    with refused("InvalidVolume.NotFound", f"The volume '{unknown}' does not exist."):
        await described(cloud, VolumeIds=[ROOT, unknown])
    with refused("InvalidParameterValue"):
        await described(cloud, VolumeIds=["vol-x"])


async def test_a_change_of_an_attachment_counts_as_a_change_of_its_instance(cloud: BareCloud) -> None:
    async def version() -> int:
        instance = await cloud.database.read(partial(instances.get, instance_id=INSTANCE.id))
        assert instance is not None
        return instance.version

    before = await version()
    detaching = AttachmentState.DETACHING
    await cloud.database.write(partial(volumes.set_attachment_state, volume_id=ROOT, state=detaching))
    assert await version() == before + 1
    await cloud.database.write(partial(volumes.detach, volume_id=ROOT))
    assert await version() == before + 2
    await cloud.database.write(partial(volumes.detach, volume_id=ROOT))
    assert await version() == before + 2


async def test_an_illegal_move_is_our_bug(cloud: BareCloud) -> None:
    with pytest.raises(instances.IllegalMove):
        await cloud.database.write(
            lambda connection: volumes.move(connection, SPARE, [VolumeState.AVAILABLE], VolumeState.CREATING)
        )
