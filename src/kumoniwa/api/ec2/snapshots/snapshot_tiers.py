"""ModifySnapshotTier, RestoreSnapshotTier and DescribeSnapshotTierStatus: snapshots that are put away.

What an archived snapshot holds stays where it is: it is only not to be used until it is restored.
"""

from collections.abc import Mapping
from datetime import timedelta
from typing import Any

from sqlalchemy import Connection

from kumoniwa.api.call import Answer, Call, Parameters
from kumoniwa.api.cloud import Cloud
from kumoniwa.api.ec2.kinds import SNAPSHOT
from kumoniwa.api.ec2.named.lookup import named
from kumoniwa.api.ec2.tags import tag_set
from kumoniwa.api.filters import present
from kumoniwa.api.listing import Listing
from kumoniwa.api.registry import Depth, action
from kumoniwa.errors import (
    Ec2Error,
    IncorrectState,
    InvalidParameterCombination,
    InvalidParameterValue,
    MissingParameter,
)
from kumoniwa.model.images import ImageState
from kumoniwa.model.snapshots import MOST_RESTORE_DAYS, Snapshot, SnapshotState, StorageTier
from kumoniwa.store import snapshots

_AT_ONCE = "It is done at once, and what the snapshot holds stays where it is."
_NOT_NEEDED = (ImageState.FAILED, ImageState.DEREGISTERED, ImageState.DISABLED)


@action("ModifySnapshotTier", depth=Depth.PARTLY, missing=_AT_ONCE)
async def modify_snapshot_tier(cloud: Cloud, call: Call, parameters: Parameters) -> Answer:
    """Archive a completed snapshot that no image needs but those that are disabled."""
    snapshot_id: str = parameters["SnapshotId"]
    SNAPSHOT.check_form([snapshot_id])
    if parameters.get("StorageTier") is None:
        raise MissingParameter("StorageTier")

    def archive(connection: Connection) -> Answer:
        snapshot = named(connection, call.scope, SNAPSHOT, snapshot_id)
        if snapshot.state is not SnapshotState.COMPLETED:
            raise IncorrectState(f"Snapshot '{snapshot_id}' is not 'completed'.")
        if snapshot.is_archived(call.at):
            raise IncorrectState(f"The snapshot '{snapshot_id}' is archived already.")
        if users := snapshots.images_using(connection, snapshot_id, apart_from=_NOT_NEEDED):
            raise Ec2Error(
                "InvalidSnapshot.InUse", f"The snapshot {snapshot_id} is currently in use by {', '.join(users)}"
            )
        snapshots.archive(connection, snapshot_id, call.at)
        return {"SnapshotId": snapshot_id, "TieringStartTime": call.at}

    return await cloud.change(call, archive)


@action("RestoreSnapshotTier", depth=Depth.PARTLY, missing=_AT_ONCE)
async def restore_snapshot_tier(cloud: Cloud, call: Call, parameters: Parameters) -> Answer:
    """Restore an archived snapshot for so many days or for good; one that is restored for a time, for another time."""
    snapshot_id: str = parameters["SnapshotId"]
    SNAPSHOT.check_form([snapshot_id])
    days = _days(parameters)

    def restore(connection: Connection) -> Answer:
        snapshot = named(connection, call.scope, SNAPSHOT, snapshot_id)
        if snapshot.storage_tier is StorageTier.STANDARD and snapshot.restored_until is None:
            raise IncorrectState(f"The snapshot '{snapshot_id}' is not archived.")
        until = None if days is None else call.at + timedelta(days=days)
        snapshots.restore(connection, snapshot_id, call.at, until)
        return {
            "SnapshotId": snapshot_id,
            "RestoreStartTime": call.at,
            "RestoreDuration": days,
            "IsPermanentRestore": days is None,
        }

    return await cloud.change(call, restore)


def _days(parameters: Parameters) -> int | None:
    """For how many days; None: for good."""
    days: int | None = parameters.get("TemporaryRestoreDays")
    for_good: bool = parameters.get("PermanentRestore") or False
    if days is not None and for_good:
        raise InvalidParameterCombination(
            "The parameter TemporaryRestoreDays cannot be used with the parameter PermanentRestore"
        )
    if days is None and not for_good:
        raise MissingParameter("TemporaryRestoreDays or PermanentRestore")
    if days is not None and not 1 <= days <= MOST_RESTORE_DAYS:
        raise InvalidParameterValue(
            f"Value ({days}) for parameter TemporaryRestoreDays is invalid. It has to be from 1 to {MOST_RESTORE_DAYS}."
        )
    return days


def _row(snapshot: Snapshot, tags: Mapping[str, str] | None) -> dict[str, Any]:
    return {
        "ArchivalCompleteTime": snapshot.archived_at,
        "LastTieringOperationStatus": None if snapshot.tiering is None else str(snapshot.tiering),
        "LastTieringProgress": None if snapshot.tiering is None else 100,
        "LastTieringStartTime": snapshot.tiered_at,
        "OwnerId": snapshot.account,
        "RestoreExpiryTime": snapshot.restored_until,
        "SnapshotId": snapshot.id,
        "Status": str(snapshot.state),
        "StorageTier": str(snapshot.storage_tier),
        "Tags": tag_set(tags),
        "VolumeId": snapshot.volume_id,
    }


_TIERS = Listing(
    member="SnapshotTierStatuses",
    kind=SNAPSHOT,
    read=lambda connection, asked: snapshots.in_scope(connection, asked.call.scope),
    row=_row,
    key=lambda snapshot: snapshot.id,
    filters={
        "last-tiering-operation": lambda snapshot: present(snapshot.tiering),
        "snapshot-id": lambda snapshot: (snapshot.id,),
        "volume-id": lambda snapshot: (snapshot.volume_id,),
    },
    tagged=True,
    limits=(5, 1000),
)


@action("DescribeSnapshotTierStatus")
async def describe_snapshot_tier_status(cloud: Cloud, call: Call, parameters: Parameters) -> Answer:
    """In which tier the caller's snapshots are, and what was done last about it."""
    return await _TIERS.answer(cloud, call, parameters)
