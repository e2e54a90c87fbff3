"""Ports of TCP of this host at which nobody is answered, not even refused: as a guest that drops what comes.

Without a privilege: a socket listens there that has no room for a further connection, as the only one that it has room
for was our own. That one is over, and waits to be accepted for ever. So the kernel drops what asks for one. (A filter
that takes no packet would do too; a kernel may refuse filters to an ordinary user.)
"""

import errno
import socket
import struct
from collections.abc import Iterable
from ipaddress import IPv4Address

HostEnd = tuple[IPv4Address, int]
"""A loopback address of the host, and a port."""
MOST = 512
"""Of one guest: each has an open file. What is beyond is refused by the host."""
_AT_ONCE = struct.pack("ii", 1, 0)  # to end a connection by a reset: nothing is left of our end of it


class SilentPorts:
    """Those of one owner. They end with its process."""

    def __init__(self) -> None:
        self._sockets: dict[HostEnd, socket.socket] = {}

    def __len__(self) -> int:
        return len(self._sockets)

    def keep(self, wanted: Iterable[HostEnd]) -> None:
        """Afterwards no other is silent: whoever is to have one of the others can listen there."""
        self.let_go(self._sockets.keys() - set(wanted))

    def let_go(self, unwanted: Iterable[HostEnd]) -> None:
        """Afterwards none of these is silent."""
        for end in unwanted:
            if (listening := self._sockets.pop(end, None)) is not None:
                listening.close()

    def ensure(self, wanted: Iterable[HostEnd], *, most: int = MOST) -> bool:
        """Afterwards exactly these are, but those that another program has, and those after so many. It waits for
        nothing.

        False: a client was there first, and was cut off. It is to be tried again.
        """
        ordered = list(dict.fromkeys(wanted))[:most]
        self.keep(ordered)
        was_first = True
        for end in ordered:
            if end in self._sockets:
                continue
            try:
                self._sockets[end] = _silent(*end)
            except OSError as failure:
                if failure.errno in (errno.EMFILE, errno.ENFILE):
                    break
                was_first &= failure.errno != errno.ENOTCONN
        return was_first

    def __contains__(self, end: HostEnd) -> bool:
        return end in self._sockets


def _silent(address: IPv4Address, port: int) -> socket.socket:
    """The socket of one, which ends it when it is closed. Raises `OSError`: `ENOTCONN` where a client was first."""
    listening = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
    try:
        listening.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listening.bind((str(address), port))
        with socket.socket(socket.AF_INET, socket.SOCK_STREAM) as own:
            own.setblocking(False)
            own.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, _AT_ONCE)
            listening.listen(0)
            own.connect_ex((str(address), port))  # the kernel does it at once, or drops it
            own.getpeername()
    except OSError:
        listening.close()
        raise
    return listening
