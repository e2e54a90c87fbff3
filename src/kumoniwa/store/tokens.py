"""ClientTokens in the database: recorded in the transaction of the action they made idempotent."""

from dataclasses import replace
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, select, tuple_

from kumoniwa.model.scope import Scope
from kumoniwa.store.frozen_times import frozen, thawed
from kumoniwa.store.rows import insert, one_of
from kumoniwa.store.tables import client_tokens
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


def find(connection: Connection, scope: Scope, action: str, value: str) -> TokenRow | None:
    """What was answered to a token, if it was used."""
    columns = client_tokens.c
    row = one_of(
        TokenRow,
        connection,
        select(client_tokens).where(
            columns.account == scope.account,
            columns.region == scope.region,
            columns.action == action,
            columns.value == value,
        ),
    )
    return None if row is None else replace(row, output=thawed(row.output))


def forget(connection: Connection, before: datetime, at_most: int) -> int:
    """Forget so many of the tokens that were used before then; gives how many there were."""
    columns = tuple(client_tokens.primary_key)
    old = select(*columns).where(client_tokens.c.created_at < before).limit(at_most)
    return connection.execute(client_tokens.delete().where(tuple_(*columns).in_(old))).rowcount
