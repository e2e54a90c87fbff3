"""Route tables and their routes."""

from enum import StrEnum

from kumoniwa.values import dataclass


class RouteTarget(StrEnum):
    """What a route leads to. The route to the VPC's own addresses is in no row: every table has it."""

    INTERNET_GATEWAY = "internet-gateway"
    EGRESS_ONLY_GATEWAY = "egress-only-internet-gateway"
    NAT_GATEWAY = "nat-gateway"
    NETWORK_INTERFACE = "network-interface"
    PEERING = "vpc-peering-connection"


@dataclass(frozen=True, slots=True)
class RouteTable:
    id: str
    account: str
    region: str
    vpc_id: str


@dataclass(frozen=True, slots=True)
class RouteTableAssociation:
    """Where a route table is used: as its VPC's main one, or by one subnet or gateway."""

    id: str
    account: str
    region: str
    vpc_id: str
    route_table_id: str
    main: bool
    subnet_id: str | None = None
    gateway_id: str | None = None


@dataclass(frozen=True, slots=True)
class Route:
    """`destination` is an IPv4 or IPv6 block, or a prefix list's id. A route whose target is gone is a blackhole."""

    route_table_id: str
    destination: str
    target: RouteTarget
    target_id: str
