"""Security groups and their rules."""

from kumoniwa.values import dataclass


@dataclass(frozen=True, slots=True)
class SecurityGroup:
    id: str
    account: str
    region: str
    vpc_id: str
    name: str
    description: str


@dataclass(frozen=True, slots=True)
class GroupAssociation:
    """That network interfaces of another VPC may be in a security group too."""

    group_id: str
    vpc_id: str
    account: str
    region: str


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
