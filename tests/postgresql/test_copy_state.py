"""A cloud's state goes to PostgreSQL and back, and is what it was."""

import asyncio
import json
import shutil
import signal
import sqlite3
import subprocess
import sys
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import ExitStack, asynccontextmanager, closing
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from subprocess import PIPE
from threading import Event
from typing import Any

import psycopg
import pytest
from click.testing import CliRunner
from every_action import scene
from postgresql_server import UNSYNCED, PostgresqlServer, postgresql_server, run_as_ordinary_user
from sqlalchemy import Connection
from stack import Stack, stack_on

from kumoniwa.cli.main import main
from kumoniwa.clock import ManualClock
from kumoniwa.config import Config
from kumoniwa.folder import STATE_FILE, owned
from kumoniwa.hypervisor.simulated import SimulatedDriver, SimulatedWorld, Timing
from kumoniwa.refusal import Refusal
from kumoniwa.store import facts
from kumoniwa.store.database import DatabaseUnavailable
from kumoniwa.store.engines import copy_state, open_database
from kumoniwa.store.engines.copy_state import CannotCopy, Content, to_postgresql, to_sqlite
from kumoniwa.store.new_state import DATABASE_FILE

pytestmark = pytest.mark.anyio


@pytest.fixture(scope="module")
def server() -> Iterator[PostgresqlServer]:
    with postgresql_server() as server:
        yield server


@pytest.fixture
def address(server: PostgresqlServer, request: pytest.FixtureRequest) -> str:
    """An empty database."""
    return server.make(f"copy_{abs(hash(request.node.nodeid))}")


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    made = tmp_path / "cloud"
    made.mkdir()
    return made


def _nothing(*_: object) -> None: ...


def _once(act: Callable[[], None]) -> Callable[..., None]:
    """Does it the first time that it is called."""
    acts = iter([act])

    def called(*_: object) -> None:
        for act in acts:
            act()

    return called


def _name(address: str) -> str:
    """The database that is at this address."""
    return address.split("/")[3].split("?")[0]


def _databases_in(folder: Path) -> list[str]:
    return [path.name for path in folder.iterdir() if path.name.startswith(DATABASE_FILE)]


def _tables(server: PostgresqlServer, address: str) -> list[tuple[object, ...]]:
    return server.ask("SELECT tablename::text FROM pg_tables WHERE schemaname = 'public'", _name(address))


async def _described(stack: Stack) -> dict[str, Any]:
    return {
        action: await stack.call(action)
        for action in ("DescribeInstances", "DescribeVolumes", "DescribeSnapshots", "DescribeImages", "DescribeTags")
    }


async def test_a_cloud_goes_to_postgresql_and_back_and_is_what_it_was(
    folder: Path, tmp_path: Path, address: str
) -> None:
    clock, world = ManualClock(datetime.now(UTC)), SimulatedWorld()  # whose guests outlive each server

    @asynccontextmanager
    async def serving(database: str = "") -> AsyncIterator[Stack]:
        driver = SimulatedDriver(clock, timing=Timing.instant(), world=world)
        async with stack_on(Config(data_dir=folder, database=database), driver, clock) as stack:
            yield stack

    async with serving() as stack:
        await scene(stack, tmp_path)
        await stack.idle()
        before = await _described(stack)
    there = await asyncio.to_thread(to_postgresql, folder / DATABASE_FILE, address, _nothing, Event())
    assert there["instances"].rows > 0 and there["workflows"].rows > 0
    assert not (folder / DATABASE_FILE).exists() and (folder / f"{DATABASE_FILE}.copied").exists()
    async with serving(address) as stack:
        assert await _described(stack) == before
        launched = await stack.launch()  # sequences go on
        before = await _described(stack)
    back = await asyncio.to_thread(to_sqlite, address, folder / DATABASE_FILE, _nothing, Event())
    assert back["instances"].rows == there["instances"].rows + 1
    async with serving() as stack:
        assert await _described(stack) == before
        assert (await stack.instance(launched))["State"]["Name"] == "running"
    with pytest.raises(Refusal, match="is in its"):
        open_database(folder, address)


async def test_what_is_copied_twice_has_the_same_hashes(folder: Path, address: str) -> None:
    """Whatever JSON, numbers and bytes it has: SQLite keeps a document that is a number as a number."""
    database = open_database(folder)
    for number, value in enumerate([None, 0, 1.0, 1.5, True, "5", "é\u2028", [1, {"b": 1, "a": None}], 2**60, ""]):
        await database.write(partial(facts.put, name=f"fact {number}", value=value))
    await database.close()
    there = await asyncio.to_thread(to_postgresql, folder / DATABASE_FILE, address, _nothing, Event())
    back = await asyncio.to_thread(to_sqlite, address, folder / DATABASE_FILE, _nothing, Event())
    assert there == back and there["facts"].rows == 10
    database = open_database(folder)
    assert await database.read(lambda c: facts.get(c, "fact 7")) == [1, {"b": 1, "a": None}]
    await database.close()


async def test_a_dump_that_is_restored_under_another_name_is_the_folders_state(
    folder: Path, address: str, server: PostgresqlServer
) -> None:
    database = open_database(folder, address)
    await database.write(partial(facts.put, name="kept", value=1))
    await database.close()
    restored = server.make(f"{_name(address)}_restored")
    where = ["--host", str(server.folder), "--username", "kumoniwa"]
    run_as_ordinary_user(server.folder, "pg_dump", *where, "--format=custom", "--file=dump", _name(address))
    run_as_ordinary_user(server.folder, "pg_restore", *where, "--dbname", _name(restored), "dump")
    database = open_database(folder, restored)
    assert await database.read(lambda c: facts.get(c, "kept")) == 1
    await database.close()


async def test_a_database_with_something_in_it_is_left_alone(
    folder: Path, address: str, server: PostgresqlServer
) -> None:
    await open_database(folder).close()
    server.ask("CREATE TABLE mine (id int)", _name(address))
    with pytest.raises(CannotCopy, match="something in"):
        to_postgresql(folder / DATABASE_FILE, address, _nothing, Event())
    assert _tables(server, address) == [("mine",)]
    assert (folder / DATABASE_FILE).exists()


async def test_a_row_that_postgresql_cannot_have_is_named_and_nothing_is_left_there(
    folder: Path, address: str, server: PostgresqlServer
) -> None:
    database = open_database(folder)
    await database.write(lambda c: facts.put(c, "nul \0 in it", 1))
    await database.close()
    with pytest.raises(CannotCopy, match="table facts"):
        to_postgresql(folder / DATABASE_FILE, address, _nothing, Event())
    assert _tables(server, address) == []
    await open_database(folder).close()


async def test_a_row_that_refers_to_none_is_named_too(folder: Path, address: str) -> None:
    """SQLite does not look at what another program wrote."""
    await open_database(folder).close()
    with closing(sqlite3.connect(folder / DATABASE_FILE)) as connection, connection:
        connection.execute("INSERT INTO access_keys VALUES ('AKIA1', '123456789012', 'AIDAGONE', 's', 'Active', 1)")
    with pytest.raises(CannotCopy, match="table access_keys"):
        to_postgresql(folder / DATABASE_FILE, address, _nothing, Event())


async def test_what_is_not_the_same_afterwards_is_no_copy(
    folder: Path, address: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    await open_database(folder).close()
    contents = iter(range(1_000_000))
    monkeypatch.setattr(copy_state._Hashed, "content", property(lambda _: Content(next(contents), "")))
    with pytest.raises(CannotCopy, match="not the same"):
        to_postgresql(folder / DATABASE_FILE, address, _nothing, Event())
    monkeypatch.undo()
    await asyncio.to_thread(to_postgresql, folder / DATABASE_FILE, address, _nothing, Event())


async def test_a_copy_whose_rows_are_not_in_its_file_is_no_copy(folder: Path, address: str) -> None:
    """As on a full disk: the rows lie in the write-ahead log, and SQLite closes without a word."""
    database = open_database(folder)
    await database.write(partial(facts.put, name="kept", value=1))
    await database.close()
    file = folder / DATABASE_FILE
    await asyncio.to_thread(to_postgresql, file, address, _nothing, Event())
    with ExitStack() as ending:

        def hold_back_the_log(*_: object) -> None:
            reader = sqlite3.connect(folder / f"{DATABASE_FILE}.new", isolation_level=None)
            ending.enter_context(closing(reader))
            reader.execute("BEGIN")
            reader.execute("SELECT count(*) FROM sqlite_master").fetchone()

        with pytest.raises(CannotCopy, match="another program has the file open"):
            to_sqlite(address, file, _once(hold_back_the_log), Event())
    assert not file.exists()
    await open_database(folder, address).close()
    await asyncio.to_thread(to_sqlite, address, file, _nothing, Event())
    database = open_database(folder)
    assert await database.read(lambda c: facts.get(c, "kept")) == 1
    await database.close()


def test_a_copy_for_which_there_is_no_room_is_said_and_the_folder_stays_bound(
    folder: Path, address: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    asyncio.run(open_database(folder).close())
    to_postgresql(folder / DATABASE_FILE, address, _nothing, Event())

    def full(_: Path) -> None:
        raise sqlite3.OperationalError("database or disk is full")

    with monkeypatch.context() as patch:
        patch.setattr(copy_state, "make_whole", full)
        told = CliRunner().invoke(main, ["state", "copy", "--data-dir", str(folder), "--from", address])
    assert told.exit_code == 1 and "disk is full. Make room" in told.stderr
    assert _databases_in(folder) == ["cloud.db.copied"]
    asyncio.run(open_database(folder, address).close())


async def test_no_earlier_copy_of_the_file_is_replaced(folder: Path, address: str, server: PostgresqlServer) -> None:
    database = open_database(folder)
    await database.write(partial(facts.put, name="first", value=1))
    await database.close()
    file, other = folder / DATABASE_FILE, server.make(f"{_name(address)}_other")
    await asyncio.to_thread(to_postgresql, file, address, _nothing, Event())
    first = (folder / "cloud.db.copied").read_bytes()
    await asyncio.to_thread(to_sqlite, address, file, _nothing, Event())
    await asyncio.to_thread(to_postgresql, file, other, _nothing, Event())
    assert (folder / "cloud.db.copied").read_bytes() == first
    assert (folder / "cloud.db.copied.2").exists() and not file.exists()


async def test_a_copy_that_loses_its_connection_may_be_done_again(
    folder: Path, address: str, server: PostgresqlServer
) -> None:
    await open_database(folder).close()

    def lose(*_: object) -> None:
        server.ask(f"SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = '{_name(address)}'")

    with pytest.raises(DatabaseUnavailable):
        await asyncio.to_thread(to_postgresql, folder / DATABASE_FILE, address, lose, Event())
    assert _tables(server, address) == []
    await asyncio.to_thread(to_postgresql, folder / DATABASE_FILE, address, _nothing, Event())


@pytest.mark.parametrize("at", ["uuid.uuid4", "bind"])
async def test_a_copy_that_was_ended_leaves_no_rows_without_their_cloud(
    folder: Path, address: str, server: PostgresqlServer, monkeypatch: pytest.MonkeyPatch, at: str
) -> None:
    await open_database(folder).close()

    def end(*_: object) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as patch, pytest.raises(KeyboardInterrupt):
        patch.setattr(f"kumoniwa.store.engines.copy_state.{at}", end)
        to_postgresql(folder / DATABASE_FILE, address, _nothing, Event())
    if _tables(server, address):
        assert server.ask("SELECT count(*) FROM cloud_state WHERE cloud IS NULL", _name(address)) == [(0,)]
    await open_database(folder).close()


async def test_rows_that_belong_to_no_cloud_are_no_folders_state(
    folder: Path, address: str, server: PostgresqlServer
) -> None:
    database = open_database(folder, address)
    await database.write(partial(facts.put, name="mine", value=1))
    await database.close()
    server.ask("UPDATE cloud_state SET cloud = NULL", _name(address))
    (folder / STATE_FILE).unlink()
    with pytest.raises(Refusal, match="does not say of which"):
        open_database(folder, address)
    assert not (folder / STATE_FILE).exists()


def test_a_role_that_may_not_make_tables_is_said(folder: Path, address: str, server: PostgresqlServer) -> None:
    asyncio.run(open_database(folder).close())
    server.ask("CREATE ROLE guest LOGIN")
    server.ask("REVOKE CREATE ON SCHEMA public FROM PUBLIC", _name(address))
    copying = ["state", "copy", "--data-dir", str(folder), "--to", address.replace("kumoniwa@", "guest@")]
    told = CliRunner().invoke(main, copying)
    assert told.exit_code == 1 and "may not make tables in it" in told.stderr and "OWNER TO" in told.stderr


def test_the_command_copies_and_tells_in_json_what_it_copied(folder: Path, address: str) -> None:
    asyncio.run(open_database(folder).close())
    told = CliRunner().invoke(main, ["state", "copy", "--data-dir", str(folder), "--to", address, "--json"])
    assert told.exit_code == 0, told.output
    tables = json.loads(told.stdout)["tables"]
    assert tables["facts"]["rows"] == 0 and len(tables["facts"]["sha256"]) == 64


def test_a_server_on_either_side_is_named(folder: Path, address: str, tmp_path: Path) -> None:
    asyncio.run(open_database(folder).close())
    copying = ["state", "copy", "--data-dir", str(folder), "--to", address]
    with owned(folder):
        told = CliRunner().invoke(main, copying)
    assert told.exit_code == 1 and "Another server runs" in told.stderr
    other = tmp_path / "other"
    other.mkdir()
    serving = open_database(other, address)
    told = CliRunner().invoke(main, copying)
    assert told.exit_code == 1 and "another server uses this database" in told.stderr
    asyncio.run(serving.close())
    assert CliRunner().invoke(main, [*copying, "--from", address]).exit_code == 2


def _of_many_rows(folder: Path) -> None:
    """A state that takes some seconds to copy."""
    asyncio.run(open_database(folder).close())
    with closing(sqlite3.connect(folder / DATABASE_FILE)) as connection, connection:
        connection.executemany("INSERT INTO facts VALUES (?, '1')", ((f"fact {n}",) for n in range(200_000)))


@pytest.mark.timeout(200)
def test_a_copy_that_is_interrupted_leaves_nothing_and_can_be_done_again(
    folder: Path, address: str, server: PostgresqlServer
) -> None:
    _of_many_rows(folder)
    argv = [sys.executable, "-m", "kumoniwa", "state", "copy", "--data-dir", str(folder), "--json"]
    with subprocess.Popen([*argv, "--to", address], stdout=PIPE, stderr=PIPE, text=True) as copying:
        assert copying.stderr is not None and copying.stdout is not None
        assert any("facts" in line for line in copying.stderr), "it says how far it is"
        copying.send_signal(signal.SIGINT)
        told = copying.stderr.read()
        assert copying.wait(60) == 130 and copying.stdout.read() == ""
    assert "the state is where it was" in told and "Traceback" not in told
    assert _databases_in(folder) == [DATABASE_FILE] and not (folder / STATE_FILE).exists()
    assert _tables(server, address) == []
    there = to_postgresql(folder / DATABASE_FILE, address, _nothing, Event())
    with subprocess.Popen([*argv, "--from", address], stdout=PIPE, stderr=PIPE, text=True) as copying:
        assert copying.stderr is not None
        assert any("facts" in line for line in copying.stderr)
        copying.send_signal(signal.SIGTERM)
        assert copying.wait(60) == 130
    assert _databases_in(folder) == [f"{DATABASE_FILE}{copy_state.COPIED}"]
    assert to_sqlite(address, folder / DATABASE_FILE, _nothing, Event()) == there


def _put_many(connection: Connection) -> None:
    for number in range(2500):
        facts.put(connection, f"fact {number}", 1)


async def test_how_far_a_copy_is_rises_to_its_end(folder: Path, address: str) -> None:
    database = open_database(folder)
    await database.write(_put_many)
    await database.close()
    for copy in (
        partial(to_postgresql, folder / DATABASE_FILE, address),
        partial(to_sqlite, address, folder / DATABASE_FILE),
    ):
        told: list[tuple[int, int]] = []
        await asyncio.to_thread(copy, lambda _, done, of, told=told: told.append((done, of)), Event())
        assert told == sorted(told) and told[0] == (0, told[0][1]) and told[-1] == (told[0][1],) * 2
        assert sum(0 < done < 2500 for done, _ in told) > 0, "within a table too"


def test_what_a_copy_waits_for_is_given_up_when_it_is_to_end(folder: Path, address: str) -> None:
    asyncio.run(open_database(folder, address).close())
    ended = Event()
    with psycopg.connect(address) as other:
        other.execute("LOCK TABLE facts")
        with pytest.raises(DatabaseUnavailable):
            to_sqlite(address, folder / DATABASE_FILE, _once(ended.set), ended)
    assert _databases_in(folder) == []


@pytest.mark.usefixtures("impatient")
def test_a_table_that_another_program_has_locked_is_not_waited_for_in_vain(folder: Path, address: str) -> None:
    asyncio.run(open_database(folder, address).close())
    with psycopg.connect(address) as other:
        other.execute("LOCK TABLE facts")
        told = CliRunner().invoke(main, ["state", "copy", "--data-dir", str(folder), "--from", address])
    assert told.exit_code == 1 and "another program has locked it" in told.stderr
    assert _databases_in(folder) == []


@pytest.fixture
def own() -> Iterator[PostgresqlServer]:
    """A server of this test alone."""
    with postgresql_server() as own:
        yield own


@pytest.mark.usefixtures("impatient")
def test_where_the_standby_is_away_nothing_is_copied(folder: Path, own: PostgresqlServer) -> None:
    asyncio.run(open_database(folder).close())
    address = own.make("copy")
    own.stop()
    own.start({**UNSYNCED, "synchronous_standby_names": "nobody"})
    told = CliRunner().invoke(main, ["state", "copy", "--data-dir", str(folder), "--to", address])
    assert told.exit_code == 1 and "the synchronous standby does not answer" in told.stderr
    assert _tables(own, address) == [] and _databases_in(folder) == [DATABASE_FILE]


@pytest.mark.usefixtures("impatient")
def test_a_copy_that_the_standby_does_not_get_is_not_the_state(folder: Path, own: PostgresqlServer) -> None:
    asyncio.run(open_database(folder).close())
    address, standby = own.make("copy"), own.stand_by()
    try:
        with pytest.raises(CannotCopy, match="not on its synchronous standby"):
            to_postgresql(folder / DATABASE_FILE, address, _once(standby.stop), Event())
    finally:
        standby.stop()
        shutil.rmtree(standby.folder)
    assert _databases_in(folder) == [DATABASE_FILE] and not (folder / STATE_FILE).exists()
    asyncio.run(open_database(folder).close())
