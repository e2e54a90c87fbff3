"""DHCP options in the database."""

from collections.abc import Collection

from sqlalchemy import Connection

from kumoniwa.model.dhcp_options import DhcpOptions
from kumoniwa.model.scope import Scope
from kumoniwa.store.rows import InScope, insert
from kumoniwa.store.tables import dhcp_options

_IN_SCOPE = InScope(DhcpOptions, dhcp_options, dhcp_options.c.id)


def add(connection: Connection, options: DhcpOptions) -> None:
    """Write new DHCP options."""
    insert(connection, dhcp_options, options)


def in_scope(connection: Connection, scope: Scope, ids: Collection[str] | None = None) -> list[DhcpOptions]:
    """The DHCP options of an account in a region; only these, where `ids` are given."""
    return _IN_SCOPE.of(connection, scope, ids)
