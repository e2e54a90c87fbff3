"""What gives up the waits of connections.

Neither libpq nor a limit of PostgreSQL's ends that of a COMMIT for a standby that is away.
"""

import contextlib
import os
import socket
import threading
import time
from collections.abc import Callable
from typing import Any

import psycopg
import structlog

log = structlog.get_logger(__name__)

_LOOKS = 0.5  # seconds between two looks at the waits
_CLOSING = 2.0  # seconds that each wait may take once nothing is to be waited for
_DEAF = 2.0  # seconds in which a server does what it is asked to, and cancels


class WatchedConnection(psycopg.Connection[Any]):
    """A connection whose waits another thread may give up."""

    until: float | None = None
    """When, on the monotonic clock, what it waits for is given up; None where it may take as long as it takes."""

    def __init__(self, *given: Any, **options: Any) -> None:
        super().__init__(*given, **options)
        self._since: float | None = None  # it waits
        self._cancelled: float | None = None
        self._giving_up = threading.Lock()

    def wait(self, *given: Any, **options: Any) -> Any:
        self._since = time.monotonic()
        try:
            return super().wait(*given, **options)
        finally:
            with self._giving_up:  # so that what is waited for next is not cancelled for this
                self._since = self._cancelled = None

    def give_up_in_time(self, closing_since: float | None) -> None:
        """Give up what it waits for, if that lasts too long. For other threads than the one that waits.

        The server is asked to cancel it; where it does not, the connection is broken off.
        """
        with self._giving_up:
            if (since := self._since) is None:
                return
            now, limits = time.monotonic(), [] if self.until is None else [self.until]
            if closing_since is not None:
                limits.append(max(since, closing_since) + _CLOSING)
            if not limits or now < min(limits):
                return
            with contextlib.suppress(psycopg.Error, OSError):  # it broke just now
                if self._cancelled is None:
                    self._cancelled = now
                    log.error("the database is not waited for any longer", seconds=round(now - since, 1))
                    self.cancel_safe(timeout=_DEAF)
                elif now > self._cancelled + _DEAF:
                    with socket.socket(fileno=os.dup(self.fileno())) as shared:
                        shared.shutdown(socket.SHUT_RDWR)


class Watch:
    """The thread that does it. `ended` is set when nothing is to be waited for."""

    def __init__(self, ended: threading.Event) -> None:
        self._ended, self._stopped = ended, threading.Event()
        self._watched: list[Callable[[], WatchedConnection | None]] = []
        self._thread = threading.Thread(target=self._look_for_ever, name="database-watch", daemon=True)

    def start(self) -> None:
        self._thread.start()

    def add(self, connection: Callable[[], WatchedConnection | None]) -> None:
        """Watch the connection that this gives, whichever it is then."""
        self._watched.append(connection)

    def stop(self) -> None:
        self._stopped.set()

    def _look_for_ever(self) -> None:
        closing_since: float | None = None
        while not self._stopped.wait(_LOOKS):
            if closing_since is None and self._ended.is_set():
                closing_since = time.monotonic()
            for watched in tuple(self._watched):
                if (connection := watched()) is not None:
                    connection.give_up_in_time(closing_since)
