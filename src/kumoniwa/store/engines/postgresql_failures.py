"""What PostgreSQL fails with, by the names that the rest of Kumoniwa knows."""

from contextlib import AbstractContextManager

import psycopg

from kumoniwa.store.engines.causes import causes_of, named_failures

_PASSING = ("08", "53", "55", "57", "58")
"""Classes of SQLSTATE: connections, resources (a full disk), locks, an operator, the system."""
_ENDS_CONNECTION = {"FATAL", "PANIC"}  # whatever its SQLSTATE: another one may be had
_READ_ONLY = "25006"  # a standby, or a primary that its operator has closed for writing
_LOCKED = "55P03"  # the wait for a lock was as long as `lock_timeout`
_IN_CONFLICT = {"40001", "40P01"}  # two transactions hinder each other: one of them is done again


NO_STANDBY = "the synchronous standby does not answer"


class StandbyAway(psycopg.OperationalError):
    """What was committed is on this side only. It is on the standby too once a later commit has reached it."""

    def __init__(self) -> None:
        super().__init__(NO_STANDBY)


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
    cause = psycopgs(failure)
    words = " ".join(str(cause or failure).split())
    return f"another program has locked it: {words}" if cause is not None and cause.sqlstate == _LOCKED else words


def _passes(failure: psycopg.Error) -> bool:
    if failure.sqlstate is None:
        return isinstance(failure, psycopg.OperationalError)  # the connection itself
    if failure.diag.severity_nonlocalized in _ENDS_CONNECTION:
        return True
    return failure.sqlstate[:2] in _PASSING or failure.sqlstate == _READ_ONLY
