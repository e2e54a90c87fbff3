"""Instances in the database."""

from collections.abc import Collection
from datetime import datetime
from functools import cache
from typing import Any

from sqlalchemy import Connection, bindparam, delete, exists, func, select, union_all, update

from kumoniwa.model.instances import MOVES, Instance, InstanceState, Move
from kumoniwa.model.scope import Scope
from kumoniwa.store.prepared import Prepared, among, either, listed, unindexed
from kumoniwa.store.rows import InScope, all_of, as_new, insert, new_values
from kumoniwa.store.tables.claims import claims
from kumoniwa.store.tables.elastic_ips import elastic_ips
from kumoniwa.store.tables.instances import instance_moves, instances

MOVES_KEPT = 200
"""The latest of each instance."""


class IllegalMove(Exception):
    """Code asked for a move between instance states that EC2 does not have. Our bug, never the caller's."""


def add(connection: Connection, *new: Instance) -> None:
    """Write new instances, which are in their first state since their launch."""
    insert(connection, instances, *new)
    first = (Move(instance.id, 1, instance.state, instance.first_launch_time) for instance in new)
    insert(connection, instance_moves, *first)


_BY_ID = Prepared(select(instances).where(instances.c.id == bindparam("id")))


def get(connection: Connection, instance_id: str) -> Instance | None:
    return _BY_ID.value(Instance, connection, id=instance_id)


_WHERE_OPEN = Prepared(select(instances.c.state, instances.c.public_ip).where(instances.c.id == bindparam("id")))


_METADATA_TAGS = Prepared(select(instances.c.metadata_tags).where(instances.c.id == bindparam("id")))


def has_tags_in_metadata(connection: Connection, instance_id: str) -> bool:
    """Whether the guest of an instance may read its tags in its metadata."""
    return bool(_METADATA_TAGS.scalar(connection, id=instance_id))


def state_and_address(connection: Connection, instance_id: str) -> tuple[InstanceState, str | None] | None:
    """The state of an instance and its public address, if it has one; None where there is no such instance."""
    found = _WHERE_OPEN.first(connection, id=instance_id)
    return None if found is None else (found[0], found[1])


_IN_SCOPE = InScope(
    Instance, instances, instances.c.first_launch_time, instances.c.reservation_id, instances.c.launch_index
)


def in_scope(connection: Connection, scope: Scope, ids: Collection[str] | None = None) -> list[Instance]:
    """The instances of an account in a region, oldest first; only these, where `ids` are given."""
    return _IN_SCOPE.of(connection, scope, ids)


_VERSIONS = Prepared(
    select(instances.c.id, instances.c.version).where(
        among(instances.c.id, "ids"),
        unindexed(instances.c.account) == bindparam("account"),
        unindexed(instances.c.region) == bindparam("region"),
    )
)


def versions(connection: Connection, scope: Scope, ids: Collection[str]) -> dict[str, int]:
    """Those of these instances that an account has in a region, by id: how many changes each has seen."""
    return dict(_VERSIONS.rows(connection, ids=listed(ids), account=scope.account, region=scope.region))


def in_states(connection: Connection, states: Collection[InstanceState]) -> list[Instance]:
    """The instances of every account and region that are in one of these states."""
    return all_of(Instance, connection, select(instances).where(instances.c.state.in_(states)))


@cache
def _ids_in(states: frozenset[InstanceState]) -> Prepared:
    return Prepared(select(instances.c.id, instances.c.state).where(either(instances.c.state, sorted(states))))


def states_of_those_in(connection: Connection, states: Collection[InstanceState]) -> dict[str, InstanceState]:
    """The instances of every account and region that are in one of these states, by id."""
    return dict(_ids_in(frozenset(states)).rows(connection))


@cache
def _unclaimed_ids_in(states: frozenset[InstanceState]) -> Prepared:
    unclaimed = ~exists().where(claims.c.resource_id == instances.c.id)
    query = select(instances.c.id, instances.c.state).where(either(instances.c.state, sorted(states)), unclaimed)
    return Prepared(query)


def unclaimed_in(connection: Connection, states: Collection[InstanceState]) -> dict[str, InstanceState]:
    """The same, but for those that a workflow has claimed."""
    return dict(_unclaimed_ids_in(frozenset(states)).rows(connection))


def change(connection: Connection, instance_id: str, **columns: Any) -> None:
    """Change columns of an instance, other than its state."""
    assert "state" not in columns, "states are moved by `move`"
    _changing(tuple(columns)).run(connection, of=instance_id, **as_new(columns))


@cache
def _changing(names: tuple[str, ...], sources: frozenset[InstanceState] = frozenset()) -> Prepared:
    """What changes these columns of an instance, that is in one of `sources` where they are given."""
    whose = instances.c.id == bindparam("of")
    changed = update(instances).values({**new_values(instances, names), "version": instances.c.version + 1})
    return Prepared(changed.where(whose & either(instances.c.state, sources) if sources else whose))


def move(
    connection: Connection,
    instance_id: str,
    sources: Collection[InstanceState],
    target: InstanceState,
    *,
    at: datetime,
    **columns: Any,
) -> bool:
    """Move an instance to `target`, if it is in one of `sources`; gives whether it was. Nothing else changes states."""
    for source in sources:
        if target not in MOVES[source]:
            raise IllegalMove(f"{source} → {target}")
    changing = _changing(("state", *columns), frozenset(sources))
    moved = changing.run(connection, of=instance_id, new_state=target, **as_new(columns)) == 1
    if moved:
        _note_move(connection, instance_id, target, at)
    return moved


_MOVE = {name: bindparam(name, type_=instance_moves.c[name].type) for name in ("instance_id", "state", "at")}
_OWN_MOVES = instance_moves.c.instance_id == _MOVE["instance_id"]
_NEXT_NUMBER = func.coalesce(func.max(instance_moves.c.number), 0) + 1
_MOVED = Prepared(
    instance_moves.insert()
    .from_select(
        ["instance_id", "number", "state", "at"],
        select(_MOVE["instance_id"], _NEXT_NUMBER, _MOVE["state"], _MOVE["at"]).where(_OWN_MOVES),
    )
    .returning(instance_moves.c.number)
)
_FORGOTTEN_MOVES = Prepared(delete(instance_moves).where(_OWN_MOVES, instance_moves.c.number <= bindparam("number")))


def _note_move(connection: Connection, instance_id: str, state: InstanceState, at: datetime) -> None:
    number: int = _MOVED.scalar(connection, instance_id=instance_id, state=state, at=at)
    if number > MOVES_KEPT:
        _FORGOTTEN_MOVES.run(connection, instance_id=instance_id, number=number - MOVES_KEPT)


def moves_of(connection: Connection, instance_id: str) -> list[Move]:
    """When an instance came into each of its states, in order; the latest `MOVES_KEPT`."""
    query = select(instance_moves).where(instance_moves.c.instance_id == instance_id)
    return all_of(Move, connection, query.order_by(instance_moves.c.number))


def latest_moves_in(connection: Connection, scope: Scope, at_most: int) -> list[Move]:
    """So many of the moves of an account's instances in a region, the latest first."""
    theirs = (instances.c.account == scope.account) & (instances.c.region == scope.region)
    query = select(instance_moves).join(instances, instances.c.id == instance_moves.c.instance_id).where(theirs)
    return all_of(Move, connection, query.order_by(instance_moves.c.at.desc()).limit(at_most))


def terminated(connection: Connection, before: datetime, at_most: int) -> list[str]:
    """The ids of so many of the instances that were terminated before then. One that is claimed still has a guest."""
    old = (instances.c.state == InstanceState.TERMINATED) & (instances.c.terminated_at < before)
    claimed = exists().where(claims.c.resource_id == instances.c.id)
    return list(connection.execute(select(instances.c.id).where(old, ~claimed).limit(at_most)).scalars())


def forget(connection: Connection, instance_id: str) -> None:
    """Remove an instance that was terminated long ago."""
    connection.execute(instance_moves.delete().where(instance_moves.c.instance_id == instance_id))
    connection.execute(instances.delete().where(instances.c.id == instance_id))


_TAKEN = Prepared(
    union_all(
        select(instances.c.public_ip).where(among(instances.c.public_ip, "addresses")),
        select(elastic_ips.c.public_ip).where(among(elastic_ips.c.public_ip, "addresses")),
    )
)


def public_addresses(connection: Connection, asked: Collection[str]) -> set[str]:
    """Which of these public addresses are lent to instances or allocated, in the whole cloud: all are on this host."""
    return set(_TAKEN.scalars(connection, addresses=listed(asked)))


_PUBLIC_ADDRESSES = Prepared(
    select(instances.c.id, instances.c.public_ip).where(
        among(instances.c.id, "ids"), unindexed(instances.c.public_ip).is_not(None)
    )
)


def public_addresses_of(connection: Connection, ids: Collection[str]) -> dict[str, str]:
    """The public addresses of those of these instances that have one, by instance."""
    return dict(_PUBLIC_ADDRESSES.rows(connection, ids=listed(ids)))
