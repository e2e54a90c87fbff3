"""The database: transactions that share a commit and not a fate."""

import asyncio
import errno
import json
import sqlite3
import threading
import weakref
from collections.abc import AsyncIterator, Iterator, MutableMapping, Sequence
from contextlib import closing
from functools import partial
from pathlib import Path
from random import Random
from typing import Any

import pytest
from sqlalchemy import Connection, event, func, select
from sqlalchemy.exc import IntegrityError, SQLAlchemyError
from structlog.testing import capture_logs
from waiting import let_others_run, turns_until

from kumoniwa.store import facts
from kumoniwa.store.all_tables import metadata
from kumoniwa.store.changes import Changed
from kumoniwa.store.database import DatabaseUnavailable, Work
from kumoniwa.store.engines.sqlite import _MOMENT, SqliteDatabase, make_engine
from kumoniwa.store.tables.cloud import facts as facts_table
from kumoniwa.store.tables.network_interfaces import interface_groups

pytestmark = pytest.mark.anyio


@pytest.fixture
async def database(tmp_path: Path) -> AsyncIterator[SqliteDatabase]:
    engine = make_engine(tmp_path / "cloud.db")
    metadata.create_all(engine)
    database = SqliteDatabase(engine)
    yield database
    await database.close()


@pytest.mark.parametrize("place", [0, 7, 20])
async def test_one_failing_write_leaves_those_that_share_its_commit_whole(database: SqliteDatabase, place: int) -> None:
    def fail(connection: Connection) -> None:
        facts.put(connection, "half", True)
        connection.execute(facts_table.insert().values(name="other half", value=True))
        raise ValueError("no")

    works: list[Work[None]] = [partial(facts.put, name=f"fact {n}", value=n) for n in range(20)]
    works.insert(place, fail)
    outcomes = await asyncio.gather(*await _waiting_together(database, works), return_exceptions=True)
    assert [type(outcome) for outcome in outcomes].index(ValueError) == place
    assert outcomes.count(None) == 20
    assert await database.read(lambda c: c.execute(select(func.count()).select_from(facts_table)).scalar()) == 20


async def test_each_of_many_that_fail_is_told_and_the_others_are_whole(database: SqliteDatabase) -> None:
    """Those that fail have written nothing, or only that, or come after others that have."""
    random = Random(11)
    told: list[Changed] = []
    database.changes.follow(told.append)

    def do(connection: Connection, name: str, fate: str) -> str:
        if fate == "refused":
            raise LookupError(name)
        facts.put(connection, name, fate)
        if fate == "half done":
            raise ValueError(name)
        return name

    expected: dict[str, str] = {}
    for turn in range(60):
        fates = {f"{turn} {n}": random.choice(("done", "done", "refused", "half done")) for n in range(turn % 6 + 1)}
        works = [partial(do, name=name, fate=fate) for name, fate in fates.items()]
        outcomes = await asyncio.gather(*await _waiting_together(database, works), return_exceptions=True)
        for (name, fate), outcome in zip(fates.items(), outcomes, strict=True):
            assert outcome == name if fate == "done" else isinstance(outcome, LookupError | ValueError)
            assert fate == "done" or (str(outcome), isinstance(outcome, LookupError)) == (name, fate == "refused")
        expected |= {name: fate for name, fate in fates.items() if fate == "done"}
        assert bool(told) == ("done" in fates.values())
        told.clear()
    assert (
        await database.read(lambda c: dict(c.execute(select(facts_table.c.name, facts_table.c.value)).all()))
        == expected
    )


@pytest.mark.parametrize(("fails_after_writing", "times"), [(False, 1), (True, 2)])
async def test_a_write_is_done_again_only_where_one_fails_that_has_written(
    database: SqliteDatabase, fails_after_writing: bool, times: int
) -> None:
    done: list[str] = []

    def do(connection: Connection) -> None:
        done.append("another")
        facts.put(connection, "another", 1)

    def fail(connection: Connection) -> None:
        if fails_after_writing:
            facts.put(connection, "half", 1)
        raise ValueError("no")

    outcomes = await asyncio.gather(*await _waiting_together(database, [do, fail]), return_exceptions=True)
    assert outcomes[0] is None and isinstance(outcomes[1], ValueError)
    assert len(done) == times
    assert await database.read(lambda c: c.execute(select(facts_table.c.name)).scalars().all()) == ["another"]


async def test_writes_that_nobody_waits_for_give_way_and_are_done(database: SqliteDatabase) -> None:
    done: list[str] = []
    begun, held = threading.Event(), threading.Event()

    def do(_: Connection, name: str) -> None:
        done.append(name)

    def hold(_: Connection) -> None:
        begun.set()
        held.wait(10)

    first = asyncio.ensure_future(database.write(hold))
    await asyncio.to_thread(begun.wait, 10)
    asked = [
        asyncio.ensure_future(database.write(partial(do, name=name), patient=name.startswith("patient")))
        for name in ("patient 1", "one", "patient 2", "two")
    ]
    await let_others_run()
    held.set()
    await asyncio.gather(first, *asked)
    assert done == ["one", "two", "patient 1", "patient 2"]


async def test_what_gives_way_has_its_turn_among_many(database: SqliteDatabase) -> None:
    """However many others come: it is put off some times, and no more."""
    before: list[int] = []
    patient = False
    others = 0

    def count(_: Connection) -> None:
        nonlocal others
        others += 1

    async def call() -> None:
        while not patient:
            await database.write(count)

    callers = [asyncio.ensure_future(call()) for _ in range(4)]
    await turns_until(lambda: others > 0)
    async with asyncio.timeout(10):
        await database.write(lambda _: before.append(others), patient=True)
    patient = True
    await asyncio.gather(*callers)
    assert len(before) == 1


async def test_what_gave_way_is_done_before_the_database_is_closed(tmp_path: Path) -> None:
    engine = make_engine(tmp_path / "closed.db")
    metadata.create_all(engine)
    closing_one = SqliteDatabase(engine)
    begun, held = threading.Event(), threading.Event()

    def hold(_: Connection) -> None:
        begun.set()
        held.wait(10)

    first = asyncio.ensure_future(closing_one.write(hold))
    await asyncio.to_thread(begun.wait, 10)
    done: list[int] = []

    def do(_: Connection, number: int) -> None:
        done.append(number)

    asked = [asyncio.ensure_future(closing_one.write(partial(do, number=n), patient=bool(n % 3))) for n in range(1000)]
    await let_others_run()
    closed = asyncio.ensure_future(closing_one.close())
    held.set()
    await asyncio.gather(first, *asked, closed)
    assert sorted(done) == list(range(1000))


async def _waiting_together(database: SqliteDatabase, works: Sequence[Work[Any]]) -> list["asyncio.Task[Any]"]:
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


async def test_writes_that_wait_together_share_a_commit(database: SqliteDatabase) -> None:
    commits = 0

    def count(_connection: Connection) -> None:
        nonlocal commits
        commits += 1

    event.listen(database._engine, "commit", count)
    await asyncio.gather(*(database.write(partial(facts.put, name=f"fact {n}", value=n)) for n in range(50)))
    assert commits < 25


async def test_a_write_is_seen_by_the_next_read(database: SqliteDatabase) -> None:
    await database.write(lambda connection: facts.put(connection, "name", "value"))
    assert await database.read(lambda connection: facts.get(connection, "name")) == "value"


async def test_what_takes_a_moment_is_read_in_the_thread_of_whoever_asks(database: SqliteDatabase) -> None:
    def work(connection: Connection) -> tuple[int, threading.Thread]:
        return _counted(connection, 100), threading.current_thread()

    for _ in range(_MOMENT // 100):  # what several reads take is not added up
        assert await database.read(work, here=True) == (100, threading.current_thread())
    assert (await database.read(work))[1] is not threading.current_thread()


@pytest.mark.parametrize("why", ["it takes long", "it is locked"])
async def test_what_cannot_be_read_in_a_moment_is_read_in_another_thread(database: SqliteDatabase, why: str) -> None:
    threads: list[threading.Thread] = []

    def work(connection: Connection) -> int:
        threads.append(threading.current_thread())
        if why == "it is locked" and len(threads) == 1:
            locked = sqlite3.OperationalError("database is locked")
            locked.sqlite_errorcode = sqlite3.SQLITE_BUSY
            raise locked
        return _counted(connection, _MOMENT)

    for _ in range(3):
        threads.clear()
        assert await database.read(work, here=True) == _MOMENT
        assert len(threads) == 2 and threads[0] is threading.current_thread() is not threads[1]
        assert await database.read(lambda _: threading.current_thread(), here=True) is threads[0]


async def test_a_read_that_fails_is_not_tried_again_elsewhere(database: SqliteDatabase) -> None:
    tries = 0

    def work(connection: Connection) -> None:
        nonlocal tries
        tries += 1
        connection.exec_driver_sql("SELECT nothing FROM nowhere")

    with pytest.raises(SQLAlchemyError, match="nowhere"):
        await database.read(work, here=True)
    assert tries == 1
    assert await database.read(partial(_counted, most=1), here=True) == 1


def _counted(connection: Connection, most: int) -> int:
    """Counts to that number: each takes SQLite's machine several steps."""
    counting = "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < ?) SELECT count(*) FROM n"
    return int(connection.exec_driver_sql(counting, (most,)).scalar_one())


async def test_the_log_has_room_for_many_commits(database: SqliteDatabase, tmp_path: Path) -> None:
    lengths = set[int]()
    log = tmp_path / "cloud.db-wal"
    for number in range(30):
        await database.write(partial(facts.put, name=f"fact {number}", value=number))
        lengths.add(log.stat().st_size)
    assert len(lengths) <= 3 and max(lengths) > 500_000  # a write is answered before there is more room
    copied = tmp_path / "as after a power failure"
    copied.mkdir()
    for name in ("cloud.db", "cloud.db-wal"):
        (copied / name).write_bytes((tmp_path / name).read_bytes())
    with closing(sqlite3.connect(copied / "cloud.db")) as other:
        assert other.execute("SELECT count(*) FROM facts").fetchall() == [(30,)]
        assert other.execute("PRAGMA integrity_check").fetchall() == [("ok",)]
    await database.close()
    assert not log.exists()


async def test_where_there_is_no_room_for_the_log_writes_go_on(
    database: SqliteDatabase, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(*_: object) -> int:
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr("os.pwrite", full)
    for number in range(3):
        await database.write(partial(facts.put, name=f"fact {number}", value=number))
    assert await database.read(partial(facts.get, name="fact 2")) == 2


async def test_what_was_read_is_not_kept(database: SqliteDatabase) -> None:
    """Of a large cloud, the answer that a thread gave last takes as much as all that is kept on purpose."""

    class Listing:
        pass

    answers = [await database.read(lambda _: Listing()) for _ in range(9)]
    kept = [weakref.ref(answer) for answer in answers]
    del answers
    await turns_until(lambda: all(answer() is None for answer in kept))


async def test_a_caller_that_gives_up_does_not_undo_its_write(database: SqliteDatabase) -> None:
    writing = asyncio.ensure_future(database.write(lambda connection: facts.put(connection, "name", "value")))
    await let_others_run()
    writing.cancel()
    with pytest.raises(asyncio.CancelledError):
        await writing
    await database.write(lambda connection: None)
    assert await database.read(lambda connection: facts.get(connection, "name")) == "value"


async def test_when_sqlite_takes_the_shared_transaction_back_nobody_is_told_of_success(
    database: SqliteDatabase,
) -> None:
    def lose_everything(connection: Connection) -> None:
        connection.exec_driver_sql("ROLLBACK")  # as SQLite does by itself when the disk is full
        raise OSError("full")

    works = [lambda c: facts.put(c, "before", 1), lose_everything, lambda c: facts.put(c, "after", 2)]
    others = await _waiting_together(database, works)
    outcomes = await asyncio.gather(*others, return_exceptions=True)
    assert all(isinstance(outcome, SQLAlchemyError) for outcome in outcomes)
    assert await database.read(lambda c: c.execute(select(func.count()).select_from(facts_table)).scalar()) == 0
    await database.write(lambda c: facts.put(c, "later", 3))
    assert await database.read(lambda c: facts.get(c, "later")) == 3


@pytest.fixture
def logged(database: SqliteDatabase) -> Iterator[list[MutableMapping[str, Any]]]:
    with capture_logs() as lines:
        yield lines


async def test_a_lock_of_another_program_is_waited_for_and_then_named(
    database: SqliteDatabase, logged: list[MutableMapping[str, Any]], tmp_path: Path
) -> None:
    with closing(sqlite3.connect(tmp_path / "cloud.db")) as other:
        other.execute("BEGIN IMMEDIATE")
        async with asyncio.timeout(9):
            works = [database.write(partial(facts.put, name=f"fact {n}", value=n)) for n in range(20)]
            outcomes = await asyncio.gather(*works, return_exceptions=True)
    assert {str(outcome) for outcome in outcomes} == {"database is locked"}
    assert all(isinstance(outcome, DatabaseUnavailable) for outcome in outcomes)
    assert {line["reason"] for line in logged} == {"database is locked"} and "exc_info" not in logged[0]
    await database.write(partial(facts.put, name="later", value=1))


async def test_a_full_disk_is_named_and_writes_go_on_when_there_is_room(
    database: SqliteDatabase, logged: list[MutableMapping[str, Any]]
) -> None:
    await database.write(lambda c: c.exec_driver_sql("PRAGMA max_page_count=1"))  # as many as there are
    large = partial(facts.put, name="large", value="x" * 1_000_000)
    outcomes = await asyncio.gather(*(database.write(large) for _ in range(3)), return_exceptions=True)
    assert [(type(outcome), str(outcome)) for outcome in outcomes] == [
        (DatabaseUnavailable, "database or disk is full")
    ] * 3
    assert len(json.dumps(logged)) < 1000
    await database.write(lambda c: c.exec_driver_sql("PRAGMA max_page_count=1000000"))
    await database.write(large)


async def test_what_is_deleted_is_written_over(database: SqliteDatabase) -> None:
    assert await database.write(lambda c: c.exec_driver_sql("PRAGMA secure_delete").scalar()) == 1


async def test_a_commit_that_fails_leaves_no_transaction_behind(database: SqliteDatabase) -> None:
    """SQLite keeps one open whose COMMIT it refuses: for a key that leads nowhere, or another program's lock."""

    def refused(connection: Connection) -> None:
        connection.exec_driver_sql("PRAGMA defer_foreign_keys=ON")
        connection.exec_driver_sql("INSERT INTO interface_groups VALUES ('eni-none', 0, 'sg-none')")

    with pytest.raises(IntegrityError):
        await database.write(refused)
    await database.write(partial(facts.put, name="later", value=1))
    assert await database.read(lambda c: c.execute(select(func.count()).select_from(interface_groups)).scalar()) == 0


async def test_readers_that_cannot_open_the_database_say_why_and_open_it_later(
    database: SqliteDatabase, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(*_: Any, **__: Any) -> None:
        full = sqlite3.OperationalError("disk I/O error")
        full.sqlite_errorcode = sqlite3.SQLITE_IOERR
        raise full

    await database.write(partial(facts.put, name="name", value="value"))
    with monkeypatch.context() as patch:
        patch.setattr(database._engine, "connect", full)
        for _ in range(9):  # each reader's turn comes
            with pytest.raises(DatabaseUnavailable, match="disk I/O error"):
                await database.read(partial(facts.get, name="name"))
    assert {await database.read(partial(facts.get, name="name")) for _ in range(9)} == {"value"}


async def test_what_is_asked_of_a_closed_database_is_refused(database: SqliteDatabase) -> None:
    await database.close()
    async with asyncio.timeout(9):
        with pytest.raises(RuntimeError):
            await database.read(partial(facts.get, name="name"))
        with pytest.raises(RuntimeError):
            await database.read(partial(facts.get, name="name"), here=True)
        with pytest.raises(RuntimeError):
            await database.write(partial(facts.put, name="name", value=1))


async def test_what_a_commit_changed_is_told_once_it_is_durable(database: SqliteDatabase, tmp_path: Path) -> None:
    heard: list[tuple[Changed, int]] = []

    def told(changed: Changed) -> None:
        with closing(sqlite3.connect(tmp_path / "cloud.db")) as other:
            heard.append((changed, other.execute("SELECT count(*) FROM facts").fetchone()[0]))

    database.changes.follow(told)
    await database.write(lambda connection: facts.put(connection, "one", 1))
    await database.write(lambda connection: None)
    await database.read(lambda connection: facts.get(connection, "one"))
    await database.write(lambda connection: connection.execute(facts_table.delete().where(facts_table.c.name == "no")))
    database.changes.forget(told)
    await database.write(lambda connection: facts.put(connection, "two", 2))
    assert heard == [({"facts": None}, 1)]


async def test_what_gives_back_the_rows_that_it_deletes_is_told(database: SqliteDatabase) -> None:
    """How many there are is not known before they are fetched."""
    await database.write(lambda connection: facts.put(connection, "one", 1))
    heard: list[Changed] = []
    database.changes.follow(heard.append)
    gone = facts_table.delete().where(facts_table.c.name == "one").returning(facts_table.c.value)
    assert await database.write(lambda connection: list(connection.execute(gone).scalars())) == [1]
    assert heard == [{"facts": None}]


async def test_nothing_is_told_of_a_commit_that_fails(
    database: SqliteDatabase, monkeypatch: pytest.MonkeyPatch
) -> None:
    heard: list[Changed] = []
    database.changes.follow(heard.append)

    def fail(connection: Connection) -> None:
        facts.put(connection, "one", 1)
        connection.exec_driver_sql("ROLLBACK")  # as SQLite does by itself where its disk is full
        raise ValueError("no")

    with pytest.raises(SQLAlchemyError):
        await database.write(fail)
    assert heard == []
    await database.write(lambda connection: facts.put(connection, "two", 2))
    await turns_until(lambda: heard == [{"facts": None}])  # the writer's thread tells after it has answered
