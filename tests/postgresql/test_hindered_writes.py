"""Writes on PostgreSQL that something hinders to begin or to be committed: callers are told, and all goes on."""

import asyncio
from functools import partial

import psycopg
import pytest
from postgresql_server import PostgresqlServer
from waiting import eventually_async

from kumoniwa.store import facts
from kumoniwa.store.database import Database, DatabaseUnavailable
from kumoniwa.store.engines.postgresql_lock import WRITES

pytestmark = pytest.mark.anyio

_put = partial(facts.put, name="name", value=1)


def _name(address: str) -> str:
    """A database's, in its server."""
    return address.split("/")[3].split("?")[0]


async def _cancelled(server: PostgresqlServer, database: str, wait: str) -> None:
    """Cancel what waits so in a database, as its operator may, once something does."""
    waiting = f"SELECT pid FROM pg_stat_activity WHERE {wait} AND datname = '{database}'"

    async def cancel() -> bool:
        return bool(server.ask(f"SELECT pg_cancel_backend(pid) FROM ({waiting}) AS waiting"))

    await eventually_async(cancel, within=10)


async def test_after_a_wait_for_the_lock_was_cancelled_the_next_write_is_done(
    database: Database, server: PostgresqlServer, address: str
) -> None:
    with psycopg.connect(address) as other:
        other.execute(f"SELECT pg_advisory_xact_lock({WRITES})".encode())
        written = asyncio.ensure_future(database.write(_put))
        await _cancelled(server, _name(address), "wait_event_type = 'Lock'")
        with pytest.raises(DatabaseUnavailable, match="cancel"):
            await asyncio.wait_for(written, 20)
    await database.write(_put)
    assert await database.read(partial(facts.get, name="name")) == 1
