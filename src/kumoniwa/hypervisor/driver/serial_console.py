"""A guest's serial console as those see it who watch it: what it said last, and what it goes on to say.

There is one stream, and as many readers as `MOST_READERS`. What waits for a reader is bounded, and the guest never
waits for one: who is too slow misses the middle and is told how much.
"""

import asyncio
from types import TracebackType
from typing import Self

from kumoniwa.hypervisor.driver.driver_errors import TooManyReaders
from kumoniwa.values import dataclass

KEPT = 64 * 1024
"""Bytes of the end of what was said, which a new reader is given first."""
MOST_READERS = 16
MOST_WAITING = 256 * 1024
"""Bytes that wait for one reader."""
_PIECE = 64 * 1024  # bytes


@dataclass(frozen=True, slots=True)
class Said:
    """The next piece of what the guest said, after as many bytes as were skipped because they were not read in time."""

    text: bytes
    skipped: int = 0


class ConsoleReader:
    """One who reads. Leaving its block ends it."""

    def __init__(self, console: "SerialConsole", history: bytes) -> None:
        self._console = console
        self._waiting = bytearray(history)
        self._skipped = 0
        self._stirred = asyncio.Event()
        self._over = False
        if history:
            self._stirred.set()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self._console.leave(self)

    async def next(self) -> Said | None:
        """What was said since the last time, once there is something; None where nothing more will come."""
        await self._stirred.wait()
        said = Said(bytes(self._waiting[:_PIECE]), self._skipped)
        del self._waiting[:_PIECE]
        self._skipped = 0
        if not self._waiting and not self._over:
            self._stirred.clear()
        return said if said.text or said.skipped else None

    def end(self) -> None:
        """Nothing more will come than what waits already."""
        self._over = True
        self._stirred.set()

    def hear(self, chunk: bytes) -> None:
        """The guest has said this."""
        if self._over:
            return
        self._waiting += chunk
        if (spare := len(self._waiting) - MOST_WAITING) > 0:
            del self._waiting[:spare]
            self._skipped += spare
        self._stirred.set()


_NO_READERS: frozenset[ConsoleReader] = frozenset()
"""Shared: each empty set of its own takes 216 bytes."""


class SerialConsole:
    """The serial console of one guest, over all its boots."""

    __slots__ = ("_readers", "_said", "began")

    def __init__(self) -> None:
        self.began = False
        """Whether it is known what the guest had said before."""
        self._said = bytearray()
        self._readers: frozenset[ConsoleReader] = _NO_READERS

    @property
    def said(self) -> bytes:
        """The last 64 KiB of what the guest said."""
        return bytes(self._said)

    def begin(self, said: bytes) -> None:
        """The guest had said this before anybody listened. Called again, it does nothing."""
        if not self.began:
            self.began = True
            self._said[:0] = said
            self._trim()

    def hear(self, chunk: bytes) -> None:
        """The guest says this."""
        self._said += chunk
        self._trim()
        for reader in self._readers:
            reader.hear(chunk)

    def follow(self) -> ConsoleReader:
        """A reader, who gets what was said last and then what is said. Raises `TooManyReaders`."""
        if len(self._readers) >= MOST_READERS:
            raise TooManyReaders(f"{MOST_READERS} others read this serial console already.")
        reader = ConsoleReader(self, self.said)
        self._readers |= {reader}
        return reader

    def leave(self, reader: ConsoleReader) -> None:
        """Tell this reader no more."""
        self._readers -= {reader}

    def end(self) -> None:
        """Nothing more will be said to those who read now."""
        for reader in self._readers:
            reader.end()
        self._readers = _NO_READERS

    def _trim(self) -> None:
        del self._said[: max(0, len(self._said) - KEPT)]
