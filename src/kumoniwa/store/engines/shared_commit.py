"""Writes that share a commit, so that its wait for the disk is shared too.

One that fails leaves the others whole. Most that fail have written nothing by then. Where one has, and others before
it, all are taken back and done again, each in a savepoint of its own: for a savepoint SQLite copies every page before
its first change, so that there is none until it is needed.
"""

from collections.abc import Callable, Iterable
from contextlib import AbstractContextManager, suppress
from functools import partial
from typing import Any, Protocol, TypeVar

import structlog
from sqlalchemy import Connection
from sqlalchemy.exc import PendingRollbackError, SQLAlchemyError

from kumoniwa.store.changes import Changes
from kumoniwa.store.database import DatabaseUnavailable, OutcomeUnknown
from kumoniwa.store.engines.asked import Asked, done, driver_of, give, refuse
from kumoniwa.store.kept_reads import KeptReads

T = TypeVar("T")

log = structlog.get_logger(__name__)


_TRIES = 3  # of a commit whose connection breaks in the middle


class Transactions(Protocol):
    """How an engine begins and ends the transactions of its writer, of which it has one at a time."""

    def begin(self) -> Connection:
        """Begin one, which nobody else's write comes between. What the connection keeps of reads is true now."""
        ...

    def begin_again(self, connection: Connection) -> None:
        """Take back all that it wrote, and begin anew."""
        ...

    def commit(self, connection: Connection) -> None:
        """End it. It is durable when this returns, and not done when this raises anything but `OutcomeUnknown`."""
        ...

    def rolled_back(self, connection: Connection, failure: BaseException) -> bool:
        """Take it back after it failed; gives whether that was the connection's fault, so that it is tried again."""
        ...

    def unavailable(self, failure: BaseException) -> str | None:
        """What hinders the database for now, in its own words, where that is why something failed; else None."""
        ...

    def failures_named(self) -> AbstractContextManager[None]:
        """The driver's errors as SQLAlchemy's, and as `DatabaseUnavailable` those that are for now."""
        ...


class SharedCommits:
    """The writes of one writer. For its thread alone."""

    def __init__(self, transactions: Transactions, changes: Changes, kept: KeptReads) -> None:
        self._transactions = transactions
        self._changes = changes
        self._kept = kept

    def commit(self, batch: list[Asked[Any]]) -> None:
        """Do each write, commit once, tell what changed, then resolve their futures.

        What follows the changes knows of them before any caller does: whoever asks after that is not told what was
        before.
        """
        outcomes: list[Callable[[], None]]
        loops = dict.fromkeys(write.done.get_loop() for write in batch)
        try:
            with self._transactions.failures_named():
                outcomes = self._committed(batch)
        except SQLAlchemyError as failure:  # no write was done, as far as is known, and every caller gets the error
            self._kept.forget()
            if isinstance(failure, OutcomeUnknown):
                self._changes.unsure()
            else:
                self._changes.undone()
            if isinstance(failure, DatabaseUnavailable):
                log.error("the database cannot be written now", writes=len(batch), reason=str(failure))
                outcomes = [partial(refuse, write.done, type(failure)(str(failure))) for write in batch]
            else:
                log.error("a commit failed", writes=len(batch), exc_info=failure)
                outcomes = [partial(refuse, write.done, failure) for write in batch]
        else:
            self._changes.committed()
        for loop in loops:
            those = [outcome for write, outcome in zip(batch, outcomes, strict=True) if write.done.get_loop() is loop]
            with suppress(RuntimeError):  # it is closed: nobody waits there any more
                # All in one go: each wake of the loop makes this thread wait for its turn again.
                loop.call_soon_threadsafe(_call_each, those)

    def _committed(self, batch: list[Asked[Any]]) -> list[Callable[[], None]]:
        """Do each write and commit them; gives what tells their callers. Raises what makes the whole commit fail."""
        for further in reversed(range(_TRIES)):
            connection = self._transactions.begin()
            try:
                outcomes = self._outcomes(batch, connection)
                self._transactions.commit(connection)
                return outcomes
            except BaseException as failure:
                if not self._transactions.rolled_back(connection, failure) or not further:
                    raise
            self._changes.undone()
            self._kept.forget()
        raise AssertionError("the last try returns or raises")

    def _outcomes(self, batch: list[Asked[Any]], connection: Connection) -> list[Callable[[], None]]:
        """Do each write; gives what tells their callers. Raises what makes the whole commit fail."""
        driver = driver_of(connection)
        nothing_written = driver.total_changes
        outcomes: list[Callable[[], None]] = []
        for write in batch:
            before = driver.total_changes
            try:
                outcomes.append(partial(give, write.done, done(write.work, connection)))
            except BaseException as failure:  # noqa: BLE001 - it is raised again, where the write was asked for
                self._refuse_all(failure, driver)
                if driver.total_changes != before or driver.is_stuck:
                    self._begin_again(connection)
                    if before != nothing_written:
                        return [self._saved(each, connection) for each in batch]
                    nothing_written = driver.total_changes
                outcomes.append(partial(refuse, write.done, failure))
        return outcomes

    def _begin_again(self, connection: Connection) -> None:
        """Take back all that the transaction wrote."""
        self._transactions.begin_again(connection)
        self._kept.forget()
        self._changes.undone()

    def _saved(self, write: Asked[T], connection: Connection) -> Callable[[], None]:
        """Do a write in a savepoint of its own; gives what tells its caller.

        Raises what makes the whole commit fail.
        """
        driver = driver_of(connection)
        driver.execute("SAVEPOINT one_write")
        try:
            result = done(write.work, connection)
            driver.execute("RELEASE one_write")
        except BaseException as failure:  # noqa: BLE001 - it is raised again, where the write was asked for
            self._refuse_all(failure, driver)
            driver.execute("ROLLBACK TO one_write")
            driver.execute("RELEASE one_write")
            self._kept.forget()
            return partial(refuse, write.done, failure)
        return partial(give, write.done, result)

    def _refuse_all(self, failure: BaseException, driver: Any) -> None:
        """Raise what a write failed with, where the others of its commit fail with it."""
        if not driver.in_transaction:
            # SQLite takes back the whole transaction for some failures (a full disk, an I/O error), PostgreSQL with
            # its connection: what the others did is gone too, and what is done next would commit by itself.
            raise PendingRollbackError("the database took the shared transaction back") from failure
        if (reason := self._transactions.unavailable(failure)) is not None:
            raise DatabaseUnavailable(reason) from failure


def _call_each(outcomes: Iterable[Callable[[], None]]) -> None:
    for resolve in outcomes:
        resolve()
