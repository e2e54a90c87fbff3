"""DHCP options in the database."""

from collections.abc import Collection

from sqlalchemy import Connection, bindparam, delete

from kumoniwa.model.dhcp_options import DhcpOptions
from kumoniwa.model.scope import Scope
from kumoniwa.store import facts
from kumoniwa.store.prepared import Prepared
from kumoniwa.store.rows import InScope, insert
from kumoniwa.store.tables.network_records import dhcp_options

_IN_SCOPE = InScope(DhcpOptions, dhcp_options, dhcp_options.c.id)


def add(connection: Connection, options: DhcpOptions) -> None:
    """Write new DHCP options."""
    insert(connection, dhcp_options, options)


_DELETED = Prepared(delete(dhcp_options).where(dhcp_options.c.id == bindparam("id")))


def remove(connection: Connection, options_id: str) -> None:
    """Delete DHCP options. The caller knows that no VPC has them."""
    _DELETED.run(connection, id=options_id)


def in_scope(connection: Connection, scope: Scope, ids: Collection[str] | None = None) -> list[DhcpOptions]:
    """The DHCP options of an account in a region; only these, where `ids` are given."""
    return _IN_SCOPE.of(connection, scope, ids)


def default(connection: Connection, scope: Scope) -> DhcpOptions | None:
    """The options that EC2 made for an account in a region, if they are there still: new VPCs get them."""
    known: str | None = facts.get(connection, _default(scope))
    return None if known is None else next(iter(in_scope(connection, scope, [known])), None)


def add_default(connection: Connection, options: DhcpOptions) -> None:
    """Write new options that new VPCs of their account get in their region from now on."""
    add(connection, options)
    facts.change(connection, _default(Scope.of(options)), options.id)


def _default(scope: Scope) -> str:
    return f"default DHCP options: {scope.account} {scope.region}"
