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


class SilentPorts:
    """Those of one owner. They end with its process."""

    def __init__(self) -> None:
        self._sockets: dict[HostEnd, contextlib.ExitStack] = {}

    def keep(self, wanted: Collection[HostEnd]) -> None:
        """Afterwards no other is silent: whoever is to have one of the others can listen there."""
        for end in self._sockets.keys() - set(wanted):
            self._sockets.pop(end).close()

    def ensure(self, wanted: Collection[HostEnd]) -> bool:
        """Afterwards exactly these are, but those that another program has. It waits for nothing.

        False: a client was there first, and was cut off. It is to be tried again.
        """
        self.keep(wanted)
        was_first = True
        for end in sorted(set(wanted) - self._sockets.keys()):
            if len(self._sockets) >= MOST:
                break
            try:
                self._sockets[end] = _silent(*end)
            except OSError as failure:
                if failure.errno in (errno.EMFILE, errno.ENFILE):
                    break
                was_first &= failure.errno != errno.ENOTCONN
        return was_first

    def __contains__(self, end: HostEnd) -> bool:
        return end in self._sockets


def _silent(address: IPv4Address, port: int) -> contextlib.ExitStack:
    """The sockets of one, which end it when they are closed. Raises `OSError`: `ENOTCONN` where a client was first."""
    with contextlib.ExitStack() as stack:
        listening, own = (stack.enter_context(socket.socket(socket.AF_INET, socket.SOCK_STREAM)) for _ in range(2))
        listening.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listening.bind((str(address), port))
        own.setblocking(False)
        listening.listen(0)
        own.connect_ex((str(address), port))  # the kernel does it at once, or drops it
        own.getpeername()
        return stack.pop_all()
