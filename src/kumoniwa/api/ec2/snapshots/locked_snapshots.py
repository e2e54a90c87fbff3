"""DescribeLockedSnapshots, and what a lock refuses."""

from datetime import datetime
from typing import Any

from sqlalchemy import Connection

from kumoniwa.api.call import Answer, Call, Parameters
from kumoniwa.api.cloud import Cloud
from kumoniwa.api.ec2.kinds import SNAPSHOT
from kumoniwa.api.ec2.named.region_lookup import check_region
from kumoniwa.api.listing import Asked, Listing
from kumoniwa.api.registry import action
from kumoniwa.errors import Ec2Error
from kumoniwa.model.snapshot_locks import LockState, SnapshotLock
from kumoniwa.model.snapshots import Snapshot, SnapshotState
from kumoniwa.store import snapshot_locks, snapshots
from kumoniwa.values import dataclass


def snapshot_locked(snapshot_id: str, how: str) -> Ec2Error:
    """EC2's refusal of what a snapshot's lock does not let be done."""
    return Ec2Error("SnapshotLocked", f"The snapshot '{snapshot_id}' is locked {how}.")


def lock_in_force(connection: Connection, snapshot: Snapshot, at: datetime) -> SnapshotLock | None:
    """The lock that keeps a snapshot now. A snapshot that could not be made has none: with that its lock is off."""
    if snapshot.state is SnapshotState.ERROR:
        return None
    lock = snapshot_locks.get(connection, snapshot.id)
    if lock is None or lock.state(snapshot.completed_at, at) is LockState.EXPIRED:
        return None
    return lock


def check_not_locked(connection: Connection, snapshot: Snapshot, at: datetime) -> None:
    """Raises the refusal to delete a locked snapshot."""
    if lock_in_force(connection, snapshot, at) is not None:
        raise snapshot_locked(snapshot.id, "and cannot be deleted")


def lock_output(lock: SnapshotLock, snapshot: Snapshot, at: datetime) -> dict[str, Any]:
    """A lock under EC2's member names."""
    completed_at = snapshot.completed_at
    return {
        "SnapshotId": lock.id,
        "LockState": str(lock.state(completed_at, at)),
        "LockDuration": lock.days,
        "CoolOffPeriod": lock.cool_off_hours,
        "CoolOffPeriodExpiresOn": lock.cool_off_until,
        "LockCreatedOn": lock.created_at,
        "LockDurationStartTime": lock.starts_at(completed_at),
        "LockExpiresOn": lock.expires_at(completed_at),
    }


@dataclass(frozen=True, slots=True)
class _Locked:
    """A locked snapshot, as it is at a moment."""

    id: str
    lock: SnapshotLock
    snapshot: Snapshot
    at: datetime

    @property
    def state(self) -> str:
        return str(self.lock.state(self.snapshot.completed_at, self.at))


def _read(connection: Connection, asked: Asked) -> list[_Locked]:
    """Of what is named, what has a lock."""
    scope = asked.call.scope
    if asked.ids is not None:
        found = snapshots.in_scope(connection, scope, asked.ids)
        SNAPSHOT.check_all_found(asked.ids, {snapshot.id for snapshot in found})
    locks = {lock.id: lock for lock in snapshot_locks.in_scope(connection, scope, asked.ids)}
    return [
        _Locked(snapshot.id, locks[snapshot.id], snapshot, asked.call.at)
        for snapshot in snapshots.in_scope(connection, scope, list(locks))
        if snapshot.state is not SnapshotState.ERROR
    ]


_LOCKED = Listing(
    member="Snapshots",
    kind=SNAPSHOT,
    ids="SnapshotIds",
    read=_read,
    read_checks_ids=True,
    row=lambda locked, _: {"OwnerId": locked.snapshot.account, **lock_output(locked.lock, locked.snapshot, locked.at)},
    key=lambda locked: locked.id,
    filters={"lock-state": lambda locked: (locked.state,)},
    limits=(5, 1000),
)


@action("DescribeLockedSnapshots")
async def describe_locked_snapshots(cloud: Cloud, call: Call, parameters: Parameters) -> Answer:
    """The snapshots that have a lock, those whose lock has expired too."""
    check_region(call.region)
    return await _LOCKED.answer(cloud, call, parameters)
