"""Ports of TCP of this host at which nobody is answered, not even refused: as a guest that drops what comes.

Without a privilege: a socket listens there whose filter takes no packet, so the kernel drops them all.
"""

import ctypes
import errno
import socket
import struct
from collections.abc import Collection
from ipaddress import IPv4Address

HostEnd = tuple[IPv4Address, int]
"""A loopback address of the host, and a port."""
MOST = 1024
"""Of one owner: each is an open file. What is beyond is refused by the host."""
_SO_ATTACH_FILTER = 26
_TAKE_NOTHING = struct.pack("HBBI", 0x06, 0, 0, 0)  # of each packet, no byte


class SilentPorts:
    """Those of one owner. They end with its process."""

    def __init__(self) -> None:
        self._sockets: dict[HostEnd, socket.socket] = {}

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


def _silent(address: IPv4Address, port: int) -> socket.socket:
    listening = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
    try:
        listening.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        code = ctypes.create_string_buffer(_TAKE_NOTHING)
        listening.setsockopt(socket.SOL_SOCKET, _SO_ATTACH_FILTER, struct.pack("HL", 1, ctypes.addressof(code)))
        listening.bind((str(address), port))
        listening.listen(1)
    except OSError:
        listening.close()
        raise
    return listening
