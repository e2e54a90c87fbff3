"""Writes on PostgreSQL that something hinders to begin or to be committed: callers are told, and all goes on."""

import asyncio
import itertools
import os
import select
import signal
import time
from collections.abc import Iterator
from functools import partial
from pathlib import Path
from typing import Any

import psycopg
import pytest
from postgresql_server import LaidDatabases, PostgresqlServer, postgresql_server
from sqlalchemy import Connection
from waiting import eventually_async, let_others_run

from kumoniwa.store import facts
from kumoniwa.store.changes import Changed
from kumoniwa.store.database import Database, DatabaseUnavailable, OutcomeUnknown
from kumoniwa.store.engines import open_database
from kumoniwa.store.engines.asked import driver_of
from kumoniwa.store.engines.postgresql_driver import Driver, make_engine
from kumoniwa.store.engines.postgresql_lock import WRITES

pytestmark = pytest.mark.anyio

_put = partial(facts.put, name="name", value=1)
_ON_STANDBY = "wait_event = 'SyncRep'"


def _name(address: str) -> str:
    """A database's, in its server."""
    return address.split("/")[3].split("?")[0]


async def _cancelled(server: PostgresqlServer, database: str, wait: str) -> None:
    """Cancel what waits so in a database, as its operator may, once something does."""
    for pid in await _waiting(server, database, wait):
        server.ask(f"SELECT pg_cancel_backend({pid})")


async def _waiting(server: PostgresqlServer, database: str, wait: str) -> list[int]:
    """The processes of a database that wait so, once there are any."""
    query = f"SELECT pid FROM pg_stat_activity WHERE {wait} AND datname = '{database}'"

    async def seen() -> list[int] | None:
        return [int(str(pid)) for (pid,) in server.ask(query)] or None

    return await eventually_async(seen, within=10)


@pytest.fixture
def own() -> Iterator[PostgresqlServer]:
    """A server whose standby is away once `_without_standby` was called."""
    with postgresql_server() as own:
        yield own


def _without_standby(server: PostgresqlServer) -> None:
    server.ask("ALTER SYSTEM SET synchronous_standby_names = 'nobody'")
    server.ask("SELECT pg_reload_conf()")


async def _write_that_waits(database: Database, server: PostgresqlServer) -> tuple[str, "asyncio.Future[None]"]:
    """The first write that waits for the standby: the server takes a moment until it knows that there is to be one."""
    for number in itertools.count():
        name = f"name {number}"
        written = asyncio.ensure_future(database.write(partial(facts.put, name=name, value=1)))

        async def settled(written: "asyncio.Future[None]" = written) -> bool:
            return written.done() or bool(server.ask(f"SELECT 1 FROM pg_stat_activity WHERE {_ON_STANDBY}"))

        await eventually_async(settled, within=10)
        if not written.done() or written.exception() is not None:
            return name, written
    raise AssertionError("it goes on for ever")


def _with_standby(server: PostgresqlServer) -> None:
    """As if it were back."""
    server.ask("ALTER SYSTEM RESET synchronous_standby_names")
    server.ask("SELECT pg_reload_conf()")


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


async def test_what_was_written_while_the_lock_was_waited_for_is_seen(
    tmp_path: Path, server: PostgresqlServer, address: str
) -> None:
    """Whatever isolation the role has by default."""
    database = open_database(tmp_path, f"{address}&options=-c%20default_transaction_isolation%3Dserializable")
    with psycopg.connect(address) as other:
        other.execute(f"SELECT pg_advisory_xact_lock({WRITES})".encode())
        written = asyncio.ensure_future(database.write(partial(facts.get, name="name")))
        await _waiting(server, _name(address), "wait_event_type = 'Lock'")
        other.execute("INSERT INTO facts VALUES ('name', '1')")
    assert await asyncio.wait_for(written, 20) == 1
    await database.close()


@pytest.mark.usefixtures("impatient")
async def test_while_the_standby_is_away_nothing_more_is_committed_on_one_side_only(
    own: PostgresqlServer, tmp_path: Path
) -> None:
    database = open_database(tmp_path, own.make("cloud"))
    told: list[Changed] = []
    database.changes.follow(told.append)
    await database.write(partial(facts.put, name="before", value=1))
    _without_standby(own)
    async with asyncio.timeout(40):
        name, written = await _write_that_waits(database, own)
        told.clear()
        with pytest.raises(OutcomeUnknown, match="standby"):
            await written
        for _ in range(2):
            with pytest.raises(DatabaseUnavailable, match="standby") as refused:
                await database.write(partial(facts.put, name="refused", value=1))
            assert not isinstance(refused.value, OutcomeUnknown)
        assert told == []
        _with_standby(own)
        await database.write(partial(facts.put, name="after", value=1))
    assert [set(each) for each in told] == [{"facts"}]
    found = [await database.read(partial(facts.get, name=each)) for each in (name, "refused", "after")]
    assert found == [1, None, 1]
    await database.close()


async def test_a_server_ends_while_the_standby_is_away_and_another_begins(
    own: PostgresqlServer, tmp_path: Path
) -> None:
    address = own.make("cloud")
    database = open_database(tmp_path, address)
    _without_standby(own)
    name, written = await _write_that_waits(database, own)
    writes = [written]
    writes += [asyncio.ensure_future(database.write(partial(facts.put, name=f"{n}", value=1))) for n in range(100)]
    await let_others_run()
    await asyncio.wait_for(database.close(), 15)
    outcomes = await asyncio.gather(*writes, return_exceptions=True)
    assert [type(outcome) for outcome in outcomes] == [OutcomeUnknown] + [DatabaseUnavailable] * 100
    _with_standby(own)
    database = open_database(tmp_path, address)
    assert await database.read(partial(facts.get, name=name)) == 1
    await database.close()


async def test_a_server_ends_though_a_table_is_locked(database: Database, address: str) -> None:
    with psycopg.connect(address) as other:
        other.execute("LOCK TABLE facts")
        asked = [
            asyncio.ensure_future(do) for do in (database.write(_put), database.read(partial(facts.get, name="x")))
        ]
        await let_others_run()
        await asyncio.wait_for(database.close(), 15)
    for one in asked:
        with pytest.raises(DatabaseUnavailable):
            await one


@pytest.mark.usefixtures("impatient")
async def test_a_process_of_the_database_that_does_nothing_any_more_is_not_waited_for(
    database: Database, server: PostgresqlServer, address: str
) -> None:
    await database.write(_put)
    [pid] = await _waiting(server, _name(address), "query LIKE '%last_commit%' AND pid <> pg_backend_pid()")
    os.kill(pid, signal.SIGSTOP)
    try:
        with pytest.raises(DatabaseUnavailable):
            await asyncio.wait_for(database.write(partial(facts.put, name="refused", value=1)), 30)
    finally:
        os.kill(pid, signal.SIGCONT)
    await eventually_async(partial(_written, database), within=10)
    assert await database.read(partial(facts.get, name="refused")) is None


@pytest.mark.usefixtures("impatient")
async def test_what_another_program_has_locked_is_not_waited_for_in_vain(tmp_path: Path, address: str) -> None:
    database = open_database(tmp_path, address)  # impatient, as it was not before
    await database.write(partial(facts.put, name="before", value=1))
    with psycopg.connect(address) as other:
        other.execute("LOCK TABLE facts")
        for asked in (database.write(_put), database.read(partial(facts.get, name="before"))):
            with pytest.raises(DatabaseUnavailable, match="another program has locked it") as refused:
                await asyncio.wait_for(asked, 30)
            assert not isinstance(refused.value, OutcomeUnknown)
    assert await database.read(partial(facts.get, name="name")) is None
    await database.write(_put)
    assert await database.read(partial(facts.get, name="before")) == 1
    await database.close()


async def test_who_shortens_the_wait_for_locks_is_heeded(tmp_path: Path, address: str) -> None:
    database = open_database(tmp_path, f"{address}&options=-c%20lock_timeout%3D100ms")
    with psycopg.connect(address) as other:
        other.execute("LOCK TABLE facts")
        with pytest.raises(DatabaseUnavailable, match="another program has locked it"):
            await database.write(_put)
    await database.close()


async def test_sessions_that_are_idle_are_kept(tmp_path: Path, server: PostgresqlServer, address: str) -> None:
    """A server of PostgreSQL may be told to end them; with the session the server's lock would go."""
    for setting in ("idle_session_timeout", "idle_in_transaction_session_timeout"):
        server.ask(f"ALTER DATABASE {_name(address)} SET {setting} = '100ms'")
    database = open_database(tmp_path, address)
    sessions = f"SELECT pid FROM pg_stat_activity WHERE datname = '{_name(address)}' ORDER BY 1"

    def idle(connection: Connection) -> None:
        """Until another session, which is not ours, was ended for it."""
        with psycopg.connect(address) as other:
            wait_until_closed(other)
        facts.put(connection, "name", 1)

    before = server.ask(sessions)
    await database.write(idle)
    assert server.ask(sessions) == before
    await database.close()


@pytest.mark.usefixtures("impatient")
async def test_a_transaction_that_was_ended_for_being_idle_is_one_that_passes(database: Database) -> None:
    def idle(connection: Connection) -> None:
        driver: Driver = driver_of(connection)
        facts.put(connection, "name", 1)
        driver.execute("SET idle_in_transaction_session_timeout = '100ms'")
        wait_until_closed(driver)
        facts.put(connection, "other", 1)

    for asked in (database.write(idle), database.read(partial(_idle_reading))):
        with pytest.raises(DatabaseUnavailable):
            await asked
    await database.write(_put)


def _idle_reading(connection: Connection) -> None:
    driver: Driver = driver_of(connection)
    driver.execute("SET idle_in_transaction_session_timeout = '100ms'")
    wait_until_closed(driver)
    facts.get(connection, "name")


def wait_until_closed(connection: "psycopg.Connection[Any]") -> None:
    """Until its server has said something, which is its end."""
    assert select.select([connection.fileno()], [], [], 10)[0]


@pytest.mark.usefixtures("impatient")
async def test_a_connection_that_leads_to_another_clouds_state_is_not_used(
    tmp_path: Path, server: PostgresqlServer, laid: LaidDatabases
) -> None:
    """As where a name leads elsewhere after a failover."""
    folders = [tmp_path / name for name in ("one", "other")]
    for folder in folders:
        folder.mkdir()
    ours, others = (laid.of(folder) for folder in folders)
    database = open_database(folders[0], ours)
    await database.write(_put)
    await open_database(folders[1], others).close()
    _ended(server, ours)
    for name, to in ((ours, "aside"), (others, _name(ours))):
        server.ask(f"ALTER DATABASE {_name(name)} RENAME TO {to}")
    for asked in (
        database.write(partial(facts.put, name="lost", value=1)),
        database.read(partial(facts.get, name="x")),
    ):
        with pytest.raises(DatabaseUnavailable, match="does not have this cloud's state"):
            await asked
    assert server.ask("SELECT * FROM facts", _name(ours)) == []
    _ended(server, ours)
    for name, to in ((_name(ours), _name(others)), ("aside", _name(ours))):
        server.ask(f"ALTER DATABASE {name} RENAME TO {to}")
    await database.write(partial(facts.put, name="after", value=1))
    assert [await database.read(partial(facts.get, name=each)) for each in ("name", "lost", "after")] == [1, None, 1]
    await database.close()


def _ended(server: PostgresqlServer, address: str) -> None:
    server.ask(f"SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = '{_name(address)}'")


async def _written(database: Database) -> bool:
    try:
        await database.write(partial(facts.put, name="after", value=1))
    except DatabaseUnavailable:
        return False
    return True


def test_a_standby_has_as_long_as_the_transaction_took(address: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """A copy of a large state: it may be behind by as much."""
    waits: list[float] = []
    commit = psycopg.Connection.commit

    def committed(driver: Driver) -> None:
        assert driver.until is not None
        waits.append(driver.until - time.monotonic())
        commit(driver)

    monkeypatch.setattr(psycopg.Connection, "commit", committed)
    with make_engine(address).connect() as connection:
        for took in (0, 100):
            with connection.begin():
                driver_of(connection).begun -= took
    short, long = waits
    assert short <= 10 and 20 < long < 110
