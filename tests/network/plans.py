"""Random plans of a VPC, and random packets in it, of a world so small that much of it meets."""

from dataclasses import dataclass, replace
from ipaddress import IPv4Address, IPv4Network, IPv6Network
from random import Random
from typing import Any

from kumoniwa.network.vpc.nft_frame import FIRST_OUTWARD_PORT
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
    Remote,
    Route,
    RouteTable,
    Rule,
    SecurityGroup,
    Subnet,
    Target,
    TargetKind,
    Traffic,
)
from kumoniwa.network.vpc.verdicts import INTERNET

GRE = 47
OTHERS = (GRE, 50, 89)
PORTS = (22, 53, 67, 80, 443, 5432)
_FROM = FIRST_OUTWARD_PORT  # one that is not translated
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
_FAR = (*["8.8.8.8"] * 3, "8.8.4.4", *["203.0.113.9"] * 3, "10.9.0.4", "10.9.0.5", "192.168.1.1")
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
            *("0.0.0.0/0", "8.0.0.0/8", "8.8.8.0/24", "8.8.8.8/32", "10.9.0.0/16", "10.9.0.4/32"),
            *("10.0.0.0/8", "203.0.113.0/24", "192.168.0.0/16", "10.0.1.0/24", "100.64.0.0/16"),
        ),
    )
)


_WAY_OUT = RouteTable("rtb-0a", (Route(ANYWHERE, Target(TargetKind.INTERNET_GATEWAY, _GATEWAY)),))
"""One that leads to the internet, as often as not: so that a NAT gateway has a way out."""
_OPEN = [(ALL, ANYWHERE)]
_LETTERS = ("a", "b", "c")


def _chance(random: Random, one_in: int) -> bool:
    return random.randrange(one_in) == 0


def _traffic(random: Random) -> Traffic:
    match random.randrange(6):
        case 0:
            return ALL
        case 1 | 2:
            first = random.choice(PORTS)
            last = random.choice([port for port in (*PORTS, 65535) if port >= first])
            return Traffic(random.choice((TCP, UDP)), first, last)
        case 3:
            return Traffic(random.choice((TCP, UDP, ICMP, *OTHERS)))
        case 4:
            return Traffic(ICMP, random.choice((8, 0, 3)), random.choice((None, 0, 1)))
        case _:
            return Traffic(TCP, 0, 65535)


def _remote(random: Random) -> Remote:
    match random.randrange(8):
        case 0 | 1:
            return GroupReference(random.choice((*_GROUPS, _PEERED_GROUP, "sg-0f")))
        case 2:
            return PrefixListReference(random.choice((*_PREFIX_LISTS, "pl-0f")))
        case 3:
            return IPv6Network("::/0")
        case _:
            return random.choice(_BLOCKS)


def group(random: Random, group_id: str) -> SecurityGroup:
    """A security group. Most let out all."""
    letter = group_id[3:]

    def rules(way: str, *, is_open: bool) -> tuple[Rule, ...]:
        some = [(_traffic(random), _remote(random)) for _ in range(random.randrange(6))]
        return tuple(
            Rule(f"sgr-{letter}{way}{number}", *rule) for number, rule in enumerate(_OPEN if is_open else some)
        )

    return SecurityGroup(group_id, rules("1", is_open=_chance(random, 3)), rules("2", is_open=not _chance(random, 4)))


def acl(random: Random, acl_id: str) -> Acl:
    """A network ACL. Most end with what allows all."""

    def entries() -> tuple[AclEntry, ...]:
        blocks: tuple[IPv4Network | IPv6Network, ...] = (*_BLOCKS, IPv6Network("::/0"))
        some = [
            AclEntry(10 * (number + 1), _chance(random, 2), _traffic(random), random.choice(blocks))
            for number in range(random.randrange(4))
        ]
        return tuple(some if _chance(random, 12) else [*some, AclEntry(100, True, ALL, ANYWHERE)])

    return Acl(acl_id, entries(), entries())


def _target(random: Random) -> Target:
    match random.randrange(12):
        case 0:
            return Target(TargetKind.INTERFACE, random.choice((*INTERFACES, "eni-0f")))
        case 1 | 2:
            return Target(TargetKind.PEERING, _PEERING)
        case 3:
            return random.choice((Target(TargetKind.BLACKHOLE), Target(TargetKind.INTERNET_GATEWAY, "igw-0f")))
        case 4 | 5 | 6 | 7:
            return Target(TargetKind.NAT_GATEWAY, random.choice((*_NATS * 4, "nat-0f")))
        case _:
            return Target(TargetKind.INTERNET_GATEWAY, _GATEWAY)


def route_table(random: Random, table_id: str) -> RouteTable:
    """A route table. No two of its routes have the same destination, as in EC2."""
    destinations: list[IPv4Network | PrefixListReference] = list(random.sample(_ROUTED, random.randrange(4)))
    if not _chance(random, 6) and ANYWHERE not in destinations:
        destinations.append(ANYWHERE)
    if _chance(random, 4):
        destinations.append(PrefixListReference(random.choice(_PREFIX_LISTS)))
    return RouteTable(table_id, tuple(Route(destination, _target(random)) for destination in destinations))


def _interfaces(random: Random) -> dict[str, Interface]:
    free = {subnet: random.sample(addresses, len(addresses)) for subnet, addresses in _ADDRESSES.items()}
    public = list(_PUBLIC)
    found = {}
    for number, interface_id in enumerate(INTERFACES):
        subnet = random.choice([name for name in free if free[name]])
        private = [free[subnet].pop() for _ in range(min(len(free[subnet]), random.choice((1, 1, 2))))]
        found[interface_id] = Interface(
            id=interface_id,
            subnet_id=subnet,
            mac=f"0a:00:00:00:01:{number:02x}",
            addresses=tuple(
                Address(IPv4Address(one), IPv4Address(public.pop()) if public and not _chance(random, 3) else None)
                for one in private
            ),
            group_ids=tuple(random.sample(_GROUPS, random.choice((1, 1, 2, 3)))),
            source_dest_check=not _chance(random, 4),
            live=not _chance(random, 8),
        )
    return found


def random_plan(random: Random) -> Plan:
    """A VPC of six interfaces in three subnets and two blocks."""
    tables = {f"rtb-0{letter}": route_table(random, f"rtb-0{letter}") for letter in _LETTERS}
    if not _chance(random, 3):
        tables["rtb-0a"] = _WAY_OUT
    return Plan(
        "vpc-0a",
        "us-east-1",
        (
            IPv4Network("10.0.0.0/16"),
            IPv4Network("10.1.0.0/16"),
            *([IPv4Network("10.2.0.0/16")] if _chance(random, 3) else []),
        ),
        dns_support=_chance(random, 2),
        internet_gateway=None if _chance(random, 8) else _GATEWAY,
        subnets={
            name: Subnet(name, IPv4Network(cidr), f"rtb-0{random.choice(_LETTERS)}", f"acl-0{random.choice(_LETTERS)}")
            for name, cidr in _SUBNETS.items()
        },
        interfaces=_interfaces(random),
        groups={name: group(random, name) for name in _GROUPS},
        acls={f"acl-0{letter}": acl(random, f"acl-0{letter}") for letter in _LETTERS},
        route_tables=tables,
        nat_gateways={
            name: NatGateway(
                name,
                random.choice(tuple(_SUBNETS)),
                IPv4Address(f"10.0.0.{20 + number}"),
                IPv4Address(f"127.20.1.{number}"),
                available=not _chance(random, 5),
            )
            for number, name in enumerate(_NATS)
        },
        peerings={
            _PEERING: Peering(
                _PEERING,
                "vpc-0b",
                (IPv4Network("10.9.0.0/24"),),
                active=not _chance(random, 4),
                members={_PEERED_GROUP: (IPv4Address("10.9.0.4"),)},
            )
        },
        prefix_lists={
            name: PrefixList(name, tuple(random.sample(_ROUTED, random.randrange(4)))) for name in _PREFIX_LISTS
        },
    )


@dataclass(frozen=True, slots=True)
class Sent:
    """A packet, and from where it comes: an interface, a peering connection, or the internet."""

    packet: Packet
    origin: str


def sent(random: Random, plan: Plan) -> Sent:
    """A packet that something of the plan may send: most come from who they say, and go to what there is."""
    live = [interface for interface in plan.interfaces.values() if interface.live]
    origins = [
        *[interface.id for interface in live] * 2,
        INTERNET,
        *([_PEERING] if plan.peerings[_PEERING].active else []),
    ]
    origin = random.choice(origins)
    private = [address.private for interface in plan.interfaces.values() for address in interface.addresses]
    if origin == INTERNET:
        source = plan.host
        public = [address.public for one in live for address in one.addresses if address.public is not None]
        destination = random.choice([*public * 4, *map(IPv4Address, ("127.20.1.0", "127.20.0.99"))])
    elif origin == _PEERING:
        source = IPv4Address(random.choice((*["10.9.0.4"] * 6, *["10.9.0.5"] * 6, "10.9.1.4", "10.0.0.4")))
        destination = random.choice([*private * 2, *map(IPv4Address, (*_FAR, "10.0.0.99"))])
    else:
        own = [address.private for address in plan.interfaces[origin].addresses]
        source = random.choice(own)
        if _chance(random, 8):
            source = random.choice([*private, IPv4Address("8.8.8.8"), IPv4Address("169.254.3.3")])
        if _chance(random, 12):
            return Sent(_request(random, source, plan), origin)
        strange = (*_STRANGE, *_OF_SERVICES, "10.0.0.99", "10.1.9.9")
        match random.randrange(10):
            case 0:
                destination = IPv4Address(random.choice(strange))
            case 1 | 2 | 3 | 4:
                destination = random.choice(private)
            case _:
                destination = IPv4Address(random.choice(_FAR))
    return Sent(_packet(random, source, destination), origin)


def _request(random: Random, source: IPv4Address, plan: Plan) -> Packet:
    """What is asked of the VPC's services: of each at its own place, or at another's."""
    destination = random.choice(
        (METADATA, RESOLVER, plan.resolver, *(subnet.router for subnet in plan.subnets.values()))
    )
    protocol, source_port, to = random.choice(
        ((TCP, _FROM, 80), (TCP, _FROM, 53), (UDP, _FROM, 53), (UDP, 68, 67), (UDP, _FROM, 67))
    )
    if (source_port, to) == (68, 67) and _chance(random, 2):
        source, destination = IPv4Address("0.0.0.0"), IPv4Address("255.255.255.255")
    return Packet(source, destination, protocol, source_port=source_port, destination_port=to)


def changed(random: Random, plan: Plan) -> Plan:
    """The same VPC after a few changes."""
    other = random_plan(random)
    names = random.sample(
        (
            *("interfaces", "groups", "acls", "route_tables", "nat_gateways", "peerings", "prefix_lists", "subnets"),
            *("internet_gateway", "cidrs"),
        ),
        random.choice((1, 1, 2, 3)),
    )
    changes = {}
    for name in names:
        old, new = getattr(plan, name), getattr(other, name)
        if isinstance(old, dict):
            some = random.choices(sorted(old), k=random.choice((1, 1, 2)))
            new = {key: _like(value, new[key]) if key in some else value for key, value in old.items()}
        changes[name] = new
    return replace(plan, **changes)


def _like(old: Any, new: Any) -> Any:
    """The new value, but an interface keeps its primary address: no two interfaces have the same."""
    if not isinstance(old, Interface):
        return new
    kept = old.addresses[:1] if len(new.addresses) == 1 else old.addresses
    addresses = tuple(replace(one, public=one.public if new.source_dest_check else None) for one in kept)
    return replace(new, addresses=addresses, subnet_id=old.subnet_id)


def _packet(random: Random, source: IPv4Address, destination: IPv4Address) -> Packet:
    protocol = random.choice((TCP, TCP, TCP, UDP, UDP, ICMP, ICMP, random.choice(OTHERS)))
    if protocol in (TCP, UDP):
        to = random.choice((*PORTS, 40001))
        return Packet(source, destination, protocol, source_port=_FROM, destination_port=to)
    if protocol == ICMP:
        return Packet(source, destination, protocol, icmp_type=random.choice((8, 8, 8, 13)))
    return Packet(source, destination, protocol)
