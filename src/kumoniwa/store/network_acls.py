"""Network ACLs and their entries in the database."""

from collections.abc import Collection

from sqlalchemy import Connection

from kumoniwa.model.network_acls import AclEntry, NetworkAcl
from kumoniwa.model.scope import Scope
from kumoniwa.store.rows import InScope, insert
from kumoniwa.store.tables import acl_entries, network_acls

_IN_SCOPE = InScope(NetworkAcl, network_acls, network_acls.c.id)


def add(connection: Connection, acl: NetworkAcl, *entries: AclEntry) -> None:
    """Write a new network ACL with its first entries."""
    insert(connection, network_acls, acl)
    insert(connection, acl_entries, *entries)


def in_scope(connection: Connection, scope: Scope, ids: Collection[str] | None = None) -> list[NetworkAcl]:
    """The network ACLs of an account in a region; only these, where `ids` are given."""
    return _IN_SCOPE.of(connection, scope, ids)
