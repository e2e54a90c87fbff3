"""An archived snapshot is kept and not used; it is restored for good, or for a time."""

from collections.abc import AsyncIterator
from datetime import timedelta
from functools import partial
from pathlib import Path
from typing import Any

import pytest
from bare_cloud import BareCloud, bare_cloud, refused
from snapshots_at_hand import described
from stored import add_image, add_snapshot

from kumoniwa.model.images import ImageState
from kumoniwa.model.snapshots import SnapshotState
from kumoniwa.reconcile.time import Housekeeping
from kumoniwa.store import snapshots

pytestmark = pytest.mark.anyio

_DAY = timedelta(days=1)


@pytest.fixture
async def cloud(tmp_path: Path) -> AsyncIterator[BareCloud]:
    async with bare_cloud(tmp_path) as made:
        yield made


@pytest.fixture
async def snapshot(cloud: BareCloud) -> str:
    return await cloud.database.write(partial(add_snapshot, number=1))


async def _archive(cloud: BareCloud, snapshot: str) -> dict[str, Any]:
    return await cloud.ask("ModifySnapshotTier", SnapshotId=snapshot, StorageTier="archive")


async def _tier(cloud: BareCloud, snapshot: str) -> dict[str, Any]:
    filters = [{"Name": "snapshot-id", "Values": [snapshot]}]
    [tier] = (await cloud.ask("DescribeSnapshotTierStatus", Filters=filters))["SnapshotTierStatuses"]
    return dict(tier)


async def _keep_house(cloud: BareCloud) -> None:
    await cloud.database.write(partial(snapshots.archive_again, now=cloud.clock.now(), at_most=10))


async def test_an_archived_snapshot_is_shown_as_such_and_restored_for_good(cloud: BareCloud, snapshot: str) -> None:
    then = cloud.clock.now()
    never = {
        "SnapshotId": snapshot,
        "VolumeId": snapshot.replace("snap", "vol"),
        "Status": "completed",
        "OwnerId": "123456789012",
        "Tags": [],
        "StorageTier": "standard",
    }
    told = await _tier(cloud, snapshot)
    assert {"Tags": [], **told} == never
    assert await _archive(cloud, snapshot) == {"SnapshotId": snapshot, "TieringStartTime": then}
    archived = {
        **told,
        "StorageTier": "archive",
        "ArchivalCompleteTime": then,
        "LastTieringOperationStatus": "archival-completed",
        "LastTieringProgress": 100,
        "LastTieringStartTime": then,
    }
    assert await _tier(cloud, snapshot) == archived
    assert await described(cloud, ("storage-tier", "archive")) == [snapshot]
    cloud.clock.set_forward(_DAY)
    now = cloud.clock.now()
    restored = await cloud.ask("RestoreSnapshotTier", SnapshotId=snapshot, PermanentRestore=True)
    assert restored == {"SnapshotId": snapshot, "RestoreStartTime": now, "IsPermanentRestore": True}
    assert await _tier(cloud, snapshot) == {
        **archived,
        "StorageTier": "standard",
        "LastTieringOperationStatus": "permanent-restore-completed",
        "LastTieringStartTime": now,
    }
    assert await described(cloud, ("storage-tier", "archive")) == []


@pytest.mark.parametrize(
    ("action", "asked"),
    [
        ("CreateVolume", {"AvailabilityZone": "us-east-1a"}),
        ("CopySnapshot", {"SourceRegion": "us-east-1"}),
        ("RegisterImage", {"Name": "of it", "RootDeviceName": "/dev/xvda", "VirtualizationType": "hvm"}),
    ],
)
async def test_an_archived_snapshot_is_not_used(
    cloud: BareCloud, snapshot: str, action: str, asked: dict[str, Any]
) -> None:
    if action == "CopySnapshot":
        asked = {**asked, "SourceSnapshotId": snapshot}
    elif action == "RegisterImage":
        asked = {**asked, "BlockDeviceMappings": [{"DeviceName": "/dev/xvda", "Ebs": {"SnapshotId": snapshot}}]}
    else:
        asked = {**asked, "SnapshotId": snapshot}
    archived = f"The snapshot '{snapshot}' is archived. Restore it before you use it."
    await _archive(cloud, snapshot)
    with refused("IncorrectState", archived):
        await cloud.ask(action, **asked)
    await cloud.ask("RestoreSnapshotTier", SnapshotId=snapshot, TemporaryRestoreDays=1)
    cloud.clock.set_forward(_DAY)
    with refused("IncorrectState", archived):  # its time is over, though nobody has looked since
        await cloud.ask(action, **asked)
    await cloud.ask("RestoreSnapshotTier", SnapshotId=snapshot, PermanentRestore=True)
    await cloud.ask(action, **asked)


async def test_a_snapshot_that_is_restored_for_a_time_is_archived_again(cloud: BareCloud, snapshot: str) -> None:
    await _archive(cloud, snapshot)
    restored = await cloud.ask("RestoreSnapshotTier", SnapshotId=snapshot, TemporaryRestoreDays=5)
    assert (restored["RestoreDuration"], restored["IsPermanentRestore"]) == (5, False)
    tier = await _tier(cloud, snapshot)
    assert (tier["StorageTier"], tier["LastTieringOperationStatus"]) == ("standard", "temporary-restore-completed")
    assert tier["RestoreExpiryTime"] == cloud.clock.now() + 5 * _DAY
    [shown] = (await cloud.ask("DescribeSnapshots"))["Snapshots"]
    assert (shown["StorageTier"], shown["RestoreExpiryTime"]) == ("standard", cloud.clock.now() + 5 * _DAY)
    await cloud.ask("RestoreSnapshotTier", SnapshotId=snapshot, TemporaryRestoreDays=2)
    over = cloud.clock.now() + 2 * _DAY
    cloud.clock.set_forward(2 * _DAY - timedelta(microseconds=1))
    await _keep_house(cloud)
    assert (await _tier(cloud, snapshot))["StorageTier"] == "standard"
    cloud.clock.set_forward(timedelta(hours=1))
    await _keep_house(cloud)
    tier = await _tier(cloud, snapshot)
    assert (tier["StorageTier"], tier["LastTieringOperationStatus"]) == ("archive", "archival-completed")
    assert tier["ArchivalCompleteTime"] == tier["LastTieringStartTime"] == over
    assert "RestoreExpiryTime" not in tier


async def test_housekeeping_archives_again(cloud: BareCloud, snapshot: str) -> None:
    await _archive(cloud, snapshot)
    await cloud.ask("RestoreSnapshotTier", SnapshotId=snapshot, TemporaryRestoreDays=1)
    cloud.clock.set_forward(_DAY)
    await Housekeeping(cloud.cloud.world).follow_time()
    assert (await _tier(cloud, snapshot))["StorageTier"] == "archive"


async def test_a_temporary_restore_becomes_one_for_good(cloud: BareCloud, snapshot: str) -> None:
    await _archive(cloud, snapshot)
    await cloud.ask("RestoreSnapshotTier", SnapshotId=snapshot, TemporaryRestoreDays=1)
    await cloud.ask("RestoreSnapshotTier", SnapshotId=snapshot, PermanentRestore=True)
    cloud.clock.set_forward(10 * _DAY)
    await _keep_house(cloud)
    assert (await _tier(cloud, snapshot))["StorageTier"] == "standard"


@pytest.mark.parametrize("state", [ImageState.AVAILABLE, ImageState.PENDING, ImageState.DISABLED])
async def test_only_a_disabled_image_lets_its_snapshot_be_archived(
    cloud: BareCloud, snapshot: str, state: ImageState
) -> None:
    image = await cloud.database.write(lambda connection: add_image(connection, 1, snapshot, state=state))
    if state is ImageState.DISABLED:
        await _archive(cloud, snapshot)
        with refused("InvalidSnapshot.InUse"):  # it is its image's all the same
            await cloud.ask("DeleteSnapshot", SnapshotId=snapshot)
        await cloud.ask("EnableImage", ImageId=image)
        with refused("IncorrectState", f"The snapshot '{snapshot}' is archived. Restore it before you use it."):
            await cloud.ask("RunInstances", ImageId=image, MinCount=1, MaxCount=1)
        with refused("IncorrectState", f"The snapshot '{snapshot}' is archived. Restore it before you use it."):
            await cloud.ask("CopyImage", Name="copy", SourceImageId=image, SourceRegion="us-east-1")
    else:
        with refused("InvalidSnapshot.InUse", f"The snapshot {snapshot} is currently in use by {image}"):
            await _archive(cloud, snapshot)


async def test_a_copy_of_a_restored_snapshot_was_never_archived(cloud: BareCloud, snapshot: str) -> None:
    await _archive(cloud, snapshot)
    await cloud.ask("RestoreSnapshotTier", SnapshotId=snapshot, TemporaryRestoreDays=1)
    image = await cloud.database.write(lambda connection: add_image(connection, 1, snapshot))
    await cloud.ask("CopyImage", Name="copy", SourceImageId=image, SourceRegion="us-east-1")
    await cloud.ask("CopySnapshot", SourceSnapshotId=snapshot, SourceRegion="us-east-1")
    await cloud.done()
    statuses = (await cloud.ask("DescribeSnapshotTierStatus"))["SnapshotTierStatuses"]
    copies = [status for status in statuses if status["SnapshotId"] != snapshot]
    assert len(copies) == 2
    for copy in copies:
        assert copy["StorageTier"] == "standard"
        assert not {"LastTieringOperationStatus", "ArchivalCompleteTime", "RestoreExpiryTime"} & copy.keys()


async def test_an_archived_snapshot_is_deleted_as_any_other(cloud: BareCloud, snapshot: str) -> None:
    await _archive(cloud, snapshot)
    await cloud.ask("DeleteSnapshot", SnapshotId=snapshot)
    assert (await cloud.ask("DescribeSnapshotTierStatus"))["SnapshotTierStatuses"] == []


async def test_tiers_are_found_by_what_was_done_last(cloud: BareCloud) -> None:
    made = [await cloud.database.write(partial(add_snapshot, number=number)) for number in range(4)]
    for snapshot in made[1:]:
        await _archive(cloud, snapshot)
    await cloud.ask("RestoreSnapshotTier", SnapshotId=made[2], TemporaryRestoreDays=1)
    await cloud.ask("RestoreSnapshotTier", SnapshotId=made[3], PermanentRestore=True)

    async def found(name: str, value: str) -> list[str]:
        answer = await cloud.ask("DescribeSnapshotTierStatus", Filters=[{"Name": name, "Values": [value]}])
        return [status["SnapshotId"] for status in answer["SnapshotTierStatuses"]]

    assert await found("last-tiering-operation", "archival-completed") == [made[1]]
    assert await found("last-tiering-operation", "*-restore-completed") == made[2:]
    assert await found("last-tiering-operation", "*") == made[1:]
    assert await found("volume-id", made[0].replace("snap", "vol")) == [made[0]]


async def test_what_cannot_be_archived_or_restored_is_refused(cloud: BareCloud, snapshot: str) -> None:
    pending = await cloud.database.write(
        lambda connection: add_snapshot(connection, 2, state=SnapshotState.PENDING, progress=0)
    )
    with refused("IncorrectState", f"Snapshot '{pending}' is not 'completed'."):
        await _archive(cloud, pending)
    with refused("MissingParameter"):
        await cloud.ask("ModifySnapshotTier", SnapshotId=snapshot)
    with refused("InvalidParameterValue"):
        await cloud.ask("ModifySnapshotTier", SnapshotId=snapshot, StorageTier="standard")
    with refused("InvalidSnapshot.NotFound"):
        await _archive(cloud, "snap-0123456789abcdef0")
    with refused("IncorrectState", f"The snapshot '{snapshot}' is not archived."):
        await cloud.ask("RestoreSnapshotTier", SnapshotId=snapshot, PermanentRestore=True)
    await _archive(cloud, snapshot)
    with refused("IncorrectState", f"The snapshot '{snapshot}' is archived already."):
        await _archive(cloud, snapshot)
    for code, asked in (
        ("MissingParameter", {}),
        ("MissingParameter", {"PermanentRestore": False}),
        ("InvalidParameterCombination", {"PermanentRestore": True, "TemporaryRestoreDays": 1}),
        ("InvalidParameterValue", {"TemporaryRestoreDays": 0}),
        ("InvalidParameterValue", {"TemporaryRestoreDays": 181}),
    ):
        with refused(code):
            await cloud.ask("RestoreSnapshotTier", SnapshotId=snapshot, **asked)
    assert (await _tier(cloud, snapshot))["StorageTier"] == "archive"
