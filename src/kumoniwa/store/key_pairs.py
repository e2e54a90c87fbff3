"""Key pairs in the database: the public halves."""

from sqlalchemy import Connection, bindparam, select

from kumoniwa.model.key_pairs import KeyPair
from kumoniwa.model.scope import Scope
from kumoniwa.store.prepared import Prepared
from kumoniwa.store.rows import all_of, insert, one_of
from kumoniwa.store.tables.key_pairs import key_pairs


def add(connection: Connection, key_pair: KeyPair) -> None:
    insert(connection, key_pairs, key_pair)


def delete(connection: Connection, key_pair_id: str) -> None:
    connection.execute(key_pairs.delete().where(key_pairs.c.id == key_pair_id))


def in_scope(connection: Connection, scope: Scope) -> list[KeyPair]:
    """The key pairs of an account in a region, by name."""
    query = select(key_pairs).where(key_pairs.c.account == scope.account, key_pairs.c.region == scope.region)
    return all_of(KeyPair, connection, query.order_by(key_pairs.c.name))


_NAMED = Prepared(
    select(key_pairs).where(
        key_pairs.c.account == bindparam("account"),
        key_pairs.c.region == bindparam("region"),
        key_pairs.c.name == bindparam("name"),
    )
)


def named(connection: Connection, scope: Scope, name: str) -> KeyPair | None:
    """The key pair of that name: names are unique for an account in a region."""
    return _NAMED.value(KeyPair, connection, account=scope.account, region=scope.region, name=name)


def with_id(connection: Connection, scope: Scope, key_pair_id: str) -> KeyPair | None:
    query = select(key_pairs).where(
        key_pairs.c.account == scope.account, key_pairs.c.region == scope.region, key_pairs.c.id == key_pair_id
    )
    return one_of(KeyPair, connection, query)
