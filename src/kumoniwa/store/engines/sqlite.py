"""State on SQLite: one writer, several readers, nothing of it on the event loop but what takes a moment.

Writes that wait at the same moment share one commit (`shared_commit.py`).
"""

import asyncio
import math
import queue
import sqlite3
import threading
import time
from collections import deque
from collections.abc import Collection
from contextlib import closing, suppress
from functools import partial
from pathlib import Path
from typing import Any, TypeVar

import structlog
from sqlalchemy import URL, Connection, Engine, create_engine, event
from sqlalchemy.exc import SQLAlchemyError

from kumoniwa.store.changes import Changes
from kumoniwa.store.database import DatabaseUnavailable, Work
from kumoniwa.store.engines.log_room import LogRoom
from kumoniwa.store.engines.shared_commit import commit_together
from kumoniwa.store.engines.sqlite_work import Asked, done, driver_of, end, failures_named, give, refuse
from kumoniwa.store.engines.waiting_line import WaitingLine
from kumoniwa.store.kept_reads import KEPT, KeptReads
from kumoniwa.store.prepared import TOUCHED
from kumoniwa.store.written_rows import written_rows

T = TypeVar("T")

log = structlog.get_logger(__name__)

_READERS = 4
_SHARED_COMMIT = 256  # at most this many writes share a commit, so that the first does not wait for a flood
_PATIENCE = 0.004  # seconds that a patient write waits for others: a flush of the disk takes as long
_PRAGMAS = (
    "PRAGMA journal_mode=WAL",
    "PRAGMA synchronous=FULL",  # with NORMAL a power cut may lose commits that were already confirmed to a caller
    "PRAGMA foreign_keys=ON",
    "PRAGMA wal_autocheckpoint=4000",  # pages (16 MB): what is written again and again goes to its place less often
    "PRAGMA busy_timeout=1500",  # ms; our own connections do not lock each other out, another program may
)
_MOMENT = 8000
"""Steps of SQLite's machine that are a moment: about a millisecond, with what is made of the rows."""
_STEPS = 500  # after which they are counted
_MOST_TIMES_PUT_OFF = 8
_IN_TURN = 8  # reads on the event loop, after which others have their turn
_PRAGMAS_OF_THE_WRITER = (
    "PRAGMA cache_size=-131072",  # KiB, if they are there: rows of a hundred thousand instances, with all their indexes
    # What a savepoint, or a statement, may have to take back is kept in memory: beyond 64 KiB it would be a file.
    "PRAGMA temp_store=MEMORY",
    "PRAGMA secure_delete=ON",  # some builds' default: the key of a guest's memory is to be gone when it is forgotten
)


class SqliteDatabase:
    """See `kumoniwa.store.database.Database`. `close` ends its threads after the writes already asked for."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine
        self._closed = False
        self.changes = Changes()
        self._kept = KeptReads()
        self._here_in_turn = 0
        self._put_off: deque[Asked[Any]] = deque()
        self._times_put_off = 0  # one after another
        self._here = _ReaderHere(engine)
        self._writes: WaitingLine[Asked[Any] | None] = WaitingLine()
        self._reads: queue.SimpleQueue[Asked[Any] | None] = queue.SimpleQueue()
        self._threads = [
            threading.Thread(target=self._write_for_ever, name="database-writer", daemon=True),
            *(
                threading.Thread(target=self._read_for_ever, name=f"database-reader-{number}", daemon=True)
                for number in range(_READERS)
            ),
        ]
        for thread in self._threads:
            thread.start()

    async def read(self, work: Work[T], *, here: bool = False) -> T:
        if here and not self._closed:
            self._here_in_turn += 1
            if self._here_in_turn % _IN_TURN == 0:
                await asyncio.sleep(0)  # nothing else would have its turn, where reads follow each other
            try:
                return self._here.read(work)
            except _NotNow:
                log.debug("a read takes longer than a moment")
        self._check_open()
        read: Asked[T] = Asked(work, asyncio.get_running_loop().create_future())
        self._reads.put(read)
        return await read.done

    async def write(self, work: Work[T], *, patient: bool = False) -> T:
        self._check_open()
        write: Asked[T] = Asked(work, asyncio.get_running_loop().create_future(), patient)
        self._writes.put(write)
        return await write.done

    async def close(self) -> None:
        self._closed = True
        self._writes.put(None)
        for _ in range(_READERS):
            self._reads.put(None)
        for thread in self._threads:
            await asyncio.to_thread(thread.join)
        self._here.close()
        self._engine.dispose()

    def _check_open(self) -> None:
        if self._closed:
            raise RuntimeError("the database is closed")  # nobody would ever answer

    def _read_for_ever(self) -> None:
        """Read what is asked for, on a connection of its own: to take one from a pool costs more than most reads."""
        connection: Connection | None = None
        while (asked := self._reads.get()) is not None:
            if asked.done.cancelled():
                continue
            try:
                with failures_named():
                    if connection is None:
                        connection = self._engine.connect()
                    outcome = partial(give, asked.done, _read_in_transaction(asked.work, connection))
            except BaseException as failure:  # noqa: BLE001 - it is raised again, where the read was asked for
                outcome = partial(refuse, asked.done, failure)
            with suppress(RuntimeError):  # the loop is closed: nobody waits there any more
                asked.done.get_loop().call_soon_threadsafe(outcome)
            del asked, outcome  # which hold what was read, and may be large, until the next is asked for
        if connection is not None:
            connection.close()

    def _write_for_ever(self) -> None:
        with self._engine.connect() as connection:
            event.listen(connection, "after_execute", self._note_rows)
            connection.info[TOUCHED] = self._touched
            connection.info[KEPT] = self._kept
            for pragma in _PRAGMAS_OF_THE_WRITER:
                driver_of(connection).execute(pragma)
            ended = False
            with closing(LogRoom(Path(str(self._engine.url.database)))) as room:
                while not ended or self._put_off:
                    if (first := self._put_off.popleft() if self._put_off else self._writes.get()) is None:
                        break
                    batch, last = self._gathered(first)
                    ended = ended or last
                    commit_together(connection, batch if ended else self._first(batch), self.changes, room)

    def _first(self, batch: list[Asked[Any]]) -> list[Asked[Any]]:
        """Those of these writes that somebody waits for, where there are any; the others are put off, but not for ever.

        What a call began goes on at once, and would take the thread's time from the calls that come next.
        """
        waited_for = [write for write in batch if not write.patient]
        if not waited_for or self._times_put_off == _MOST_TIMES_PUT_OFF:
            self._times_put_off = 0
            return batch
        self._times_put_off += 1
        self._put_off.extend(write for write in batch if write.patient)
        return waited_for

    def _gathered(self, first: Asked[Any]) -> tuple[list[Asked[Any]], bool]:
        """The writes that share a commit with this one, and whether no more come: those that wait by now, and those
        that come while all of them are patient."""
        batch, until = [first], time.monotonic() + _PATIENCE
        while self._put_off and len(batch) < _SHARED_COMMIT:
            batch.append(self._put_off.popleft())
        patient = all(write.patient for write in batch)
        with suppress(queue.Empty):
            while len(batch) < _SHARED_COMMIT:
                more = self._writes.get(timeout=max(0.0, until - time.monotonic()) if patient else 0.0)
                if more is None:
                    return batch, True
                batch.append(more)
                patient = patient and more.patient
        return batch, False

    def _note_rows(self, _connection: Connection, statement: Any, *others: Any) -> None:
        """Remember what was written to. `others` ends with the result; an UPDATE that met no row changed nothing.

        How many rows were met by one that returns them is known only once they are fetched.
        """
        result = others[-1]
        if getattr(statement, "is_dml", False) and (result.returns_rows or result.rowcount != 0):
            self._touched(statement.table.name, written_rows(statement, result.context.compiled_parameters))
            if statement.is_delete:
                self._kept.deleted_from(statement.table.name)

    def _touched(self, table: str, ids: Collection[str] | None = None) -> None:
        self._kept.written(table)
        self.changes.touched(table, ids)


class _NotNow(Exception):
    """What was to be read takes longer than a moment, or SQLite cannot give it at once."""


class _ReaderHere:
    """Reads in the thread of whoever asks, where it takes no longer than a moment.

    To hand a read to another thread, and its outcome back, takes several times as long as most reads. What takes longer
    is given up after that moment, and nothing here waits for a lock.
    """

    def __init__(self, engine: Engine) -> None:
        self._connection = engine.connect()
        driver = driver_of(self._connection)
        driver.execute("PRAGMA busy_timeout=0")
        driver.set_progress_handler(self._has_no_time_left, _STEPS)
        self._left = math.inf  # of the steps of what is read

    def read(self, work: Work[T]) -> T:
        """What the work gives. Raises `_NotNow` where it is to be done by a thread that may take its time."""
        try:
            with failures_named():
                return _read_in_transaction(partial(self._in_a_moment, work), self._connection)
        except DatabaseUnavailable as busy:
            raise _NotNow from busy

    def close(self) -> None:
        self._connection.close()

    def _in_a_moment(self, work: Work[T], connection: Connection) -> T:
        self._left = _MOMENT
        try:
            return work(connection)
        except (SQLAlchemyError, sqlite3.Error) as failure:
            if self._left < 0:
                raise _NotNow from failure
            raise
        finally:
            self._left = math.inf  # the end of the transaction is not to be interrupted

    def _has_no_time_left(self) -> bool:
        self._left -= _STEPS
        return self._left < 0


def _read_in_transaction(work: Work[T], connection: Connection) -> T:
    driver = driver_of(connection)
    driver.execute("BEGIN")
    try:
        return done(work, connection)
    finally:
        end(connection, driver, "ROLLBACK")


def make_engine(path: Path, *, durable: bool = True) -> Engine:
    """SQLAlchemy's engine on the database file, with our pragmas and explicit transactions.

    Commits that are not `durable` wait for no disk: what dies is this process, and then nobody wants them.
    """
    engine = create_engine(
        URL.create("sqlite", database=str(path.absolute())),  # a path is no part of a URL: it may hold ? and %
        # The driver's own implicit BEGIN is late and knows no IMMEDIATE; `_begin` says it instead.
        connect_args={"isolation_level": None, "check_same_thread": False},
        pool_size=_READERS + 2,
        hide_parameters=True,  # an error would show them in the log: user data, the secret of the metadata tokens
    )

    @event.listens_for(engine, "connect")
    def _connected(connection: Any, _record: object) -> None:
        for pragma in _PRAGMAS:
            connection.execute(pragma)
        if not durable:
            connection.execute("PRAGMA synchronous=OFF")

    @event.listens_for(engine, "begin")
    def _begin(connection: Connection) -> None:
        if driver_of(connection).in_transaction:
            return  # it was begun by us
        writes = connection.get_execution_options().get("writer", False)
        connection.exec_driver_sql("BEGIN IMMEDIATE" if writes else "BEGIN")

    return engine
