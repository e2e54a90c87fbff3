"""Whether guests listen at ports of TCP, asked by the first packet of a handshake that is never finished.

A guest that listens answers, and our kernel, which knows of no connection, takes it back at once: no program of the
guest hears of it. The network's rules let these packets through by their mark (`nft`): whether a port is admitted is
decided before it is asked here.
"""

import ctypes
import secrets
import socket
import struct
from collections.abc import Collection
from ipaddress import IPv4Address

from kumoniwa.network.vpc.host.doors import KNOCK_MARK, Door

_FROM_PORT = 9  # "discard": nothing listens at a router's
_FLAGS, _SYN, _RST, _SYN_ACK = 0x17, 0x02, 0x04, 0x12
_WINDOW = 64240
_SO_ATTACH_FILTER = 26
_LONGEST = 256  # bytes of an answer that are looked at
_MOST_ANSWERS = 4096  # that are read at a time
# Of the packets that the kernel hands out only those to our port: load the header's length, the port behind it.
_FILTER = ((0xB1, 0, 0, 0), (0x48, 0, 0, 2), (0x15, 0, 1, _FROM_PORT), (0x06, 0, 0, _LONGEST), (0x06, 0, 0, 0))


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
                self._socket.sendto(syn(self._source(address), address, port), (address, 0))
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


def syn(source: str, destination: str, port: int) -> bytes:
    """The first segment of a handshake."""
    ends = int(IPv4Address(source)).to_bytes(4, "big") + int(IPv4Address(destination)).to_bytes(4, "big")

    def segment(checksum: int) -> bytes:
        return struct.pack("!HHIIBBHHH", _FROM_PORT, port, number, 0, 5 << 4, _SYN, _WINDOW, checksum, 0)

    number = secrets.randbits(32)
    whole = segment(0)
    return segment(_checksum(ends + struct.pack("!BBH", 0, socket.IPPROTO_TCP, len(whole)) + whole))


def answered(packet: bytes) -> tuple[int, bool] | None:
    """From which port a packet (with its IP header) answers, and whether something listens there; None for others."""
    if len(packet) < 20 or len(packet) < (start := (packet[0] & 0xF) * 4) + 14:
        return None
    port, flags = int.from_bytes(packet[start : start + 2], "big"), packet[start + 13] & _FLAGS
    if flags == _SYN_ACK:
        return port, True
    return (port, False) if flags & _RST else None


def _checksum(data: bytes) -> int:
    """RFC 1071's, of an even number of bytes."""
    total: int = sum(struct.unpack(f"!{len(data) // 2}H", data))
    while total >> 16:
        total = (total & 0xFFFF) + (total >> 16)
    return ~total & 0xFFFF
