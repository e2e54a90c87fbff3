"""Snapshots are described as EC2 describes them."""

from collections.abc import AsyncIterator
from functools import partial
from pathlib import Path

import pytest
from bare_cloud import BareCloud, bare_cloud, refused
from snapshots_at_hand import described
from stored import AT, add_snapshot, hexadecimal

from kumoniwa.model.tags import Tag
from kumoniwa.store import tags

pytestmark = pytest.mark.anyio


@pytest.fixture
async def cloud(tmp_path: Path) -> AsyncIterator[BareCloud]:
    async with bare_cloud(tmp_path) as made:
        yield made


async def test_a_snapshot_is_described_as_ec2_does(cloud: BareCloud) -> None:
    snapshot = await cloud.database.write(partial(add_snapshot, number=1))
    assert (await cloud.ask("DescribeSnapshots", SnapshotIds=[snapshot]))["Snapshots"] == [
        {
            "CompletionTime": AT,
            "Description": "snapshot 1",
            "Encrypted": False,
            "OwnerId": "123456789012",
            "Progress": "100%",
            "SnapshotId": snapshot,
            "StartTime": AT,
            "State": "completed",
            "StorageTier": "standard",
            "VolumeId": f"vol-{hexadecimal(1)}",
            "VolumeSize": 8,
        }
    ]


@pytest.mark.parametrize(
    ("name", "value", "other"),
    [
        ("description", "snapshot ?", "snapshot"),
        ("encrypted", "false", "true"),
        ("owner-id", "123456789012", "210987654321"),
        ("progress", "100%", "99%"),
        ("snapshot-id", f"snap-{hexadecimal(1)}", f"snap-{hexadecimal(2)}"),
        ("start-time", "2026-01-01T00:00:00.000Z", "2026-01-02*"),
        ("status", "completed", "pending"),
        ("storage-tier", "standard", "archive"),
        ("tag:Team", "moss", "stone"),
        ("volume-id", f"vol-{hexadecimal(1)}", f"vol-{hexadecimal(2)}"),
        ("volume-size", "8", "10"),
    ],
)
async def test_a_filter_finds_what_it_names(cloud: BareCloud, name: str, value: str, other: str) -> None:
    snapshot = await cloud.database.write(partial(add_snapshot, number=1))
    tag = Tag("123456789012", "us-east-1", snapshot, "snapshot", "Team", "moss")
    await cloud.database.write(lambda connection: tags.add(connection, tag))
    assert await described(cloud, (name, value)) == [snapshot]
    assert await described(cloud, (name, other)) == []


async def test_snapshots_are_their_owners_alone(cloud: BareCloud) -> None:
    snapshot = await cloud.database.write(partial(add_snapshot, number=1))
    assert await described(cloud, OwnerIds=["self"]) == [snapshot]
    assert await described(cloud, OwnerIds=["amazon"]) == []
    assert await described(cloud, RestorableByUserIds=["self"]) == [snapshot]
    assert await described(cloud, RestorableByUserIds=["all"]) == []
    assert await described(cloud, account="210987654321") == []


async def test_a_snapshot_that_does_not_exist_is_refused_by_its_id(cloud: BareCloud) -> None:
    unknown = f"snap-{hexadecimal(9)}"
    for action, parameters in (
        ("DescribeSnapshots", {"SnapshotIds": [unknown]}),
        ("DeleteSnapshot", {"SnapshotId": unknown}),
    ):
        with refused("InvalidSnapshot.NotFound", f"The snapshot '{unknown}' does not exist."):
            await cloud.ask(action, **parameters)
    with refused("InvalidParameterValue"):
        await cloud.ask("DeleteSnapshot", SnapshotId="snap-x")


async def test_pages_hold_every_snapshot_once(cloud: BareCloud) -> None:
    for number in range(1, 8):
        await cloud.database.write(partial(add_snapshot, number=number))
    first = await cloud.ask("DescribeSnapshots", MaxResults=5)
    rest = await cloud.ask("DescribeSnapshots", MaxResults=5, NextToken=first["NextToken"])
    assert [len(first["Snapshots"]), len(rest["Snapshots"])] == [5, 2]
    assert "NextToken" not in rest
