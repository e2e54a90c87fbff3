"""IAM's roles in the database."""

from collections.abc import Mapping
from typing import Any

from sqlalchemy import Connection, func, select

from kumoniwa.model.roles import Role
from kumoniwa.store import rows
from kumoniwa.store.prepared import Prepared
from kumoniwa.store.rows import all_of, insert, one_of
from kumoniwa.store.tables.identities import iam_roles

_IDS = Prepared(select(iam_roles.c.id))


def ids(connection: Connection) -> list[str]:
    """The ids of the roles of every account."""
    return _IDS.scalars(connection)


def add(connection: Connection, role: Role) -> None:
    insert(connection, iam_roles, role)


def named(connection: Connection, account: str, name: str) -> Role | None:
    """The role of that name. Names that differ in nothing but capitals are the same."""
    query = select(iam_roles).where(iam_roles.c.account == account, func.lower(iam_roles.c.name) == name.lower())
    return one_of(Role, connection, query)


def with_id(connection: Connection, role_id: str) -> Role | None:
    return one_of(Role, connection, select(iam_roles).where(iam_roles.c.id == role_id))


def of_account(connection: Connection, account: str) -> list[Role]:
    """The roles of an account, by name."""
    return all_of(Role, connection, select(iam_roles).where(iam_roles.c.account == account).order_by(iam_roles.c.name))


def change(connection: Connection, role_id: str, columns: Mapping[str, Any]) -> None:
    rows.change(connection, iam_roles, role_id, columns)


def delete(connection: Connection, role_id: str) -> None:
    """A role that no instance profile has."""
    connection.execute(iam_roles.delete().where(iam_roles.c.id == role_id))
