"""Hibernations in the database.

One is `kept` from the moment at which the memory is saved until the guest goes on with it, or it is given up. The boot
that it interrupts has no end meanwhile; where that ends (`boots.ensure_ended`), what was kept of it is given up too.
"""

from datetime import datetime
from typing import Any

from sqlalchemy import Connection, bindparam, select, update

from kumoniwa.model.hibernations import Hibernation
from kumoniwa.store import rows
from kumoniwa.store.prepared import Prepared
from kumoniwa.store.rows import all_of, insert
from kumoniwa.store.tables.instances import hibernations

_OVER = hibernations.c.resumed_at.is_not(None) | hibernations.c.ended_at.is_not(None)
_BY_ID = Prepared(select(hibernations).where(hibernations.c.id == bindparam("id")))
_KEPT = Prepared(
    select(hibernations).where(
        hibernations.c.instance_id == bindparam("instance"), hibernations.c.suspended_at.is_not(None), ~_OVER
    )
)


def ensure_begun(connection: Connection, begun: Hibernation) -> Hibernation:
    """Write a hibernation, once; gives it as it is written."""
    if (found := get(connection, begun.id)) is not None:
        return found
    insert(connection, hibernations, begun)
    return begun


def get(connection: Connection, hibernation_id: str) -> Hibernation | None:
    return _BY_ID.value(Hibernation, connection, id=hibernation_id)


def kept(connection: Connection, instance_id: str) -> Hibernation | None:
    """The hibernation that the instance's guest is in now."""
    return _KEPT.value(Hibernation, connection, instance=instance_id)


def change(connection: Connection, hibernation_id: str, **columns: Any) -> None:
    """Change columns of a hibernation."""
    rows.change(connection, hibernations, hibernation_id, columns)


_ENDED = Prepared(
    update(hibernations)
    .where(hibernations.c.instance_id == bindparam("instance"), ~_OVER)
    .values(rows.new_values(hibernations, ("ended_at", "key")))
)


def ensure_ended(connection: Connection, instance_id: str, at: datetime) -> None:
    """Give up what is kept of the instance's guest, if anything is, and forget its key."""
    _ENDED.run(connection, instance=instance_id, new_ended_at=at, new_key=None)


def of_instance(connection: Connection, instance_id: str) -> list[Hibernation]:
    """Every hibernation of an instance, in order."""
    query = select(hibernations).where(hibernations.c.instance_id == instance_id)
    return all_of(Hibernation, connection, query.order_by(hibernations.c.asked_at))


_OLD = select(hibernations.c.id).where(hibernations.c.asked_at < bindparam("before"), _OVER)
_FORGOTTEN = Prepared(hibernations.delete().where(hibernations.c.id.in_(_OLD.limit(bindparam("at_most")))))


def forget_old(connection: Connection, before: datetime, *, at_most: int) -> int:
    """Forget so many of the hibernations that were asked for before then and are over; gives how many there were."""
    return _FORGOTTEN.run(connection, before=before, at_most=at_most)


def forget(connection: Connection, instance_id: str) -> None:
    """Forget every hibernation of an instance."""
    connection.execute(hibernations.delete().where(hibernations.c.instance_id == instance_id))
