"""Work that is asked of SQLite: how it is done on a connection, and what tells whoever asked."""

import asyncio
import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, Generic, TypeVar

from sqlalchemy import Connection
from sqlalchemy.exc import DBAPIError, SQLAlchemyError

from kumoniwa.store.database import DatabaseUnavailable, Work
from kumoniwa.values import dataclass

T = TypeVar("T")

_PASSING = {
    sqlite3.SQLITE_BUSY,
    sqlite3.SQLITE_LOCKED,
    sqlite3.SQLITE_FULL,
    sqlite3.SQLITE_IOERR,
    sqlite3.SQLITE_READONLY,
    sqlite3.SQLITE_CANTOPEN,
    sqlite3.SQLITE_NOMEM,
}


@dataclass(frozen=True, slots=True)
class Asked(Generic[T]):
    """Work, and where what comes of it is waited for.

    A caller that gives up cancels the future: a read need not be begun, a write does not depend on when that was.
    """

    work: Work[T]
    done: "asyncio.Future[T]"
    patient: bool = False


def driver_of(connection: Connection) -> Any:
    """The driver's own connection, whose transactions are ours: SQLAlchemy's cost more than what is done in most."""
    return connection.connection.driver_connection


def end(connection: Connection, driver: Any, how: str) -> None:
    """End the transaction, and with it SQLAlchemy's idea of it, where it was asked to execute something."""
    if driver.in_transaction:
        driver.execute(how)
    if connection.in_transaction():
        connection.rollback()  # of nothing: it is over


def give(future: "asyncio.Future[T]", result: T) -> None:
    """Tell who asked what came of it."""
    if not future.done():  # who asked may have given up
        future.set_result(result)


def refuse(future: "asyncio.Future[Any]", failure: BaseException) -> None:
    """Raise it where it was asked for."""
    if not future.done():
        future.set_exception(failure)


def done(work: Work[T], connection: Connection) -> T:
    """What the work gives. A `StopIteration` that it lets out would leave whoever awaits it waiting for ever."""
    try:
        return work(connection)
    except StopIteration as bug:
        raise RuntimeError("an iterator ended unexpectedly") from bug


@contextmanager
def failures_named() -> Iterator[None]:
    """The driver's errors as SQLAlchemy's, and as `DatabaseUnavailable` those that are for now."""
    try:
        yield
    except (SQLAlchemyError, sqlite3.Error) as failure:
        if (reason := unavailable(failure)) is not None:
            raise DatabaseUnavailable(reason) from failure
        if isinstance(failure, sqlite3.Error):
            raise DBAPIError.instance(None, None, failure, sqlite3.Error) from failure
        raise


def unavailable(failure: BaseException) -> str | None:
    """What hinders SQLite for now, in its own words, where that is why something failed; else None."""
    causes, looked_at = [failure], set[int]()
    while causes:
        cause = causes.pop()
        looked_at.add(id(cause))
        if isinstance(cause, sqlite3.Error) and (getattr(cause, "sqlite_errorcode", 0) & 0xFF) in _PASSING:
            return str(cause)
        # To take back a savepoint fails where SQLite has taken back all: what comes after the cause may hide it.
        deeper = (getattr(cause, "orig", None), cause.__cause__, cause.__context__)
        causes += [one for one in deeper if isinstance(one, BaseException) and id(one) not in looked_at]
    return None
