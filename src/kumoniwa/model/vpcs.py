"""VPCs and subnets."""

from kumoniwa.values import dataclass


@dataclass(frozen=True, slots=True)
class Vpc:
    id: str
    account: str
    region: str
    cidr: str
    is_default: bool
    dhcp_options_id: str
    cidr_association_id: str


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
