"""Ports of TCP of this host at which nobody is answered, not even refused: as a guest that drops what comes.

Without a privilege: a socket listens there that has no room for a further connection, as the only one that it has room
for is our own. So the kernel drops what asks for one. (A filter that takes no packet would do too; a kernel may refuse
filters to an ordinary user.)
"""

import contextlib
import errno
import socket
from collections.abc import Collection
from ipaddress import IPv4Address

HostEnd = tuple[IPv4Address, int]
"""A loopback address of the host, and a port."""
MOST = 512
"""Of one owner: each has two open files. What is beyond is refused by the host."""
_FILLED_WITHIN = 1.0  # seconds; the kernel does it at once


class SilentPorts:
    """Those of one owner. They end with its process."""

    def __init__(self) -> None:
        self._sockets: dict[HostEnd, contextlib.ExitStack] = {}

    def keep(self, wanted: Collection[HostEnd]) -> None:
        """Afterwards no other is silent: whoever is to have one of the others can listen there."""
        for end in self._sockets.keys() - set(wanted):
            self._sockets.pop(end).close()

    def ensure(self, wanted: Collection[HostEnd]) -> None:
        """Afterwards exactly these are, but those that another program has."""
        self.keep(wanted)
        for end in sorted(set(wanted) - self._sockets.keys()):
            if len(self._sockets) >= MOST:
                return
            try:
                self._sockets[end] = _silent(*end)
            except OSError as failure:
                if failure.errno in (errno.EMFILE, errno.ENFILE):
                    return

    def __contains__(self, end: HostEnd) -> bool:
        return end in self._sockets


def _silent(address: IPv4Address, port: int) -> contextlib.ExitStack:
    """The sockets of one, which end it when they are closed. Raises `OSError`."""
    with contextlib.ExitStack() as stack:
        listening = stack.enter_context(socket.socket(socket.AF_INET, socket.SOCK_STREAM))
        listening.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listening.bind((str(address), port))
        listening.listen(0)
        stack.enter_context(socket.create_connection((str(address), port), timeout=_FILLED_WITHIN))
        return stack.pop_all()
