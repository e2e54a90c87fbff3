"""Handshakes of TCP that only ask whether something listens: the first segment, what it is answered, the end. Pure.

A guest that listens answers, and is taken back at once, so no program of the guest hears of it.
"""

import secrets
import socket
import struct
from ipaddress import IPv4Address

FROM_PORT = 9
"""Of whoever asks: "discard", at which nothing listens at a router."""
_FLAGS, _SYN, _RST, _SYN_ACK = 0x17, 0x02, 0x04, 0x12
_WINDOW = 64240


def first(source: str, destination: str, port: int) -> bytes:
    """The first segment of a handshake."""
    return _segment(source, destination, port, secrets.randbits(32), _SYN)


def end(source: str, destination: str, port: int, number: int) -> bytes:
    """The segment that takes a handshake back; `number` is what the answer acknowledged (`acknowledged`)."""
    return _segment(source, destination, port, number, _RST)


def answered(packet: bytes) -> tuple[int, bool] | None:
    """From which port a packet (with its IP header) answers, and whether something listens there; None for others."""
    if len(packet) < 20 or len(packet) < (start := _start(packet)) + 14:
        return None
    port, flags = int.from_bytes(packet[start : start + 2], "big"), packet[start + 13] & _FLAGS
    if flags == _SYN_ACK:
        return port, True
    return (port, False) if flags & _RST else None


def acknowledged(packet: bytes) -> int:
    """The number that an answer acknowledges."""
    start = _start(packet)
    return int.from_bytes(packet[start + 8 : start + 12], "big")


def checksum(data: bytes) -> int:
    """RFC 1071's, of an even number of bytes."""
    total: int = sum(struct.unpack(f"!{len(data) // 2}H", data))
    while total >> 16:
        total = (total & 0xFFFF) + (total >> 16)
    return ~total & 0xFFFF


def _start(packet: bytes) -> int:
    return (packet[0] & 0xF) * 4


def _segment(source: str, destination: str, port: int, number: int, flags: int) -> bytes:
    ends = int(IPv4Address(source)).to_bytes(4, "big") + int(IPv4Address(destination)).to_bytes(4, "big")

    def with_sum(sum_of_it: int) -> bytes:
        return struct.pack("!HHIIBBHHH", FROM_PORT, port, number, 0, 5 << 4, flags, _WINDOW, sum_of_it, 0)

    whole = with_sum(0)
    return with_sum(checksum(ends + struct.pack("!BBH", 0, socket.IPPROTO_TCP, len(whole)) + whole))
