"""LockSnapshot and UnlockSnapshot."""

from collections.abc import Collection
from dataclasses import replace
from datetime import datetime, timedelta

from sqlalchemy import Connection

from kumoniwa.api.call import Answer, Call, Parameters
from kumoniwa.api.cloud import Cloud
from kumoniwa.api.ec2.kinds import SNAPSHOT
from kumoniwa.api.ec2.named.lookup import named
from kumoniwa.api.ec2.snapshots.locked_snapshots import lock_in_force, lock_output, snapshot_locked
from kumoniwa.api.registry import action
from kumoniwa.errors import IncorrectState, InvalidParameterCombination, InvalidParameterValue, MissingParameter
from kumoniwa.model.snapshot_locks import MOST_COOL_OFF_HOURS, MOST_DAYS, LockMode, LockState, SnapshotLock
from kumoniwa.model.snapshots import Snapshot, SnapshotState
from kumoniwa.store import snapshot_locks


@action("LockSnapshot")
async def lock_snapshot(cloud: Cloud, call: Call, parameters: Parameters) -> Answer:
    """Keep a snapshot from being deleted for a time, or change its lock, as far as the lock lets that be done."""
    snapshot_id: str = parameters["SnapshotId"]
    SNAPSHOT.check_form([snapshot_id])
    mode = LockMode(parameters["LockMode"])
    days, until = _period(parameters, call.at)
    hours = _cool_off(parameters.get("CoolOffPeriod"), mode)

    def lock(connection: Connection) -> Answer:
        snapshot = named(connection, call.scope, SNAPSHOT, snapshot_id)
        if snapshot.state is SnapshotState.ERROR:
            raise IncorrectState(f"The snapshot '{snapshot_id}' is not in the 'pending' or 'completed' state.")
        before = lock_in_force(connection, snapshot, call.at)
        new = SnapshotLock(
            id=snapshot_id,
            account=snapshot.account,
            region=snapshot.region,
            mode=mode,
            created_at=call.at if before is None else before.created_at,
            counted_from=call.at,
            days=days,
            until=until,
            cool_off_hours=hours,
            cool_off_until=None if hours is None else call.at + timedelta(hours=hours),
        )
        if before is not None and before.state(snapshot.completed_at, call.at) is LockState.COMPLIANCE:
            _check_lengthens(before, new, snapshot, call.at)
            new = replace(new, cool_off_hours=before.cool_off_hours, cool_off_until=before.cool_off_until)
        snapshot_locks.put(connection, new)
        return lock_output(new, snapshot, call.at)

    return await cloud.change(call, lock)


@action("UnlockSnapshot")
async def unlock_snapshot(cloud: Cloud, call: Call, parameters: Parameters) -> Answer:
    """Take a lock off, unless it is one of compliance mode whose cooling-off period is over."""
    snapshot_id: str = parameters["SnapshotId"]
    SNAPSHOT.check_form([snapshot_id])

    def unlock(connection: Connection) -> Answer:
        snapshot = named(connection, call.scope, SNAPSHOT, snapshot_id)
        lock = lock_in_force(connection, snapshot, call.at)
        if lock is None:
            raise IncorrectState(f"The snapshot '{snapshot_id}' is not locked.")
        if lock.state(snapshot.completed_at, call.at) is LockState.COMPLIANCE:
            raise snapshot_locked(snapshot_id, "in compliance mode and cannot be unlocked")
        snapshot_locks.remove(connection, snapshot_id)
        return {"SnapshotId": snapshot_id}

    return await cloud.change(call, unlock)


def _period(parameters: Parameters, at: datetime) -> tuple[int | None, datetime | None]:
    """For how many days, or until when: one of both."""
    days: int | None = parameters.get("LockDuration")
    until: datetime | None = parameters.get("ExpirationDate")
    if days is not None and until is not None:
        raise InvalidParameterCombination("The parameter LockDuration cannot be used with the parameter ExpirationDate")
    if days is None and until is None:
        raise MissingParameter("LockDuration or ExpirationDate")
    _check_number("LockDuration", days, range(1, MOST_DAYS + 1))
    if until is not None and not at < until <= at + timedelta(days=MOST_DAYS):
        raise InvalidParameterValue(
            f"Value ({until.isoformat()}) for parameter ExpirationDate is invalid. It has to be in the future, at most "
            f"{MOST_DAYS} days from now."
        )
    return days, until


def _cool_off(hours: int | None, mode: LockMode) -> int | None:
    if hours is not None and mode is LockMode.GOVERNANCE:
        raise InvalidParameterCombination("The parameter CoolOffPeriod cannot be used with the lock mode governance")
    _check_number("CoolOffPeriod", hours, range(1, MOST_COOL_OFF_HOURS + 1))
    return hours


def _check_number(name: str, asked: int | None, taken: Collection[int]) -> None:
    if asked is not None and asked not in taken:
        raise InvalidParameterValue(
            f"Value ({asked}) for parameter {name} is invalid. It has to be from {min(taken)} to {max(taken)}."
        )


def _check_lengthens(before: SnapshotLock, new: SnapshotLock, snapshot: Snapshot, at: datetime) -> None:
    """Raises the refusals of what a lock does not let be done once its cooling-off period is over: all but to lock for
    longer. A snapshot that is not completed yet counts as completed now."""
    if new.mode is not LockMode.COMPLIANCE:
        raise snapshot_locked(before.id, "in compliance mode, and its lock mode cannot be changed")
    if new.cool_off_hours is not None:
        raise InvalidParameterCombination(
            f"The parameter CoolOffPeriod cannot be used: the cooling-off period of '{before.id}' is over."
        )
    completed_at = snapshot.completed_at or at
    old_end, new_end = before.expires_at(completed_at), new.expires_at(completed_at)
    if old_end is not None and new_end is not None and new_end < old_end:
        raise snapshot_locked(before.id, "in compliance mode, and its lock duration cannot be decreased")
