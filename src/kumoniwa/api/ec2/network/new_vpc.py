"""What every VPC has from its first moment: a main route table, a default network ACL, a default security group."""

from collections.abc import Callable, Sequence

from sqlalchemy import Connection

from kumoniwa.ids import new_id
from kumoniwa.model.network_acls import AclEntry, NetworkAcl
from kumoniwa.model.route_tables import Route, RouteTable, RouteTableAssociation
from kumoniwa.model.security_groups import SecurityGroup, SecurityGroupRule
from kumoniwa.model.vpcs import Vpc
from kumoniwa.store import network_acls, route_tables, security_groups, vpcs
from kumoniwa.values import dataclass

EVERYWHERE = "0.0.0.0/0"
EVERYWHERE_IPV6 = "::/0"
ALL_PROTOCOLS = "-1"
NO_PORT = -1
_FIRST_ENTRY = 100


@dataclass(frozen=True, slots=True)
class VpcsOwn:
    """What was made with a VPC."""

    route_table: RouteTable
    acl: NetworkAcl
    group: SecurityGroup


def add_with_its_own(
    connection: Connection, vpc: Vpc, routes: Callable[[RouteTable], Sequence[Route]] = lambda _: ()
) -> VpcsOwn:
    """Write a new VPC with what every VPC has. `routes` gives the first routes of its main route table."""
    whose = {"account": vpc.account, "region": vpc.region, "vpc_id": vpc.id}
    vpcs.add(connection, vpc)
    table = RouteTable(id=new_id("rtb"), **whose)
    route_tables.add(connection, table, *routes(table))
    route_tables.associate(
        connection, RouteTableAssociation(id=new_id("rtbassoc"), **whose, route_table_id=table.id, main=True)
    )
    acl = NetworkAcl(id=new_id("acl"), **whose, is_default=True)
    network_acls.add(
        connection, acl, *(_admit_all(acl, egress=egress, cidr_ipv4=EVERYWHERE) for egress in (False, True))
    )
    group = SecurityGroup(
        id=new_id("sg"), **whose, name=security_groups.DEFAULT_NAME, description="default VPC security group"
    )
    security_groups.add(connection, group, _from_itself(group), _all_out(group, cidr_ipv4=EVERYWHERE))
    return VpcsOwn(table, acl, group)


def first_rules(connection: Connection, group: SecurityGroup) -> list[SecurityGroupRule]:
    """The rules that every new group has: its members may reach everything, by IPv6 too where their VPC has it."""
    has_ipv6 = any(":" in block.cidr for block in vpcs.blocks_of(connection, group.vpc_id))
    by_ipv4 = _all_out(group, cidr_ipv4=EVERYWHERE)
    return [by_ipv4, _all_out(group, cidr_ipv6=EVERYWHERE_IPV6)] if has_ipv6 else [by_ipv4]


def admit_ipv6(connection: Connection, vpc: Vpc) -> None:
    """Let a VPC's default network ACL and its default group's members send and receive by IPv6 too, each if it is as
    it was made."""
    acl = network_acls.default_of(connection, vpc.id)
    if network_acls.entries_of(connection, [acl.id]) == _first_entries(acl):
        for egress in (False, True):
            entry = _admit_all(acl, egress=egress, number=_FIRST_ENTRY + 1, cidr_ipv6=EVERYWHERE_IPV6)
            network_acls.add_entry(connection, entry)
    group = security_groups.named(connection, vpc.id, security_groups.DEFAULT_NAME)
    assert group is not None, "every VPC has one"
    rules = security_groups.rules_of(connection, [group.id], egress=True)
    if [(rule.protocol, rule.cidr_ipv4) for rule in rules] == [(ALL_PROTOCOLS, EVERYWHERE)]:
        security_groups.add_rules(connection, _all_out(group, cidr_ipv6=EVERYWHERE_IPV6))


def _all_out(group: SecurityGroup, *, cidr_ipv4: str | None = None, cidr_ipv6: str | None = None) -> SecurityGroupRule:
    return SecurityGroupRule(
        id=new_id("sgr"),
        group_id=group.id,
        account=group.account,
        region=group.region,
        egress=True,
        protocol=ALL_PROTOCOLS,
        from_port=NO_PORT,
        to_port=NO_PORT,
        cidr_ipv4=cidr_ipv4,
        cidr_ipv6=cidr_ipv6,
    )


def _from_itself(group: SecurityGroup) -> SecurityGroupRule:
    """The default group's own rule: its members may reach each other."""
    return SecurityGroupRule(
        id=new_id("sgr"),
        group_id=group.id,
        account=group.account,
        region=group.region,
        egress=False,
        protocol=ALL_PROTOCOLS,
        from_port=NO_PORT,
        to_port=NO_PORT,
        source_group_id=group.id,
    )


def _first_entries(acl: NetworkAcl) -> list[AclEntry]:
    """What a default network ACL is made with, in the order of its entries."""
    return [_admit_all(acl, egress=egress, cidr_ipv4=EVERYWHERE) for egress in (False, True)]


def _admit_all(
    acl: NetworkAcl,
    *,
    egress: bool,
    number: int = _FIRST_ENTRY,
    cidr_ipv4: str | None = None,
    cidr_ipv6: str | None = None,
) -> AclEntry:
    return AclEntry(acl.id, egress, number, ALL_PROTOCOLS, allow=True, cidr_ipv4=cidr_ipv4, cidr_ipv6=cidr_ipv6)
