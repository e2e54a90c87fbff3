"""dnsmasq gives guests their addresses and knows their names, as a plan's files have it."""

import struct
from collections.abc import Iterator
from contextlib import contextmanager
from ipaddress import IPv4Address
from pathlib import Path

import namespace
import pytest
from frames import frame, udp_in
from inside_namespace import ROUTER_MAC
from namespace import Namespace
from two_tiers import DATABASE, WEB, two_tiers

from kumoniwa.network.vpc import names
from kumoniwa.network.vpc.host.host_network import DHCP_HOSTS, HOSTS
from kumoniwa.network.vpc.packet import Packet
from kumoniwa.network.vpc.plan import RESOLVER, UDP, WAY_OUT, Interface, Plan
from kumoniwa.run import ProgramMissing, find

pytestmark = pytest.mark.usefixtures("namespaces")

_NOBODY, _EVERYBODY = IPv4Address("0.0.0.0"), IPv4Address("255.255.255.255")
_BROADCAST = bytes([255] * 6)
_WITHIN = 20.0  # seconds
_MASK, _ROUTER, _DNS, _HOSTNAME, _DOMAIN, _MTU, _NTP, _LEASE, _KIND, _WANTED = 1, 3, 6, 12, 15, 26, 42, 51, 53, 55
_ADDRESS, _SERVER = 50, 54
_DISCOVER, _REQUEST, _GIVEN = 1, 3, 5
_A, _PTR, _IN = 1, 12, 1


@contextmanager
def _named(plan: Plan, folder: Path) -> Iterator[Namespace]:
    """The plan, carried, with its dnsmasq."""
    try:
        find("dnsmasq")
    except ProgramMissing as missing:
        pytest.skip(str(missing))
    for path, text in names.files(plan).items():
        (folder / path).parent.mkdir(exist_ok=True)
        (folder / path).write_text(text)
    argv = ["dnsmasq", "--keep-in-foreground", "--log-facility=-", "--pid-file=", "--user="]
    argv += [f"--conf-file={folder}/dnsmasq.conf", f"--dhcp-leasefile={folder}/leases"]
    argv += [f"--dhcp-hostsfile={folder}/{DHCP_HOSTS}", f"--addn-hosts={folder}/{HOSTS}"]
    with namespace.made() as network:
        network.carry(plan)
        network.ask(("start", {"argv": argv, "says": f"read {folder}/{DHCP_HOSTS}/all"}))
        yield network


def _asked(network: Namespace, sender: Interface, packet: Packet, data: bytes) -> bytes:
    """What is answered to a datagram of an interface."""
    destination = _BROADCAST if packet.destination == _EVERYBODY else ROUTER_MAC
    mac = bytes.fromhex(sender.mac.replace(":", ""))
    sent = frame(packet, source=mac, destination=destination, data=data)
    [came] = network.ask(("exchange", {"tap": sender.tap, "frame": sent.hex(), "within": _WITHIN}))
    return udp_in(bytes.fromhex(came))


def _offered(
    network: Namespace, sender: Interface, *, calls_itself: bytes = b""
) -> tuple[IPv4Address, dict[int, bytes]]:
    """The address that an interface gets by DHCP, and the options: it asks for what it is offered."""
    wanted = bytes((_MASK, _ROUTER, _DNS, _HOSTNAME, _DOMAIN, _MTU, _NTP))
    name = bytes((_HOSTNAME, len(calls_itself))) + calls_itself if calls_itself else b""
    mac = bytes.fromhex(sender.mac.replace(":", "")).ljust(16, b"\0")
    head = struct.pack("!4BIHH16x", 1, 1, 6, 0, 7, 0, 0x8000) + mac + bytes(192) + b"\x63\x82\x53\x63"
    asked = bytes((_WANTED, len(wanted))) + wanted + name
    packet = Packet(_NOBODY, _EVERYBODY, UDP, 68, 67)
    offer = _asked(network, sender, packet, head + bytes((_KIND, 1, _DISCOVER)) + asked + b"\xff")
    server = bytes((_SERVER, 4)) + _options(offer)[_SERVER] + bytes((_ADDRESS, 4)) + offer[16:20]
    given = _asked(network, sender, packet, head + bytes((_KIND, 1, _REQUEST)) + server + asked + b"\xff")
    return IPv4Address(given[16:20]), _options(given)


def _options(answer: bytes) -> dict[int, bytes]:
    found, rest = {}, answer[240:]
    while rest and rest[0] != 255:
        found[rest[0]] = rest[2 : 2 + rest[1]]
        rest = rest[2 + rest[1] :] if rest[0] else rest[1:]
    return found


def _query(name: str, kind: int = _A) -> bytes:
    question = b"".join(bytes((len(label),)) + label.encode() for label in name.split(".")) + b"\0"
    return struct.pack("!6H", 7, 0x0100, 1, 0, 0, 0) + question + struct.pack("!HH", kind, _IN)


def _resolved(network: Namespace, sender: Interface, server: IPv4Address, name: str, kind: int = _A) -> list[bytes]:
    """The data of the records that a resolver answers."""
    query = _query(name, kind)
    answer = _asked(network, sender, Packet(sender.primary, server, UDP, 40000, 53), query)
    count = struct.unpack_from("!H", answer, 6)[0]
    rest, records = answer[len(query) :], []
    for _ in range(count):
        length = struct.unpack_from("!H", rest, 10)[0]  # after a pointer to the name, type, class and time to live
        records.append(rest[12 : 12 + length])
        rest = rest[12 + length :]
    return records


def test_a_guest_is_given_its_address_with_all_that_the_vpc_says(tmp_path: Path) -> None:
    plan = two_tiers()
    with _named(plan, tmp_path) as network:
        address, options = _offered(network, plan.interfaces[DATABASE])
        assert address == IPv4Address("10.0.1.10")
        assert options[_KIND] == bytes((_GIVEN,))
        assert options[_MASK] == IPv4Address("255.255.255.0").packed
        assert options[_ROUTER] == IPv4Address("10.0.1.1").packed
        assert options[_DNS] == IPv4Address("10.0.0.2").packed
        assert options[_NTP] == IPv4Address("169.254.169.123").packed
        assert options[_DOMAIN] == b"ec2.internal"
        assert options[_HOSTNAME] == b"ip-10-0-1-10"
        assert options[_MTU] == struct.pack("!H", 9001)
        assert options[_LEASE] == struct.pack("!I", 3600)


def test_a_guest_resolves_names_of_the_vpc_to_private_addresses_and_names_no_one(tmp_path: Path) -> None:
    plan = two_tiers()
    web = plan.interfaces[WEB]
    database = IPv4Address("10.0.1.10").packed
    with _named(plan, tmp_path) as network:
        for server in (plan.resolver, RESOLVER):
            assert _resolved(network, web, server, "ip-10-0-1-10.ec2.internal") == [database]
        assert _resolved(network, web, RESOLVER, "ec2-127-20-0-1.compute-1.amazonaws.com") == [web.primary.packed]
        assert _resolved(network, web, RESOLVER, "ip-10-0-1-99.ec2.internal") == []
        [pointed] = _resolved(network, web, RESOLVER, "10.1.0.10.in-addr.arpa", _PTR)
        assert pointed.startswith(b"\x0cip-10-0-1-10\x03ec2\x08internal")
        _, options = _offered(network, plan.interfaces[DATABASE], calls_itself=b"i-am-the-database")
        assert options[_HOSTNAME] == b"ip-10-0-1-10"
        assert _resolved(network, web, RESOLVER, "i-am-the-database.ec2.internal") == []


def test_a_guest_whose_questions_nobody_answers_keeps_no_other_from_asking(tmp_path: Path) -> None:
    """The host's name service says nothing, and each question is kept for a while."""
    plan = two_tiers()
    web, other = plan.interfaces[WEB], plan.interfaces[DATABASE]

    def asking(sender: Interface, name: str) -> str:
        packet = Packet(sender.primary, RESOLVER, UDP, 40000, 53)
        mac = bytes.fromhex(sender.mac.replace(":", ""))
        return frame(packet, source=mac, destination=ROUTER_MAC, data=_query(name)).hex()

    with _named(plan, tmp_path) as network:
        neighbour = f"ip neigh replace {plan.upstream} lladdr 0a:00:00:00:00:08 dev {WAY_OUT} nud permanent"
        network.ask(("run", {"argv": neighbour.split(), "text": ""}))
        to_host = {"tap": WAY_OUT, "within": _WITHIN}

        def until_asked(sender: Interface, *names: str) -> None:
            """The last one of these questions of a guest is asked outside."""
            packets = [(sender.tap, asking(sender, name), False) for name in names]
            network.ask(("send", {"packets": packets[:-1]}))
            network.ask(("write", {"tap": sender.tap, "frame": packets[-1][1]}))
            while _query(names[-1])[12:] not in bytes.fromhex(network.ask(("receive", to_host))[0]):
                pass

        for part in range(10):  # as many at once as a socket has room for
            until_asked(web, *(f"n{part}-{number}.example.com" for number in range(50)))
        until_asked(other, "other.example.org")
