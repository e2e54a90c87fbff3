"""PostgreSQL: the same promises as SQLite's, and what is its own: connections that break, answers that are lost."""

import asyncio
import itertools
import threading
from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path
from random import Random
from typing import Any

import psycopg
import pytest
from postgresql_server import PostgresqlServer, postgresql_server
from sqlalchemy import Connection, func, select
from sqlalchemy.exc import IntegrityError, ProgrammingError
from structlog.testing import capture_logs
from waiting import let_others_run

from kumoniwa.store import facts
from kumoniwa.store.changes import Changed
from kumoniwa.store.database import Database, DatabaseUnavailable, OutcomeUnknown, Work
from kumoniwa.store.engines import open_database
from kumoniwa.store.engines.asked import driver_of
from kumoniwa.store.engines.postgresql_driver import Driver
from kumoniwa.store.engines.postgresql_lock import ServerLock
from kumoniwa.store.tables.cloud import facts as facts_table

pytestmark = pytest.mark.anyio


def _put(name: str, value: Any = 1) -> Work[None]:
    return partial(facts.put, name=name, value=value)


async def _names(database: Database) -> list[str]:
    query = select(facts_table.c.name).order_by(facts_table.c.name)
    return await database.read(lambda connection: list(connection.execute(query).scalars()))


async def _waiting_together(database: Database, works: Sequence[Work[Any]]) -> list["asyncio.Task[Any]"]:
    """Writes that are asked for while another one goes on: they share the next commit."""
    begun, held = threading.Event(), threading.Event()

    def hold(_: Connection) -> bool:
        begun.set()
        return held.wait(10)

    first = asyncio.ensure_future(database.write(hold))
    assert await asyncio.to_thread(begun.wait, 10)
    waiting = [asyncio.ensure_future(database.write(work)) for work in works]
    await let_others_run()
    held.set()
    assert await first is True
    return waiting


async def test_a_write_is_seen_by_the_next_read(database: Database) -> None:
    await database.write(_put("name", {"value": [1, None, "é"]}))
    assert await database.read(lambda connection: facts.get(connection, "name")) == {"value": [1, None, "é"]}


async def test_each_of_many_that_fail_is_told_and_the_others_are_whole(database: Database) -> None:
    """Those that fail have written nothing, or only that, or come after others that have, or broke a rule."""
    random = Random(11)
    told: list[Changed] = []
    database.changes.follow(told.append)
    await database.write(_put("there"))

    def do(connection: Connection, name: str, fate: str) -> str:
        if fate == "refused":
            raise LookupError(name)
        if fate == "breaks a rule":
            facts.put(connection, "there", 2)
        facts.put(connection, name, fate)
        if fate == "half done":
            raise ValueError(name)
        return name

    expected = ["there"]
    for turn in range(60):
        told.clear()
        drawn = random.choices(("done", "refused", "half done", "breaks a rule"), (5, 2, 2, 2), k=turn % 6 + 1)
        fates = {f"{turn} {n}": fate for n, fate in enumerate(drawn)}
        works = [partial(do, name=name, fate=fate) for name, fate in fates.items()]
        outcomes = await asyncio.gather(*await _waiting_together(database, works), return_exceptions=True)
        kinds = {"refused": LookupError, "half done": ValueError, "breaks a rule": IntegrityError, "done": str}
        assert [type(outcome) for outcome in outcomes] == [kinds[fate] for fate in fates.values()]
        assert bool(told) == ("done" in fates.values())
        expected += [name for name, fate in fates.items() if fate == "done"]
    assert await _names(database) == sorted(expected)


async def test_what_a_row_held_is_not_in_the_error(database: Database) -> None:
    await database.write(_put("secret name"))
    with pytest.raises(IntegrityError) as failure:
        await database.write(_put("secret name"))
    assert "secret" not in str(failure.value)


async def test_readers_cannot_write(database: Database) -> None:
    with pytest.raises(Exception, match="read-only"):
        await database.read(_put("name"))


async def test_a_connection_that_the_servers_lock_could_not_be_asked_for_with_is_not_used(
    tmp_path: Path, address: str, server: PostgresqlServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    take, times = ServerLock.take, itertools.count()

    def fail_once(lock: ServerLock, driver: Driver) -> None:
        if next(times) == 1:
            raise ProgrammingError("pg_stat_activity", None, Exception("permission denied"))
        take(lock, driver)

    monkeypatch.setattr(ServerLock, "take", fail_once)
    database = open_database(tmp_path, address)
    _broken(server, address)
    with pytest.raises(ProgrammingError):
        await database.write(_put("name"))
    await database.write(_put("name"))
    with pytest.raises(DatabaseUnavailable, match="another server uses this database"):
        open_database(tmp_path, address)
    await database.close()


def _broken(server: PostgresqlServer, address: str) -> None:
    """End every connection to a database, as its server does that goes down."""
    name = address.split("/")[3].split("?")[0]
    server.ask(f"SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = '{name}'")


async def test_connections_that_broke_meanwhile_are_made_again(
    database: Database, server: PostgresqlServer, address: str
) -> None:
    await database.write(_put("before"))
    for turn in range(3):
        await asyncio.to_thread(_broken, server, address)
        await database.write(_put(f"after {turn}"))
        await asyncio.to_thread(_broken, server, address)
        assert len(await _names(database)) == turn + 2


async def test_a_commit_whose_connection_breaks_in_the_middle_is_done_again_whole(
    database: Database, server: PostgresqlServer, address: str
) -> None:
    times = itertools.count()

    def breaks(connection: Connection) -> int:
        facts.put(connection, "second", 2)
        if not next(times):
            _broken(server, address)
        facts.put(connection, "third", 3)
        return 7

    told: list[Changed] = []
    database.changes.follow(told.append)
    waiting = await _waiting_together(database, [_put("first"), breaks, _put("fourth")])
    assert await asyncio.gather(*waiting) == [None, 7, None]
    assert await _names(database) == ["first", "fourth", "second", "third"]
    assert len(told) == 1


_Lose = Callable[[Driver, str, Callable[[str], Any]], Any]


def _lost_before(driver: Driver, sql: str, execute: Callable[[str], Any]) -> Any:
    driver.pgconn.finish()
    return execute(sql)


def _lost_after(driver: Driver, sql: str, execute: Callable[[str], Any]) -> Any:
    execute(sql)
    driver.pgconn.finish()
    return execute(sql)


def _lose_next_commit(monkeypatch: pytest.MonkeyPatch, lose: _Lose, then: Callable[[], None] = lambda: None) -> None:
    """Break the connection at the next commit, before or after the server has it."""
    execute, times = Driver.execute, itertools.count()

    def executed(driver: Driver, sql: str, *given: Any, **options: Any) -> Any:
        if sql.endswith("; COMMIT") and not next(times):
            try:
                return lose(driver, sql, lambda sql: execute(driver, sql))
            finally:
                then()
        return execute(driver, sql, *given, **options)

    monkeypatch.setattr(Driver, "execute", executed)


@pytest.mark.parametrize(("lose", "times"), [(_lost_before, 2), (_lost_after, 1)])
async def test_a_commit_whose_answer_was_lost_is_settled_by_asking(
    database: Database, monkeypatch: pytest.MonkeyPatch, lose: _Lose, times: int
) -> None:
    done: list[int] = []

    def do(connection: Connection) -> str:
        done.append(1)
        facts.put(connection, "name", 1)
        return "done"

    told: list[Changed] = []
    database.changes.follow(told.append)
    _lose_next_commit(monkeypatch, lose)
    with capture_logs() as lines:
        assert await database.write(do) == "done"
    assert len(done) == times and len(told) == 1
    assert await _names(database) == ["name"]
    assert [line["committed"] for line in lines if "committed" in line] == [times == 1]
    await database.write(_put("other"))


@pytest.mark.parametrize("lose", [_lost_before, _lost_after])
async def test_where_another_server_has_written_meanwhile_nothing_is_done_again(
    database: Database, server: PostgresqlServer, address: str, monkeypatch: pytest.MonkeyPatch, lose: _Lose
) -> None:
    done: list[int] = []

    def do(connection: Connection) -> None:
        done.append(1)
        facts.put(connection, "name", 1)

    name = address.split("/")[3].split("?")[0]
    await database.write(_put("before"))

    def another_writes() -> None:
        server.ask("UPDATE cloud_state SET last_commit = 'of another'", name)

    _lose_next_commit(monkeypatch, lose, another_writes)
    with pytest.raises(OutcomeUnknown, match="another server"):
        await database.write(do)
    assert len(done) == 1
    await database.write(_put("other"))
    assert await _names(database) == ["before", *(["name"] if lose is _lost_after else []), "other"]


@pytest.mark.parametrize("lose", [_lost_before, _lost_after])
@pytest.mark.usefixtures("impatient")
async def test_where_nobody_can_be_asked_the_caller_is_told_so_and_followers_hear_later(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, lose: _Lose
) -> None:
    with postgresql_server() as own:
        database = open_database(tmp_path, own.make("own"))
        told: list[Changed] = []
        database.changes.follow(told.append)
        _lose_next_commit(monkeypatch, lose, own.stop)
        with pytest.raises(OutcomeUnknown):
            await database.write(_put("name"))
        assert told == []
        own.start()
        await database.write(_put("other"))
        assert [set(each) for each in told] == [{"facts"}]
        assert await _names(database) == (["name", "other"] if lose is _lost_after else ["other"])
        await database.close()


@pytest.mark.usefixtures("impatient")
async def test_while_the_server_is_away_callers_are_told_and_later_all_goes_on(tmp_path: Path) -> None:
    with postgresql_server() as own:
        database = open_database(tmp_path, own.make("own"))
        await database.write(_put("before"))
        own.stop()
        with capture_logs() as lines:
            async with asyncio.timeout(9):
                for _ in range(6):
                    with pytest.raises(DatabaseUnavailable):
                        await database.write(_put("lost"))
                    with pytest.raises(DatabaseUnavailable):
                        await _names(database)
            own.start()
            await database.write(_put("after"))
        assert await _names(database) == ["after", "before"]
        events = [line["event"] for line in lines]
        assert events.count("the database is away") <= 6 and "the database is back" in events
        await database.close()


async def test_what_another_program_wrote_is_seen(database: Database, server: PostgresqlServer, address: str) -> None:
    name = address.split("/")[3].split("?")[0]
    await database.write(_put("name", "old"))
    assert await database.write(partial(facts.get, name="name")) == "old"
    server.ask("UPDATE facts SET value = '\"new\"' WHERE name = 'name'", name)
    assert await database.write(partial(facts.get, name="name")) == "new"


async def test_what_another_program_began_before_and_commits_after_is_seen(database: Database, address: str) -> None:
    await database.write(_put("name", "old"))
    with psycopg.connect(address) as other:
        other.execute("UPDATE facts SET value = '\"new\"' WHERE name = 'name'")
        assert await database.write(partial(facts.get, name="name")) == "old"
    assert await database.write(partial(facts.get, name="name")) == "new"


async def test_what_the_writer_has_read_is_kept_while_nobody_else_writes(
    database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    await database.write(_put("name", "kept"))
    asked: list[str] = []
    execute = Driver.execute

    def executed(driver: Driver, sql: str, *given: Any, **options: Any) -> Any:
        asked.append(sql)
        return execute(driver, sql, *given, **options)

    monkeypatch.setattr(Driver, "execute", executed)
    for _ in range(5):
        assert await database.write(partial(facts.get, name="name")) == "kept"
    assert sum("FROM facts" in sql for sql in asked) == 1


async def test_at_most_32_savepoints_are_in_a_commit(database: Database, monkeypatch: pytest.MonkeyPatch) -> None:
    in_commits: list[int] = [0]
    execute = Driver.execute

    def executed(driver: Driver, sql: str, *given: Any, **options: Any) -> Any:
        if sql.startswith("SAVEPOINT"):
            in_commits[-1] += 1
        if sql.endswith("COMMIT"):
            in_commits.append(0)
        return execute(driver, sql, *given, **options)

    def fail(connection: Connection) -> None:
        facts.put(connection, "half", 1)
        raise ValueError

    works = [fail if n % 40 == 20 else _put(f"{n}") for n in range(200)]
    waiting = await _waiting_together(database, works)
    monkeypatch.setattr(Driver, "execute", executed)
    outcomes = await asyncio.gather(*waiting, return_exceptions=True)
    assert [type(outcome) for outcome in outcomes].count(ValueError) == 5
    assert 0 < max(in_commits) <= 32


async def test_of_a_long_listing_only_what_is_taken_is_read(database: Database) -> None:
    def read(connection: Connection) -> list[int]:
        driver: Driver = driver_of(connection)
        query = "SELECT n FROM (SELECT generate_series(1, 100000000) AS n) AS those WHERE n > %s"
        chunks = driver.in_chunks(query, [10], 3)
        return [row[0] for found in itertools.islice(chunks, 3) for row in found]

    async with asyncio.timeout(30):
        assert await database.read(read) == [*range(11, 20)]
    assert await database.read(lambda c: c.execute(select(func.count()).select_from(facts_table)).scalar()) == 0
