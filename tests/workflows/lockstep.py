"""A cloud in one thread, on a clock and with ids that are the test's: what is done again goes as it went.

So a history that fails can be made shorter, and looked at. Other tests keep the threads, which are the product's.
"""

import asyncio
import random
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar

import pytest
from points import Points
from sqlalchemy import Engine
from waiting import let_others_run

from kumoniwa.clock import ManualClock
from kumoniwa.store.engines import DATABASE_FILE
from kumoniwa.store.engines.sqlite import SqliteDatabase, make_engine
from kumoniwa.store.schema import ensure_schema

T = TypeVar("T")

_ENGINES: list[Engine] = []
"""The first one."""


@dataclass
class Paced(Points):
    """Points at which others have their turn, inside calls of the driver too: as a real one's answers take a while."""

    async def pass_one(self, method: str = "") -> None:
        await let_others_run()
        await super().pass_one(method)


def keep(patch: pytest.MonkeyPatch, clock: ManualClock) -> None:
    """From here on all is done in turn: database and files within the loop, ids one after another, time as told."""
    ids = random.Random(0)
    patch.setattr(SqliteDatabase, "read", _read)
    patch.setattr(SqliteDatabase, "write", _write)
    patch.setattr(asyncio, "to_thread", _at_once)
    patch.setattr("kumoniwa.ids.secrets", _Digits(ids))
    patch.setattr("kumoniwa.app.cloud.open_database", _open_database)
    patch.setattr("botocore.auth.get_current_datetime", lambda: clock.now().replace(tzinfo=None))


@dataclass
class _Digits:
    """What `kumoniwa.ids` needs of `secrets`."""

    source: random.Random

    def token_bytes(self, count: int) -> bytes:
        return self.source.randbytes(count)

    def token_hex(self, count: int) -> str:
        return self.source.randbytes(count).hex()


def _open_database(data_dir: Path) -> SqliteDatabase:
    engine = make_engine(data_dir / DATABASE_FILE)
    if _ENGINES:  # a fifth of the time: each server would compile the same statements
        engine.dialect, engine._compiled_cache = _ENGINES[0].dialect, _ENGINES[0]._compiled_cache
    else:
        _ENGINES.append(engine)
    ensure_schema(engine)
    return SqliteDatabase(engine)


async def _read(database: SqliteDatabase, work: Callable[[Any], T]) -> T:
    await let_others_run()
    return database._read(work)


async def _write(database: SqliteDatabase, work: Callable[[Any], T]) -> T:
    await let_others_run()
    with database._engine.connect().execution_options(writer=True) as connection, connection.begin():
        done = work(connection)
    return done


async def _at_once(function: Callable[..., T], *args: Any, **named: Any) -> T:
    return function(*args, **named)
