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
    network_acls.add(connection, acl, *(_admit_all(acl, egress=egress) for egress in (False, True)))
    group = SecurityGroup(
        id=new_id("sg"), **whose, name=security_groups.DEFAULT_NAME, description="default VPC security group"
    )
    security_groups.add(connection, group, _from_itself(group), all_out(group))
    return VpcsOwn(table, acl, group)


def all_out(group: SecurityGroup) -> SecurityGroupRule:
    """The rule that every new group has: its members may reach everything."""
    return SecurityGroupRule(
        id=new_id("sgr"),
        group_id=group.id,
        account=group.account,
        region=group.region,
        egress=True,
        protocol=ALL_PROTOCOLS,
        from_port=NO_PORT,
        to_port=NO_PORT,
        cidr_ipv4=EVERYWHERE,
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


def _admit_all(acl: NetworkAcl, *, egress: bool) -> AclEntry:
    return AclEntry(acl.id, egress, _FIRST_ENTRY, ALL_PROTOCOLS, allow=True, cidr_ipv4=EVERYWHERE)


def admit_ipv6(connection: Connection, acl: NetworkAcl) -> None:
    """Let a default network ACL that is as it was made admit all IPv6 traffic too."""
    made_with = [_admit_all(acl, egress=egress) for egress in (False, True)]
    if network_acls.entries_of(connection, [acl.id]) == made_with:
        for egress in (False, True):
            entry = AclEntry(acl.id, egress, _FIRST_ENTRY + 1, ALL_PROTOCOLS, allow=True, cidr_ipv6=EVERYWHERE_IPV6)
            network_acls.add_entry(connection, entry)
