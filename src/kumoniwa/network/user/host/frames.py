"""What a guest that is alone sends, looked at frame by frame: what goes on, as what, and what is for us. Pure.

libslirp connects a guest to whatever address it names, as the host's own user would, and knows of no firewall. So what
leaves a guest here is what an internet gateway of a VPC takes: no private network, nothing of the host. Of its own
subnet there are the router and the resolver; the metadata service is another address inside, because libslirp leads to
sockets only from there.
"""

import struct
from collections.abc import Collection
from dataclasses import dataclass, field
from ipaddress import IPv4Address, IPv4Network

from kumoniwa.network import handshakes
from kumoniwa.network.doors import Door
from kumoniwa.network.vpc.plan import METADATA, NOT_INTERNET

_ROUTER, _RESOLVER, _SERVICES = 1, 2, 3  # of the four addresses at a subnet's beginning that are no instance's
_ETHERNET = 14
_ARP, _IPV4 = b"\x08\x06", b"\x08\x00"
_TCP, _UDP = 6, 17
_DNS, _DHCP = 53, 67
METADATA_PORT = 80
MTU = 9001
"""EC2's, in bytes."""
_HEADERS = {_TCP: 20, _UDP: 8}  # bytes, at least
_FRAGMENT = 0x3FFF
_BROADCAST = b"\xff\xff\xff\xff"
_SHORTEST = _ETHERNET + 20
_MOST_KNOWN = 4096  # destinations of which it is kept whether they are let through
_TTL = 64


@dataclass(slots=True)
class Edge:
    """The edge of the network of one guest, whose interface has this MAC address, in this subnet.

    `closed`: addresses that it does not reach besides, as those of the host.
    """

    mac: bytes
    subnet: IPv4Network
    closed: Collection[IPv4Address] = ()
    _known: dict[bytes, bool] = field(default_factory=dict)

    @property
    def router(self) -> IPv4Address:
        """The subnet's router."""
        return self.subnet[_ROUTER]

    @property
    def resolver(self) -> IPv4Address:
        """The subnet's resolver."""
        return self.subnet[_RESOLVER]

    @property
    def services(self) -> IPv4Address:
        """What stands for the metadata service inside."""
        return self.subnet[_SERVICES]

    def outward(self, frame: bytes) -> bytes | None:
        """A frame of the guest's as it goes on; None for one that does not."""
        kind = frame[12:14]
        if kind == _ARP:
            return frame
        if kind != _IPV4 or len(frame) < _SHORTEST:
            return None
        destination = frame[30:34]
        goes_on = self._known.get(destination)
        if goes_on is None:
            goes_on = self._known_now(destination)
        if goes_on:
            return frame
        protocol, ports = _ports(frame)
        if destination == METADATA.packed and protocol == _TCP and ports[1] == METADATA_PORT:
            return _with_address(frame, 30, self.services.packed)
        if destination == self.router.packed:
            return frame
        if destination == self.resolver.packed and protocol in (_TCP, _UDP) and ports[1] == _DNS:
            return frame  # at no other port: it is the host's own resolver, and may be on its loopback interface
        if destination == _BROADCAST and protocol == _UDP and ports[1] == _DHCP:
            return frame
        return None

    def inward(self, frame: bytes) -> bytes:
        """A frame for the guest as it comes."""
        if frame[12:14] == _IPV4 and frame[26:30] == self.services.packed and frame[23] == _TCP:
            return _with_address(frame, 26, METADATA.packed)
        return frame

    def knock(self, door: Door) -> bytes:
        """A frame that asks whether the guest listens there."""
        address, port = door
        return self._frame(address, handshakes.first(str(self.router), address, port))

    def answer(self, frame: bytes) -> tuple[Door, bool, bytes | None] | None:
        """What a frame of the guest's answers to a knock: where, whether something listens there, and the frame by
        which it is taken back, so that no program of the guest hears of it. None for all other frames."""
        if frame[12:14] != _IPV4 or len(frame) < _SHORTEST or frame[30:34] != self.router.packed:
            return None
        protocol, ports = _ports(frame)
        packet = frame[_ETHERNET:]
        if protocol != _TCP or ports[1] != handshakes.FROM_PORT or (said := handshakes.answered(packet)) is None:
            return None
        address, (port, listens) = str(IPv4Address(frame[26:30])), said
        if not listens:
            return (address, port), False, None
        end = handshakes.end(str(self.router), address, port, handshakes.acknowledged(packet))
        return (address, port), True, self._frame(address, end)

    def _known_now(self, destination: bytes) -> bool:
        """Whether all that is sent there goes on."""
        address = IPv4Address(destination)
        is_open = address not in self.subnet and address not in self.closed
        is_open = is_open and not any(address in block for block in NOT_INTERNET)
        if len(self._known) >= _MOST_KNOWN:
            self._known.clear()
        self._known[destination] = is_open
        return is_open

    def _frame(self, destination: str, segment: bytes) -> bytes:
        """A segment of TCP, from the router to the guest."""
        source = self.router.packed
        length = 20 + len(segment)
        header = struct.pack("!BBHHHBBH", 0x45, 0, length, 0, 0x4000, _TTL, _TCP, 0)
        header += source + IPv4Address(destination).packed
        header = header[:10] + struct.pack("!H", handshakes.checksum(header)) + header[12:]
        return self.mac + b"\x52\x55" + source + _IPV4 + header + segment


def _start(frame: bytes) -> int:
    """Where the segment begins in a frame of IPv4."""
    return _ETHERNET + (frame[14] & 0xF) * 4


def _ports(frame: bytes) -> tuple[int, tuple[int, int]]:
    """The protocol of a frame of IPv4, and its ports. A fragment, and what is cut short, is of no protocol."""
    start, is_fragment = _start(frame), int.from_bytes(frame[20:22], "big") & _FRAGMENT
    if is_fragment or start < _SHORTEST or len(frame) < start + _HEADERS.get(frame[23], 4):
        return -1, (0, 0)
    first, second = struct.unpack("!HH", frame[start : start + 4])
    return frame[23], (first, second)


def _with_address(frame: bytes, at: int, address: bytes) -> bytes:
    """A frame of TCP with another address at this place, its checksums made to fit (RFC 1624)."""
    changed = bytearray(frame)
    changed[at : at + 4] = address
    for place in (24, _start(frame) + 16):
        old = ~int.from_bytes(frame[place : place + 2], "big") & 0xFFFF
        for word in (0, 2):
            old += ~int.from_bytes(frame[at + word : at + word + 2], "big") & 0xFFFF
            old += int.from_bytes(address[word : word + 2], "big")
        while old >> 16:
            old = (old & 0xFFFF) + (old >> 16)
        changed[place : place + 2] = (~old & 0xFFFF).to_bytes(2, "big")
    return bytes(changed)
