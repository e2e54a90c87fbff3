"""Boots in the database: every life of a guest's kernel."""

from collections.abc import Collection
from datetime import datetime
from functools import cache
from typing import Any

from sqlalchemy import Connection, bindparam, exists, func, literal_column, select, update

from kumoniwa.model.boots import Boot, Cause
from kumoniwa.model.fast_launch import PreparedMachine
from kumoniwa.model.instances import InstanceState, Reachability
from kumoniwa.model.scope import Scope
from kumoniwa.store import hibernations, rows
from kumoniwa.store.journal import Origin
from kumoniwa.store.prepared import Prepared, among, either, listed, unindexed
from kumoniwa.store.rows import all_of, insert
from kumoniwa.store.tables.instances import boots, instances
from kumoniwa.values import dataclass

_ENDS = (
    "end_cause",
    "end_action",
    "end_request_id",
    "end_principal",
    "end_principal_arn",
    "end_called_at",
    "end_requested_at",
    "at_rest_at",
    "end_clean",
    "ended_at",
)


_ID = Prepared(select(boots.c.id).where(boots.c.id == bindparam("id")))


def ensure_begun(
    connection: Connection,
    boot_id: str,
    instance_id: str,
    cause: Cause,
    origin: Origin,
    *,
    cold_because: str | None = None,
) -> bool:
    """Write a boot that begins now, once; gives whether it was not there. A life that had not ended has then ended,
    for the same cause."""
    if (latest := latest_number(connection, instance_id)) > 0:
        if _ID.scalar(connection, id=boot_id) is not None:
            return False
        ensure_ended(connection, instance_id, cause, origin)
    boot = Boot(
        id=boot_id,
        instance_id=instance_id,
        number=latest + 1,
        cause=cause,
        started_at=origin.at,
        action=origin.action,
        request_id=origin.request_id,
        principal=origin.principal,
        principal_arn=origin.principal_arn,
        called_at=origin.called_at,
        cold_because=cold_because,
    )
    insert(connection, boots, boot)
    return True


_ENDED = Prepared(
    update(boots)
    .where(boots.c.instance_id == bindparam("instance"), boots.c.ended_at.is_(None))
    .values(rows.new_values(boots, _ENDS))
)


def ensure_ended(
    connection: Connection,
    instance_id: str,
    cause: Cause,
    origin: Origin,
    *,
    requested_at: datetime | None = None,
    at_rest_at: datetime | None = None,
    clean: bool | None = None,
) -> None:
    """End the instance's current life, if it has not ended. What was kept of it while it was hibernated is given up."""
    hibernations.ensure_ended(connection, instance_id, origin.at)
    _ENDED.run(
        connection,
        instance=instance_id,
        new_end_cause=cause,
        new_end_action=origin.action,
        new_end_request_id=origin.request_id,
        new_end_principal=origin.principal,
        new_end_principal_arn=origin.principal_arn,
        new_end_called_at=origin.called_at,
        new_end_requested_at=requested_at,
        new_at_rest_at=at_rest_at,
        new_end_clean=clean,
        new_ended_at=at_rest_at or origin.at,
    )


def ensure_not_ended(connection: Connection, boot_id: str) -> None:
    """Take back that a boot ended: it was believed, and is not so."""
    change(connection, boot_id, **dict.fromkeys(_ENDS))


def change(connection: Connection, boot_id: str, **columns: Any) -> None:
    """Change columns of a boot."""
    rows.change(connection, boots, boot_id, columns)


def remove(connection: Connection, boot_id: str) -> None:
    """Forget a boot that did not come to be."""
    connection.execute(boots.delete().where(boots.c.id == boot_id))


_CURRENT = Prepared(
    select(boots).where(boots.c.instance_id == bindparam("instance")).order_by(boots.c.number.desc()).limit(1)
)


def current(connection: Connection, instance_id: str) -> Boot | None:
    """The latest boot of an instance."""
    return _CURRENT.value(Boot, connection, instance=instance_id)


@dataclass(frozen=True, slots=True)
class Signs:
    """What was seen of an instance's latest boot, and how reachable the instance is."""

    boot_id: str
    kernel_started_at: datetime | None
    reachable_at: datetime | None
    ended_at: datetime | None
    reachability: Reachability


_SIGNS = Prepared(
    select(
        *(boots.c.id.label("boot_id"), boots.c.kernel_started_at, boots.c.reachable_at, boots.c.ended_at),
        instances.c.reachability,
    )
    .join(instances, instances.c.id == boots.c.instance_id)
    .where(boots.c.instance_id == bindparam("instance"))
    .order_by(boots.c.number.desc())
    .limit(1)
)


def signs_of(connection: Connection, instance_id: str) -> Signs | None:
    """What was seen of the latest boot of an instance, if there is one."""
    return _SIGNS.value(Signs, connection, instance=instance_id)


_LATEST_NUMBER = Prepared(select(func.max(boots.c.number)).where(boots.c.instance_id == bindparam("instance")))


_LATER = boots.alias()
_GIVEN_UP = Prepared(
    select(boots.c.instance_id).where(
        among(boots.c.instance_id, "ids"),
        boots.c.ended_at.is_not(None),
        boots.c.end_requested_at.is_(None),
        ~exists().where(_LATER.c.instance_id == boots.c.instance_id, _LATER.c.number > boots.c.number),
    )
)


def with_ends_unasked(connection: Connection, instance_ids: Collection[str]) -> set[str]:
    """Those of these instances whose latest boot ended and was not asked to."""
    return set(_GIVEN_UP.scalars(connection, ids=listed(instance_ids)))


_INITIALIZING = Prepared(
    select(instances.c.id, boots.c.id)
    .join(boots, boots.c.instance_id == instances.c.id)
    .where(
        instances.c.state == InstanceState.RUNNING,
        instances.c.reachability == Reachability.INITIALIZING,
        ~exists().where(_LATER.c.instance_id == boots.c.instance_id, _LATER.c.number > boots.c.number),
    )
)


def of_initializing(connection: Connection) -> dict[str, str]:
    """The latest boots of the running instances whose guests have not answered since, by instance."""
    return dict(_INITIALIZING.rows(connection))


def latest_number(connection: Connection, instance_id: str) -> int:
    """The number of the latest boot of an instance; 0 where it has none yet."""
    return _LATEST_NUMBER.scalar(connection, instance=instance_id) or 0


def of_instance(connection: Connection, instance_id: str) -> list[Boot]:
    """Every boot of an instance, in order."""
    return all_of(Boot, connection, select(boots).where(boots.c.instance_id == instance_id).order_by(boots.c.number))


def latest_in(connection: Connection, scope: Scope, at_most: int) -> list[Boot]:
    """So many of the boots of an account's instances in a region, the latest first."""
    theirs = (instances.c.account == scope.account) & (instances.c.region == scope.region)
    query = select(boots).join(instances, instances.c.id == boots.c.instance_id).where(theirs)
    return all_of(Boot, connection, query.order_by(boots.c.started_at.desc()).limit(at_most))


def first_from_image(connection: Connection, image_id: str, at_most: int) -> list[Boot]:
    """The first boots of the instances that were launched from an image, the latest first; not those forgotten."""
    launched = select(instances.c.id).where(instances.c.image_id == image_id)
    query = select(boots).where(boots.c.instance_id.in_(launched), boots.c.number == 1)
    return all_of(Boot, connection, query.order_by(boots.c.started_at.desc()).limit(at_most))


_FROM_MACHINE = Prepared(
    select(func.max(boots.c.started_at))
    .join(instances, instances.c.id == boots.c.instance_id)
    .where(
        instances.c.image_id == bindparam("image"),
        instances.c.prepared_on == bindparam("machine"),
        boots.c.from_memory.is_(True),
    )
)


def latest_from_machine(connection: Connection, machine: PreparedMachine) -> datetime | None:
    """When a guest went on last from a prepared machine, as far as its instance is not forgotten."""
    latest: datetime | None = _FROM_MACHINE.scalar(connection, image=machine.image_id, machine=machine.id)
    return latest


def count_between(
    connection: Connection, instance_id: str, causes: Collection[Cause], start: datetime, end: datetime
) -> int:
    """How many boots of an instance began for one of these causes between two moments."""
    counted: int = _between(frozenset(causes)).scalar(connection, instance=instance_id, start=start, end=end)
    return counted


@cache
def _between(causes: frozenset[Cause]) -> Prepared:
    started = unindexed(boots.c.started_at).between(bindparam("start"), bindparam("end"))
    whose = boots.c.instance_id == bindparam("instance")
    return Prepared(select(func.count()).where(whose, either(boots.c.cause, sorted(causes)), started))


@cache
def _newest(last: int) -> Prepared:
    """The number of the last boot of each instance that has more than so many."""
    many = boots.c.number > literal_column(str(last))  # literally: then it is seen that an index has no others
    return Prepared(select(boots.c.instance_id, func.max(boots.c.number)).where(many).group_by(boots.c.instance_id))


def forget_old(connection: Connection, before: datetime, *, last: int, most: int, at_most: int) -> int:
    """Forget so many of the boots that began before then; gives how many there were.

    Of each instance the `last` boots stay, whatever their age, and those before its last `most` go.
    """
    forgotten = 0
    for instance_id, number in _newest(last).rows(connection):
        old = (
            select(boots.c.id)
            .where(boots.c.instance_id == instance_id, boots.c.number <= number - last)
            .where((boots.c.started_at < before) | (boots.c.number <= number - most))
            .limit(at_most - forgotten)
        )
        forgotten += connection.execute(boots.delete().where(boots.c.id.in_(old))).rowcount
        if forgotten == at_most:
            break
    return forgotten


def forget(connection: Connection, instance_id: str) -> None:
    """Forget every boot of an instance."""
    connection.execute(boots.delete().where(boots.c.instance_id == instance_id))
