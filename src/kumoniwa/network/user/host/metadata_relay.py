"""A lone guest's connections to its metadata service, carried between libslirp and the server's socket.

libslirp connects to a unix socket once a guest has finished its handshake, and stands still where that socket's queue
is full. So it connects to one of our own, from which each connection is accepted at once. There are no more of them at
a time than the server takes, with those whose handshake is not finished: for each of these libslirp holds a quarter of
a megabyte. A connection for which there is no server waits for the next one.
"""

import contextlib
import select
import socket
import time
from collections.abc import Callable, Mapping
from pathlib import Path

from kumoniwa import sockets

MOST = 32
"""Connections of the guest at once: further ones are not answered, and their guest tries again."""
_OPENS_WITHIN = 75.0  # seconds for a handshake, as libslirp has it
_AGAIN_AFTER = 0.25  # seconds, where there is no server
_MOST_HELD = 65536  # bytes on their way, in each direction
_BACKLOG = 4096  # never used up


class MetadataRelay:
    """Listens at `own`, for libslirp, and connects to `server`."""

    def __init__(self, own: Path, server: Path, now: Callable[[], float] = time.monotonic) -> None:
        self._listening = sockets.listen(own, backlog=_BACKLOG)
        self._server = server
        self._now = now
        self._opening: dict[int, float] = {}  # by the guest's port, since when
        self._relays: list[_Relay] = []
        self._is_stuck = False

    def admits(self, port: int, *, begins: bool) -> bool:
        """Whether a segment from this port of the guest's is to go on; `begins`: it asks for a connection."""
        if not begins or port in self._opening:
            return True
        now = self._now()
        self._opening = {port: since for port, since in self._opening.items() if now < since + _OPENS_WITHIN}
        if self._is_stuck or len(self._opening) + len(self._relays) >= MOST:
            return False
        self._opening[port] = now
        return True

    def accept(self, port: int) -> None:
        """Take the connection that libslirp has made for a segment from this port, if it has."""
        try:
            accepted, _ = self._listening.accept()
        except BlockingIOError:
            self._is_stuck = False
        except OSError:  # no more files may be opened: it is accepted later, and no further one is let in before
            self._is_stuck = True
        else:
            accepted.setblocking(False)
            self._opening.pop(port, None)
            self._relays.append(_Relay(accepted, self._server, self._now()))

    def close(self) -> None:
        """Close all of them."""
        self._listening.close()
        for relay in self._relays:
            relay.close()

    def fill(self, poller: select.poll) -> float | None:
        """Have a poller look at what is waited for; gives for how many seconds at most, None for no limit."""
        if self._is_stuck:
            self.accept(0)
        for relay in self._relays:
            relay.fill(poller)
        is_waiting = self._is_stuck or any(relay.is_waiting for relay in self._relays)
        return _AGAIN_AFTER if is_waiting else None

    def go_on(self, events: Mapping[int, int]) -> None:
        """Carry what there is, for the files of a poller with what happened to them. To be called before any other is
        opened or closed, so that each number still means the same file."""
        if self._relays:
            now = self._now()
            self._relays = [relay for relay in self._relays if relay.goes_on(events, now)]


class _Relay:
    """One connection."""

    def __init__(self, guest: socket.socket, path: Path, now: float) -> None:
        self._guest, self._path = guest, path
        self._server: socket.socket | None = None
        self._outward, self._inward = bytearray(), bytearray()
        self._guest_ended = self._server_ended = self._end_is_told = False
        self._try_at = now
        self._ensure_connected(now)

    @property
    def is_waiting(self) -> bool:
        """Whether there is no server for it yet."""
        return self._server is None

    def fill(self, poller: select.poll) -> None:
        reads = not self._guest_ended and len(self._outward) < _MOST_HELD
        poller.register(self._guest, _events(reads=reads, writes=bool(self._inward)))  # in any case: it may be closed
        if self._server is not None:
            reads = not self._server_ended and len(self._inward) < _MOST_HELD
            if events := _events(reads=reads, writes=bool(self._outward)):
                poller.register(self._server, events)

    def goes_on(self, events: Mapping[int, int], now: float) -> bool:
        """Carry what there is. False: it has ended, and is closed."""
        try:
            if self._carries(events, now):
                return True
        except OSError:  # one of the two has gone
            pass
        self.close()
        return False

    def close(self) -> None:
        self._guest.close()
        if self._server is not None:
            self._server.close()

    def _carries(self, events: Mapping[int, int], now: float) -> bool:
        if events.get(self._guest.fileno(), 0) & (select.POLLHUP | select.POLLERR):
            return False  # nobody would read an answer
        if not self._guest_ended:
            self._guest_ended = _read(self._guest, self._outward)
        if self._server is None:
            self._ensure_connected(now)
        if self._server is None:
            return not self._guest_ended  # it has given up
        _write(self._server, self._outward)
        if self._guest_ended and not self._outward and not self._end_is_told:
            self._end_is_told = True
            self._server.shutdown(socket.SHUT_WR)
        if not self._server_ended:
            self._server_ended = _read(self._server, self._inward)
        _write(self._guest, self._inward)
        return not self._server_ended or bool(self._inward)

    def _ensure_connected(self, now: float) -> None:
        """Afterwards the server is connected to, if there is one that takes it now."""
        if now >= self._try_at:
            self._try_at = now + _AGAIN_AFTER
            with contextlib.suppress(OSError):
                self._server = sockets.connect(self._path)


def _events(*, reads: bool, writes: bool) -> int:
    return (select.POLLIN if reads else 0) | (select.POLLOUT if writes else 0)


def _read(source: socket.socket, held: bytearray) -> bool:
    """Read what there is and may be held. True: there will be no more."""
    if (room := _MOST_HELD - len(held)) <= 0:
        return False
    try:
        chunk = source.recv(room)
    except BlockingIOError:
        return False
    held += chunk
    return not chunk


def _write(there: socket.socket, held: bytearray) -> None:
    """Write what is taken."""
    with contextlib.suppress(BlockingIOError):
        while held:
            del held[: there.send(held)]
