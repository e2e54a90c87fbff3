"""EC2 Fleets in the database."""

from collections.abc import Collection
from dataclasses import replace
from datetime import datetime

from sqlalchemy import Connection, bindparam, delete, func, select
from sqlalchemy import insert as sql_insert

from kumoniwa.model.fleets import Fleet
from kumoniwa.model.scope import Scope
from kumoniwa.store import rows, tags
from kumoniwa.store.frozen_times import frozen, thawed
from kumoniwa.store.prepared import Prepared, among, listed
from kumoniwa.store.rows import InScope, insert
from kumoniwa.store.tables.fleets import fleet_instances, fleets

_IN_SCOPE = InScope(Fleet, fleets, fleets.c.id)
_MEMBER = Prepared(sql_insert(fleet_instances))


def add(connection: Connection, fleet: Fleet) -> None:
    """Write a new fleet, with the instances it launched."""
    kept = {name: frozen(getattr(fleet, name)) for name in ("asked", "launched", "errors")}
    insert(connection, fleets, replace(fleet, **kept))
    _MEMBER.run_each(connection, [{"fleet_id": fleet.id, "instance_id": one} for one in fleet.instance_ids])


def delete_at(connection: Connection, fleet_id: str, at: datetime) -> None:
    """Note that a fleet was deleted. It is shown for a while."""
    rows.change(connection, fleets, fleet_id, {"deleted_at": at})


def in_scope(connection: Connection, scope: Scope, ids: Collection[str] | None = None) -> list[Fleet]:
    """The fleets of an account in a region; only these, where `ids` are given."""
    found = _IN_SCOPE.of(connection, scope, ids)
    return [replace(one, asked=thawed(one.asked), errors=thawed(one.errors)) for one in found]


_MEMBERS = Prepared(
    select(fleet_instances.c.fleet_id, fleet_instances.c.instance_id).where(among(fleet_instances.c.fleet_id, "ids"))
)


def instances_of(connection: Connection, ids: Collection[str]) -> dict[str, list[str]]:
    """By fleet, those of its instances that are not forgotten."""
    found: dict[str, list[str]] = {}
    for fleet_id, instance_id in _MEMBERS.rows(connection, ids=listed(ids)):
        found.setdefault(fleet_id, []).append(instance_id)
    return found


_OVER = Prepared(
    select(fleets.c.id)
    .where(
        fleets.c.created_at < bindparam("before"),
        func.coalesce(fleets.c.deleted_at, fleets.c.created_at) < bindparam("before"),
        ~select(fleet_instances.c.fleet_id).where(fleet_instances.c.fleet_id == fleets.c.id).exists(),
    )
    .limit(bindparam("at_most"))
)
_FORGOTTEN = Prepared(delete(fleets).where(among(fleets.c.id, "ids")))


def forget(connection: Connection, before: datetime, at_most: int) -> int:
    """Forget so many of the fleets without instances that were made, and deleted if they were, before then; gives how
    many there were."""
    ids = _OVER.scalars(connection, before=before, at_most=at_most)
    tags.remove_all(connection, *ids)
    _FORGOTTEN.run(connection, ids=listed(ids))
    return len(ids)
