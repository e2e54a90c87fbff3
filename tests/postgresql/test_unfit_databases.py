"""A database that cannot be a folder's is refused in PostgreSQL's own words, and nothing is written; a look writes
nothing either."""

import asyncio
import json
import shutil
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path

import psycopg
import pytest
from click.testing import CliRunner
from postgresql_server import UNSYNCED, LaidDatabases, PostgresqlServer, postgresql_server
from sqlalchemy import Connection, text

from kumoniwa.cli.main import main
from kumoniwa.client.doctor import Grade, database_findings
from kumoniwa.folder import STATE_FILE
from kumoniwa.refusal import Refusal
from kumoniwa.store import facts
from kumoniwa.store.database import DatabaseUnavailable
from kumoniwa.store.engines import open_database, postgresql_open

pytestmark = pytest.mark.anyio


@pytest.fixture(scope="module")
def server() -> Iterator[PostgresqlServer]:
    with postgresql_server() as server:
        server.ask("CREATE ROLE guest LOGIN")
        yield server


@pytest.fixture
def name(request: pytest.FixtureRequest) -> str:
    return f"unfit_{abs(hash(request.node.nodeid))}"


@pytest.fixture
def address(server: PostgresqlServer, name: str) -> str:
    """An empty database."""
    return server.make(name)


def _as_guest(address: str) -> str:
    return address.replace("kumoniwa@", "guest@")


def _is_empty(folder: Path) -> bool:
    return not any(folder.iterdir())


def _tables(server: PostgresqlServer, name: str) -> list[tuple[object, ...]]:
    return server.ask("SELECT tablename::text FROM pg_tables WHERE schemaname = 'public'", name)


def test_a_look_at_a_folder_that_is_none_makes_nothing(
    tmp_path: Path, server: PostgresqlServer, name: str, address: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("KUMONIWA_DATABASE", address)
    typo = tmp_path / "typo"
    for look in ("status", "check"):
        told = CliRunner().invoke(main, ["storage", look, "--data-dir", str(typo)])
        assert told.exit_code == 2 and "There is no cloud in" in told.stderr
    assert not typo.exists() and _tables(server, name) == []


def test_a_look_does_not_bind_a_folder(tmp_path: Path, server: PostgresqlServer, name: str, address: str) -> None:
    with pytest.raises(Refusal, match="There is no cloud yet"):
        open_database(tmp_path, address, upgrade=False)
    assert not any(tmp_path.iterdir()) and _tables(server, name) == []
    schema = LaidDatabases(server).of(tmp_path)
    with pytest.raises(Refusal, match="There is no cloud yet"):
        open_database(tmp_path, schema, upgrade=False)
    (tmp_path / STATE_FILE).write_text(json.dumps({"engine": "postgresql", "cloud": "begun", "settled": False}))
    with pytest.raises(Refusal, match="There is no cloud yet"):
        open_database(tmp_path, schema, upgrade=False)
    database = schema.split("/")[3].split("?")[0]
    assert server.ask("SELECT cloud FROM cloud_state", database) == [(None,)]
    assert json.loads((tmp_path / STATE_FILE).read_text())["settled"] is False


def test_a_folder_is_not_bound_to_a_database_whose_schema_cannot_be_made(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, address: str
) -> None:
    def fail(_: object) -> None:
        raise OSError("no schema")

    monkeypatch.setattr("kumoniwa.store.engines.postgresql_open.ensure_schema_on", fail)
    with pytest.raises(OSError, match="no schema"):
        open_database(tmp_path, address)
    assert not any(tmp_path.iterdir())


async def test_the_storage_of_a_folder_is_looked_at_in_the_database_that_is_named(tmp_path: Path, address: str) -> None:
    database = open_database(tmp_path, address)
    await database.write(partial(facts.put, name="driver", value="simulated"))
    await database.close()
    looking = ["storage", "status", "--data-dir", str(tmp_path)]
    told = await asyncio.to_thread(CliRunner().invoke, main, looking)
    assert told.exit_code == 2 and "--database or in $KUMONIWA_DATABASE" in told.stderr
    told = await asyncio.to_thread(CliRunner().invoke, main, [*looking, "--database", address])
    assert told.exit_code == 0, told.output


async def test_a_role_that_may_not_make_tables_is_said(
    tmp_path: Path, server: PostgresqlServer, name: str, address: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    server.ask("REVOKE CREATE ON SCHEMA public FROM PUBLIC", name)
    with pytest.raises(Refusal, match=r"may not make tables in it.*OWNER TO"):
        open_database(tmp_path, _as_guest(address))
    assert not (tmp_path / STATE_FILE).exists()
    monkeypatch.setenv("KUMONIWA_DATABASE", _as_guest(address))
    (finding,) = await database_findings(tmp_path)
    assert finding.grade is Grade.MISSING and "may not make tables" in finding.seen and "OWNER TO" in finding.hint


async def test_tables_of_another_role_are_said(
    tmp_path: Path, server: PostgresqlServer, name: str, address: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    await open_database(tmp_path, address).close()
    with pytest.raises(Refusal, match=r"permission denied for table .*OWNER TO"):
        open_database(tmp_path, _as_guest(address))
    server.ask("GRANT SELECT, UPDATE ON cloud_state TO guest; GRANT SELECT ON alembic_version TO guest", name)
    with pytest.raises(Refusal, match="may not read and change access_keys in it"):
        open_database(tmp_path, _as_guest(address))
    monkeypatch.setenv("KUMONIWA_DATABASE", _as_guest(address))
    (finding,) = await database_findings(tmp_path)
    assert finding.grade is Grade.MISSING and "access_keys" in finding.seen
    server.ask("GRANT ALL ON ALL TABLES IN SCHEMA public TO guest", name)
    with pytest.raises(Refusal, match="may not read and change workflows_sequence_seq in it"):
        open_database(tmp_path, _as_guest(address))
    server.ask("REVOKE ALL ON cloud_state FROM guest", name)
    looking = ["storage", "status", "--data-dir", str(tmp_path)]
    looked = await asyncio.to_thread(CliRunner().invoke, main, looking)
    assert looked.exit_code == 2 and "permission denied" in looked.stderr and "cloud.db" not in looked.stderr


async def test_an_address_with_a_value_that_is_none_is_said(
    tmp_path: Path, address: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    wrong = f"{address}&connect_timeout=abc"
    with pytest.raises(Refusal, match=r"connect_timeout.*Correct the address"):
        open_database(tmp_path, wrong)
    monkeypatch.setenv("KUMONIWA_DATABASE", wrong)
    (finding,) = await database_findings(tmp_path)
    assert finding.grade is Grade.MISSING and "connect_timeout" in finding.seen


async def test_a_search_path_without_a_schema_is_said(
    tmp_path: Path, address: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    pathless = f"{address}&options=-c%20search_path%3Dnowhere"
    with pytest.raises(Refusal, match=r"no schema that is in the search path.*CREATE SCHEMA"):
        open_database(tmp_path, pathless)
    assert _is_empty(tmp_path)
    monkeypatch.setenv("KUMONIWA_DATABASE", pathless)
    (finding,) = await database_findings(tmp_path)
    assert finding.grade is Grade.MISSING and "search path" in finding.seen


@pytest.mark.usefixtures("impatient")
async def test_where_the_standby_is_away_nothing_is_made_or_bound(tmp_path: Path) -> None:
    with postgresql_server() as own:
        address = own.make("cloud")
        _restarted(own, synchronous_standby_names="nobody")
        with pytest.raises(DatabaseUnavailable, match="the synchronous standby does not answer"):
            open_database(tmp_path, address)
        assert _is_empty(tmp_path) and _tables(own, "cloud") == []
        _restarted(own)
        database = open_database(tmp_path, address)
        await database.write(partial(facts.put, name="kept", value=1))
        await database.close()
        _restarted(own, synchronous_standby_names="nobody")
        with pytest.raises(DatabaseUnavailable, match="the synchronous standby does not answer"):
            open_database(tmp_path, address)
        looked_at = open_database(tmp_path, address, upgrade=False)
        assert await looked_at.read(partial(facts.get, name="kept")) == 1
        await looked_at.close()


@pytest.mark.usefixtures("impatient")
@pytest.mark.parametrize("at", ["ensure_schema_on", "intend"])
async def test_a_standby_that_goes_away_while_a_schema_is_made_is_said_and_the_next_start_goes_on(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, at: str
) -> None:
    with postgresql_server() as own:
        address, standby = own.make("cloud"), own.stand_by()
        try:
            with monkeypatch.context() as patch:
                do: Callable[..., None] = getattr(postgresql_open, at)

                def without_standby(*given: object) -> None:
                    standby.stop()
                    do(*given)

                patch.setattr(postgresql_open, at, without_standby)
                with pytest.raises(DatabaseUnavailable, match="the synchronous standby does not answer"):
                    open_database(tmp_path, address)
            standby.start()
            database = open_database(tmp_path, address)
            await database.write(partial(facts.put, name="kept", value=1))
            await database.close()
        finally:
            standby.stop()
            shutil.rmtree(standby.folder)


def _restarted(server: PostgresqlServer, **settings: str) -> None:
    server.stop()
    server.start({**UNSYNCED, **settings})


@pytest.mark.usefixtures("impatient")
def test_a_schema_that_another_program_has_locked_is_not_waited_for_in_vain(
    tmp_path: Path, address: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    asyncio.run(open_database(tmp_path, address).close())

    def migrate(connection: Connection) -> None:
        with connection.begin():
            connection.execute(text("ALTER TABLE facts ADD COLUMN sure boolean"))

    monkeypatch.setattr(postgresql_open, "ensure_schema_on", migrate)
    with psycopg.connect(address) as other:
        other.execute("SELECT * FROM facts")  # as a dump of it does, as long as it takes
        with pytest.raises(DatabaseUnavailable, match="another program has locked it"):
            open_database(tmp_path, address)
