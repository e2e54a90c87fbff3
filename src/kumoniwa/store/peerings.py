"""VPC peering connections in the database."""

from collections.abc import Collection
from datetime import datetime
from functools import cache
from typing import Any

from sqlalchemy import Connection, bindparam, delete, select

from kumoniwa.model.peerings import EXPIRED_MESSAGE, OPEN, Peering, PeeringState
from kumoniwa.model.scope import Scope
from kumoniwa.store import rows, tags
from kumoniwa.store.prepared import Prepared, among, either, listed, unindexed
from kumoniwa.store.rows import insert
from kumoniwa.store.tables.network_records import peerings

_COLUMNS = peerings.c
_REQUESTED_IN = Prepared(
    select(peerings).where(_COLUMNS.account == bindparam("account"), _COLUMNS.region == bindparam("region"))
)
_ACCEPTED_IN = Prepared(
    select(peerings).where(
        _COLUMNS.accepter_account == bindparam("account"), _COLUMNS.accepter_region == bindparam("region")
    )
)
_THOSE = Prepared(select(peerings).where(among(_COLUMNS.id, "ids")))


def add(connection: Connection, peering: Peering) -> None:
    """Write a new peering connection."""
    insert(connection, peerings, peering)


def change(connection: Connection, peering_id: str, **columns: Any) -> None:
    """Change columns of a peering connection."""
    rows.change(connection, peerings, peering_id, columns)


def in_scope(connection: Connection, scope: Scope, ids: Collection[str] | None = None) -> list[Peering]:
    """The peering connections of an account's VPCs in a region, on whichever side they are; only these, where `ids`
    are given."""
    if ids is None:
        asked = {"account": scope.account, "region": scope.region}
        found = [one for side in (_REQUESTED_IN, _ACCEPTED_IN) for one in side.values(Peering, connection, **asked)]
    else:
        found = _THOSE.values(Peering, connection, ids=listed(ids))
    seen = {one.id: one for one in found if scope in (Scope.of(one), one.accepter)}
    return [seen[peering_id] for peering_id in sorted(seen)]


_IS_OPEN = either(unindexed(_COLUMNS.state), OPEN)
_REQUESTED_OF = Prepared(select(peerings).where(_COLUMNS.requester_vpc_id == bindparam("vpc"), _IS_OPEN))
_ACCEPTED_OF = Prepared(select(peerings).where(_COLUMNS.accepter_vpc_id == bindparam("vpc"), _IS_OPEN))


def open_of(connection: Connection, vpc_id: str) -> list[Peering]:
    """The peering connections of a VPC that are active or wait to be accepted, on whichever side it is."""
    found = [one for side in (_REQUESTED_OF, _ACCEPTED_OF) for one in side.values(Peering, connection, vpc=vpc_id)]
    return sorted(found, key=lambda peering: peering.id)


_WAITING_IN = Prepared(
    select(peerings).where(
        _COLUMNS.account == bindparam("account"),
        _COLUMNS.region == bindparam("region"),
        unindexed(_COLUMNS.state) == PeeringState.PENDING_ACCEPTANCE,
    )
)


def waiting_in(connection: Connection, scope: Scope) -> list[Peering]:
    """The requests of an account's VPCs in a region that wait, or have expired and are not written so yet."""
    return _WAITING_IN.values(Peering, connection, account=scope.account, region=scope.region)


_DUE = Prepared(
    select(peerings)
    .where(
        _COLUMNS.expires_at <= bindparam("now"),
        unindexed(_COLUMNS.state) == PeeringState.PENDING_ACCEPTANCE,
    )
    .limit(bindparam("at_most"))
)
_FORGOTTEN = Prepared(delete(peerings).where(_COLUMNS.id == bindparam("id")))


def expire(connection: Connection, now: datetime, at_most: int) -> int:
    """Let so many of the requests expire that waited too long; gives how many there were."""
    due = _DUE.values(Peering, connection, now=now, at_most=at_most)
    for peering in due:
        ended = {"state": PeeringState.EXPIRED, "message": EXPIRED_MESSAGE, "ended_at": peering.expires_at}
        change(connection, peering.id, **ended)
    return len(due)


def forget(connection: Connection, before: datetime, states: Collection[PeeringState], at_most: int) -> int:
    """Forget so many of those that came to one of these states before then; gives how many there were."""
    old = _old(tuple(states)).scalars(connection, before=before, at_most=at_most)
    for peering_id in old:
        tags.remove_all(connection, peering_id)
        _FORGOTTEN.run(connection, id=peering_id)
    return len(old)


@cache
def _old(states: tuple[PeeringState, ...]) -> Prepared:
    return Prepared(
        select(_COLUMNS.id)
        .where(_COLUMNS.ended_at < bindparam("before"), either(unindexed(_COLUMNS.state), states))
        .limit(bindparam("at_most"))
    )
