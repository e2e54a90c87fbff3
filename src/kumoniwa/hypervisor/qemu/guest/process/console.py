"""A guest's serial console: its log, what is heard live, and what is typed.

QEMU writes everything to `console.log`, whether or not a server listens, so that it outlives both. The server also
listens live, to learn that a kernel starts without reading a file again and again, and for whoever watches: QEMU serves
one connection, so all that is heard and typed goes through this one.
"""

import asyncio
import socket
from collections.abc import Callable
from pathlib import Path

import structlog

from kumoniwa import sockets
from kumoniwa.hypervisor.driver import GuestLost, KeysNotRead, SerialConsole
from kumoniwa.hypervisor.qemu.guest.process.log_files import CONSOLE, KEPT, MOST, end_of, trim
from kumoniwa.pace import Pace

log = structlog.get_logger(__name__)

SOCKET = "console.sock"
_BANNER = b"Linux version "
_CHUNK = 64 * 1024
_A_SECOND = 4 * 1024 * 1024  # bytes; a guest that says more waits for its console, as for a slow terminal


class Console:
    """One guest's console while a server listens."""

    def __init__(self, folder: Path, on_kernel: Callable[[], None], said: SerialConsole) -> None:
        self._folder = folder
        self._on_kernel = on_kernel
        self._said = said
        self._expecting = True
        self._connected: socket.socket | None = None

    def expect_kernel(self) -> None:
        """A boot begins: the next banner is its kernel's (later ones are old messages that are read)."""
        self._expecting = True

    def expect_no_kernel(self) -> None:
        """What runs has its kernel already: no banner is one's start until `expect_kernel`."""
        self._expecting = False

    def type_keys(self, keys: bytes) -> None:
        """Hand this to the guest. Raises `KeysNotRead`, `GuestLost`.

        What the guest does not read waits in the socket, which takes some hundred keys or 200 KiB at once, and no more.
        """
        if self._connected is None:
            raise GuestLost("The guest's serial console is not connected: nothing that is typed reaches it.")
        try:
            taken = self._connected.send(keys)
        except BlockingIOError:
            taken = 0
        except OSError as gone:
            raise GuestLost("The guest is gone: nothing reads what is typed.") from gone
        if taken < len(keys):
            raise KeysNotRead("The guest does not read its serial console: what was typed is lost.")

    async def follow(self) -> None:
        """Listen until QEMU ends, and keep the log from growing for ever."""
        try:
            connected = sockets.connect(self._folder / SOCKET)
        except OSError as gone:
            log.info("a console cannot be listened to", folder=str(self._folder), reason=str(gone))
            return
        # At once, not in a thread: a guest that is made has not said a word yet, and of one that is found again only
        # what it says in this very moment is missed here, or heard twice.
        self._said.begin(tail(self._folder))
        with connected:
            self._connected = connected
            try:
                await self._listen(connected)
            finally:
                self._connected = None

    async def _listen(self, connected: socket.socket) -> None:
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
            self._said.hear(chunk)
            heard = heard[-len(_BANNER) :] + chunk
            if self._expecting and _BANNER in heard:
                self._expecting = False
                heard = b""
                self._on_kernel()
            await pace.take(len(chunk))


def tail(folder: Path) -> bytes:
    """The last 64 KiB of the log; nothing where there is none."""
    return end_of(folder / CONSOLE, KEPT)
