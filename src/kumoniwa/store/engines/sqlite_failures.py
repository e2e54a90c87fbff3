"""What SQLite fails with, by the names that the rest of Kumoniwa knows."""

import sqlite3
from contextlib import AbstractContextManager

from kumoniwa.store.engines.causes import causes_of, named_failures

_PASSING = {
    sqlite3.SQLITE_BUSY,
    sqlite3.SQLITE_LOCKED,
    sqlite3.SQLITE_FULL,
    sqlite3.SQLITE_IOERR,
    sqlite3.SQLITE_READONLY,
    sqlite3.SQLITE_CANTOPEN,
    sqlite3.SQLITE_NOMEM,
}


def failures_named() -> AbstractContextManager[None]:
    """The driver's errors as SQLAlchemy's, and as `DatabaseUnavailable` those that are for now."""
    return named_failures(sqlite3.Error, unavailable)


def unavailable(failure: BaseException) -> str | None:
    """What hinders SQLite for now, in its own words, where that is why something failed; else None."""
    # To take back a savepoint fails where SQLite has taken back all: what comes after the cause may hide it.
    for cause in causes_of(failure):
        if isinstance(cause, sqlite3.Error) and (getattr(cause, "sqlite_errorcode", 0) & 0xFF) in _PASSING:
            return str(cause)
    return None
