"""A connection to PostgreSQL that is made again where it broke, and how long that is waited for."""

import threading
import time
from collections.abc import Callable

import structlog
from sqlalchemy import Connection, Engine

from kumoniwa.store.database import DatabaseUnavailable
from kumoniwa.store.engines.asked import driver_of
from kumoniwa.store.engines.patience import end_of_patience
from kumoniwa.store.engines.postgresql_driver import Driver
from kumoniwa.store.engines.postgresql_failures import failures_named

log = structlog.get_logger(__name__)

_BETWEEN = 0.2  # seconds between two tries
_LETS_GO = 3.0  # seconds in which PostgreSQL notices that a server was killed


class NotYet(Exception):
    """The server answers, and what is needed of it cannot be had now."""


class _Held(DatabaseUnavailable):
    """See `NotYet`."""


class Session:
    """One thread's connection. `begin` is done with each new one: it raises `NotYet` where it is to be tried again."""

    def __init__(self, engine: Engine, ended: threading.Event, begin: Callable[[Driver], None] | None = None) -> None:
        self._engine, self._ended, self._begin = engine, ended, begin
        self._connection: Connection | None = None
        self._driver: Driver | None = None
        self._away_since: float | None = None
        self._until = 0.0  # it is waited for then
        self.made = 0
        """How many connections there have been."""

    @property
    def driver(self) -> Driver | None:
        """The driver's connection, as far as there is one now."""
        return self._driver

    @property
    def is_closing(self) -> bool:
        """Whether nothing is to be waited for."""
        return self._ended.is_set()

    @property
    def is_lost(self) -> bool:
        """Whether there is no connection now."""
        return self._driver is None or self._driver.closed

    def connected(self) -> Connection:
        """The connection, made anew where it broke. Raises `DatabaseUnavailable` where none is to be had in time."""
        if self._connection is not None and not self.is_lost:
            return self._connection
        while True:
            try:
                return self._connected_anew()
            except DatabaseUnavailable as failure:
                self.drop()
                now = time.monotonic()
                if self._away_since is None:
                    self._away_since, self._until = now, end_of_patience()
                    log.error("the database is away", reason=str(failure))
                if now > self._until or self._ended.wait(_BETWEEN):
                    raise

    def connected_first(self) -> Connection:
        """As `connected`, for a start: a server that does not answer is not waited for.

        What a server that was killed just now still has of the database is.
        """
        until = time.monotonic() + _LETS_GO
        while True:
            try:
                return self._connected_anew()
            except _Held:
                self.drop()
                if time.monotonic() > until:
                    raise
                self._ended.wait(_BETWEEN)
            except BaseException:
                self.drop()
                raise

    def drop(self) -> None:
        """Let go of the connection, whatever state it is in."""
        connection, driver, self._connection, self._driver = self._connection, self._driver, None, None
        if driver is not None:
            driver.close()
        if connection is not None:
            connection.invalidate()
            connection.close()

    def _connected_anew(self) -> Connection:
        self.drop()
        try:
            with failures_named():
                self._connection = self._engine.connect()
                self._driver = driver_of(self._connection)
                self.made += 1
                if self._begin is not None:
                    self._begin(self._driver)
        except NotYet as failure:
            raise _Held(str(failure)) from None
        except BaseException:
            self.drop()  # one that `begin` was not done with is nobody's
            raise
        if self._away_since is not None:
            log.warning("the database is back", seconds=round(time.monotonic() - self._away_since, 1))
            self._away_since = None
        return self._connection
