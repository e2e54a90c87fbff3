"""What leaves a guest that is alone, and what is asked of it."""

import struct
from ipaddress import IPv4Address, IPv4Network

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kumoniwa.network.handshakes import checksum
from kumoniwa.network.user.host.frames import Edge
from kumoniwa.network.vpc.plan import NOT_INTERNET

_MAC = bytes.fromhex("06123456789a")
_SUBNET = IPv4Network("10.1.16.0/20")
_GUEST = "10.1.16.19"
_OWN = IPv4Address("203.0.113.9")
_TCP, _UDP, _ICMP = 6, 17, 1


def _edge() -> Edge:
    return Edge(_MAC, _SUBNET, [_OWN])


def _frame(
    destination: str,
    port: int = 80,
    *,
    protocol: int = _TCP,
    source: str = _GUEST,
    from_port: int = 40000,
    flags: int = 2,
    fragment: int = 0,
    kind: bytes = b"\x08\x00",
    number: int = 7,
) -> bytes:
    """One of Ethernet, whole."""
    ends = IPv4Address(source).packed + IPv4Address(destination).packed
    if protocol == _TCP:
        body = struct.pack("!HHIIBBHHH", from_port, port, 1, number, 5 << 4, flags, 9, 0, 0)
        pseudo = ends + struct.pack("!BBH", 0, protocol, len(body))
        body = body[:16] + struct.pack("!H", checksum(pseudo + body)) + body[18:]
    else:
        body = struct.pack("!HHHH", from_port, port, 8, 0)
    header = struct.pack("!BBHHHBBH", 0x45, 0, 20 + len(body), 0, fragment, 64, protocol, 0) + ends
    header = header[:10] + struct.pack("!H", checksum(header)) + header[12:]
    return bytes(6) + _MAC + kind + header + body


def _is_whole(frame: bytes) -> bool:
    """Whether both checksums of a frame of TCP are right: over what they cover, they make zero."""
    packet = frame[14:]
    segment = packet[20:]
    pseudo = packet[12:20] + struct.pack("!BBH", 0, _TCP, len(segment))
    return checksum(packet[:20]) == checksum(pseudo + segment) == 0


@pytest.mark.parametrize(
    "frame",
    [
        _frame("8.8.8.8"),
        _frame("8.8.8.8", protocol=_ICMP),
        _frame("8.8.8.8", fragment=0x2000),
        _frame("10.1.16.1", 67, protocol=_UDP),
        _frame("10.1.16.1", 50000, flags=0x12),
        _frame("10.1.16.2", 53, protocol=_UDP),
        _frame("10.1.16.2", 53),
        _frame("255.255.255.255", 67, protocol=_UDP, source="0.0.0.0"),
        bytes(12) + b"\x08\x06" + bytes(28),
    ],
    ids=["TCP", "ping", "fragment", "DHCP", "answer", "DNS", "DNS by TCP", "DHCP's first", "ARP"],
)
def test_what_an_internet_gateway_takes_goes_on_as_it_is(frame: bytes) -> None:
    assert _edge().outward(frame) == frame


@pytest.mark.parametrize(
    "frame",
    [
        _frame("127.0.0.1"),
        _frame("0.0.0.0"),
        _frame("192.168.1.1"),
        _frame("10.1.16.20"),
        _frame("10.1.31.255", protocol=_UDP),
        _frame("203.0.113.9"),
        _frame("10.1.16.2", 22),
        _frame("10.1.16.2", 53, fragment=1),
        _frame("10.1.16.3"),
        _frame("169.254.169.254", 22),
        _frame("169.254.169.254", fragment=0x2000),
        _frame("169.254.169.254", protocol=_UDP),
        _frame("255.255.255.255", 69, protocol=_UDP),
        _frame("224.0.0.251", 5353, protocol=_UDP),
        _frame("8.8.8.8", kind=b"\x86\xdd"),
        _frame("8.8.8.8")[:30],
        b"",
    ],
    ids=lambda frame: "",
)
def test_what_leads_to_the_host_and_its_networks_does_not(frame: bytes) -> None:
    assert _edge().outward(frame) is None


@given(st.ip_addresses(v=4), st.integers(0, 65535), st.sampled_from([_TCP, _UDP, _ICMP]), st.integers(0, 0x3FFF))
def test_nothing_reaches_a_private_network(address: IPv4Address, port: int, protocol: int, fragment: int) -> None:
    there = _edge().outward(_frame(str(address), port, protocol=protocol, fragment=fragment))
    edge = _edge()
    if there is not None and address not in (edge.router, edge.resolver):
        reached = IPv4Address(there[30:34])
        assert reached == edge.services or not any(reached in block for block in NOT_INTERNET)


@given(st.binary(max_size=80))
def test_rubbish_is_neither_carried_to_the_host_nor_an_answer(rubbish: bytes) -> None:
    for frame in (rubbish, bytes(12) + b"\x08\x00" + rubbish):
        _edge().outward(frame)
        _edge().answer(frame)
        _edge().reply(frame)
        _edge().inward(frame)


def test_many_destinations_are_forgotten_again() -> None:
    edge = _edge()
    for number in range(10_000):
        edge.outward(_frame(str(IPv4Address("11.0.0.0") + number)))
    assert len(edge._known) <= 4096


def test_fragments_are_carried_at_a_bounded_rate() -> None:
    """libslirp keeps each for half a minute."""
    seconds = 1000.0
    edge = Edge(_MAC, _SUBNET, now=lambda: seconds)
    for fragment in (0x2000, 1):

        def carried(fragment: int = fragment) -> int:
            return sum(edge.outward(_frame("8.8.8.8", fragment=fragment, number=n)) is not None for n in range(3000))

        assert carried() == 1000
        assert edge.outward(_frame("8.8.8.8")) is not None, "it is whole"
        seconds += 1
        assert carried() == 200
        seconds += 60


def _arp(target: str, *, operation: int = 1) -> bytes:
    asks = struct.pack("!HHBBH", 1, 0x0800, 6, 4, operation) + _MAC + IPv4Address(_GUEST).packed
    return b"\xff" * 6 + _MAC + b"\x08\x06" + asks + bytes(6) + IPv4Address(target).packed


def test_the_metadata_service_is_where_the_router_is_for_a_guest_that_takes_it_for_a_neighbour() -> None:
    edge = _edge()
    reply = edge.reply(_arp("169.254.169.254"))
    assert reply is not None
    router = b"\x52\x55" + edge.router.packed
    assert (reply[:6], reply[6:12], reply[20:22]) == (_MAC, router, b"\x00\x02")
    assert reply[22:32] == router + IPv4Address("169.254.169.254").packed
    assert reply[32:] == _MAC + IPv4Address(_GUEST).packed
    for other in (_arp("10.1.16.1"), _arp("169.254.169.254", operation=2), _arp("169.254.169.254")[:40]):
        assert edge.reply(other) is None


@pytest.mark.parametrize("to", ["8.8.8.8", "10.1.16.2"])
def test_what_a_guest_sends_from_a_port_with_clients_to_others_comes_from_elsewhere_inside(to: str) -> None:
    edge = Edge(_MAC, _SUBNET, udp_ports={53, 123})
    sent = _frame(to, 53, protocol=_UDP, from_port=123)
    there = edge.outward(sent)
    assert there is not None
    assert IPv4Address(there[26:30]) == edge.services
    assert (there[30:], checksum(there[14:34])) == (sent[30:], 0)
    back = edge.inward(_frame(str(edge.services), 123, protocol=_UDP, source=to, from_port=53))
    assert (IPv4Address(back[30:34]), checksum(back[14:34])) == (IPv4Address(_GUEST), 0)
    for own in (_frame("10.1.16.1", 40000, protocol=_UDP, from_port=123), _frame(to, 53, protocol=_UDP, from_port=9)):
        assert edge.outward(own) == own, "to a client, or from another port"


def test_the_metadata_service_is_another_address_inside_and_the_guest_does_not_notice() -> None:
    edge = _edge()
    there = edge.outward(_frame("169.254.169.254"))
    assert there is not None
    assert IPv4Address(there[30:34]) == edge.services
    assert _is_whole(there)
    back = edge.inward(_frame(_GUEST, 40000, source=str(edge.services), from_port=80))
    assert IPv4Address(back[26:30]) == IPv4Address("169.254.169.254")
    assert _is_whole(back)
    other = _frame(_GUEST, source="8.8.8.8")
    assert edge.inward(other) == other


@pytest.mark.parametrize(("flags", "listens"), [(0x12, True), (0x14, False)], ids=["SYN ACK", "RST"])
def test_an_answer_to_a_knock_says_whether_the_guest_listens(flags: int, *, listens: bool) -> None:
    edge, door = _edge(), (_GUEST, 22)
    asked = edge.knock(door)
    assert _is_whole(asked)
    assert (asked[:6], IPv4Address(asked[26:30]), IPv4Address(asked[30:34])) == (_MAC, edge.router, IPv4Address(_GUEST))
    answer = edge.answer(_frame("10.1.16.1", 9, from_port=22, flags=flags, number=4711))
    assert answer is not None
    assert answer[:2] == (door, listens)
    if listens:
        taken_back = answer[2]
        assert taken_back is not None
        assert _is_whole(taken_back)
        assert struct.unpack("!HHI", taken_back[34:42]) == (9, 22, 4711)
        assert taken_back[47] == 0x04, "it is a reset"
    else:
        assert answer[2] is None
    assert edge.answer(_frame("10.1.16.1", 10, from_port=22, flags=flags)) is None, "it answers somebody else"
