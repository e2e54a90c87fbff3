"""Which folder a database of PostgreSQL belongs to, and what is refused."""

import asyncio
from functools import partial
from pathlib import Path

import pytest
from postgresql_server import LaidDatabases, PostgresqlServer

from kumoniwa.folder import STATE_FILE
from kumoniwa.refusal import Refusal
from kumoniwa.store import facts
from kumoniwa.store.database import DatabaseUnavailable
from kumoniwa.store.engines import open_database
from kumoniwa.store.new_state import DATABASE_FILE

pytestmark = pytest.mark.anyio


async def test_a_second_server_is_refused_as_long_as_the_first_runs(tmp_path: Path, address: str) -> None:
    first = open_database(tmp_path, address)
    with pytest.raises(DatabaseUnavailable, match="another server uses this database"):
        open_database(tmp_path, address)
    await first.close()
    await open_database(tmp_path, address).close()


async def test_of_servers_that_open_an_empty_database_at_once_one_has_it(
    tmp_path: Path, server: PostgresqlServer
) -> None:
    address, folders = server.make("at_once"), [tmp_path / f"{number}" for number in range(6)]
    for folder in folders:
        folder.mkdir()
    opened = await asyncio.gather(
        *(asyncio.to_thread(open_database, folder, address) for folder in folders), return_exceptions=True
    )
    (database,) = (one for one in opened if not isinstance(one, BaseException))
    for refused in (one for one in opened if isinstance(one, BaseException)):
        assert isinstance(refused, DatabaseUnavailable) and "another server uses this database" in str(refused)
    await database.write(partial(facts.put, name="name", value=1))
    await database.close()
    assert sum((folder / STATE_FILE).exists() for folder in folders) == 1


class TestWhoseStateItIs:
    async def test_a_folder_on_postgresql_is_not_opened_without_it(self, tmp_path: Path, address: str) -> None:
        await open_database(tmp_path, address).close()
        with pytest.raises(Refusal, match="is on PostgreSQL"):
            open_database(tmp_path)
        assert not (tmp_path / DATABASE_FILE).exists()

    async def test_a_folder_with_its_own_state_is_not_opened_elsewhere(self, tmp_path: Path, address: str) -> None:
        await open_database(tmp_path).close()
        with pytest.raises(Refusal, match=r"is in its cloud\.db"):
            open_database(tmp_path, address)

    async def test_another_folders_database_is_refused(self, tmp_path: Path, address: str, laid: LaidDatabases) -> None:
        await open_database(tmp_path, address).close()
        other = tmp_path / "other"
        other.mkdir()
        with pytest.raises(Refusal, match="another data folder"):
            open_database(other, address)
        await open_database(other, laid.of(other)).close()
        with pytest.raises(Refusal, match="another cloud's"):
            open_database(other, address)

    async def test_an_empty_database_is_refused_where_the_folder_has_state(
        self, tmp_path: Path, address: str, laid: LaidDatabases
    ) -> None:
        await open_database(tmp_path, address).close()
        with pytest.raises(Refusal, match="it is empty"):
            open_database(tmp_path, laid.of(tmp_path / "empty"))

    async def test_a_start_that_was_cut_off_is_gone_on_with(
        self, tmp_path: Path, address: str, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        def fail(*_: object) -> None:
            raise OSError("cut off")

        with monkeypatch.context() as patch, pytest.raises(OSError, match="cut off"):
            patch.setattr("kumoniwa.store.engines.postgresql_open.bind", fail)
            open_database(tmp_path, address)
        await open_database(tmp_path, address).close()

    def test_tables_of_others_are_left_alone(self, server: PostgresqlServer, tmp_path: Path) -> None:
        address = server.make("others")
        server.ask("CREATE TABLE mine (id int)", "others")
        with pytest.raises(Refusal, match="not Kumoniwa's"):
            open_database(tmp_path, address)
        assert server.ask("SELECT tablename FROM pg_tables WHERE schemaname = 'public'", "others") == [("mine",)]

    def test_a_newer_schema_is_refused(self, server: PostgresqlServer, tmp_path: Path, address: str) -> None:
        name = address.split("/")[3].split("?")[0]
        server.ask("UPDATE alembic_version SET version_num = '9999'", name)
        with pytest.raises(Refusal, match="written by a newer Kumoniwa"):
            open_database(tmp_path, address)


def test_a_database_that_orders_texts_otherwise_is_refused(server: PostgresqlServer, tmp_path: Path) -> None:
    server.ask("CREATE DATABASE unfit TEMPLATE template0 ENCODING 'SQL_ASCII' LOCALE 'C'")
    with pytest.raises(Refusal, match="order"):
        open_database(tmp_path, server.address("unfit"))


@pytest.mark.parametrize("address", ["postgresql://me:hush@/x?nothing=1", "mysql://me:hush@host/x"])
def test_an_address_that_is_not_understood_is_refused_without_its_password(tmp_path: Path, address: str) -> None:
    with pytest.raises(Refusal) as refused:
        open_database(tmp_path, address)
    assert "hush" not in str(refused.value)
