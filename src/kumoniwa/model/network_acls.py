"""Network ACLs and their entries."""

from kumoniwa.values import dataclass

LAST_ENTRY = 32767
"""The number of the entry that every ACL ends with both ways: what no other entry decides is denied. In no row."""


@dataclass(frozen=True, slots=True)
class NetworkAcl:
    id: str
    account: str
    region: str
    vpc_id: str
    is_default: bool


@dataclass(frozen=True, slots=True)
class AclEntry:
    """`protocol` is a number in digits, -1 for all. One of the blocks is set; ports are set for TCP and UDP, type and
    code (-1 for all) for ICMP."""

    acl_id: str
    egress: bool
    number: int
    protocol: str
    allow: bool
    cidr_ipv4: str | None = None
    cidr_ipv6: str | None = None
    from_port: int | None = None
    to_port: int | None = None
    icmp_type: int | None = None
    icmp_code: int | None = None
