"""Network ACLs and their entries in the database."""

from collections.abc import Collection

from sqlalchemy import Connection, bindparam, delete, select

from kumoniwa.model.network_acls import AclEntry, NetworkAcl
from kumoniwa.model.scope import Scope
from kumoniwa.model.vpcs import Subnet
from kumoniwa.store.prepared import Prepared, among, listed
from kumoniwa.store.rows import InScope, insert
from kumoniwa.store.tables.network_acls import acl_entries, network_acls
from kumoniwa.store.tables.vpcs import subnets

_IN_SCOPE = InScope(NetworkAcl, network_acls, network_acls.c.id)


def add(connection: Connection, acl: NetworkAcl, *entries: AclEntry) -> None:
    """Write a new network ACL with its first entries."""
    insert(connection, network_acls, acl)
    insert(connection, acl_entries, *entries)


def in_scope(connection: Connection, scope: Scope, ids: Collection[str] | None = None) -> list[NetworkAcl]:
    """The network ACLs of an account in a region; only these, where `ids` are given."""
    return _IN_SCOPE.of(connection, scope, ids)


_DELETED = Prepared(delete(network_acls).where(network_acls.c.id == bindparam("id")))
_OF_VPC = Prepared(select(network_acls).where(network_acls.c.vpc_id == bindparam("vpc")).order_by(network_acls.c.id))
_SUBNETS = Prepared(select(subnets).where(among(subnets.c.acl_id, "acls")).order_by(subnets.c.id))


def remove(connection: Connection, acl_id: str) -> None:
    """Delete a network ACL and its entries. The caller knows that no subnet has it."""
    _DELETED.run(connection, id=acl_id)


def of_vpc(connection: Connection, vpc_id: str) -> list[NetworkAcl]:
    """The network ACLs of a VPC."""
    return _OF_VPC.values(NetworkAcl, connection, vpc=vpc_id)


def default_of(connection: Connection, vpc_id: str) -> NetworkAcl:
    """A VPC's default network ACL: new subnets get it."""
    return next(acl for acl in of_vpc(connection, vpc_id) if acl.is_default)


def subnets_with(connection: Connection, acl_ids: Collection[str]) -> list[Subnet]:
    """The subnets that have one of these network ACLs."""
    return _SUBNETS.values(Subnet, connection, acls=listed(acl_ids))


_IN_ORDER = select(acl_entries).order_by(acl_entries.c.egress, acl_entries.c.number)
_ENTRIES_OF = Prepared(_IN_ORDER.where(among(acl_entries.c.acl_id, "acls")))
_NUMBERED = (
    (acl_entries.c.acl_id == bindparam("acl"))
    & (acl_entries.c.egress == bindparam("egress"))
    & (acl_entries.c.number == bindparam("number"))
)
_ENTRY_DELETED = Prepared(delete(acl_entries).where(_NUMBERED))


def entries_of(connection: Connection, acl_ids: Collection[str]) -> list[AclEntry]:
    """The entries of these network ACLs, those for incoming traffic first, by number; without the last ones."""
    return _ENTRIES_OF.values(AclEntry, connection, acls=listed(acl_ids))


def add_entry(connection: Connection, entry: AclEntry) -> None:
    """Write a new entry."""
    insert(connection, acl_entries, entry)


def remove_entry(connection: Connection, acl_id: str, number: int, *, egress: bool) -> bool:
    """Delete an entry. False where there is none of that number, that way."""
    return _ENTRY_DELETED.run(connection, acl=acl_id, egress=egress, number=number) > 0
