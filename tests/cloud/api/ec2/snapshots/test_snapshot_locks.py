"""A locked snapshot stays until its lock is taken off or has expired; of compliance mode, only its end does that."""

from collections.abc import AsyncIterator, Mapping
from datetime import timedelta
from functools import partial
from pathlib import Path
from typing import Any

import pytest
from bare_cloud import BareCloud, bare_cloud, refused
from stored import add_image, add_snapshot

from kumoniwa.errors import Ec2Error
from kumoniwa.model.snapshots import SnapshotState
from kumoniwa.store import snapshot_locks, snapshots

pytestmark = pytest.mark.anyio

_DAY, _HOUR = timedelta(days=1), timedelta(hours=1)


@pytest.fixture
async def cloud(tmp_path: Path) -> AsyncIterator[BareCloud]:
    async with bare_cloud(tmp_path) as made:
        yield made


@pytest.fixture
async def snapshot(cloud: BareCloud) -> str:
    return await cloud.database.write(partial(add_snapshot, number=1))


async def _lock(cloud: BareCloud, snapshot: str, mode: str = "governance", **asked: Any) -> dict[str, Any]:
    if "ExpirationDate" not in asked:
        asked = {"LockDuration": 30, **asked}
    return await cloud.ask("LockSnapshot", SnapshotId=snapshot, LockMode=mode, **asked)


async def _locks(cloud: BareCloud, **asked: Any) -> list[dict[str, Any]]:
    locks: list[dict[str, Any]] = (await cloud.ask("DescribeLockedSnapshots", **asked))["Snapshots"]
    return locks


async def _state(cloud: BareCloud, snapshot: str) -> str:
    [lock] = await _locks(cloud, SnapshotIds=[snapshot])
    return str(lock["LockState"])


async def test_a_snapshot_in_governance_mode_stays_until_it_is_unlocked(cloud: BareCloud, snapshot: str) -> None:
    now = cloud.clock.now()
    told = {
        "SnapshotId": snapshot,
        "LockState": "governance",
        "LockDuration": 30,
        "LockCreatedOn": now,
        "LockDurationStartTime": now,
        "LockExpiresOn": now + 30 * _DAY,
    }
    assert await _lock(cloud, snapshot) == told
    assert await _locks(cloud) == [{"OwnerId": "123456789012", **told}]
    with refused("SnapshotLocked", f"The snapshot '{snapshot}' is locked and cannot be deleted."):
        await cloud.ask("DeleteSnapshot", SnapshotId=snapshot)
    assert await cloud.ask("UnlockSnapshot", SnapshotId=snapshot) == {"SnapshotId": snapshot}
    assert await _locks(cloud, SnapshotIds=[snapshot]) == []
    await cloud.ask("DeleteSnapshot", SnapshotId=snapshot)
    assert await cloud.database.read(lambda connection: snapshots.get(connection, snapshot)) is None


@pytest.mark.parametrize("mode", ["governance", "compliance"])
async def test_a_snapshot_whose_lock_has_expired_is_deleted_with_its_lock(
    cloud: BareCloud, snapshot: str, mode: str
) -> None:
    await _lock(cloud, snapshot, mode, LockDuration=1)
    cloud.clock.set_forward(_DAY - timedelta(microseconds=1))
    with refused("SnapshotLocked"):
        await cloud.ask("DeleteSnapshot", SnapshotId=snapshot)
    cloud.clock.set_forward(timedelta(microseconds=1))
    assert await _state(cloud, snapshot) == "expired"
    with refused("IncorrectState", f"The snapshot '{snapshot}' is not locked."):
        await cloud.ask("UnlockSnapshot", SnapshotId=snapshot)
    await cloud.ask("DeleteSnapshot", SnapshotId=snapshot)
    assert await cloud.database.read(lambda connection: snapshot_locks.get(connection, snapshot)) is None


async def test_an_expired_lock_is_no_hindrance_to_another_one(cloud: BareCloud, snapshot: str) -> None:
    await _lock(cloud, snapshot, "compliance", LockDuration=2)
    cloud.clock.set_forward(2 * _DAY)
    lock = await _lock(cloud, snapshot, "governance", LockDuration=1)
    now = cloud.clock.now()
    assert (lock["LockState"], lock["LockCreatedOn"], lock["LockExpiresOn"]) == ("governance", now, now + _DAY)


async def test_a_lock_may_last_until_a_date(cloud: BareCloud, snapshot: str) -> None:
    until = cloud.clock.now() + 5 * _HOUR
    lock = await _lock(cloud, snapshot, ExpirationDate=until)
    assert lock == {
        "SnapshotId": snapshot,
        "LockState": "governance",
        "LockCreatedOn": cloud.clock.now(),
        "LockExpiresOn": until,
    }
    cloud.clock.set_forward(5 * _HOUR)
    await cloud.ask("DeleteSnapshot", SnapshotId=snapshot)


async def test_a_cooling_off_period_is_the_time_to_think_again(cloud: BareCloud, snapshot: str) -> None:
    now = cloud.clock.now()
    lock = await _lock(cloud, snapshot, "compliance", CoolOffPeriod=24)
    assert (lock["LockState"], lock["CoolOffPeriod"]) == ("compliance-cooloff", 24)
    assert lock["CoolOffPeriodExpiresOn"] == now + _DAY
    with refused("SnapshotLocked"):
        await cloud.ask("DeleteSnapshot", SnapshotId=snapshot)
    shorter = await _lock(cloud, snapshot, "compliance", LockDuration=1, CoolOffPeriod=2)
    assert (shorter["LockDuration"], shorter["CoolOffPeriod"]) == (1, 2)
    assert (await _lock(cloud, snapshot, "governance"))["LockState"] == "governance"
    await _lock(cloud, snapshot, "compliance", CoolOffPeriod=1)
    cloud.clock.set_forward(_HOUR - timedelta(microseconds=1))
    await cloud.ask("UnlockSnapshot", SnapshotId=snapshot)
    await cloud.ask("DeleteSnapshot", SnapshotId=snapshot)


@pytest.mark.parametrize("cool_off", [{}, {"CoolOffPeriod": 72}])
async def test_in_compliance_mode_a_lock_can_only_last_longer(
    cloud: BareCloud, snapshot: str, cool_off: Mapping[str, int]
) -> None:
    created = await _lock(cloud, snapshot, "compliance", **cool_off)
    cloud.clock.set_forward(timedelta(hours=cool_off.get("CoolOffPeriod", 0)))
    assert await _state(cloud, snapshot) == "compliance"
    how = f"The snapshot '{snapshot}' is locked in compliance mode"
    with refused("SnapshotLocked", f"{how} and cannot be unlocked."):
        await cloud.ask("UnlockSnapshot", SnapshotId=snapshot)
    with refused("SnapshotLocked", f"{how}, and its lock mode cannot be changed."):
        await _lock(cloud, snapshot, "governance", LockDuration=300)
    with refused("SnapshotLocked", f"{how}, and its lock duration cannot be decreased."):
        await _lock(cloud, snapshot, "compliance", LockDuration=1)
    with refused("SnapshotLocked"):
        await _lock(cloud, snapshot, "compliance", ExpirationDate=created["LockExpiresOn"] - _HOUR)
    with refused("InvalidParameterCombination"):
        await _lock(cloud, snapshot, "compliance", LockDuration=300, CoolOffPeriod=1)
    longer = await _lock(cloud, snapshot, "compliance", LockDuration=300)
    assert longer["LockCreatedOn"] == created["LockCreatedOn"]
    assert longer["LockExpiresOn"] == cloud.clock.now() + 300 * _DAY
    assert longer.get("CoolOffPeriod") == cool_off.get("CoolOffPeriod")
    assert longer["LockState"] == "compliance"
    until = longer["LockExpiresOn"] + _HOUR
    assert (await _lock(cloud, snapshot, "compliance", ExpirationDate=until))["LockExpiresOn"] == until


async def test_the_days_of_a_lock_are_counted_from_when_its_snapshot_is_completed(cloud: BareCloud) -> None:
    snapshot = await cloud.database.write(
        lambda connection: add_snapshot(
            connection, 1, state=SnapshotState.PENDING, progress=0, completed_at=None, full_bytes=1
        )
    )
    lock = await _lock(cloud, snapshot, LockDuration=1)
    assert lock == {
        "SnapshotId": snapshot,
        "LockState": "governance",
        "LockDuration": 1,
        "LockCreatedOn": cloud.clock.now(),
    }
    cloud.clock.set_forward(3 * _DAY)
    with refused("SnapshotLocked"):
        await cloud.ask("DeleteSnapshot", SnapshotId=snapshot)
    completed = cloud.clock.now()
    await cloud.database.write(lambda connection: snapshots.complete(connection, snapshot, completed))
    [lock] = await _locks(cloud)
    assert (lock["LockDurationStartTime"], lock["LockExpiresOn"]) == (completed, completed + _DAY)


async def test_a_lock_goes_where_its_snapshot_cannot_be_made(cloud: BareCloud) -> None:
    snapshot = await cloud.database.write(
        lambda connection: add_snapshot(connection, 1, state=SnapshotState.PENDING, progress=0, completed_at=None)
    )
    await _lock(cloud, snapshot, "compliance")
    await cloud.database.write(lambda connection: snapshots.fail(connection, snapshot, "no room"))
    assert await _locks(cloud) == []
    with refused("IncorrectState", f"The snapshot '{snapshot}' is not in the 'pending' or 'completed' state."):
        await _lock(cloud, snapshot)
    await cloud.ask("DeleteSnapshot", SnapshotId=snapshot)


async def test_an_image_leaves_its_locked_snapshot_behind(cloud: BareCloud) -> None:
    locked = await cloud.database.write(partial(add_snapshot, number=1))
    free = await cloud.database.write(partial(add_snapshot, number=2))
    image = await cloud.database.write(lambda connection: add_image(connection, 1, locked, free))
    await _lock(cloud, locked)
    answer = await cloud.ask("DeregisterImage", ImageId=image, DeleteAssociatedSnapshots=True)
    assert answer["DeleteSnapshotResults"] == [
        {"SnapshotId": locked, "ReturnCode": "client-error"},
        {"SnapshotId": free, "ReturnCode": "success"},
    ]
    assert await _state(cloud, locked) == "governance"


async def test_locks_are_found_by_state_and_shown_in_pages(cloud: BareCloud) -> None:
    made = [await cloud.database.write(partial(add_snapshot, number=number)) for number in range(8)]
    await _lock(cloud, made[0], "compliance")
    await _lock(cloud, made[1], "compliance", CoolOffPeriod=1)
    for snapshot in made[2:7]:
        await _lock(cloud, snapshot)

    async def found(*states: str) -> list[str]:
        filters = [{"Name": "lock-state", "Values": list(states)}]
        return [lock["SnapshotId"] for lock in await _locks(cloud, Filters=filters)]

    assert await found("compliance") == [made[0]]
    assert await found("compliance-cooloff") == [made[1]]
    assert await found("compliance*") == made[:2]
    assert await found("governance") == made[2:7]
    assert await found("expired") == []
    first = await cloud.ask("DescribeLockedSnapshots", MaxResults=5)
    second = await cloud.ask("DescribeLockedSnapshots", MaxResults=5, NextToken=first["NextToken"])
    assert [lock["SnapshotId"] for lock in first["Snapshots"] + second["Snapshots"]] == made[:7]
    assert "NextToken" not in second


@pytest.mark.parametrize(
    ("asked", "code", "message"),
    [
        ({"LockMode": "strict", "LockDuration": 1}, "InvalidParameterValue", "(strict) for parameter LockMode"),
        ({}, "MissingParameter", "LockDuration or ExpirationDate"),
        (
            {"LockDuration": 1, "ExpirationDate": "2027-01-01T00:00:00Z"},
            "InvalidParameterCombination",
            "The parameter LockDuration cannot be used with the parameter ExpirationDate",
        ),
        ({"LockDuration": 0}, "InvalidParameterValue", "from 1 to 36500"),
        ({"LockDuration": 36501}, "InvalidParameterValue", "from 1 to 36500"),
        ({"ExpirationDate": "2026-01-01T00:00:00Z"}, "InvalidParameterValue", "in the future"),
        ({"ExpirationDate": "2226-01-01T00:00:00Z"}, "InvalidParameterValue", "at most 36500 days"),
        ({"LockDuration": 1, "CoolOffPeriod": 1}, "InvalidParameterCombination", "the lock mode governance"),
        ({"LockMode": "compliance", "LockDuration": 1, "CoolOffPeriod": 73}, "InvalidParameterValue", "from 1 to 72"),
        ({"LockMode": "compliance", "LockDuration": 1, "CoolOffPeriod": 0}, "InvalidParameterValue", "from 1 to 72"),
    ],
)
async def test_what_is_no_lock_is_refused(
    cloud: BareCloud, snapshot: str, asked: Mapping[str, Any], code: str, message: str
) -> None:
    with pytest.raises(Ec2Error) as caught:
        await cloud.ask("LockSnapshot", **{"SnapshotId": snapshot, "LockMode": "governance", **asked})
    assert caught.value.code == code and message in caught.value.message


@pytest.mark.parametrize("action", ["LockSnapshot", "UnlockSnapshot", "DescribeLockedSnapshots"])
async def test_a_snapshot_that_there_is_not_has_no_lock(cloud: BareCloud, action: str) -> None:
    asked: dict[str, Any] = {"SnapshotId": "snap-0123456789abcdef0"}
    if action == "LockSnapshot":
        asked |= {"LockMode": "governance", "LockDuration": 1}
    elif action == "DescribeLockedSnapshots":
        asked = {"SnapshotIds": [asked["SnapshotId"]]}
    with refused("InvalidSnapshot.NotFound"):
        await cloud.ask(action, **asked)


async def test_a_snapshot_without_a_lock_has_none_to_take_off(cloud: BareCloud, snapshot: str) -> None:
    with refused("IncorrectState", f"The snapshot '{snapshot}' is not locked."):
        await cloud.ask("UnlockSnapshot", SnapshotId=snapshot)
