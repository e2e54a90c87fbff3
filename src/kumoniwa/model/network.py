"""What instances need to be reached: VPCs, subnets, security groups and their rules, key pairs."""

from dataclasses import dataclass
from datetime import datetime


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


@dataclass(frozen=True, slots=True)
class SecurityGroup:
    id: str
    account: str
    region: str
    vpc_id: str
    name: str
    description: str


@dataclass(frozen=True, slots=True)
class SecurityGroupRule:
    """One rule: EC2 splits a permission into one rule for each source.

    `protocol` is `tcp`, `udp`, `icmp`, `icmpv6`, a number in digits, or `-1` for all; ports are -1 where
    they mean nothing. Exactly one source is set.
    """

    id: str
    group_id: str
    account: str
    region: str
    egress: bool
    protocol: str
    from_port: int
    to_port: int
    cidr_ipv4: str | None = None
    cidr_ipv6: str | None = None
    prefix_list_id: str | None = None
    source_group_id: str | None = None
    description: str | None = None


@dataclass(frozen=True, slots=True)
class KeyPair:
    id: str
    account: str
    region: str
    name: str
    key_type: str
    fingerprint: str
    public_key: str
    """One line in OpenSSH's format."""
    created_at: datetime
