"""What one VPC is to carry: its interfaces, groups, ACLs, routes, gateways and addresses, keyed by EC2's ids. Frozen.

The plan holds only what decides packets. `filter` and `reach` judge by it; `nft`, `routes` and `names` render it for
the kernel and for dnsmasq. A plan is made anew for each change, and shares with the one before what did not change, so
that two plans are quickly compared. Its mappings are never changed.
"""

from collections.abc import Iterable, Mapping
from dataclasses import field
from enum import StrEnum
from functools import lru_cache
from ipaddress import IPv4Address, IPv4Network, IPv6Network

from kumoniwa.values import dataclass

ICMP, TCP, UDP, ICMPV6 = 1, 6, 17, 58
"""Numbers of the protocols that rules treat in a way of their own."""
PORTED = (TCP, UDP)
LAST_PORT = 65535

MTU = 9001
"""Of a guest's interfaces, in bytes, as on EC2."""
METADATA = IPv4Address("169.254.169.254")
RESOLVER = IPv4Address("169.254.169.253")
"""Where every VPC's resolver is reached, beside the primary block's third address."""
WAY_OUT_MTU = 65520
WAY_OUT = "igw"
"""The device in the VPC's namespace behind which the internet, and this host, are."""
THIS_HOST = IPv4Address("127.0.0.1")
"""What a block has to hold to mean this host, as in mode `user`: see `Plan.means`."""

NO_SOURCE = tuple(map(IPv4Network, ("0.0.0.0/8", "127.0.0.0/8", "169.254.0.0/16", "224.0.0.0/3")))
"""Sources that no guest may use, not even one whose source/destination check is off; nor the transit block."""
NOT_INTERNET = tuple(
    map(
        IPv4Network,
        (
            *("0.0.0.0/8", "10.0.0.0/8", "100.64.0.0/10", "127.0.0.0/8", "169.254.0.0/16"),
            *("172.16.0.0/12", "192.168.0.0/16", "198.18.0.0/15", "224.0.0.0/3"),
        ),
    )
)
"""Destinations to which no internet gateway leads: they are this host's own networks, not the internet."""


@dataclass(frozen=True, slots=True)
class Traffic:
    """A protocol, and its ports or ICMP type and code. None means any.

    TCP and UDP: the ports from `first` to `last`. ICMP: type `first` and code `last`.
    """

    protocol: int | None = None
    first: int | None = None
    last: int | None = None


@dataclass(frozen=True, slots=True)
class GroupReference:
    """The private addresses of the members of a group, of this VPC or of one that is peered with it."""

    group_id: str


@dataclass(frozen=True, slots=True)
class PrefixListReference:
    """The blocks of a prefix list."""

    prefix_list_id: str


Remote = IPv4Network | IPv6Network | GroupReference | PrefixListReference


@dataclass(frozen=True, slots=True)
class Rule:
    """A rule of a security group: it admits this traffic from (or to) the remote end."""

    id: str
    traffic: Traffic
    remote: Remote


@dataclass(frozen=True, slots=True)
class SecurityGroup:
    id: str
    ingress: tuple[Rule, ...]
    egress: tuple[Rule, ...]


@dataclass(frozen=True, slots=True)
class AclEntry:
    """A numbered entry of a network ACL. The first that matches decides."""

    number: int
    allow: bool
    traffic: Traffic
    block: IPv4Network | IPv6Network


@dataclass(frozen=True, slots=True)
class Acl:
    """A network ACL, its entries in the order of their numbers. What none matches is denied."""

    id: str
    ingress: tuple[AclEntry, ...]
    egress: tuple[AclEntry, ...]


class TargetKind(StrEnum):
    """Where a route leads."""

    LOCAL = "local"
    """To the interfaces of the VPC."""
    INTERNET_GATEWAY = "internet gateway"
    NAT_GATEWAY = "NAT gateway"
    INTERFACE = "network interface"
    """To an instance that forwards, named by its interface."""
    PEERING = "VPC peering connection"
    BLACKHOLE = "blackhole"
    """To what is gone: its packets are dropped."""


@dataclass(frozen=True, slots=True)
class Target:
    """Where a route leads, with the id of what is there (of a blackhole: of what was there)."""

    kind: TargetKind
    id: str = ""


@dataclass(frozen=True, slots=True)
class Route:
    destination: IPv4Network | PrefixListReference
    target: Target


@dataclass(frozen=True, slots=True)
class RouteTable:
    """A route table. The routes to the VPC's own blocks go without saying, and nothing overrides them."""

    id: str
    routes: tuple[Route, ...]


@dataclass(frozen=True, slots=True)
class PrefixList:
    id: str
    blocks: tuple[IPv4Network, ...]


@dataclass(frozen=True, slots=True)
class Subnet:
    """A subnet with what is associated with it: the main route table and the default ACL where nothing else is."""

    id: str
    cidr: IPv4Network
    route_table_id: str
    acl_id: str

    @property
    def router(self) -> IPv4Address:
        """The address of the VPC's router in the subnet: its guests' gateway."""
        return self.cidr.network_address + 1


@dataclass(frozen=True, slots=True)
class Address:
    """A private address of an interface, and the public one that leads to it.

    A public address is an Elastic IP, or one that was lent at launch: a loopback address of this host (127.x.y.z).
    """

    private: IPv4Address
    public: IPv4Address | None = None


@dataclass(frozen=True, slots=True)
class Interface:
    """A network interface. Its first address is the primary one.

    `live`: a guest has it, so its tap is in the VPC's namespace. Packets to any other interface reach nothing.
    """

    id: str
    subnet_id: str
    mac: str
    addresses: tuple[Address, ...]
    group_ids: tuple[str, ...]
    source_dest_check: bool = True
    instance_id: str | None = None
    device_index: int = 0
    live: bool = True

    @property
    def tap(self) -> str:
        """The name of its tap: `e` and the last 14 hex digits of its id, as many as a device's name can have."""
        return "e" + self.id.removeprefix("eni-")[-14:]

    @property
    def primary(self) -> IPv4Address:
        return self.addresses[0].private


@dataclass(frozen=True, slots=True)
class NatGateway:
    """A NAT gateway. It carries packets while it is `available`, has a public address, and its subnet a way out."""

    id: str
    subnet_id: str
    private: IPv4Address
    public: IPv4Address | None
    available: bool


@dataclass(frozen=True, slots=True)
class Peering:
    """A VPC peering connection, as seen from this VPC.

    `members` has, by id, the private addresses of those groups of the other VPC that rules here refer to; `names` the
    other's public names that lead to private addresses here too. One that is not `active` carries nothing.
    """

    id: str
    vpc_id: str
    cidrs: tuple[IPv4Network, ...]
    active: bool = True
    members: Mapping[str, tuple[IPv4Address, ...]] = field(default_factory=dict)
    names: Mapping[str, IPv4Address] = field(default_factory=dict)

    @property
    def link(self) -> str:
        """The name of the device behind which the other VPC is: `p` and the last 14 hex digits of the id."""
        return "p" + self.id.removeprefix("pcx-")[-14:]


@dataclass(frozen=True, slots=True)
class DhcpOptions:
    """What guests are given by DHCP beside their addresses. `servers`: of names; the VPC's own resolver is one.
    `domain_name` may be several with spaces between them, which some guests take for a list."""

    domain_name: str | None = None
    servers: tuple[IPv4Address, ...] = ()
    ntp_servers: tuple[IPv4Address, ...] = ()


@dataclass(frozen=True, slots=True)
class Plan:
    """One VPC as it is to be carried. `cidrs`: the primary block first; `internet_gateway`: the attached one's id."""

    vpc_id: str
    region: str
    cidrs: tuple[IPv4Network, ...]
    dns_support: bool = True
    dns_hostnames: bool = False
    dhcp: DhcpOptions = DhcpOptions()
    internet_gateway: str | None = None
    subnets: Mapping[str, Subnet] = field(default_factory=dict)
    interfaces: Mapping[str, Interface] = field(default_factory=dict)
    groups: Mapping[str, SecurityGroup] = field(default_factory=dict)
    acls: Mapping[str, Acl] = field(default_factory=dict)
    route_tables: Mapping[str, RouteTable] = field(default_factory=dict)
    nat_gateways: Mapping[str, NatGateway] = field(default_factory=dict)
    peerings: Mapping[str, Peering] = field(default_factory=dict)
    prefix_lists: Mapping[str, PrefixList] = field(default_factory=dict)

    @property
    def resolver(self) -> IPv4Address:
        """The VPC's resolver: the third address of its primary block."""
        return self.cidrs[0].network_address + 2

    @property
    def transit(self) -> IPv4Network:
        """The block between the namespace's router and what stands behind `WAY_OUT`; never a part of the VPC's own.

        It depends on nothing but the blocks of the VPC and of its peers.
        """
        return _transit(self.cidrs, tuple(block for peering in self.peerings.values() for block in peering.cidrs))

    @property
    def host(self) -> IPv4Address:
        """Whom a guest sees as the client of its public address: this host, from behind `WAY_OUT`."""
        return self.transit.network_address + 2

    @property
    def upstream(self) -> IPv4Address:
        """The host's name service, from behind `WAY_OUT`."""
        return self.transit.network_address + 3

    @property
    def outermost(self) -> IPv4Address:
        """The namespace's own address on `WAY_OUT`."""
        return self.transit.network_address + 100

    def means(self, block: IPv4Network | IPv6Network, address: IPv4Address) -> bool:
        """Whether an address is in a rule's or an entry's block.

        This host, as a client, is also in each block that 127.0.0.1 is in: it is no neighbour, and has no address that
        a caller could know.
        """
        return address in block or (address == self.host and THIS_HOST in block)

    def local(self, address: IPv4Address) -> bool:
        """Whether an address is in the VPC's own blocks."""
        return any(address in block for block in self.cidrs)


# RFC 6598, which EC2's users give to VPCs too, and RFC 2544: neither is on the internet. A VPC has a few blocks of at
# most a /16, which cannot overlap them all.
_TRANSITS = tuple(
    IPv4Network((block.network_address, 24))
    for wide in (IPv4Network("100.64.0.0/10"), IPv4Network("198.18.0.0/15"))
    for block in wide.subnets(new_prefix=16)
)


@lru_cache(maxsize=256)
def _transit(cidrs: tuple[IPv4Network, ...], of_peers: tuple[IPv4Network, ...]) -> IPv4Network:
    free = [block for block in _TRANSITS if not any(map(block.overlaps, cidrs))]
    return min(free, key=lambda block: any(map(block.overlaps, of_peers)))


def transit_address(public: IPv4Address) -> IPv4Address:
    """What stands for a public address (127.x.y.z) inside the namespace: 240.x.y.z, which is nobody's address.

    What reaches a public address on this host is sent there, and what leaves by one has it as its source.
    """
    return _TRANSIT_ADDRESSES[int(public) - int(_PUBLIC.network_address)]


_PUBLIC = IPv4Network("127.0.0.0/8")
_TRANSIT_ADDRESSES = IPv4Network("240.0.0.0/8")


def members(plan: Plan) -> dict[str, tuple[IPv4Address, ...]]:
    """The private addresses of each group's members, of this VPC's groups and of its peers', by group id."""
    found: dict[str, list[IPv4Address]] = {group_id: [] for group_id in plan.groups}
    for interface in plan.interfaces.values():
        for group_id in interface.group_ids:
            found.setdefault(group_id, []).extend(address.private for address in interface.addresses)
    for peering in plan.peerings.values():
        for group_id, addresses in peering.members.items() if peering.active else ():
            found.setdefault(group_id, []).extend(addresses)
    return {group_id: tuple(sorted(set(addresses))) for group_id, addresses in found.items()}


def numbered(ids: Iterable[str], lowest: int, count: int) -> dict[str, int]:
    """A number for each of these ids, of `count` from `lowest` on: it depends on the id, and on others only where two
    ids lead to one number."""
    found: dict[str, int] = {}
    taken: set[int] = set()
    for identifier in sorted(ids):
        place = int(identifier.rpartition("-")[2], 16) % count
        while place in taken:
            place = (place + 1) % count
        taken.add(place)
        found[identifier] = lowest + place
    return found
