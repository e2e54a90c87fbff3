"""A guest's serial console: its log, and what is heard live.

QEMU writes everything to `console.log`, whether or not a server listens, so that it outlives both. The server also
listens live, to learn that a kernel starts without reading a file again and again.
"""

import asyncio
from collections.abc import Callable
from pathlib import Path

import structlog

from kumoniwa import sockets
from kumoniwa.hypervisor.qemu.guest.process.log_files import CONSOLE, KEPT, MOST, end_of, trim
from kumoniwa.pace import Pace

log = structlog.get_logger(__name__)

SOCKET = "console.sock"
_BANNER = b"Linux version "
_CHUNK = 64 * 1024
_A_SECOND = 4 * 1024 * 1024  # bytes; a guest that says more waits for its console, as for a slow terminal


class Console:
    """One guest's console while a server listens."""

    def __init__(self, folder: Path, on_kernel: Callable[[], None]) -> None:
        self._folder = folder
        self._on_kernel = on_kernel
        self._expecting = True

    def expect_kernel(self) -> None:
        """A boot begins: the next banner is its kernel's (later ones are old messages that are read)."""
        self._expecting = True

    async def follow(self) -> None:
        """Listen until QEMU ends, and keep the log from growing for ever."""
        try:
            connected = sockets.connect(self._folder / SOCKET)
        except OSError as gone:
            log.info("a console cannot be listened to", folder=str(self._folder), reason=str(gone))
            return
        with connected:
            heard, unheard = b"", MOST  # an earlier server's absence may have left much
            pace = Pace(at_once=_A_SECOND, a_second=_A_SECOND)
            while True:
                if unheard >= MOST:
                    await trim(self._folder / CONSOLE)
                    unheard = 0
                try:
                    chunk = await asyncio.get_running_loop().sock_recv(connected, _CHUNK)
                except OSError:
                    return  # QEMU died
                if not chunk:
                    return
                unheard += len(chunk)
                heard = heard[-len(_BANNER) :] + chunk
                if self._expecting and _BANNER in heard:
                    self._expecting = False
                    heard = b""
                    self._on_kernel()
                await pace.take(len(chunk))


def tail(folder: Path) -> bytes:
    """The last 64 KiB of the log; nothing where there is none."""
    return end_of(folder / CONSOLE, KEPT)
