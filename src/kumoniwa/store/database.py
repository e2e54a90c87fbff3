"""The database as the rest of Kumoniwa sees it: work is handed to it, and runs off the event loop, but for what takes a
moment.

Work is a plain function that takes a connection. Which engine runs it is known to `kumoniwa.store.engines` alone.
"""

from collections.abc import Callable
from typing import Any, Protocol, TypeVar

from sqlalchemy import Connection
from sqlalchemy.exc import SQLAlchemyError

from kumoniwa.store.changes import Changes

T = TypeVar("T")
Work = Callable[[Connection], T]


class DatabaseUnavailable(SQLAlchemyError):
    """The state cannot be read or written now: its disk is full or fails, or another program has locked it.

    Nothing was done; the same work may succeed later.
    """


class OutcomeUnknown(DatabaseUnavailable):
    """The connection was lost while a commit was under way, and nobody can be asked now what became of it.

    It is durable or was not done. The same work may be done again, where that does no harm.
    """


class Database(Protocol):
    """The state of one cloud. What cannot be done now raises `DatabaseUnavailable`, within seconds."""

    @property
    def changes(self) -> Changes:
        """What commits change, for those who follow it."""
        ...

    async def read(self, work: Work[T], *, here: bool = False) -> T:
        """Run `work` on a consistent view of the state. It must not write.

        What is read `here` is read in this thread, so long as that takes no longer than a moment; `work` that turns out
        to take longer is given up, and begun anew in another. Not for what reads many times in a row: nothing else runs
        meanwhile.
        """
        ...

    async def write(self, work: Work[T], *, patient: bool = False) -> T:
        """Run `work` in a transaction. When this returns it is durable; when `work` raises, nothing of it was done.

        It may be run again, where what shares its commit failed: it changes nothing but what its connection writes.

        What is `patient` waits some milliseconds for others to share its commit with: nobody waits for its answer.
        """
        ...

    async def close(self) -> None:
        """Finish the writes already asked for and let go of the state."""
        ...


def damages(connection: Connection) -> list[str]:
    """What is broken in the database itself, in its own words. May take seconds."""
    driver: Any = connection.connection.driver_connection
    found: list[str] = driver.damages()
    return found
