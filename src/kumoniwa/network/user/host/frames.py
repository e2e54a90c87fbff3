"""What a guest that is alone sends, looked at frame by frame: what goes on, as what, and what is for us. Pure.

libslirp connects a guest to whatever address it names, as the host's own user would, and knows of no firewall. So what
leaves a guest here is what an internet gateway of a VPC takes: no private network, nothing of the host. Of its own
subnet there are the router and the resolver; the metadata service is another address inside, because libslirp leads to
sockets only from there.
"""

import struct
import time
from collections.abc import Callable, Collection
from dataclasses import dataclass, field
from ipaddress import IPv4Address, IPv4Network

from kumoniwa.network import handshakes
from kumoniwa.network.doors import Door
from kumoniwa.network.vpc.plan import METADATA, NOT_INTERNET

_ROUTER, _RESOLVER, _SERVICES = 1, 2, 3  # of the four addresses at a subnet's beginning that are no instance's
_ETHERNET = 14
_ARP, _IPV4 = b"\x08\x06", b"\x08\x00"
_TCP, _UDP = 6, 17
_SYN = 0x02
_DNS, _DHCP = 53, 67
METADATA_PORT = 80
MTU = 9001
"""EC2's, in bytes."""
_HEADERS = {_TCP: 20, _UDP: 8}  # bytes, at least
_FRAGMENT = 0x3FFF
_BROADCAST = b"\xff\xff\xff\xff"
_SHORTEST = _ETHERNET + 20
_MOST_KNOWN = 4096  # destinations of which it is kept whether they are let through
_MOST_FRAGMENTS, _FRAGMENTS_A_SECOND = 1000.0, 200.0
"""At once, and then: libslirp keeps each that is not whole for 30 s, in 9 KB."""
_TTL = 64
_ARP_ASKS = b"\x00\x01\x08\x00\x06\x04\x00\x01"  # of Ethernet, for an IPv4 address
_ARP_ANSWERS = b"\x00\x01\x08\x00\x06\x04\x00\x02"
_ARP_LENGTH = _ETHERNET + 28


@dataclass(slots=True)
class Edge:
    """The edge of the network of one guest, whose interface has this MAC address, in this subnet.

    `closed`: addresses that it does not reach besides, as those of the host.
    """

    mac: bytes
    subnet: IPv4Network
    closed: Collection[IPv4Address] = ()
    now: Callable[[], float] = time.monotonic
    udp_ports: Collection[int] = ()
    """The guest's, to which ports of the host lead. libslirp sends all that comes from there by the host's port, which
    is a loopback one: so what is for others than its clients comes from another address inside."""
    _known: dict[bytes, bool] = field(default_factory=dict)
    _fragments: float = _MOST_FRAGMENTS
    _fragments_at: float = 0.0
    _services: bytes = field(init=False)
    _senders: dict[int, bytes] = field(default_factory=dict)  # by the port, where another address stands for them

    def __post_init__(self) -> None:
        self._services = self.services.packed

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
        if (frame[20] & _FRAGMENT >> 8 or frame[21]) and not self._takes_a_fragment():
            return None
        goes_on = self._known.get(destination)
        if goes_on is None:
            goes_on = self._known_now(destination)
        if goes_on:
            return self._as_of_no_client(frame) if self.udp_ports else frame
        protocol, ports = _ports(frame)
        if destination == METADATA.packed and protocol == _TCP and ports[1] == METADATA_PORT:
            return _with_address(frame, 30, self._services)
        if destination == self.router.packed:
            return frame
        if destination == self.resolver.packed and protocol in (_TCP, _UDP) and ports[1] == _DNS:
            # at no other port: it is the host's own resolver, and may be on its loopback interface
            return self._as_of_no_client(frame)
        if destination == _BROADCAST and protocol == _UDP and ports[1] == _DHCP:
            return frame
        return None

    def reply(self, frame: bytes) -> bytes | None:
        """What we answer a frame by ourselves: to a guest that takes the metadata service for its neighbour, that it is
        where the router is. None for all other frames."""
        if frame[12:14] != _ARP or frame[38:42] != METADATA.packed or len(frame) < _ARP_LENGTH:
            return None
        if frame[14:22] != _ARP_ASKS:
            return None
        own, asker = self._router_mac, frame[22:32]
        return frame[6:12] + own + _ARP + _ARP_ANSWERS + own + METADATA.packed + asker

    def asks_metadata(self, outward: bytes) -> tuple[int, bool] | None:
        """From which port of the guest's a frame, as it goes on, is for the metadata service, and whether it asks for a
        connection. None for all other frames."""
        if outward[30:34] != self._services or outward[12:14] != _IPV4:
            return None
        start = _start(outward)
        return int.from_bytes(outward[start : start + 2], "big"), bool(outward[start + 13] & _SYN)

    def inward(self, frame: bytes) -> bytes:
        """A frame for the guest as it comes."""
        if frame[12:14] == _IPV4 and frame[26:30] == self._services and frame[23] == _TCP:
            return _with_address(frame, 26, METADATA.packed)
        if self._senders and frame[12:14] == _IPV4 and frame[30:34] == self._services:
            protocol, ports = _ports(frame)
            if protocol == _UDP and (sender := self._senders.get(ports[1])) is not None:
                return _with_address(frame, 30, sender)
        return frame

    def announcement(self) -> bytes:
        """A frame for libslirp, which tells it that the guest is also where it is to answer others than clients."""
        own = self.mac + self._services
        return b"\xff" * 6 + self.mac + _ARP + _ARP_ASKS + own + bytes(6) + self._services

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

    def _as_of_no_client(self, frame: bytes) -> bytes:
        """See `udp_ports`; of a frame that is not for the router, as clients are inside."""
        protocol, (port, _) = _ports(frame)
        if protocol != _UDP or port not in self.udp_ports:
            return frame
        self._senders[port] = frame[26:30]
        return _with_address(frame, 26, self._services)

    @property
    def _router_mac(self) -> bytes:
        """libslirp's."""
        return b"\x52\x55" + self.router.packed

    def _takes_a_fragment(self) -> bool:
        now = self.now()
        left = min(_MOST_FRAGMENTS, self._fragments + (now - self._fragments_at) * _FRAGMENTS_A_SECOND)
        self._fragments_at, self._fragments = now, left - 1 if left >= 1 else left
        return left >= 1

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
        length = 20 + len(segment)
        header = struct.pack("!BBHHHBBH", 0x45, 0, length, 0, 0x4000, _TTL, _TCP, 0)
        header += self.router.packed + IPv4Address(destination).packed
        header = header[:10] + struct.pack("!H", handshakes.checksum(header)) + header[12:]
        return self.mac + self._router_mac + _IPV4 + header + segment


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
    """A frame of TCP or UDP with another address at this place, its checksums made to fit (RFC 1624)."""
    changed = bytearray(frame)
    changed[at : at + 4] = address
    of_segment = _start(frame) + (16 if frame[23] == _TCP else 6)
    has_sum = frame[23] == _TCP or any(frame[of_segment : of_segment + 2])
    for place in (24, of_segment) if has_sum else (24,):
        old = ~int.from_bytes(frame[place : place + 2], "big") & 0xFFFF
        for word in (0, 2):
            old += ~int.from_bytes(frame[at + word : at + word + 2], "big") & 0xFFFF
            old += int.from_bytes(address[word : word + 2], "big")
        while old >> 16:
            old = (old & 0xFFFF) + (old >> 16)
        # Of UDP, a sum of zero says that there is none. The other zero means the same everywhere but in IP's header.
        changed[place : place + 2] = (~old & 0xFFFF or (0xFFFF if place != 24 else 0)).to_bytes(2, "big")
    return bytes(changed)
