"""A VPC with a web and a database tier: two subnets, a NAT gateway, a peer, a router of its own; by names."""

from dataclasses import replace
from ipaddress import IPv4Address, IPv4Network
from typing import Any

from kumoniwa.network.vpc.plan import (
    ICMP,
    TCP,
    Acl,
    AclEntry,
    Address,
    DhcpOptions,
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

ANYWHERE = IPv4Network("0.0.0.0/0")
ALL = Traffic()
OPEN = (AclEntry(100, True, ALL, ANYWHERE),)
VPC, PEER = "vpc-0a", "vpc-0b"
PUBLIC, PRIVATE = "subnet-0a", "subnet-0b"
WEB, DATABASE, ROUTER_INSTANCE, LONE, PEERED = "eni-0a", "eni-0b", "eni-0c", "eni-0d", "eni-0e"
WEB_PUBLIC, NAT_PUBLIC = IPv4Address("127.20.0.1"), IPv4Address("127.20.0.2")


def address(text: str) -> IPv4Address:
    return IPv4Address(text)


def block(text: str) -> IPv4Network:
    return IPv4Network(text)


def two_tiers() -> Plan:
    """The web server at 10.0.0.10 has a public address; the database at 10.0.1.10 goes out by a NAT gateway; 10.0.0.20
    forwards for others; 10.0.1.20 is in the group of nobody that is admitted."""
    return Plan(
        VPC,
        "us-east-1",
        (block("10.0.0.0/16"),),
        dns_hostnames=True,
        dhcp=DhcpOptions("ec2.internal", (address("10.0.0.2"),), (address("169.254.169.123"),)),
        internet_gateway="igw-0a",
        subnets={
            PUBLIC: Subnet(PUBLIC, block("10.0.0.0/24"), "rtb-0a", "acl-0a"),
            PRIVATE: Subnet(PRIVATE, block("10.0.1.0/24"), "rtb-0b", "acl-0b"),
        },
        interfaces={
            WEB: Interface(WEB, PUBLIC, "0a:00:00:00:00:0a", (Address(address("10.0.0.10"), WEB_PUBLIC),), ("sg-0a",)),
            DATABASE: Interface(
                DATABASE,
                PRIVATE,
                "0a:00:00:00:00:0b",
                (Address(address("10.0.1.10")), Address(address("10.0.1.11"))),
                ("sg-0b", "sg-0d"),
            ),
            ROUTER_INSTANCE: Interface(
                ROUTER_INSTANCE,
                PUBLIC,
                "0a:00:00:00:00:0c",
                (Address(address("10.0.0.20")),),
                ("sg-0c",),
                source_dest_check=False,
            ),
            LONE: Interface(LONE, PRIVATE, "0a:00:00:00:00:0d", (Address(address("10.0.1.20")),), ("sg-0d",)),
        },
        groups={
            "sg-0a": SecurityGroup(
                "sg-0a",
                (
                    Rule("sgr-0a", Traffic(TCP, 443, 443), ANYWHERE),
                    Rule("sgr-0b", Traffic(TCP, 22, 22), block("127.0.0.1/32")),
                    Rule("sgr-0c", Traffic(ICMP, 8, None), block("10.0.0.0/16")),
                ),
                (Rule("sgr-0d", ALL, ANYWHERE),),
            ),
            "sg-0b": SecurityGroup(
                "sg-0b",
                (
                    Rule("sgr-0e", Traffic(TCP, 5432, 5432), GroupReference("sg-0a")),
                    Rule("sgr-0f", Traffic(TCP, 5432, 5432), GroupReference("sg-0f")),
                    Rule("sgr-10", Traffic(TCP, 0, 65535), PrefixListReference("pl-0a")),
                ),
                (Rule("sgr-11", Traffic(TCP, 443, 443), ANYWHERE),),
            ),
            "sg-0c": SecurityGroup("sg-0c", (Rule("sgr-12", ALL, ANYWHERE),), (Rule("sgr-13", ALL, ANYWHERE),)),
            "sg-0d": SecurityGroup("sg-0d", (), (Rule("sgr-14", ALL, block("10.0.0.0/8")),)),
        },
        acls={
            "acl-0a": Acl("acl-0a", OPEN, OPEN),
            "acl-0b": Acl(
                "acl-0b",
                (AclEntry(50, False, Traffic(TCP, 23, 23), ANYWHERE), *OPEN),
                (AclEntry(50, False, Traffic(ICMP, 0, None), block("10.0.0.0/24")), *OPEN),
            ),
        },
        route_tables={
            "rtb-0a": RouteTable(
                "rtb-0a",
                (
                    Route(ANYWHERE, Target(TargetKind.INTERNET_GATEWAY, "igw-0a")),
                    Route(block("10.9.0.0/16"), Target(TargetKind.PEERING, "pcx-0a")),
                ),
            ),
            "rtb-0b": RouteTable(
                "rtb-0b",
                (
                    Route(ANYWHERE, Target(TargetKind.NAT_GATEWAY, "nat-0a")),
                    Route(block("203.0.113.0/24"), Target(TargetKind.INTERFACE, ROUTER_INSTANCE)),
                    Route(block("198.51.100.0/24"), Target(TargetKind.BLACKHOLE, "eni-0f")),
                ),
            ),
        },
        nat_gateways={"nat-0a": NatGateway("nat-0a", PUBLIC, address("10.0.0.9"), NAT_PUBLIC, True)},
        peerings={
            "pcx-0a": Peering("pcx-0a", PEER, (block("10.9.0.0/16"),), members={"sg-0f": (address("10.9.0.10"),)})
        },
        prefix_lists={"pl-0a": PrefixList("pl-0a", (block("10.0.0.32/28"), block("10.0.0.48/28")))},
    )


def peer() -> Plan:
    """The VPC that it is peered with: 10.9.0.10 lets in what the web tier's group sends."""
    plan = two_tiers()
    return Plan(
        PEER,
        "us-east-1",
        (block("10.9.0.0/16"),),
        subnets={"subnet-0c": Subnet("subnet-0c", block("10.9.0.0/24"), "rtb-0c", "acl-0a")},
        interfaces={
            PEERED: Interface(PEERED, "subnet-0c", "0a:00:00:00:00:0e", (Address(address("10.9.0.10")),), ("sg-0f",))
        },
        groups={
            "sg-0f": SecurityGroup(
                "sg-0f", (Rule("sgr-15", Traffic(TCP, 80, 80), GroupReference("sg-0a")),), plan.groups["sg-0c"].egress
            )
        },
        acls={"acl-0a": plan.acls["acl-0a"]},
        route_tables={
            "rtb-0c": RouteTable("rtb-0c", (Route(block("10.0.0.0/16"), Target(TargetKind.PEERING, "pcx-0a")),))
        },
        peerings={"pcx-0a": Peering("pcx-0a", VPC, plan.cidrs, members={"sg-0a": (address("10.0.0.10"),)})},
    )


def with_route(plan: Plan, table_id: str, destination: str, target: Target) -> Plan:
    """The plan with another route, in place of one to the same destination."""
    table = plan.route_tables[table_id]
    to = block(destination)
    routes = (*(route for route in table.routes if route.destination != to), Route(to, target))
    return replace(plan, route_tables={**plan.route_tables, table_id: replace(table, routes=routes)})


def with_interface(plan: Plan, interface_id: str, **changes: Any) -> Plan:
    """The plan with an interface changed."""
    interface = replace(plan.interfaces[interface_id], **changes)
    return replace(plan, interfaces={**plan.interfaces, interface_id: interface})
