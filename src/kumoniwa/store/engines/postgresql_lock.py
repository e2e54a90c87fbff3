"""That one server at a time has a database: a lock that is held as long as the writer's connection lives."""

import time
from typing import Any

from kumoniwa.store.engines.postgresql_driver import Driver
from kumoniwa.store.engines.postgresql_session import NotYet

_KEY = "hashtextextended('kumoniwa {what} ' || coalesce(current_schema(), ''), 0)"
WRITES = _KEY.format(what="writes")
"""The lock that whoever writes has until its transaction ends."""
_SERVER = _KEY.format(what="server")
_OWN = (
    "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
    " WHERE pid = %s AND backend_start = %s AND usename = current_user"
)
_SELF = "SELECT pid, backend_start FROM pg_stat_activity WHERE pid = pg_backend_pid()"
_END = 2.0  # seconds in which a connection that was ended lets go of its locks


class ServerLock:
    """The lock of one server, taken again with each of its writer's connections."""

    def __init__(self) -> None:
        self._former: tuple[Any, ...] | None = None

    def take(self, driver: Driver) -> None:
        """Have it. Raises `NotYet` where another has it.

        The server may not know yet that our former connection broke: it is ended, so that what it began is over.
        """
        if not _taken(driver) and not (self._former is not None and self._end_former(driver)):
            raise NotYet("another server uses this database")
        self._former = driver.execute(_SELF).fetchone()

    def _end_former(self, driver: Driver) -> bool:
        until = time.monotonic() + _END
        driver.execute(_OWN, self._former)
        while time.monotonic() < until:
            if _taken(driver):
                return True
            driver.execute("SELECT pg_sleep(0.02)")
        return False


def _taken(driver: Driver) -> bool:
    row = driver.execute(f"SELECT pg_try_advisory_lock({_SERVER})").fetchone()
    return row is not None and bool(row[0])
