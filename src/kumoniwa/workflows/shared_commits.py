"""Commits that steps of one workflow share, where nothing of the world lies between them."""

from collections.abc import Callable
from typing import Any, Generic, TypeVar

from sqlalchemy import Connection

from kumoniwa.store.changes import Changes
from kumoniwa.store.database import Database, Work
from kumoniwa.values import dataclass

T = TypeVar("T")
Function = TypeVar("Function", bound=Callable[..., Any])

_BEGINS_WITH_ROWS = "begins_with_rows"


@dataclass(frozen=True, slots=True)
class Rows(Generic[T]):
    """What a step ends with: rows, which are written in one transaction with its end in the journal; and its result.

    They may be written twice, where it is not known whether they were: idempotent writes only.
    """

    write: Work[object]
    result: T


def rows(write: Work[object]) -> Rows[None]:
    """The rows of a step that has no result."""
    return Rows(write, None)


def begins_with_rows(function: Function) -> Function:
    """Of a step that reads or writes rows before it does anything to the world.

    What the steps before it left to be written is committed with these first rows. Before any other step it is
    committed by itself: a step that is done is not to be done again after the next one has begun.
    """
    setattr(function, _BEGINS_WITH_ROWS, True)
    return function


def does_begin_with_rows(function: Callable[..., Any]) -> bool:
    """Whether the function is marked as such a step."""
    return getattr(function, _BEGINS_WITH_ROWS, False)


class SharedCommits:
    """The database as one workflow sees it: what its steps leave to be written goes with its next write."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._left: list[Work[object]] = []

    @property
    def changes(self) -> Changes:
        return self._database.changes

    def leave(self, work: Work[object]) -> None:
        """Have this written with the next write."""
        self._left.append(work)

    async def read(self, work: Work[T], *, here: bool = False) -> T:
        """See `Database.read`. What was left is written first: who reads is to see it."""
        await self.flush()
        return await self._database.read(work, here=here)

    async def write(self, work: Work[T], *, patient: bool = True) -> T:
        """See `Database.write`. Where it fails, what was left is left still."""
        if not self._left:
            return await self._database.write(work, patient=patient)
        left, self._left = self._left, []
        try:
            return await self._database.write(lambda connection: _together(left, work, connection), patient=patient)
        except BaseException:
            self._left[:0] = left
            raise

    async def flush(self) -> None:
        """Write what was left."""
        if self._left:
            await self.write(lambda _: None)

    async def close(self) -> None:
        """It is another's to close."""


def _together(left: list[Work[object]], work: Work[T], connection: Connection) -> T:
    for one in left:
        one(connection)
    return work(connection)
