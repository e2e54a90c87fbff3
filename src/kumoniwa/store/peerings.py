"""VPC peering connections in the database."""

from collections.abc import Collection

from sqlalchemy import Connection

from kumoniwa.model.peerings import Peering
from kumoniwa.model.scope import Scope
from kumoniwa.store.rows import InScope
from kumoniwa.store.tables import peerings

_IN_SCOPE = InScope(Peering, peerings, peerings.c.id)


def in_scope(connection: Connection, scope: Scope, ids: Collection[str] | None = None) -> list[Peering]:
    """The peering connections that an account asked for in a region; only these, where `ids` are given."""
    return _IN_SCOPE.of(connection, scope, ids)
