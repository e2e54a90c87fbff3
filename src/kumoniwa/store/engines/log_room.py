"""Room in SQLite's log, ahead of what is written of it.

A commit that makes the file longer waits for the disk twice: for what it wrote, and for the file's new length. One that
overwrites what is there waits once. SQLite starts the log anew when all of it is in the database, but a new one grows
by each commit until then. So it is made longer by zeros, at once for many commits. SQLite ends to read a log where a
frame has not the salt of its header, as it does where an older round of the log was longer.
"""

import os
from contextlib import suppress
from pathlib import Path

_ROOM = bytes(512 * 1024)


class LogRoom:
    """The log of the database at this path. For the one thread that writes to it."""

    def __init__(self, database: Path) -> None:
        self._path = database.with_name(f"{database.name}-wal")
        self._file: int | None = None
        self._length = 0  # with the room

    def ensure(self) -> None:
        """Make room where what was written has used it up. To be called while SQLite's write lock is held: another
        program that has the database open could add to the log's end just then. Without room, commits take longer."""
        with suppress(OSError):
            if self._file is None:
                self._file = os.open(self._path, os.O_RDWR)
            if (written := os.fstat(self._file).st_size) > self._length:
                self._length = written + os.pwrite(self._file, _ROOM, written)

    def close(self) -> None:
        if self._file is not None:
            os.close(self._file)
