"""IAM's groups of users in the database."""

from collections.abc import Mapping
from typing import Any

from sqlalchemy import Connection, func, select

from kumoniwa.model.groups import Group, Membership
from kumoniwa.model.users import User
from kumoniwa.store import rows
from kumoniwa.store.rows import all_of, insert, one_of
from kumoniwa.store.tables.identities import iam_groups, iam_memberships, iam_users


def add(connection: Connection, group: Group) -> None:
    insert(connection, iam_groups, group)


def named(connection: Connection, account: str, name: str) -> Group | None:
    """The group of that name. Names that differ in nothing but capitals are the same."""
    query = select(iam_groups).where(iam_groups.c.account == account, func.lower(iam_groups.c.name) == name.lower())
    return one_of(Group, connection, query)


def of_account(connection: Connection, account: str) -> list[Group]:
    """The groups of an account, by name."""
    query = select(iam_groups).where(iam_groups.c.account == account)
    return all_of(Group, connection, query.order_by(iam_groups.c.name))


def change(connection: Connection, group_id: str, columns: Mapping[str, Any]) -> None:
    rows.change(connection, iam_groups, group_id, columns)


def delete(connection: Connection, group_id: str) -> None:
    """A group without users and policies."""
    connection.execute(iam_groups.delete().where(iam_groups.c.id == group_id))


def join(connection: Connection, membership: Membership) -> None:
    insert(connection, iam_memberships, membership)


def leave(connection: Connection, membership: Membership) -> None:
    """Afterwards the user is not in the group."""
    its = (iam_memberships.c.group_id == membership.group_id, iam_memberships.c.user_id == membership.user_id)
    connection.execute(iam_memberships.delete().where(*its))


def members(connection: Connection, group_id: str) -> list[User]:
    """The users of a group, by name."""
    query = select(iam_users).join(iam_memberships, iam_memberships.c.user_id == iam_users.c.id)
    return all_of(User, connection, query.where(iam_memberships.c.group_id == group_id).order_by(iam_users.c.name))


def of_user(connection: Connection, user_id: str) -> list[Group]:
    """The groups that a user is in, by name."""
    query = select(iam_groups).join(iam_memberships, iam_memberships.c.group_id == iam_groups.c.id)
    return all_of(Group, connection, query.where(iam_memberships.c.user_id == user_id).order_by(iam_groups.c.name))
