"""State on SQLite: one writer, several readers, nothing of it on the event loop but what takes a moment."""

import asyncio
import math
import sqlite3
from collections.abc import Iterator, Sequence
from contextlib import AbstractContextManager, closing, contextmanager
from functools import partial
from pathlib import Path
from typing import Any, TypeVar

import structlog
from sqlalchemy import URL, Connection, Engine, create_engine, event
from sqlalchemy.exc import SQLAlchemyError

from kumoniwa.store.database import DatabaseUnavailable, Work
from kumoniwa.store.engines.asked import done, driver_of, end
from kumoniwa.store.engines.in_threads import READERS, DatabaseInThreads
from kumoniwa.store.engines.log_room import LogRoom
from kumoniwa.store.engines.shared_commit import SharedCommits
from kumoniwa.store.engines.sqlite_failures import failures_named, unavailable
from kumoniwa.store.kept_reads import KEPT, KeptReads

T = TypeVar("T")

log = structlog.get_logger(__name__)

_SHARED_COMMIT = 256  # writes
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
_IN_TURN = 8  # reads on the event loop, after which others have their turn
_PRAGMAS_OF_THE_WRITER = (
    "PRAGMA cache_size=-131072",  # KiB, if they are there: rows of a hundred thousand instances, with all their indexes
    # What a savepoint, or a statement, may have to take back is kept in memory: beyond 64 KiB it would be a file.
    "PRAGMA temp_store=MEMORY",
    "PRAGMA secure_delete=ON",  # some builds' default: the key of a guest's memory is to be gone when it is forgotten
)


class SqliteDatabase(DatabaseInThreads):
    """See `kumoniwa.store.database.Database`. `close` ends its threads after the writes already asked for."""

    def __init__(self, engine: Engine) -> None:
        super().__init__(lambda: _Reader(engine), self._writing_to, shared_commit=_SHARED_COMMIT)
        self._engine = engine
        self._here_in_turn = 0
        self._here = _ReaderHere(engine)
        self._start()

    async def read(self, work: Work[T], *, here: bool = False) -> T:
        if here and not self._closed:
            self._here_in_turn += 1
            if self._here_in_turn % _IN_TURN == 0:
                await asyncio.sleep(0)  # nothing else would have its turn, where reads follow each other
            try:
                return self._here.read(work)
            except _NotNow:
                log.debug("a read takes longer than a moment")
        return await super().read(work)

    async def close(self) -> None:
        await super().close()
        self._here.close()
        self._engine.dispose()

    @contextmanager
    def _writing_to(self) -> Iterator[SharedCommits]:
        with self._engine.connect() as connection:
            self._note_writes(connection)
            for pragma in _PRAGMAS_OF_THE_WRITER:
                driver_of(connection).execute(pragma)
            with closing(LogRoom(Path(str(self._engine.url.database)))) as room:
                yield SharedCommits(_Transactions(connection, room), self.changes, self._kept)


class _Driver(sqlite3.Connection):
    """SQLite's connection, as `asked.Driver` says."""

    is_stuck = False  # a statement that fails leaves its transaction as it was

    def in_chunks(self, sql: str, given: Sequence[Any], at_once: int) -> Iterator[list[Any]]:
        cursor = self.execute(sql, given)
        try:
            while found := cursor.fetchmany(at_once):
                yield found
        finally:
            cursor.close()

    def damages(self) -> list[str]:
        return [said for (said,) in self.execute("PRAGMA quick_check") if said != "ok"]


class _Transactions:
    """See `kumoniwa.store.engines.shared_commit.Transactions`."""

    def __init__(self, connection: Connection, room: LogRoom) -> None:
        self._connection = connection
        self._driver = driver_of(connection)
        self._kept: KeptReads = connection.info[KEPT]
        self._room = room

    def begin(self) -> Connection:
        self._driver.execute("BEGIN IMMEDIATE")
        try:
            self._kept.as_of(self._driver.execute("PRAGMA data_version").fetchone()[0])
            self._room.ensure()  # while nobody else may write to the log, another program neither
        except BaseException as failure:
            self.rolled_back(self._connection, failure)
            raise
        return self._connection

    def begin_again(self, connection: Connection) -> None:
        self._driver.execute("ROLLBACK")
        self._driver.execute("BEGIN IMMEDIATE")

    def commit(self, connection: Connection) -> None:
        end(connection, self._driver, "COMMIT")

    def rolled_back(self, connection: Connection, failure: BaseException) -> bool:
        # A COMMIT that SQLite refuses leaves the transaction open: the next could not begin.
        end(connection, self._driver, "ROLLBACK")
        return False

    def unavailable(self, failure: BaseException) -> str | None:
        return unavailable(failure)

    def failures_named(self) -> AbstractContextManager[None]:
        return failures_named()


class _Reader:
    """Reads in a thread that may take its time."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine
        self._connection: Connection | None = None

    def read(self, work: Work[T]) -> T:
        with failures_named():
            if self._connection is None:
                self._connection = self._engine.connect()
            return _read_in_transaction(work, self._connection)

    def close(self) -> None:
        if self._connection is not None:
            self._connection.close()


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
        connect_args={"isolation_level": None, "check_same_thread": False, "factory": _Driver},
        pool_size=READERS + 2,
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
