"""Spot requests in the database."""

from collections.abc import Collection
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, bindparam, delete, select

from kumoniwa.model.scope import Scope
from kumoniwa.model.spot_requests import SpotRequest
from kumoniwa.store import rows, tags
from kumoniwa.store.prepared import Prepared, among, listed
from kumoniwa.store.rows import InScope, insert
from kumoniwa.store.tables.instances import instances
from kumoniwa.store.tables.spot_requests import spot_requests

_OWN = spot_requests.c
_IN_SCOPE = InScope(SpotRequest, spot_requests, _OWN.created_at, _OWN.id)
_OF_INSTANCE = Prepared(select(spot_requests).where(_OWN.instance_id == bindparam("instance")))
_NOTICED = Prepared(
    select(spot_requests)
    .where(_OWN.interrupt_at.is_not(None), _OWN.interrupted.is_(False))
    .order_by(_OWN.interrupt_at, _OWN.id)
)
_OVER = Prepared(
    select(_OWN.id)
    .where(
        _OWN.created_at < bindparam("before"),
        ~select(instances.c.id).where(instances.c.id == _OWN.instance_id).exists(),
    )
    .limit(bindparam("at_most"))
)
_FORGOTTEN = Prepared(delete(spot_requests).where(among(_OWN.id, "ids")))


def add(connection: Connection, *new: SpotRequest) -> None:
    """Write new requests."""
    insert(connection, spot_requests, *new)


def change(connection: Connection, request_id: str, **columns: Any) -> None:
    """Change columns of a request."""
    rows.change(connection, spot_requests, request_id, columns)


def in_scope(connection: Connection, scope: Scope, ids: Collection[str] | None = None) -> list[SpotRequest]:
    """The requests of an account in a region, the oldest first; only these, where `ids` are given."""
    return _IN_SCOPE.of(connection, scope, ids)


def of_instance(connection: Connection, instance_id: str) -> SpotRequest | None:
    """The request that the instance was launched by; None for one that is no Spot Instance."""
    return _OF_INSTANCE.value(SpotRequest, connection, instance=instance_id)


def noticed(connection: Connection) -> list[SpotRequest]:
    """Those whose instances got a notice and are still to be interrupted, the first to be so first."""
    return _NOTICED.values(SpotRequest, connection)


def forget(connection: Connection, before: datetime, at_most: int) -> int:
    """Forget so many of the requests that were made before then and whose instances are forgotten; gives how many there
    were."""
    ids = _OVER.scalars(connection, before=before, at_most=at_most)
    tags.remove_all(connection, *ids)
    _FORGOTTEN.run(connection, ids=listed(ids))
    return len(ids)
