"""Work that is asked of a database: how it is done on a connection, and what tells whoever asked."""

import asyncio
from collections.abc import Iterator, Sequence
from typing import Any, Generic, Protocol, TypeVar

from sqlalchemy import Connection

from kumoniwa.store.database import Work
from kumoniwa.values import dataclass

T = TypeVar("T")


class Driver(Protocol):
    """What is asked of a driver's connection, whichever engine it is of."""

    @property
    def total_changes(self) -> int:
        """How many rows it has written."""
        ...

    @property
    def in_transaction(self) -> bool: ...

    @property
    def is_stuck(self) -> bool:
        """Whether a failure keeps the transaction from going on: it can be taken back, and nothing else."""
        ...

    def execute(self, sql: str, given: Sequence[Any] = (), /) -> Any:
        """Execute one statement; gives its cursor."""
        ...

    def executemany(self, sql: str, given: Sequence[Sequence[Any]], /) -> Any: ...

    def in_chunks(self, sql: str, given: Sequence[Any], at_once: int) -> Iterator[list[Any]]:
        """What a query selects, so many rows at a time. What is not taken is not read."""
        ...

    def damages(self) -> list[str]:
        """What is broken in the database itself, in its own words, as far as it can be asked."""
        ...


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
