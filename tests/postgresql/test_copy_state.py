"""A cloud's state goes to PostgreSQL and back, and is what it was."""

import asyncio
import json
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner
from every_action import scene
from postgresql_server import PostgresqlServer, postgresql_server
from stack import Stack, stack_on

from kumoniwa.cli.main import main
from kumoniwa.clock import ManualClock
from kumoniwa.config import Config
from kumoniwa.folder import owned
from kumoniwa.hypervisor.simulated import SimulatedDriver, SimulatedWorld, Timing
from kumoniwa.refusal import Refusal
from kumoniwa.store import facts
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
    there = await asyncio.to_thread(to_postgresql, folder / DATABASE_FILE, address, _nothing)
    assert there["instances"].rows > 0 and there["workflows"].rows > 0
    assert not (folder / DATABASE_FILE).exists() and (folder / f"{DATABASE_FILE}.copied").exists()
    async with serving(address) as stack:
        assert await _described(stack) == before
        launched = await stack.launch()  # sequences go on
        before = await _described(stack)
    back = await asyncio.to_thread(to_sqlite, address, folder / DATABASE_FILE, _nothing)
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
    there = await asyncio.to_thread(to_postgresql, folder / DATABASE_FILE, address, _nothing)
    back = await asyncio.to_thread(to_sqlite, address, folder / DATABASE_FILE, _nothing)
    assert there == back and there["facts"].rows == 10
    database = open_database(folder)
    assert await database.read(lambda c: facts.get(c, "fact 7")) == [1, {"b": 1, "a": None}]
    await database.close()


async def test_a_database_with_something_in_it_is_left_alone(
    folder: Path, address: str, server: PostgresqlServer
) -> None:
    await open_database(folder).close()
    name = address.split("/")[3].split("?")[0]
    server.ask("CREATE TABLE mine (id int)", name)
    with pytest.raises(CannotCopy, match="something in"):
        to_postgresql(folder / DATABASE_FILE, address, _nothing)
    assert server.ask("SELECT tablename FROM pg_tables WHERE schemaname = 'public'", name) == [("mine",)]
    assert (folder / DATABASE_FILE).exists()


async def test_a_row_that_postgresql_cannot_have_is_named_and_nothing_is_left_there(
    folder: Path, address: str, server: PostgresqlServer
) -> None:
    database = open_database(folder)
    await database.write(lambda c: facts.put(c, "nul \0 in it", 1))
    await database.close()
    with pytest.raises(CannotCopy, match="table facts"):
        to_postgresql(folder / DATABASE_FILE, address, _nothing)
    name = address.split("/")[3].split("?")[0]
    assert server.ask("SELECT tablename FROM pg_tables WHERE schemaname = 'public'", name) == []
    await open_database(folder).close()


async def test_what_is_not_the_same_afterwards_is_no_copy(
    folder: Path, address: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    await open_database(folder).close()
    contents = iter(range(1_000_000))
    monkeypatch.setattr(copy_state._Hashed, "content", property(lambda _: Content(next(contents), "")))
    with pytest.raises(CannotCopy, match="not the same"):
        to_postgresql(folder / DATABASE_FILE, address, _nothing)
    monkeypatch.undo()
    await asyncio.to_thread(to_postgresql, folder / DATABASE_FILE, address, _nothing)


async def test_the_command_copies_and_tells_in_json_what_it_copied(folder: Path, address: str) -> None:
    await open_database(folder).close()
    told = CliRunner().invoke(main, ["state", "copy", "--data-dir", str(folder), "--to", address, "--json"])
    assert told.exit_code == 0, told.output
    tables = json.loads(told.stdout)["tables"]
    assert tables["facts"]["rows"] == 0 and len(tables["facts"]["sha256"]) == 64


async def test_a_server_on_either_side_is_named(folder: Path, address: str, tmp_path: Path) -> None:
    await open_database(folder).close()
    copying = ["state", "copy", "--data-dir", str(folder), "--to", address]
    with owned(folder):
        told = CliRunner().invoke(main, copying)
    assert told.exit_code == 1 and "Another server runs" in told.stderr
    other = tmp_path / "other"
    other.mkdir()
    serving = open_database(other, address)
    told = CliRunner().invoke(main, copying)
    assert told.exit_code == 1 and "another server uses this database" in told.stderr
    await serving.close()
    assert CliRunner().invoke(main, [*copying, "--from", address]).exit_code == 2
