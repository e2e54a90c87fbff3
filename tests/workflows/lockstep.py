"""A cloud in one thread, on a clock and with ids that are the test's: what is done again goes as it went.

So a history that fails can be made shorter, and looked at; and servers that find the same go on alike. Other tests keep
the threads, which are the product's.
"""

import asyncio
import itertools
import random
import secrets
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar

import pytest
from points import Points
from sqlalchemy import Connection, Engine
from waiting import let_others_run

from kumoniwa.clock import ManualClock
from kumoniwa.store.changes import Changes
from kumoniwa.store.engines.asked import driver_of, end
from kumoniwa.store.engines.sqlite import SqliteDatabase, _read_in_transaction, make_engine
from kumoniwa.store.new_state import DATABASE_FILE, make_state
from kumoniwa.store.prepared import TOUCHED
from kumoniwa.store.schema import ensure_schema

T = TypeVar("T")

_FIRST_ENGINE: list[Engine] = []


@dataclass
class Paced(Points):
    """Points at which others have their turn, inside calls of the driver too: as a real one's answers take a while."""

    async def pass_one(self, method: str = "") -> None:
        await let_others_run()
        await super().pass_one(method)


def keep(patch: pytest.MonkeyPatch, clock: ManualClock, ids: random.Random) -> None:
    """From here on all is done in turn: database and files within the loop, ids one after another, time as told."""
    patch.setattr(SqliteDatabase, "__init__", _begin)
    patch.setattr(SqliteDatabase, "close", _close)
    patch.setattr(SqliteDatabase, "read", _read)
    patch.setattr(SqliteDatabase, "write", write)
    patch.setattr(asyncio, "to_thread", _at_once)
    patch.setattr("kumoniwa.app.cloud.open_database", _open_database)
    patch.setattr("botocore.auth.get_current_datetime", lambda: clock.now().replace(tzinfo=None))
    patch.setattr(secrets, "token_bytes", lambda count: ids.randbytes(count))
    patch.setattr(secrets, "token_hex", lambda count: ids.randbytes(count).hex())
    patch.setattr(secrets, "randbelow", ids.randrange)
    patch.setattr("kumoniwa.ids._random", ids)
    patch.setattr("kumoniwa.ids._counted", itertools.count())
    patch.setattr(secrets, "choice", ids.choice)
    patch.setattr("kumoniwa.key_pairs.host_keys.generate", lambda: {"ed25519": ids.randbytes(8).hex()})


def _open_database(data_dir: Path, address: str = "", *, durable: bool = True) -> SqliteDatabase:
    """All with the statements that the first compiled: a quarter of a run's time."""
    if address:  # with --engine postgresql
        from kumoniwa.store.engines import postgresql_driver

        return SqliteDatabase(_with_the_first_statements(postgresql_driver.make_engine(address)))
    make_state(data_dir, durable=False)
    engine = _with_the_first_statements(make_engine(data_dir / DATABASE_FILE))
    ensure_schema(engine)
    return SqliteDatabase(engine)


def _with_the_first_statements(engine: Engine) -> Engine:
    _FIRST_ENGINE.append(engine)
    del _FIRST_ENGINE[1:]
    engine.dialect = engine.pool._dialect = _FIRST_ENGINE[0].dialect
    engine._compiled_cache = _FIRST_ENGINE[0]._compiled_cache
    return engine


# On the loop, not on threads: each run of a story passes the same points, and takes half the time.


def _begin(database: SqliteDatabase, engine: Engine) -> None:
    database._engine = engine
    database.changes = Changes()


async def _close(database: SqliteDatabase) -> None:
    if (connection := vars(database).get("connection")) is not None:
        connection.close()
    database._engine.dispose()


async def _read(database: SqliteDatabase, work: Callable[[Any], T], *, here: bool = False) -> T:
    await let_others_run()
    return _read_in_transaction(work, _connection(database))


async def write(database: SqliteDatabase, work: Callable[[Any], T], *, patient: bool = False) -> T:
    """As `Database.write`, in its turn."""
    await let_others_run()
    connection = _connection(database)
    driver = driver_of(connection)
    driver.execute("BEGIN IMMEDIATE" if connection.dialect.name == "sqlite" else "BEGIN")
    try:
        result = work(connection)
    except BaseException:
        end(connection, driver, "ROLLBACK")
        database.changes.undone()
        raise
    end(connection, driver, "COMMIT")
    database.changes.committed()
    return result


def _connection(database: SqliteDatabase) -> Connection:
    """The one of this database, opened when it is first needed."""
    kept = vars(database)
    if "connection" not in kept:
        kept["connection"] = database._engine.connect()
        kept["connection"].info[TOUCHED] = database.changes.touched
    connection: Connection = kept["connection"]
    return connection


async def _at_once(function: Callable[..., T], *args: Any, **named: Any) -> T:
    return function(*args, **named)
