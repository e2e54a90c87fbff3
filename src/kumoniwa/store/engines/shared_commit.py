"""Writes that share a commit of SQLite's, so that its wait for the disk is shared too.

One that fails leaves the others whole. Most that fail have written nothing by then. Where one has, and others before
it, all are taken back and done again, each in a savepoint of its own: for a savepoint SQLite copies every page before
its first change, so that there is none until it is needed.
"""

from collections.abc import Callable, Iterable
from contextlib import suppress
from functools import partial
from typing import Any, TypeVar

import structlog
from sqlalchemy import Connection
from sqlalchemy.exc import PendingRollbackError, SQLAlchemyError

from kumoniwa.store.changes import Changes
from kumoniwa.store.database import DatabaseUnavailable
from kumoniwa.store.engines.log_room import LogRoom
from kumoniwa.store.engines.sqlite_work import Asked, done, driver_of, end, failures_named, give, refuse, unavailable
from kumoniwa.store.kept_reads import KEPT, KeptReads

T = TypeVar("T")

log = structlog.get_logger(__name__)


def commit_together(connection: Connection, batch: list[Asked[Any]], changes: Changes, room: LogRoom) -> None:
    """Do each write, commit once, tell what changed, then resolve their futures.

    What follows the changes knows of them before any caller does: whoever asks after that is not told what was before.
    """
    outcomes: list[Callable[[], None]] = []
    kept: KeptReads = connection.info[KEPT]
    loops = dict.fromkeys(write.done.get_loop() for write in batch)
    driver = driver_of(connection)
    try:
        with failures_named():
            driver.execute("BEGIN IMMEDIATE")
            try:
                kept.as_of(driver.execute("PRAGMA data_version").fetchone()[0])
                room.ensure()  # while nobody else may write to the log, another program neither
                outcomes += _outcomes(batch, connection, changes)
                end(connection, driver, "COMMIT")
            except BaseException:
                # A COMMIT that SQLite refuses leaves the transaction open: the next could not begin.
                end(connection, driver, "ROLLBACK")
                raise
    except SQLAlchemyError as failure:  # no write was done, and every caller gets the error
        kept.forget()
        changes.undone()
        if isinstance(failure, DatabaseUnavailable):
            log.error("the database cannot be written now", writes=len(batch), reason=str(failure))
            outcomes = [partial(refuse, write.done, DatabaseUnavailable(str(failure))) for write in batch]
        else:
            log.error("a commit failed", writes=len(batch), exc_info=failure)
            outcomes = [partial(refuse, write.done, failure) for write in batch]
    changes.committed()
    for loop in loops:
        those = [outcome for write, outcome in zip(batch, outcomes, strict=True) if write.done.get_loop() is loop]
        with suppress(RuntimeError):  # it is closed: nobody waits there any more
            # All in one go: each wake of the loop makes this thread wait for its turn again.
            loop.call_soon_threadsafe(_call_each, those)


def _outcomes(batch: list[Asked[Any]], connection: Connection, changes: Changes) -> list[Callable[[], None]]:
    """Do each write; gives what tells their callers. Raises what makes the whole commit fail."""
    driver = driver_of(connection)
    nothing_written = driver.total_changes
    outcomes: list[Callable[[], None]] = []
    for write in batch:
        before = driver.total_changes
        try:
            outcomes.append(partial(give, write.done, done(write.work, connection)))
        except BaseException as failure:  # noqa: BLE001 - it is raised again, where the write was asked for
            _refuse_all(failure, driver)
            if driver.total_changes != before:
                _begin_again(connection, changes)
                if before != nothing_written:
                    return [_saved(each, connection) for each in batch]
                nothing_written = driver.total_changes
            outcomes.append(partial(refuse, write.done, failure))
    return outcomes


def _begin_again(connection: Connection, changes: Changes) -> None:
    """Take back all that the transaction wrote."""
    driver = driver_of(connection)
    driver.execute("ROLLBACK")
    driver.execute("BEGIN IMMEDIATE")
    connection.info[KEPT].forget()
    changes.undone()


def _saved(write: Asked[T], connection: Connection) -> Callable[[], None]:
    """Do a write in a savepoint of its own; gives what tells its caller. Raises what makes the whole commit fail."""
    driver = driver_of(connection)
    driver.execute("SAVEPOINT one_write")
    try:
        result = done(write.work, connection)
        driver.execute("RELEASE one_write")
    except BaseException as failure:  # noqa: BLE001 - it is raised again, where the write was asked for
        _refuse_all(failure, driver)
        driver.execute("ROLLBACK TO one_write")
        driver.execute("RELEASE one_write")
        connection.info[KEPT].forget()
        return partial(refuse, write.done, failure)
    return partial(give, write.done, result)


def _refuse_all(failure: BaseException, driver: Any) -> None:
    """Raise what a write failed with, where the others of its commit fail with it."""
    if not driver.in_transaction:
        # SQLite takes back the whole transaction for some failures (a full disk, an I/O error): what the others
        # did is gone too, and what is done next would commit by itself.
        raise PendingRollbackError("SQLite took the shared transaction back") from failure
    if (reason := unavailable(failure)) is not None:
        raise DatabaseUnavailable(reason) from failure


def _call_each(outcomes: Iterable[Callable[[], None]]) -> None:
    for resolve in outcomes:
        resolve()
