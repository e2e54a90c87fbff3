"""What PostgreSQL fails with, by the names that the rest of Kumoniwa knows."""

from contextlib import AbstractContextManager

import psycopg

from kumoniwa.store.engines.causes import causes_of, named_failures

_PASSING = ("08", "53", "55", "57", "58")
"""Classes of SQLSTATE: connections, resources (a full disk), locks, an operator, the system."""
_READ_ONLY = "25006"  # a standby, or a primary that its operator has closed for writing
_IN_CONFLICT = {"40001", "40P01"}  # two transactions hinder each other: one of them is done again


def failures_named() -> AbstractContextManager[None]:
    """The driver's errors as SQLAlchemy's, and as `DatabaseUnavailable` those that are for now."""
    return named_failures(psycopg.Error, unavailable)


def unavailable(failure: BaseException) -> str | None:
    """What hinders PostgreSQL for now, in its own words, where that is why something failed; else None."""
    for cause in causes_of(failure):
        if isinstance(cause, psycopg.Error) and _passes(cause):
            return reason_of(cause)
    return None


def psycopgs(failure: BaseException) -> psycopg.Error | None:
    """The driver's own error that is why something failed; None where there is none."""
    return next((cause for cause in causes_of(failure) if isinstance(cause, psycopg.Error)), None)


def is_in_conflict(failure: BaseException) -> bool:
    """Whether what failed may be done again at once, on the same connection."""
    return any(isinstance(cause, psycopg.Error) and cause.sqlstate in _IN_CONFLICT for cause in causes_of(failure))


def is_read_only(failure: BaseException) -> bool:
    """Whether the server that was asked does not let anybody write: another one may have taken its place."""
    return any(isinstance(cause, psycopg.Error) and cause.sqlstate == _READ_ONLY for cause in causes_of(failure))


def reason_of(failure: BaseException) -> str:
    """Why something failed, in the driver's words, on one line."""
    return " ".join(str(psycopgs(failure) or failure).split())


def _passes(failure: psycopg.Error) -> bool:
    if failure.sqlstate is None:
        return isinstance(failure, psycopg.OperationalError)  # the connection itself
    return failure.sqlstate[:2] in _PASSING or failure.sqlstate == _READ_ONLY
