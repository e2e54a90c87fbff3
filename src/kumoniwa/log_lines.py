"""The lines of a busy server's log, few writes for many of them."""

import asyncio
import atexit
import threading
from contextlib import suppress
from typing import TextIO


class LogLines:
    """What structlog writes lines to: they come in the order in which they are said.

    Facts that an event loop's thread says are written together, once it has done what there is to do by then, or before
    it answers somebody (`write_what_waits`): a busy server says hundreds of them in a second, and at each write by
    itself the thread may lose its turn to another one. What is worse is written at once, after the facts before it; so
    is all that is said where no event loop runs. What cannot be written (a full disk, a reader that has gone) is
    dropped: there is nowhere to tell of it.
    """

    def __init__(self, file: TextIO) -> None:
        global _latest
        _latest = self
        self._file = file
        self._lines: list[str] = []
        self._lock = threading.RLock()  # what the garbage collector ends in here may have something to say, too
        self._told: asyncio.AbstractEventLoop | None = None
        atexit.register(self._write)

    def info(self, line: str) -> None:
        """Write it soon."""
        with self._lock:
            self._lines.append(line)
        try:
            loop = asyncio.get_running_loop()
        except RuntimeError:
            self._write()
            return
        if self._told is not loop:
            self._told = loop
            loop.call_soon(self._write)

    def error(self, line: str) -> None:
        """Write it, and what waits."""
        with self._lock:
            self._lines.append(line)
        self._write()

    debug = info
    warning = critical = error

    def write_what_waits(self) -> None:
        """Write the facts that were said until now."""
        if self._lines:
            self._write()

    def _write(self) -> None:
        self._told = None
        with self._lock:
            lines, self._lines = self._lines, []
            if lines:
                with suppress(OSError):
                    self._file.write("\n".join([*lines, ""]))
                    self._file.flush()


_latest: LogLines | None = None


def write_what_waits() -> None:
    """Write what was said until now, where it waits: whoever is answered finds it in the log."""
    if _latest is not None:
        _latest.write_what_waits()
