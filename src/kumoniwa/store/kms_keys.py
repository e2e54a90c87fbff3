"""KMS's keys in the database, with their aliases."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, bindparam, delete, select

from kumoniwa.ids import new_uuid
from kumoniwa.model.kms_keys import (
    ALIAS,
    AWS_MANAGED,
    EBS_ALIAS,
    KeyManager,
    KeyState,
    KmsAlias,
    KmsKey,
    alias_arn,
    key_arn,
)
from kumoniwa.model.scope import Scope
from kumoniwa.store import rows
from kumoniwa.store.prepared import Prepared, among, listed
from kumoniwa.store.rows import insert, new_values
from kumoniwa.store.tables.kms_keys import kms_aliases, kms_keys

_KEY, _ALIAS = kms_keys.c, kms_aliases.c
_OF_ID = Prepared(select(kms_keys).where(_KEY.id == bindparam("of_id")))
_PAGE = Prepared(
    select(kms_keys)
    .where(_KEY.account == bindparam("account"), _KEY.region == bindparam("region"), _KEY.id > bindparam("after"))
    .order_by(_KEY.id)
    .limit(bindparam("at_most"))
)
_DUE = Prepared(
    select(_KEY.id)
    .where(_KEY.deletion_at.is_not(None), _KEY.deletion_at <= bindparam("now", type_=_KEY.deletion_at.type))
    .order_by(_KEY.deletion_at)
    .limit(bindparam("at_most"))
)
_HAVE_MATERIAL = Prepared(select(_KEY.id).where(_KEY.material.is_not(None)).limit(1))
_DELETED = Prepared(delete(kms_keys).where(among(_KEY.id, "ids")))

_NAMED = (
    (_ALIAS.account == bindparam("account"))
    & (_ALIAS.region == bindparam("region"))
    & (_ALIAS.name == bindparam("name"))
)
_ALIAS_NAMED = Prepared(select(kms_aliases).where(_NAMED))
_ALIASES = Prepared(
    select(kms_aliases)
    .where(_ALIAS.account == bindparam("account"), _ALIAS.region == bindparam("region"))
    .order_by(_ALIAS.name)
)
_ALIASES_OF_KEY = Prepared(select(kms_aliases).where(_ALIAS.key_id == bindparam("of_key")).order_by(_ALIAS.name))
_ALIAS_MOVED = Prepared(kms_aliases.update().where(_NAMED).values(new_values(kms_aliases, ("key_id", "updated_at"))))
_ALIAS_DELETED = Prepared(delete(kms_aliases).where(_NAMED))


def add(connection: Connection, key: KmsKey) -> None:
    """Write a new key."""
    insert(connection, kms_keys, key)


def change(connection: Connection, key: KmsKey, **columns: Any) -> None:
    """Change columns of a key."""
    rows.change(connection, kms_keys, key.id, columns)


def find(connection: Connection, account: str, region: str, asked: str) -> KmsKey | None:
    """The key that is asked for by its id, its ARN, the name of an alias or an alias's ARN.

    None where the account has no such key in the region; so it is of AWS's own aliases that have no key yet.
    """
    if asked.startswith("arn:"):
        own = asked.rpartition(":")[2]
        if own.startswith(ALIAS) and asked == alias_arn(account, region, own):
            return find(connection, account, region, own)
        key_id = own.removeprefix("key/")
        return of_id(connection, account, region, key_id) if asked == key_arn(account, region, key_id) else None
    if not asked.startswith(ALIAS):
        return of_id(connection, account, region, asked)
    alias = alias_named(connection, account, region, asked)
    return None if alias is None else of_id(connection, account, region, alias.key_id)


def find_or_make(connection: Connection, account: str, region: str, asked: str, now: datetime) -> KmsKey | None:
    """What `find` gives; an alias of AWS's own (`AWS_MANAGED`) gets its key, where it has none yet."""
    name = asked.rpartition(":")[2]
    if name in AWS_MANAGED and asked in (name, alias_arn(account, region, name)):
        return _managed(connection, account, region, name, now)
    return find(connection, account, region, asked)


def default_for_ebs(connection: Connection, account: str, region: str, now: datetime) -> KmsKey:
    """The key that AWS manages for volumes, whose alias is `alias/aws/ebs`; made on its first use."""
    return _managed(connection, account, region, EBS_ALIAS, now)


def _managed(connection: Connection, account: str, region: str, name: str, now: datetime) -> KmsKey:
    if (found := find(connection, account, region, name)) is not None:
        return found
    key = KmsKey(new_uuid(), account, region, now, AWS_MANAGED[name], KeyManager.AWS, KeyState.ENABLED)
    add(connection, key)
    add_alias(connection, KmsAlias(account, region, name, key.id, now, now))
    return key


def of_id(connection: Connection, account: str, region: str, key_id: str) -> KmsKey | None:
    """The key of this id; None where that is no key of the account in the region."""
    found = _OF_ID.value(KmsKey, connection, of_id=key_id)
    return found if found is not None and Scope.of(found) == Scope(account, region) else None


def page(connection: Connection, scope: Scope, after: str, at_most: int) -> list[KmsKey]:
    """So many keys of an account in a region, by id, behind this id."""
    asked = {"account": scope.account, "region": scope.region, "after": after, "at_most": at_most}
    return _PAGE.values(KmsKey, connection, **asked)


def delete_due(connection: Connection, now: datetime, at_most: int) -> int:
    """Delete so many of the keys whose waiting period is over, with their aliases and grants; gives how many."""
    due = _DUE.scalars(connection, now=now, at_most=at_most)
    if due:
        _DELETED.run(connection, ids=listed(due))
    return len(due)


def any_has_material(connection: Connection) -> bool:
    """Whether a key of any account has been encrypted with."""
    return bool(_HAVE_MATERIAL.scalars(connection))


# Aliases.


def add_alias(connection: Connection, alias: KmsAlias) -> None:
    """Write a new alias."""
    insert(connection, kms_aliases, alias)


def alias_named(connection: Connection, account: str, region: str, name: str) -> KmsAlias | None:
    """The alias of this name, `alias/…`; None where there is none, or it has no key."""
    return _ALIAS_NAMED.value(KmsAlias, connection, account=account, region=region, name=name)


def aliases(connection: Connection, scope: Scope) -> Sequence[KmsAlias]:
    """The aliases of an account in a region that have a key, by name."""
    return _ALIASES.values(KmsAlias, connection, account=scope.account, region=scope.region)


def aliases_of(connection: Connection, key: KmsKey) -> Sequence[KmsAlias]:
    """The aliases of a key, by name."""
    return _ALIASES_OF_KEY.values(KmsAlias, connection, of_key=key.id)


def move_alias(connection: Connection, alias: KmsAlias, key: KmsKey, now: datetime) -> None:
    """Afterwards the alias names that key."""
    of = {"account": alias.account, "region": alias.region, "name": alias.name}
    _ALIAS_MOVED.run(connection, **of, new_key_id=key.id, new_updated_at=now)


def delete_alias(connection: Connection, alias: KmsAlias) -> None:
    """Afterwards there is no such alias; its key stays."""
    of = {"account": alias.account, "region": alias.region, "name": alias.name}
    _ALIAS_DELETED.run(connection, **of)
