"""A synchronous standby takes over under load: what was answered is there, and what was refused is not."""

import asyncio
import itertools
import shutil
import signal
from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from random import Random

import pytest
from postgresql_server import UNSYNCED, USER, PostgresqlServer, postgresql_server
from sampling import Sampling
from sqlalchemy import select
from waiting import eventually_async, turns_until

from kumoniwa.store import facts
from kumoniwa.store.database import Database, DatabaseUnavailable, OutcomeUnknown
from kumoniwa.store.engines import open_database, patience
from kumoniwa.store.tables.cloud import facts as facts_table

pytestmark = pytest.mark.anyio

_CALLERS = 8


@contextmanager
def _pair() -> Iterator[tuple[PostgresqlServer, PostgresqlServer]]:
    with postgresql_server() as primary:
        standby = primary.stand_by()
        try:
            yield primary, standby
        finally:
            standby.stop(signal.SIGQUIT)
            shutil.rmtree(standby.folder)


def _address(*servers: PostgresqlServer) -> str:
    return f"postgresql://{USER}@/cloud?host={','.join(str(server.folder) for server in servers)}"


@pytest.mark.timeout(600)
async def test_nothing_that_was_answered_is_lost_when_a_standby_takes_over_under_load(
    tmp_path: Path, sampling: Sampling
) -> None:
    """The primary dies with all its processes after so many commits, wherever it is in the next."""
    for number in sampling.of(range(12), 1):
        folder = tmp_path / str(number)
        folder.mkdir()
        random = Random(number)
        with _pair() as (primary, standby):
            primary.make("cloud")
            database = open_database(folder, _address(primary, standby))
            await _fail_over(database, primary, standby, after=random.randrange(20, 300))
            await database.close()


async def _fail_over(database: Database, primary: PostgresqlServer, standby: PostgresqlServer, *, after: int) -> None:
    numbers, ended = itertools.count(), asyncio.Event()
    answered, refused, unknown = set[str](), set[str](), set[str]()
    enough = asyncio.Event()

    async def call() -> None:
        while not ended.is_set():
            name = f"fact {next(numbers):05}"
            try:
                await database.write(partial(facts.put, name=name, value=1))
                answered.add(name)
            except OutcomeUnknown:
                unknown.add(name)
            except DatabaseUnavailable:
                refused.add(name)
            if len(answered) >= after:
                enough.set()

    async with asyncio.timeout(120), asyncio.TaskGroup() as callers:
        for _ in range(_CALLERS):
            callers.create_task(call())
        await enough.wait()
        await asyncio.to_thread(primary.kill)
        before = len(answered)
        await asyncio.to_thread(standby.ask, "SELECT pg_promote()")
        await turns_until(lambda: len(answered) > before + 100, within=60)
        ended.set()
    names = select(facts_table.c.name)
    there = await database.read(lambda connection: set(connection.execute(names).scalars()))
    assert answered <= there
    assert refused.isdisjoint(there)
    assert there <= answered | unknown


@pytest.mark.parametrize("says", ["", "&target_session_attrs=any", "&target_session_attrs=standby"])
async def test_a_standby_is_no_clouds_database_whatever_the_address_says(tmp_path: Path, says: str) -> None:
    """What it has may be old, and the lock that keeps another server away is the primary's."""
    with _pair() as (primary, standby):
        address = primary.make("cloud")
        database = open_database(tmp_path, address)
        await database.write(partial(facts.put, name="before", value=1))
        for upgrade in (True, False):
            with pytest.raises(DatabaseUnavailable, match="read-only"):
                open_database(tmp_path, standby.address("cloud") + says, upgrade=upgrade)
        await database.close()
        database = open_database(tmp_path, _address(standby, primary) + says)  # of both, the primary is taken
        await database.write(partial(facts.put, name="after", value=1))
        await database.close()


@pytest.mark.parametrize("options", ["", "-c%20synchronous_commit%3Dremote_apply%20-c%20client_min_messages%3Derror"])
async def test_a_commit_whose_wait_for_the_standby_is_ended_is_not_answered_before_a_standby_has_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, options: str
) -> None:
    monkeypatch.setattr(patience, "PATIENCE", 60)
    with postgresql_server(UNSYNCED) as server:
        database = open_database(tmp_path, f"{server.make('cloud')}&options={options}")
        await database.write(partial(facts.put, name="before", value=1))
        server.ask("ALTER SYSTEM SET synchronous_standby_names = 'nobody'")
        server.ask("SELECT pg_reload_conf()")
        written = asyncio.ensure_future(database.write(partial(facts.put, name="name", value=1)))
        waiting = "SELECT pid FROM pg_stat_activity WHERE wait_event = 'SyncRep' AND datname = 'cloud'"

        async def seen() -> bool | None:
            return bool(server.ask(waiting)) or None

        for _ in range(2):  # also the commit that settles the first
            await eventually_async(seen, within=20)
            server.ask(f"SELECT pg_cancel_backend(pid) FROM ({waiting}) AS waiting")
        await eventually_async(seen, within=20)
        assert not written.done()
        server.ask("ALTER SYSTEM RESET synchronous_standby_names")
        server.ask("SELECT pg_reload_conf()")
        await asyncio.wait_for(written, 20)
        assert await database.read(partial(facts.get, name="name")) == 1
        await database.close()
