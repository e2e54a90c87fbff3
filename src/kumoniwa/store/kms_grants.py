"""Grants on KMS's keys in the database."""

from sqlalchemy import Connection, bindparam, delete, select

from kumoniwa.model.kms_keys import KmsGrant, KmsKey
from kumoniwa.model.scope import Scope
from kumoniwa.store.prepared import Prepared
from kumoniwa.store.rows import insert
from kumoniwa.store.tables.kms_keys import kms_grants

_COLUMNS = kms_grants.c
_OF_KEY = Prepared(select(kms_grants).where(_COLUMNS.key_id == bindparam("of_key")).order_by(_COLUMNS.id))
_IN_SCOPE = Prepared(
    select(kms_grants)
    .where(_COLUMNS.account == bindparam("account"), _COLUMNS.region == bindparam("region"))
    .order_by(_COLUMNS.id)
)
_DELETED = Prepared(delete(kms_grants).where(_COLUMNS.id == bindparam("of_id")))


def add(connection: Connection, grant: KmsGrant) -> None:
    """Write a new grant."""
    insert(connection, kms_grants, grant)


def of_key(connection: Connection, key: KmsKey) -> list[KmsGrant]:
    """The grants on a key, by id."""
    return _OF_KEY.values(KmsGrant, connection, of_key=key.id)


def in_scope(connection: Connection, scope: Scope) -> list[KmsGrant]:
    """The grants on all keys of an account in a region, by id."""
    return _IN_SCOPE.values(KmsGrant, connection, account=scope.account, region=scope.region)


def remove(connection: Connection, grant: KmsGrant) -> None:
    """Delete a grant."""
    _DELETED.run(connection, of_id=grant.id)
