"""A database whose work is done in threads: one that writes, several that read.

Writes that wait at the same moment share one commit (`shared_commit.py`).
"""

import asyncio
import queue
import threading
import time
from collections import deque
from collections.abc import Callable, Collection
from contextlib import AbstractContextManager, suppress
from functools import partial
from typing import Any, Protocol, TypeVar

from sqlalchemy import Connection, event

from kumoniwa.store.changes import Changes
from kumoniwa.store.database import Work
from kumoniwa.store.engines.asked import Asked, give, refuse
from kumoniwa.store.engines.waiting_line import WaitingLine
from kumoniwa.store.kept_reads import KEPT, KeptReads
from kumoniwa.store.prepared import TOUCHED
from kumoniwa.store.written_rows import written_rows

T = TypeVar("T")

READERS = 4
_PATIENCE = 0.004  # seconds that a patient write waits for others: a flush of the disk takes as long
_MOST_TIMES_PUT_OFF = 8


class Reader(Protocol):
    """What one thread reads with: a connection of its own, as to take one from a pool costs more than most reads."""

    def read(self, work: Work[T]) -> T:
        """What the work gives on a consistent view of the state."""
        ...

    def close(self) -> None: ...


class Writing(Protocol):
    """What the writer's thread writes with."""

    def commit(self, batch: list[Asked[Any]]) -> None:
        """Do these writes in one commit, and resolve their futures."""
        ...


class DatabaseInThreads:
    """See `kumoniwa.store.database.Database`. `close` ends its threads after the writes already asked for."""

    def __init__(
        self,
        reader: Callable[[], Reader],
        writing: Callable[[], AbstractContextManager[Writing]],
        *,
        shared_commit: int,
    ) -> None:
        """`shared_commit`: at most this many writes share a commit, so that the first does not wait for a flood."""
        self._reader, self._writing, self._shared_commit = reader, writing, shared_commit
        self._closed = False
        self.changes = Changes()
        self._kept = KeptReads()
        self._put_off: deque[Asked[Any]] = deque()
        self._times_put_off = 0  # one after another
        self._writes: WaitingLine[Asked[Any] | None] = WaitingLine()
        self._reads: queue.SimpleQueue[Asked[Any] | None] = queue.SimpleQueue()
        self._threads = [
            threading.Thread(target=self._write_for_ever, name="database-writer", daemon=True),
            *(
                threading.Thread(target=self._read_for_ever, name=f"database-reader-{number}", daemon=True)
                for number in range(READERS)
            ),
        ]

    def _start(self) -> None:
        for thread in self._threads:
            thread.start()

    async def read(self, work: Work[T], *, here: bool = False) -> T:
        self._check_open()
        read: Asked[T] = Asked(work, asyncio.get_running_loop().create_future())
        self._reads.put(read)
        return await read.done

    async def write(self, work: Work[T], *, patient: bool = False) -> T:
        self._check_open()
        write: Asked[T] = Asked(work, asyncio.get_running_loop().create_future(), patient)
        self._writes.put(write)
        return await write.done

    async def close(self) -> None:
        self._closed = True
        self._writes.put(None)
        for _ in range(READERS):
            self._reads.put(None)
        for thread in self._threads:
            await asyncio.to_thread(thread.join)

    def _check_open(self) -> None:
        if self._closed:
            raise RuntimeError("the database is closed")  # nobody would ever answer

    def _read_for_ever(self) -> None:
        reader = self._reader()
        while (asked := self._reads.get()) is not None:
            if asked.done.cancelled():
                continue
            try:
                outcome = partial(give, asked.done, reader.read(asked.work))
            except BaseException as failure:  # noqa: BLE001 - it is raised again, where the read was asked for
                outcome = partial(refuse, asked.done, failure)
            with suppress(RuntimeError):  # the loop is closed: nobody waits there any more
                asked.done.get_loop().call_soon_threadsafe(outcome)
            del asked, outcome  # which hold what was read, and may be large, until the next is asked for
        reader.close()

    def _write_for_ever(self) -> None:
        ended = False
        with self._writing() as writing:
            while not ended or self._put_off:
                if (first := self._put_off.popleft() if self._put_off else self._writes.get()) is None:
                    break
                batch, last = self._gathered(first)
                ended = ended or last
                writing.commit(batch if ended else self._first(batch))

    def _first(self, batch: list[Asked[Any]]) -> list[Asked[Any]]:
        """Those of these writes that somebody waits for, where there are any; the others are put off, but not for ever.

        What a call began goes on at once, and would take the thread's time from the calls that come next.
        """
        waited_for = [write for write in batch if not write.patient]
        if not waited_for or self._times_put_off == _MOST_TIMES_PUT_OFF:
            self._times_put_off = 0
            return batch
        self._times_put_off += 1
        self._put_off.extend(write for write in batch if write.patient)
        return waited_for

    def _gathered(self, first: Asked[Any]) -> tuple[list[Asked[Any]], bool]:
        """The writes that share a commit with this one, and whether no more come: those that wait by now, and those
        that come while all of them are patient."""
        batch, until = [first], time.monotonic() + _PATIENCE
        while self._put_off and len(batch) < self._shared_commit:
            batch.append(self._put_off.popleft())
        patient = all(write.patient for write in batch)
        with suppress(queue.Empty):
            while len(batch) < self._shared_commit:
                more = self._writes.get(timeout=max(0.0, until - time.monotonic()) if patient else 0.0)
                if more is None:
                    return batch, True
                batch.append(more)
                patient = patient and more.patient
        return batch, False

    def _note_writes(self, connection: Connection) -> None:
        """Have what this connection writes told to who follows the changes, and keep what it reads."""
        event.listen(connection, "after_execute", self._note_rows)
        connection.info[TOUCHED] = self._touched
        connection.info[KEPT] = self._kept

    def _note_rows(self, _connection: Connection, statement: Any, *others: Any) -> None:
        """Remember what was written to. `others` ends with the result; an UPDATE that met no row changed nothing.

        How many rows were met by one that returns them is known only once they are fetched.
        """
        result = others[-1]
        if getattr(statement, "is_dml", False) and (result.returns_rows or result.rowcount != 0):
            self._touched(statement.table.name, written_rows(statement, result.context.compiled_parameters))
            if statement.is_delete:
                self._kept.deleted_from(statement.table.name)

    def _touched(self, table: str, ids: Collection[str] | None = None) -> None:
        self._kept.written(table)
        self.changes.touched(table, ids)
