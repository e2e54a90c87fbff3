"""Whether guests listen at ports of TCP, asked by the first packet of a handshake that is never finished.

Our kernel, which knows of no connection, takes an answer back at once. The network's rules let these packets through by
their mark (`nft`): whether a port is admitted is decided before it is asked here.
"""

import ctypes
import socket
import struct
from collections.abc import Collection

from kumoniwa.network.doors import KNOCK_MARK, Door
from kumoniwa.network.handshakes import FROM_PORT, answered, first

_SO_ATTACH_FILTER = 26
_LONGEST = 256  # bytes of an answer that are looked at
_MOST_ANSWERS = 4096  # that are read at a time
# Of the packets that the kernel hands out only those to our port: load the header's length, the port behind it.
_FILTER = ((0xB1, 0, 0, 0), (0x48, 0, 0, 2), (0x15, 0, 1, FROM_PORT), (0x06, 0, 0, _LONGEST), (0x06, 0, 0, 0))


class Knocker:
    """Asks, and hears answers, in the namespace of its process. Making it may raise `OSError`."""

    def __init__(self) -> None:
        self._socket = socket.socket(socket.AF_INET, socket.SOCK_RAW, socket.IPPROTO_TCP)
        self._socket.setblocking(False)
        self._socket.setsockopt(socket.SOL_SOCKET, socket.SO_MARK, KNOCK_MARK)
        code = b"".join(struct.pack("HBBI", *line) for line in _FILTER)
        buffer = ctypes.create_string_buffer(code)
        program = struct.pack("HL", len(_FILTER), ctypes.addressof(buffer))
        self._socket.setsockopt(socket.SOL_SOCKET, _SO_ATTACH_FILTER, program)
        self._sources: dict[str, str] = {}

    def knock(self, doors: Collection[Door]) -> None:
        """Ask at each of these. Who is not there, or not to be reached, answers nothing."""
        for address, port in doors:
            try:
                self._socket.sendto(first(self._source(address), address, port), (address, 0))
            except OSError:  # it is gone, or there is no room for more now: it is asked again
                self._sources.pop(address, None)

    def answers(self) -> dict[Door, bool]:
        """What was answered since the last time: whether something listens."""
        found: dict[Door, bool] = {}
        for _ in range(_MOST_ANSWERS):
            try:
                packet, (address, _) = self._socket.recvfrom(_LONGEST)
            except BlockingIOError:
                break
            if (answer := answered(packet)) is not None:
                port, found_open = answer
                found[address, port] = found_open
        return found

    def _source(self, address: str) -> str:
        """Our own address on the way there."""
        if address not in self._sources:
            with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as trial:
                trial.connect((address, 9))
                self._sources[address] = trial.getsockname()[0]
        return self._sources[address]
