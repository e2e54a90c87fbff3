"""The plan of a default VPC, from its rows, until more than default VPCs can be made."""

from ipaddress import IPv4Address, IPv4Network, IPv6Network

from sqlalchemy import Connection, select

from kumoniwa.model.security_groups import SecurityGroupRule
from kumoniwa.network.vpc.plan import (
    Acl,
    AclEntry,
    Address,
    GroupReference,
    Interface,
    Plan,
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
from kumoniwa.store.tables import (
    instances,
    interface_groups,
    network_interfaces,
    security_group_rules,
    security_groups,
    subnets,
    vpcs,
)

_ANYWHERE = IPv4Network("0.0.0.0/0")
_PROTOCOLS = {"tcp": 6, "udp": 17, "icmp": 1, "icmpv6": 58}


def gather(connection: Connection, vpc_id: str) -> Plan:
    vpc = connection.execute(select(vpcs).where(vpcs.c.id == vpc_id)).one()
    in_vpc = connection.execute(select(subnets).where(subnets.c.vpc_id == vpc_id)).all()
    rows = connection.execute(
        select(network_interfaces, instances.c.public_ip)
        .join(instances, instances.c.id == network_interfaces.c.instance_id)
        .where(network_interfaces.c.vpc_id == vpc_id)
    ).all()
    groups_of: dict[str, list[str]] = {}
    for row in connection.execute(select(interface_groups).order_by(interface_groups.c.position)):
        groups_of.setdefault(row.interface_id, []).append(row.group_id)
    allow_all = (AclEntry(100, True, Traffic(), _ANYWHERE),)
    interfaces = {
        row.id: Interface(
            row.id,
            row.subnet_id,
            row.mac,
            (Address(IPv4Address(row.private_ip), None if row.public_ip is None else IPv4Address(row.public_ip)),),
            tuple(groups_of.get(row.id, ())),
            row.source_dest_check,
            row.instance_id,
            row.device_index or 0,
        )
        for row in rows
    }
    groups = {}
    for row in connection.execute(select(security_groups).where(security_groups.c.vpc_id == vpc_id)):
        rules = [
            SecurityGroupRule(**each._mapping)
            for each in connection.execute(
                select(security_group_rules).where(security_group_rules.c.group_id == row.id)
            )
        ]
        groups[row.id] = SecurityGroup(
            row.id,
            tuple(_rule(rule) for rule in rules if not rule.egress),
            tuple(_rule(rule) for rule in rules if rule.egress),
        )
    return Plan(
        vpc_id=vpc_id,
        region=vpc.region,
        cidrs=(IPv4Network(vpc.cidr),),
        dns_hostnames=True,
        internet_gateway="igw-default",
        subnets={row.id: Subnet(row.id, IPv4Network(row.cidr), "rtb-1", "acl-1") for row in in_vpc},
        interfaces=interfaces,
        groups=groups,
        acls={"acl-1": Acl("acl-1", allow_all, allow_all)},
        route_tables={
            "rtb-1": RouteTable("rtb-1", (Route(_ANYWHERE, Target(TargetKind.INTERNET_GATEWAY, "igw-default")),))
        },
    )


def _rule(rule: SecurityGroupRule) -> Rule:
    remote: Remote
    if rule.cidr_ipv4 is not None:
        remote = IPv4Network(rule.cidr_ipv4, strict=False)
    elif rule.cidr_ipv6 is not None:
        remote = IPv6Network(rule.cidr_ipv6, strict=False)
    elif rule.source_group_id is not None:
        remote = GroupReference(rule.source_group_id)
    else:
        remote = PrefixListReference(rule.prefix_list_id or "")
    if rule.protocol == "-1":
        return Rule(rule.id, Traffic(), remote)
    number = _PROTOCOLS.get(rule.protocol) or int(rule.protocol)
    first = None if rule.from_port == -1 else rule.from_port
    last = None if rule.to_port == -1 else rule.to_port
    return Rule(rule.id, Traffic(number, first, last), remote)
