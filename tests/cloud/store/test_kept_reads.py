"""What the writer keeps of what it read is always what it would read now."""

import asyncio
import re
import sqlite3
import sys
from collections.abc import AsyncIterator
from contextlib import closing
from pathlib import Path

import pytest
from sqlalchemy import Connection, Table, bindparam, delete, insert, select, update

import kumoniwa.store
from kumoniwa.modules import import_all
from kumoniwa.store import facts
from kumoniwa.store.all_tables import metadata
from kumoniwa.store.database import Work
from kumoniwa.store.engines.sqlite import SqliteDatabase, make_engine
from kumoniwa.store.prepared import Prepared
from kumoniwa.store.rows import InScope
from kumoniwa.store.tables.cloud import facts as facts_table
from kumoniwa.store.tables.network_records import prefix_list_entries, prefix_lists
from kumoniwa.values import dataclass

pytestmark = pytest.mark.anyio


@dataclass(frozen=True, slots=True)
class _Fact:
    name: str
    value: object


_FACT = Prepared(select(facts_table).where(facts_table.c.name == bindparam("name")), kept=True)


@pytest.fixture
async def database(tmp_path: Path) -> AsyncIterator[SqliteDatabase]:
    engine = make_engine(tmp_path / "cloud.db")
    metadata.create_all(engine)
    database = SqliteDatabase(engine)
    yield database
    await database.close()


def _fact(connection: Connection) -> object:
    return facts.get(connection, "colour")


def _reads(connection: Connection, statements: list[str]) -> object:
    """Read the fact, and note whether SQLite was asked."""
    driver = connection.connection.driver_connection
    assert isinstance(driver, sqlite3.Connection)
    driver.set_trace_callback(statements.append)
    try:
        return _fact(connection)
    finally:
        driver.set_trace_callback(None)


async def test_a_read_is_asked_of_sqlite_once_until_its_table_is_written(database: SqliteDatabase) -> None:
    asked: list[str] = []
    await database.write(lambda connection: facts.put(connection, "colour", "blue"))
    for _ in range(3):
        assert await database.write(lambda connection: _reads(connection, asked)) == "blue"
    assert len(asked) == 1
    await database.write(lambda connection: facts.change(connection, "colour", "red"))
    assert await database.write(lambda connection: _reads(connection, asked)) == "red"
    assert len(asked) == 2


async def test_a_transaction_reads_what_it_wrote_itself(database: SqliteDatabase) -> None:
    def work(connection: Connection) -> list[object]:
        seen = [_fact(connection)]
        facts.put(connection, "colour", "blue")
        seen.append(_fact(connection))
        connection.execute(update(facts_table).values(value="green"))
        seen.append(_fact(connection))
        connection.execute(delete(facts_table))
        return [*seen, _fact(connection)]

    assert await database.write(work) == [None, "blue", "green", None]


@pytest.mark.parametrize("alone", [True, False])
async def test_what_was_read_of_what_was_taken_back_is_forgotten(database: SqliteDatabase, alone: bool) -> None:
    def fail(connection: Connection) -> None:
        facts.change(connection, "colour", "red")
        assert _fact(connection) == "red"
        raise ValueError("no")

    await database.write(lambda connection: facts.put(connection, "colour", "blue"))
    works: list[Work[object]] = [fail] if alone else [_fact, fail, _fact]
    outcomes = await asyncio.gather(*map(database.write, works), return_exceptions=True)
    assert [one for one in outcomes if not isinstance(one, ValueError)] == ["blue"] * (len(works) - 1)
    assert await database.write(_fact) == "blue"


async def test_what_another_program_wrote_is_seen(database: SqliteDatabase, tmp_path: Path) -> None:
    await database.write(lambda connection: facts.put(connection, "colour", "blue"))
    assert await database.write(_fact) == "blue"
    with closing(sqlite3.connect(tmp_path / "cloud.db")) as other:
        other.execute("UPDATE facts SET value = '\"red\"'")
        other.commit()
    assert await database.write(_fact) == "red"


async def test_rows_that_go_with_others_are_not_kept(database: SqliteDatabase) -> None:
    entries = Prepared(
        select(prefix_list_entries.c.prefix_list_id).where(prefix_list_entries.c.prefix_list_id == bindparam("id")),
        kept=True,
    )

    def lay(connection: Connection) -> None:
        connection.execute(insert(prefix_lists).values(_row(prefix_lists, id="pl-1")))
        connection.execute(insert(prefix_list_entries).values(_row(prefix_list_entries, prefix_list_id="pl-1")))

    await database.write(lay)
    assert await database.write(lambda connection: entries.scalars(connection, id="pl-1")) == ["pl-1"]
    await database.write(lambda connection: connection.execute(delete(prefix_lists)))
    assert await database.write(lambda connection: entries.scalars(connection, id="pl-1")) == []


async def test_what_a_caller_does_to_its_list_is_its_own(database: SqliteDatabase) -> None:
    def work(connection: Connection) -> list[_Fact]:
        found = _FACT.values(_Fact, connection, name="colour")
        found.append(_Fact("more", 1))
        return found

    await database.write(lambda connection: facts.put(connection, "colour", "blue"))
    first, second = await database.write(work), await database.write(work)
    assert len(first) == len(second) == 2


async def test_readers_keep_nothing(database: SqliteDatabase) -> None:
    await database.write(lambda connection: facts.put(connection, "colour", "blue"))
    assert await database.read(_fact) == await database.read(_fact, here=True) == "blue"
    await database.write(lambda connection: facts.change(connection, "colour", "red"))
    assert await database.read(_fact) == await database.read(_fact, here=True) == "red"


async def test_many_reads_take_no_more_room_than_some(database: SqliteDatabase) -> None:
    def work(connection: Connection) -> None:
        for number in range(3000):
            facts.get(connection, f"fact {number}")

    await database.write(work)
    assert sum(map(len, database._kept._of.values())) <= 256


def test_each_statement_that_is_kept_reads_one_table(tmp_path: Path) -> None:
    import_all(kumoniwa.store)
    engine = make_engine(tmp_path / "cloud.db")
    with engine.connect() as connection:
        modules = [module for name, module in sys.modules.items() if name.startswith("kumoniwa.store.")]
        found = [one for module in modules for one in vars(module).values()]
        found += [one._those for one in found if isinstance(one, InScope)]
        kept = {one for one in found if isinstance(one, Prepared) and one._kept_of is not None}
        assert len(kept) >= 12
        for statement in kept:
            sql = statement.sql(connection)
            named = set(re.findall(rf"\b({'|'.join(metadata.tables)})\b(?=\.| *\n| *$)", sql))
            assert named == {statement._kept_of}, sql
    engine.dispose()


def _row(table: Table, **given: object) -> dict[str, object]:
    """A row with these columns; the others have the least that their types allow."""
    least = {
        column.name: 0 if column.type.python_type is int else column.type.python_type()
        for column in table.columns
        if not column.nullable and column.default is None and column.server_default is None
    }
    return {**least, **given}
