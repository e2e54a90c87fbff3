"""Reservations of a subnet's addresses in the database."""

from collections.abc import Collection

from sqlalchemy import Connection, bindparam, delete, select

from kumoniwa.model.scope import Scope
from kumoniwa.model.vpcs import SubnetReservation
from kumoniwa.store import tags
from kumoniwa.store.prepared import Prepared
from kumoniwa.store.rows import InScope, insert
from kumoniwa.store.tables.vpcs import subnet_reservations

_IN_SCOPE = InScope(SubnetReservation, subnet_reservations, subnet_reservations.c.id)
_OF = Prepared(
    select(subnet_reservations)
    .where(subnet_reservations.c.subnet_id == bindparam("subnet"))
    .order_by(subnet_reservations.c.id)
)
_DELETED = Prepared(delete(subnet_reservations).where(subnet_reservations.c.id == bindparam("id")))


def add(connection: Connection, reservation: SubnetReservation) -> None:
    """Write a new reservation."""
    insert(connection, subnet_reservations, reservation)


def in_scope(connection: Connection, scope: Scope, ids: Collection[str] | None = None) -> list[SubnetReservation]:
    """The reservations of an account in a region; only these, where `ids` are given."""
    return _IN_SCOPE.of(connection, scope, ids)


def of_subnet(connection: Connection, subnet_id: str) -> list[SubnetReservation]:
    """The reservations in a subnet."""
    return _OF.values(SubnetReservation, connection, subnet=subnet_id)


def remove(connection: Connection, reservation_id: str) -> None:
    """Delete a reservation, with its tags."""
    tags.remove_all(connection, reservation_id)
    _DELETED.run(connection, id=reservation_id)
