"""Managed prefix lists and their entries in the database."""

from collections.abc import Collection, Iterable
from typing import Any

from sqlalchemy import Connection, bindparam, delete, or_, select, update

from kumoniwa.model.prefix_lists import PrefixList, PrefixListEntry, provided
from kumoniwa.model.scope import Scope
from kumoniwa.store import rows
from kumoniwa.store.prepared import Prepared
from kumoniwa.store.rows import InScope, insert
from kumoniwa.store.tables.network_records import prefix_list_entries, prefix_lists
from kumoniwa.store.tables.routing import route_tables, routes
from kumoniwa.store.tables.security_groups import security_group_rules

_IN_SCOPE = InScope(PrefixList, prefix_lists, prefix_lists.c.id)


def add(connection: Connection, prefix_list: PrefixList) -> None:
    """Write a new prefix list."""
    insert(connection, prefix_lists, prefix_list)


def change(connection: Connection, prefix_list_id: str, **columns: Any) -> None:
    """Change columns of a prefix list."""
    rows.change(connection, prefix_lists, prefix_list_id, columns)


_DELETED = Prepared(delete(prefix_lists).where(prefix_lists.c.id == bindparam("id")))


def remove(connection: Connection, prefix_list_id: str) -> None:
    """Delete a prefix list with the entries of all its versions."""
    _DELETED.run(connection, id=prefix_list_id)


def in_scope(connection: Connection, scope: Scope, ids: Collection[str] | None = None) -> list[PrefixList]:
    """The prefix lists that an account sees in a region: its own, and those that AWS provides; only these, where `ids`
    are given."""
    by_aws = [one for one in provided(scope.region) if ids is None or one.id in ids]
    return [*_IN_SCOPE.of(connection, scope, ids), *by_aws]


# Entries. One is in the versions from `since` up to and without `until`.

_ENTRY = prefix_list_entries.c
_OF = _ENTRY.prefix_list_id == bindparam("list")
_ENTRIES_OF = Prepared(
    select(prefix_list_entries)
    .where(_OF, _ENTRY.since <= bindparam("version"), or_(_ENTRY.until.is_(None), _ENTRY.until > bindparam("version")))
    .order_by(_ENTRY.cidr)
)
_ENDED = Prepared(
    update(prefix_list_entries)
    .where(_OF, _ENTRY.cidr == bindparam("of_cidr"), _ENTRY.until.is_(None))
    .values(until=bindparam("version"))
)
_FORGOTTEN = Prepared(delete(prefix_list_entries).where(_OF, _ENTRY.until <= bindparam("version")))


def entries_of(connection: Connection, prefix_list_id: str, version: int) -> list[PrefixListEntry]:
    """The entries of one version of a prefix list, by their blocks."""
    return _ENTRIES_OF.values(PrefixListEntry, connection, list=prefix_list_id, version=version)


def add_entries(connection: Connection, entries: Iterable[PrefixListEntry]) -> None:
    """Write new entries."""
    insert(connection, prefix_list_entries, *entries)


def end_entry(connection: Connection, prefix_list_id: str, cidr: str, version: int) -> None:
    """Let an entry be in no version from this one on."""
    _ENDED.run(connection, list=prefix_list_id, of_cidr=cidr, version=version)


def forget_versions(connection: Connection, prefix_list_id: str, oldest: int) -> None:
    """Forget what is in no version from the oldest one on that is kept."""
    _FORGOTTEN.run(connection, list=prefix_list_id, version=oldest)


# What names a prefix list.

_GROUPS_NAMING = Prepared(
    select(security_group_rules.c.group_id, security_group_rules.c.account)
    .where(
        security_group_rules.c.prefix_list_id == bindparam("list"),
        security_group_rules.c.account == bindparam("account"),
        security_group_rules.c.region == bindparam("region"),
    )
    .distinct()
)
_TABLES_NAMING = Prepared(
    select(route_tables.c.id, route_tables.c.account)
    .join(routes, routes.c.route_table_id == route_tables.c.id)
    .where(
        routes.c.destination == bindparam("list"),
        route_tables.c.account == bindparam("account"),
        route_tables.c.region == bindparam("region"),
    )
)


def naming(connection: Connection, scope: Scope, prefix_list_id: str) -> dict[str, str]:
    """The security groups and route tables of a scope that name a prefix list, each with whose it is."""
    asked = {"list": prefix_list_id, "account": scope.account, "region": scope.region}
    return {
        resource_id: account
        for statement in (_GROUPS_NAMING, _TABLES_NAMING)
        for resource_id, account in statement.rows(connection, **asked)
    }
