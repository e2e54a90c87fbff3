"""Managed prefix lists and their entries in the database."""

from collections.abc import Collection

from sqlalchemy import Connection

from kumoniwa.model.prefix_lists import PrefixList
from kumoniwa.model.scope import Scope
from kumoniwa.store.rows import InScope
from kumoniwa.store.tables import prefix_lists

_IN_SCOPE = InScope(PrefixList, prefix_lists, prefix_lists.c.id)


def in_scope(connection: Connection, scope: Scope, ids: Collection[str] | None = None) -> list[PrefixList]:
    """The prefix lists of an account in a region; only these, where `ids` are given."""
    return _IN_SCOPE.of(connection, scope, ids)
