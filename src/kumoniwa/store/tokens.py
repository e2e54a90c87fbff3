"""ClientTokens in the database: recorded in the transaction of the action they made idempotent."""

from dataclasses import replace
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, bindparam, select, tuple_

from kumoniwa.model.scope import Scope
from kumoniwa.store.frozen_times import frozen, thawed
from kumoniwa.store.prepared import Prepared
from kumoniwa.store.rows import insert
from kumoniwa.store.tables.cloud import client_tokens
from kumoniwa.values import dataclass


@dataclass(frozen=True, slots=True)
class TokenRow:
    """What was answered to a token."""

    account: str
    region: str
    action: str
    value: str
    fingerprint: str
    output: Any
    created_at: datetime


def record(connection: Connection, token: TokenRow) -> None:
    """Keep what is answered to a token."""
    insert(connection, client_tokens, replace(token, output=frozen(token.output)))


_FOUND = Prepared(
    select(client_tokens).where(*(column == bindparam(column.name) for column in client_tokens.primary_key))
)


def find(connection: Connection, scope: Scope, action: str, value: str) -> TokenRow | None:
    """What was answered to a token, if it was used."""
    given = {"account": scope.account, "region": scope.region, "action": action, "value": value}
    row = _FOUND.value(TokenRow, connection, **given)
    return None if row is None else replace(row, output=thawed(row.output))


_KEY = tuple(client_tokens.primary_key)
_OLD = select(*_KEY).where(client_tokens.c.created_at < bindparam("before")).limit(bindparam("at_most"))
_FORGOTTEN = Prepared(client_tokens.delete().where(tuple_(*_KEY).in_(_OLD)))


def forget(connection: Connection, before: datetime, at_most: int) -> int:
    """Forget so many of the tokens that were used before then; gives how many there were."""
    return _FORGOTTEN.run(connection, before=before, at_most=at_most)
