"""Random plans of a VPC, and random packets in it, of a world so small that much of it meets."""

from collections.abc import Iterable
from dataclasses import dataclass
from ipaddress import IPv4Address, IPv4Network, IPv6Network
from typing import Any

from hypothesis import strategies as st

from kumoniwa.network.vpc.filter import INTERNET
from kumoniwa.network.vpc.packet import Packet
from kumoniwa.network.vpc.plan import (
    ICMP,
    METADATA,
    RESOLVER,
    TCP,
    UDP,
    Acl,
    AclEntry,
    Address,
    GroupReference,
    Interface,
    NatGateway,
    Peering,
    Plan,
    PrefixList,
    PrefixListReference,
    Route,
    RouteTable,
    Rule,
    SecurityGroup,
    Subnet,
    Target,
    TargetKind,
    Traffic,
)

GRE = 47
OTHERS = (GRE, 50, 89)
PORTS = (22, 53, 67, 80, 443, 5432)
ANYWHERE = IPv4Network("0.0.0.0/0")
ALL = Traffic()

_SUBNETS = {"subnet-0a": "10.0.0.0/24", "subnet-0b": "10.0.1.0/24", "subnet-0c": "10.1.0.0/28"}
_ADDRESSES = {
    "subnet-0a": ("10.0.0.4", "10.0.0.5", "10.0.0.6", "10.0.0.7"),
    "subnet-0b": ("10.0.1.4", "10.0.1.5", "10.0.1.6", "10.0.1.7"),
    "subnet-0c": ("10.1.0.4", "10.1.0.5", "10.1.0.6", "10.1.0.7"),
}
INTERFACES = tuple(f"eni-0{number}" for number in range(1, 7))
_GROUPS = ("sg-0a", "sg-0b", "sg-0c", "sg-0d")
_PEERED_GROUP, _PEERING = "sg-0e", "pcx-0a"
_PREFIX_LISTS = ("pl-0a", "pl-0b")
_GATEWAY = "igw-0a"
_NATS = ("nat-0a", "nat-0b")
_PUBLIC = tuple(f"127.20.0.{number}" for number in range(1, 9))
_FAR = ("8.8.8.8", "8.8.4.4", "203.0.113.9", "10.9.0.4", "10.9.0.5", "192.168.1.1", "172.16.0.1")
_STRANGE = (
    "169.254.1.2",
    "127.0.0.2",
    "224.0.0.5",
    "240.20.0.1",
    "100.64.0.2",
    "100.64.0.3",
    "100.64.0.100",
    "0.0.0.1",
)
_OF_SERVICES = (str(METADATA), str(RESOLVER), "10.0.0.2", "10.0.0.1", "10.0.1.1", "10.1.0.1", "10.0.0.255")
_BLOCKS = tuple(
    map(
        IPv4Network,
        (
            *("0.0.0.0/0", "10.0.0.0/8", "10.0.0.0/16", "10.0.0.0/24", "10.0.1.0/24", "10.0.0.5/32", "10.0.0.6/31"),
            *(
                "8.8.8.0/24",
                "8.0.0.0/8",
                "127.0.0.1/32",
                "100.64.0.0/10",
                "10.9.0.0/16",
                "10.9.0.4/32",
                "203.0.113.0/24",
            ),
        ),
    )
)
_ROUTED = tuple(
    map(
        IPv4Network,
        (
            *("0.0.0.0/0", "0.0.0.0/0", "8.0.0.0/8", "8.8.8.0/24", "8.8.8.8/32", "10.9.0.0/16", "10.9.0.4/32"),
            *("10.0.0.0/8", "203.0.113.0/24", "192.168.0.0/16", "10.0.1.0/24", "100.64.0.0/16"),
        ),
    )
)


@st.composite
def _ports(draw: st.DrawFn) -> Traffic:
    protocol = draw(st.sampled_from((TCP, UDP)))
    first = draw(st.sampled_from(PORTS))
    last = draw(st.sampled_from([port for port in (*PORTS, 65535) if port >= first]))
    return Traffic(protocol, first, last)


_TRAFFIC = st.one_of(
    st.just(ALL),
    _ports(),
    _ports(),
    st.sampled_from([Traffic(protocol) for protocol in (TCP, UDP, ICMP, *OTHERS)]),
    st.builds(Traffic, st.just(ICMP), st.sampled_from((8, 0, 3)), st.sampled_from((None, 0, 1))),
    st.just(Traffic(TCP, 0, 65535)),
)
_RULES = st.lists(
    st.tuples(
        _TRAFFIC,
        st.one_of(
            st.sampled_from(_BLOCKS),
            st.sampled_from(_BLOCKS),
            st.builds(GroupReference, st.sampled_from((*_GROUPS, _PEERED_GROUP, "sg-0f"))),
            st.builds(PrefixListReference, st.sampled_from((*_PREFIX_LISTS, "pl-0f"))),
            st.just(IPv6Network("::/0")),
        ),
    ),
    max_size=5,
)
_OPEN = st.just([(ALL, ANYWHERE)])


@st.composite
def groups(draw: st.DrawFn, group_id: str) -> SecurityGroup:
    """A security group."""
    ingress, egress = draw(_RULES), draw(st.one_of(_OPEN, _RULES))
    rules = [Rule(f"sgr-{group_id[3:]}{number}", *rule) for number, rule in enumerate((*ingress, *egress))]
    return SecurityGroup(group_id, tuple(rules[: len(ingress)]), tuple(rules[len(ingress) :]))


_ENTRIES = st.lists(st.tuples(st.booleans(), _TRAFFIC, st.sampled_from((*_BLOCKS, IPv6Network("::/0")))), max_size=4)


@st.composite
def acls(draw: st.DrawFn, acl_id: str) -> Acl:
    """A network ACL: most end with what allows all."""
    ways = []
    for _ in ("ingress", "egress"):
        entries = [AclEntry(10 * (number + 1), *entry) for number, entry in enumerate(draw(_ENTRIES))]
        if draw(st.integers(0, 5)):
            entries.append(AclEntry(100, True, ALL, ANYWHERE))
        ways.append(tuple(entries))
    return Acl(acl_id, ways[0], ways[1])


_TARGETS = st.one_of(
    st.just(Target(TargetKind.INTERNET_GATEWAY, _GATEWAY)),
    st.just(Target(TargetKind.INTERNET_GATEWAY, _GATEWAY)),
    st.builds(Target, st.just(TargetKind.NAT_GATEWAY), st.sampled_from((*_NATS, "nat-0f"))),
    st.builds(Target, st.just(TargetKind.INTERFACE), st.sampled_from((*INTERFACES, "eni-0f"))),
    st.just(Target(TargetKind.PEERING, _PEERING)),
    st.sampled_from((Target(TargetKind.BLACKHOLE), Target(TargetKind.INTERNET_GATEWAY, "igw-0f"))),
)


@st.composite
def route_tables(draw: st.DrawFn, table_id: str) -> RouteTable:
    """A route table. Two routes never have the same destination, as in EC2."""
    destinations: dict[Any, None] = dict.fromkeys(draw(st.lists(st.sampled_from(_ROUTED), max_size=4)))
    if draw(st.integers(0, 3)):
        destinations[ANYWHERE] = None
    if not draw(st.integers(0, 3)):
        destinations[PrefixListReference(draw(st.sampled_from(_PREFIX_LISTS)))] = None
    return RouteTable(table_id, tuple(Route(destination, draw(_TARGETS)) for destination in destinations))


@st.composite
def _interfaces(draw: st.DrawFn) -> dict[str, Interface]:
    free = {subnet: list(addresses) for subnet, addresses in _ADDRESSES.items()}
    public = list(_PUBLIC)
    found = {}
    for number, interface_id in enumerate(INTERFACES):
        subnet = draw(st.sampled_from([name for name in free if free[name]]))
        addresses = []
        for _ in range(draw(st.sampled_from((1, 1, 2)))):
            if free[subnet]:
                address = IPv4Address(free[subnet].pop(draw(st.integers(0, len(free[subnet]) - 1))))
                with_public = public and draw(st.booleans())
                addresses.append(Address(address, IPv4Address(public.pop()) if with_public else None))
        found[interface_id] = Interface(
            id=interface_id,
            subnet_id=subnet,
            mac=f"0a:00:00:00:01:{number:02x}",
            addresses=tuple(addresses),
            group_ids=tuple(draw(st.lists(st.sampled_from(_GROUPS), min_size=1, max_size=3, unique=True))),
            source_dest_check=draw(st.sampled_from((True, True, False))),
            live=draw(st.sampled_from((True, True, True, True, False))),
        )
    return found


@st.composite
def plans(draw: st.DrawFn) -> Plan:
    """A VPC of six interfaces in three subnets and two blocks."""
    prefix_lists = {
        name: PrefixList(name, tuple(dict.fromkeys(draw(st.lists(st.sampled_from(_ROUTED), max_size=3)))))
        for name in _PREFIX_LISTS
    }
    peering = Peering(
        _PEERING,
        "vpc-0b",
        (IPv4Network("10.9.0.0/24"),),
        active=draw(st.sampled_from((True, True, True, False))),
        members={_PEERED_GROUP: (IPv4Address("10.9.0.4"),)},
    )
    nats = {
        name: NatGateway(
            name,
            draw(st.sampled_from(tuple(_SUBNETS))),
            IPv4Address(f"10.0.0.{20 + number}"),
            IPv4Address(f"127.20.1.{number}"),
            available=bool(draw(st.integers(0, 4))),
        )
        for number, name in enumerate(_NATS)
    }
    letters = ("a", "b", "c")
    return Plan(
        "vpc-0a",
        "us-east-1",
        (IPv4Network("10.0.0.0/16"), IPv4Network("10.1.0.0/16")),
        dns_support=draw(st.booleans()),
        internet_gateway=draw(st.sampled_from((_GATEWAY, _GATEWAY, _GATEWAY, None))),
        subnets={
            name: Subnet(
                name,
                IPv4Network(cidr),
                f"rtb-0{draw(st.sampled_from(letters))}",
                f"acl-0{draw(st.sampled_from(letters))}",
            )
            for name, cidr in _SUBNETS.items()
        },
        interfaces=draw(_interfaces()),
        groups={name: draw(groups(name)) for name in _GROUPS},
        acls={f"acl-0{letter}": draw(acls(f"acl-0{letter}")) for letter in letters},
        route_tables={f"rtb-0{letter}": draw(route_tables(f"rtb-0{letter}")) for letter in letters},
        nat_gateways=nats,
        peerings={_PEERING: peering},
        prefix_lists=prefix_lists,
    )


@dataclass(frozen=True, slots=True)
class Sent:
    """A packet, and from where it comes: an interface, a peering connection, or the internet."""

    packet: Packet
    origin: str


@st.composite
def sent(draw: st.DrawFn, plan: Plan) -> Sent:
    """A packet that something of the plan may send: most come from who they say, and go to what there is."""
    live = [interface for interface in plan.interfaces.values() if interface.live]
    origins: list[str] = [interface.id for interface in live] * 2 + [INTERNET]
    if plan.peerings[_PEERING].active:
        origins.append(_PEERING)
    origin = draw(st.sampled_from(origins))
    private = _private(plan.interfaces.values())
    public = [address.public for one in live for address in one.addresses if address.public is not None]
    if origin == INTERNET:
        source = plan.host
        destination = draw(st.sampled_from([*public, *public, *map(IPv4Address, ("127.20.1.0", "127.20.0.99"))]))
    elif origin == _PEERING:
        source = IPv4Address(draw(st.sampled_from(("10.9.0.4", "10.9.0.5", "10.9.0.5", "10.9.1.4", "10.0.0.4"))))
        destination = draw(st.sampled_from([*private, *map(IPv4Address, (*_FAR, "10.0.0.99"))]))
    else:
        own = [address.private for address in plan.interfaces[origin].addresses]
        source = draw(st.sampled_from([*own * 12, *private, IPv4Address("8.8.8.8"), IPv4Address("169.254.3.3")]))
        far = [*map(IPv4Address, _FAR)]
        strange = [*map(IPv4Address, (*_STRANGE, *_OF_SERVICES, "10.0.0.99", "10.1.9.9"))]
        destination = draw(st.sampled_from(draw(st.sampled_from((private, private, far, far, strange)))))
    return Sent(draw(_packets(source, destination)), origin)


def _private(interfaces: Iterable[Interface]) -> list[IPv4Address]:
    return [address.private for interface in interfaces for address in interface.addresses]


@st.composite
def _packets(draw: st.DrawFn, source: IPv4Address, destination: IPv4Address) -> Packet:
    protocol = draw(st.sampled_from((TCP, TCP, UDP, UDP, ICMP, draw(st.sampled_from(OTHERS)))))
    if protocol in (TCP, UDP):
        to = draw(st.sampled_from((*PORTS, 40001)))
        return Packet(source, destination, protocol, source_port=40000, destination_port=to)
    if protocol == ICMP:
        kind = draw(st.sampled_from((8, 8, 8, 13)))
        return Packet(source, destination, protocol, icmp_type=kind)
    return Packet(source, destination, protocol)
