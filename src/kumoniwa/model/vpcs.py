"""VPCs and subnets."""

from datetime import datetime
from enum import StrEnum

from kumoniwa.values import dataclass


@dataclass(frozen=True, slots=True)
class Vpc:
    id: str
    account: str
    region: str
    cidr: str
    is_default: bool
    dhcp_options_id: str
    """`NO_DHCP_OPTIONS` where the VPC has none."""
    cidr_association_id: str
    dns_support: bool = True
    dns_hostnames: bool = False
    usage_metrics: bool = False
    tenancy: str = "default"


NO_DHCP_OPTIONS = "default"
"""What a VPC without DHCP options says in their place."""


@dataclass(frozen=True, slots=True)
class VpcBlock:
    """A block of addresses that was associated with a VPC after it was made, or its IPv6 block."""

    id: str
    """The association's."""
    account: str
    region: str
    vpc_id: str
    cidr: str


@dataclass(frozen=True, slots=True)
class FormerBlock:
    """A block of addresses that was taken from a VPC or a subnet: it is shown for a while, and counts for nothing."""

    id: str
    """The association's."""
    account: str
    region: str
    vpc_id: str | None
    """Whose it was: this or `subnet_id`."""
    subnet_id: str | None
    cidr: str
    taken_at: datetime


@dataclass(frozen=True, slots=True)
class Subnet:
    id: str
    account: str
    region: str
    vpc_id: str
    zone: str
    zone_id: str
    cidr: str
    default_for_az: bool
    map_public_ip_on_launch: bool
    acl_id: str
    acl_association_id: str
    """A new one each time that the subnet gets another network ACL."""
    ipv6_cidr: str | None = None
    ipv6_association_id: str | None = None
    assign_ipv6: bool = False
    dns64: bool = False
    hostname_type: str = "ip-name"
    resource_name_a: bool = False
    resource_name_aaaa: bool = False


class ReservationKind(StrEnum):
    """What the addresses of a reservation are for: neither kind is given to what names no address."""

    PREFIX = "prefix"
    EXPLICIT = "explicit"


@dataclass(frozen=True, slots=True)
class SubnetReservation:
    """A part of a subnet's addresses, IPv4 or IPv6, that EC2 does not give by itself."""

    id: str
    account: str
    region: str
    subnet_id: str
    cidr: str
    kind: ReservationKind
    description: str | None = None
