"""Placement groups in the database."""

from collections.abc import Collection

from sqlalchemy import Connection, bindparam, delete, select

from kumoniwa.model.placement_groups import PlacementGroup
from kumoniwa.model.scope import Scope
from kumoniwa.store.prepared import Prepared
from kumoniwa.store.rows import InScope, insert
from kumoniwa.store.tables.placement_groups import placement_groups

_OWN = placement_groups.c
_IN_SCOPE = InScope(PlacementGroup, placement_groups, _OWN.name)
_NAMED = Prepared(
    select(placement_groups).where(
        _OWN.account == bindparam("account"), _OWN.region == bindparam("region"), _OWN.name == bindparam("name")
    )
)
_DELETED = Prepared(delete(placement_groups).where(_OWN.id == bindparam("id")))


def add(connection: Connection, group: PlacementGroup) -> None:
    """Write a new group."""
    insert(connection, placement_groups, group)


def in_scope(connection: Connection, scope: Scope, ids: Collection[str] | None = None) -> list[PlacementGroup]:
    """The groups of an account in a region, by name; only these, where `ids` are given."""
    return _IN_SCOPE.of(connection, scope, ids)


def named(connection: Connection, scope: Scope, name: str) -> PlacementGroup | None:
    """The group of that name."""
    return _NAMED.value(PlacementGroup, connection, account=scope.account, region=scope.region, name=name)


def remove(connection: Connection, group_id: str) -> None:
    """Delete a group."""
    _DELETED.run(connection, id=group_id)
