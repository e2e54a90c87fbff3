"""State on PostgreSQL: one writer, several readers, each with a connection of its own, none of it on the event loop.

Whoever writes holds a lock until its transaction ends, so that what it has read is still so when it writes. A commit
whose answer was lost is settled by asking: each leaves its mark in `cloud_state`, in the same message that commits it.
A transaction's number would not do: a standby that takes over gives the number of a commit that it never saw to
another transaction.
"""

import secrets
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from typing import TypeVar

import psycopg
import structlog
from sqlalchemy import Connection
from sqlalchemy.exc import SQLAlchemyError

from kumoniwa.store.database import DatabaseUnavailable, OutcomeUnknown, Work
from kumoniwa.store.engines.asked import done, driver_of, end
from kumoniwa.store.engines.in_threads import DatabaseInThreads
from kumoniwa.store.engines.patience import end_of_patience
from kumoniwa.store.engines.postgresql_driver import Driver
from kumoniwa.store.engines.postgresql_failures import (
    NO_STANDBY,
    failures_named,
    is_in_conflict,
    is_read_only,
    reason_of,
    unavailable,
)
from kumoniwa.store.engines.postgresql_lock import WRITES
from kumoniwa.store.engines.postgresql_session import Session
from kumoniwa.store.engines.postgresql_watch import Watch
from kumoniwa.store.engines.shared_commit import SharedCommits
from kumoniwa.store.kept_reads import KeptReads

T = TypeVar("T")

log = structlog.get_logger(__name__)

SHARED_COMMIT = 32
"""Writes. Each may need a savepoint, and PostgreSQL slows down for everybody beyond 64 of those in a transaction."""
_BEGIN = (
    # With another level, that of the role, the view would be of before the lock was had.
    f"BEGIN ISOLATION LEVEL READ COMMITTED; SELECT pg_advisory_xact_lock({WRITES});"
    " SELECT pg_current_xact_id()::text::bigint, pg_snapshot_xmin(pg_current_snapshot())::text::bigint"
)
BEGIN_READING = "BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY"
_TRIES = 3  # of what breaks with its connection
_TO_ASK = 1.0  # seconds, at least, for the question whether a commit was done, however long that itself has taken
_TO_BE_SURE = 2.0  # seconds in which a standby that was away answers


class PostgresqlDatabase(DatabaseInThreads):
    """See `kumoniwa.store.database.Database`. `close` ends its threads after the writes already asked for."""

    def __init__(
        self, writer: Session, new_session: Callable[[], Session], watch: Watch, ended: threading.Event
    ) -> None:
        """`writer` is connected, holds the server's lock, and is watched; each reader gets a session of its own.
        `ended` is set when nothing is to be waited for."""
        super().__init__(self._new_reader, self._writing_to, shared_commit=SHARED_COMMIT)
        self._writer, self._new_session, self._watch, self._ended = writer, new_session, watch, ended
        self._start()

    async def close(self) -> None:
        """What waits for the server then is given up within seconds."""
        self._ended.set()
        await super().close()
        self._watch.stop()

    def _new_reader(self) -> "_Reader":
        session = self._new_session()
        self._watch.add(lambda: session.driver)
        return _Reader(session)

    @contextmanager
    def _writing_to(self) -> Iterator[SharedCommits]:
        transactions = _Transactions(self._writer, self._kept, self._note_writes)
        try:
            yield SharedCommits(transactions, self.changes, self._kept)
        finally:
            self._writer.drop()


class _Transactions:
    """See `kumoniwa.store.engines.shared_commit.Transactions`."""

    def __init__(self, session: Session, kept: KeptReads, note_writes: Callable[[Connection], None]) -> None:
        self._session, self._kept, self._note_writes = session, kept, note_writes
        self._noted = 0  # of the session's connections
        self._mark: str | None = None  # of the last commit
        self._marked = 0  # which of the session's connections has found it
        self._is_unsure = False  # whether the standby has what was committed
        self._run = secrets.token_hex(8)
        self._commits = 0
        self._last: int | None = None  # transaction, where no other one was open beside it
        self._others = 0
        self._written_before = 0

    def begin(self) -> Connection:
        for further in reversed(range(_TRIES)):
            connection = self._session.connected()
            driver: Driver = driver_of(connection)
            if self._noted != self._session.made:
                self._noted, self._last = self._session.made, None
                self._note_writes(connection)
            try:
                if self._is_unsure:
                    self._be_sure(driver)
                self._begin(driver)
                if self._marked != self._session.made:
                    self._mark, self._marked = _mark_in(driver), self._session.made
                return connection
            except psycopg.Error as failure:
                was_lost = driver.closed
                self.rolled_back(connection, failure)  # else it stays begun, and nothing can be done in it
                if not was_lost or not further:
                    raise
        raise AssertionError("the last try returns or raises")

    def begin_again(self, connection: Connection) -> None:
        driver: Driver = driver_of(connection)
        driver.execute("ROLLBACK")
        self._begin(driver)

    def commit(self, connection: Connection) -> None:
        driver: Driver = driver_of(connection)
        if driver.total_changes == self._written_before:
            end(connection, driver, "COMMIT")  # of nothing
            return
        self._commits += 1
        mark, warnings = f"{self._run}-{self._commits}", driver.warnings
        driver.until = until = end_of_patience()
        try:
            driver.execute(f"UPDATE cloud_state SET last_commit = '{mark}'; COMMIT")
        except psycopg.Error as failure:
            if not driver.closed:
                raise
            self._settle(mark, failure, until)
            return
        if driver.warnings != warnings:
            # Somebody ended the wait for the synchronous standby: it is committed here, and maybe nowhere else.
            self._settle(mark, _NotDone("the wait for the standby was ended"), until)
            return
        self._mark, driver.until = mark, None
        end(connection, driver, "ROLLBACK")

    def rolled_back(self, connection: Connection, failure: BaseException) -> bool:
        if isinstance(failure, _NotDone):
            return True
        if isinstance(failure, OutcomeUnknown):
            return False
        if is_read_only(failure):
            self._session.drop()
        if not self._session.is_lost:
            try:
                end(connection, driver_of(connection), "ROLLBACK")
            except psycopg.Error:
                self._session.drop()
            else:
                return is_in_conflict(failure)
        self._session.drop()
        return True

    def unavailable(self, failure: BaseException) -> str | None:
        return unavailable(failure)

    def failures_named(self) -> AbstractContextManager[None]:
        return failures_named()

    def _begin(self, driver: Driver) -> None:
        driver.until = end_of_patience()
        cursor = driver.execute(_BEGIN)
        driver.until = None
        while cursor.nextset():
            pass
        found = cursor.fetchone()
        assert found is not None
        this, oldest = found
        # Nothing that began before is still open, and nothing has begun since our last one: nobody else has written.
        if oldest != this or self._last is None or this != self._last + 1:
            self._others += 1
        # What was open then may end at any time, and what is read from now on be without it.
        self._last = this if oldest == this else None
        self._kept.as_of(self._others)
        self._written_before = driver.total_changes

    def _be_sure(self, driver: Driver) -> None:
        """Begin nothing as long as the standby is away: a commit would be done here, and its caller not know it."""
        driver.until = time.monotonic() + _TO_BE_SURE
        if self._session.is_closing or not driver.reaches_standby():
            raise DatabaseUnavailable(NO_STANDBY)
        self._is_unsure = False

    def _settle(self, mark: str, failure: Exception, until: float) -> None:
        """Find out whether the commit with this mark was done; raises where it was not, or nobody can be asked.

        The connection has the server's lock: what was begun by the one before it is over.
        """
        for _ in range(_TRIES):
            self._session.drop()
            try:
                driver: Driver = driver_of(self._session.connected())
            except DatabaseUnavailable as away:
                raise OutcomeUnknown(str(away)) from failure
            driver.until = max(until, time.monotonic() + _TO_ASK)
            try:
                found = _mark_in(driver)
                # What was committed and had not reached the standby is there when a later commit is.
                if not driver.reaches_standby():
                    self._is_unsure = True
                    if self._session.is_closing or time.monotonic() >= driver.until:
                        raise OutcomeUnknown(NO_STANDBY) from failure
                    continue
            except psycopg.Error as failed:
                log.warning("a commit is not settled yet", reason=reason_of(failed))
                continue
            self._is_unsure, committed = False, found == mark
            if not committed and found != self._mark:
                # Another server had the database meanwhile: what it found, nobody knows.
                raise OutcomeUnknown("another server has written since") from failure
            log.warning("the answer to a commit was lost, and the database asked", committed=committed)
            if not committed:
                raise _NotDone("the commit was not done") from failure
            return
        raise OutcomeUnknown(reason_of(failure)) from failure


def _mark_in(driver: Driver) -> str | None:
    """The mark of the last commit that the database has."""
    row = driver.execute("SELECT last_commit FROM cloud_state").fetchone()
    return None if row is None else row[0]


class _NotDone(SQLAlchemyError):
    """A commit whose answer was lost was not done."""


class _Reader:
    """Reads on a connection of its own; what broke with it is read again."""

    def __init__(self, session: Session) -> None:
        self._session = session

    def read(self, work: Work[T]) -> T:
        for further in reversed(range(_TRIES)):
            connection = self._session.connected()
            try:
                with failures_named():
                    return _read_in_transaction(work, connection)
            except DatabaseUnavailable:
                if not self._session.is_lost or not further:
                    raise
        raise AssertionError("the last try returns or raises")

    def close(self) -> None:
        self._session.drop()


def _read_in_transaction(work: Work[T], connection: Connection) -> T:
    driver: Driver = driver_of(connection)
    driver.execute(BEGIN_READING)
    try:
        return done(work, connection)
    finally:
        if not driver.closed:
            end(connection, driver, "ROLLBACK")
