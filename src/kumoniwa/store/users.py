"""IAM's users and their access keys in the database."""

from collections.abc import Mapping
from typing import Any

from sqlalchemy import Connection, func, select

from kumoniwa.model.users import AccessKey, KeyStatus, User
from kumoniwa.store import rows
from kumoniwa.store.prepared import Prepared
from kumoniwa.store.rows import all_of, insert, one_of
from kumoniwa.store.tables.identities import access_keys, iam_users

_EVERY = Prepared(select(iam_users))
_ACTIVE_KEYS = Prepared(select(access_keys).where(access_keys.c.status == KeyStatus.ACTIVE))


def every(connection: Connection) -> list[User]:
    """The users of every account."""
    return _EVERY.values(User, connection)


def active_keys(connection: Connection) -> list[AccessKey]:
    """The access keys that sign requests, of every account."""
    return _ACTIVE_KEYS.values(AccessKey, connection)


def add(connection: Connection, user: User) -> None:
    insert(connection, iam_users, user)


def named(connection: Connection, account: str, name: str) -> User | None:
    """The user of that name. Names that differ in nothing but capitals are the same."""
    query = select(iam_users).where(iam_users.c.account == account, func.lower(iam_users.c.name) == name.lower())
    return one_of(User, connection, query)


def of_account(connection: Connection, account: str) -> list[User]:
    """The users of an account, by name."""
    return all_of(User, connection, select(iam_users).where(iam_users.c.account == account).order_by(iam_users.c.name))


def change(connection: Connection, user_id: str, columns: Mapping[str, Any]) -> None:
    rows.change(connection, iam_users, user_id, columns)


def delete(connection: Connection, user_id: str) -> None:
    """A user without keys."""
    connection.execute(iam_users.delete().where(iam_users.c.id == user_id))


def add_key(connection: Connection, key: AccessKey) -> None:
    insert(connection, access_keys, key)


def keys_of(connection: Connection, user_id: str) -> list[AccessKey]:
    """The access keys of a user, in the order in which they were made."""
    query = select(access_keys).where(access_keys.c.user_id == user_id)
    return all_of(AccessKey, connection, query.order_by(access_keys.c.created_at, access_keys.c.id))


def change_key(connection: Connection, key_id: str, columns: Mapping[str, Any]) -> None:
    rows.change(connection, access_keys, key_id, columns)


def delete_key(connection: Connection, key_id: str) -> None:
    connection.execute(access_keys.delete().where(access_keys.c.id == key_id))


def key(connection: Connection, account: str, key_id: str) -> AccessKey | None:
    """An access key of a user of the account."""
    query = select(access_keys).where(access_keys.c.id == key_id, access_keys.c.account == account)
    return one_of(AccessKey, connection, query)


def owner_of_key(connection: Connection, account: str, key_id: str) -> User | None:
    """The user of the account whose access key it is."""
    owner = select(access_keys.c.user_id).where(access_keys.c.id == key_id, access_keys.c.account == account)
    return one_of(User, connection, select(iam_users).where(iam_users.c.id.in_(owner)))
