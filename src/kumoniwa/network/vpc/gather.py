"""The plan of a VPC, from its rows: in a number of statements that does not depend on how much there is.

What has no effect on packets here is left out: IPv6 blocks and addresses, and routes to them.
"""

from collections.abc import Iterable, Mapping
from ipaddress import IPv4Address, IPv4Network, IPv6Network

from sqlalchemy import Connection

from kumoniwa.model import network_acls as acl_rows
from kumoniwa.model import route_tables as route_rows
from kumoniwa.model.elastic_ips import ElasticIp
from kumoniwa.model.gateways import NatGatewayState
from kumoniwa.model.hostnames import public_hostname
from kumoniwa.model.instances import InstanceState
from kumoniwa.model.network_interfaces import NetworkInterface
from kumoniwa.model.route_tables import RouteTarget
from kumoniwa.model.scope import Scope
from kumoniwa.model.security_groups import SecurityGroupRule
from kumoniwa.model.vpcs import Vpc
from kumoniwa.network.vpc.plan import (
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
from kumoniwa.store import (
    dhcp_options,
    elastic_ips,
    gateways,
    network_acls,
    route_tables,
    security_groups,
    vpc_plans,
    vpcs,
)

PLANNED_FROM = frozenset(
    {
        *("vpcs", "vpc_blocks", "subnets", "dhcp_options", "internet_gateways", "nat_gateways", "peerings"),
        *("network_interfaces", "secondary_addresses", "interface_groups", "elastic_ips"),
        *("security_groups", "group_associations", "security_group_rules", "network_acls", "acl_entries"),
        *("route_tables", "route_table_associations", "routes", "prefix_lists", "prefix_list_entries"),
    }
)
"""The tables whose rows a plan is made of; without the instances', which change all the time: of those only the address
counts that is lent at a start, when the guest is plugged in."""

_PROTOCOLS = {"tcp": 6, "udp": 17, "icmp": 1, "icmpv6": 58}
_AMAZON_DNS = "AmazonProvidedDNS"
_TARGETS = {
    RouteTarget.INTERNET_GATEWAY: TargetKind.INTERNET_GATEWAY,
    RouteTarget.NAT_GATEWAY: TargetKind.NAT_GATEWAY,
    RouteTarget.NETWORK_INTERFACE: TargetKind.INTERFACE,
    RouteTarget.PEERING: TargetKind.PEERING,
}


_WITHOUT_GUEST = (InstanceState.STOPPED, InstanceState.TERMINATED)


class NoSuchVpc(LookupError):
    """There is no VPC of this id."""


def gather(connection: Connection, vpc_id: str) -> Plan:
    """The plan of a VPC. An interface counts as live while its instance is neither stopped nor terminated.

    Raises `NoSuchVpc`.
    """
    found = vpc_plans.with_ids(connection, [vpc_id])
    if not found:
        raise NoSuchVpc(vpc_id)
    [vpc] = found
    groups = _groups(connection, vpc_id)
    tables = _route_tables(connection, vpc_id)
    subnets = _subnets(connection, vpc_id, tables)
    attached = gateways.attached_to(connection, vpc_id)
    return Plan(
        vpc_id=vpc_id,
        region=vpc.region,
        cidrs=_cidrs(connection, [vpc])[vpc_id],
        dns_support=vpc.dns_support,
        dns_hostnames=vpc.dns_hostnames,
        dhcp=_dhcp(connection, vpc),
        internet_gateway=None if attached is None else attached.id,
        subnets=subnets,
        interfaces=_interfaces(connection, subnets),
        groups=groups,
        acls=_acls(connection, vpc_id),
        route_tables=tables,
        nat_gateways=_nat_gateways(connection, vpc_id),
        peerings=_peerings(connection, vpc_id, groups),
        prefix_lists=_prefix_lists(connection, groups, tables),
    )


def gather_with_peers(connection: Connection, vpc_id: str) -> dict[str, Plan]:
    """The plans of a VPC and of those that it is peered with, by id, as `reach` takes them. Raises `NoSuchVpc`."""
    plan = gather(connection, vpc_id)
    peers = sorted({peering.vpc_id for peering in plan.peerings.values()})
    return {vpc_id: plan} | {peer: gather(connection, peer) for peer in peers}


def _cidrs(connection: Connection, of: Iterable[Vpc]) -> dict[str, tuple[IPv4Network, ...]]:
    """The IPv4 blocks of VPCs, each with its primary one first."""
    primary = {vpc.id: vpc.cidr for vpc in of}
    further = vpc_plans.blocks_of(connection, list(primary))
    return {
        vpc_id: tuple(IPv4Network(block) for block in (cidr, *further.get(vpc_id, ())) if ":" not in block)
        for vpc_id, cidr in primary.items()
    }


def _dhcp(connection: Connection, vpc: Vpc) -> DhcpOptions:
    options = next(iter(dhcp_options.in_scope(connection, Scope.of(vpc), [vpc.dhcp_options_id])), None)
    if options is None:
        return DhcpOptions()
    told = options.options
    resolver = IPv4Network(vpc.cidr).network_address + 2
    servers = [
        resolver if one == _AMAZON_DNS else IPv4Address(one)
        for one in told.get("domain-name-servers", ())
        if ":" not in one
    ]
    return DhcpOptions(
        " ".join(told.get("domain-name", ())) or None,
        tuple(servers),
        tuple(IPv4Address(one) for one in told.get("ntp-servers", ()) if ":" not in one),
    )


def _subnets(connection: Connection, vpc_id: str, tables: Mapping[str, RouteTable]) -> dict[str, Subnet]:
    used = route_tables.associations_of(connection, list(tables))
    main = next(one.route_table_id for one in used if one.main)
    own = {one.subnet_id: one.route_table_id for one in used if one.subnet_id is not None}
    return {
        row.id: Subnet(row.id, IPv4Network(row.cidr), own.get(row.id, main), row.acl_id)
        for row in vpcs.subnets_of(connection, vpc_id)
    }


def _interfaces(connection: Connection, subnet_ids: Iterable[str]) -> dict[str, Interface]:
    rows = vpc_plans.interfaces_in(connection, list(subnet_ids))
    ids = [row.id for row in rows]
    further = vpc_plans.further_addresses(connection, ids)
    in_groups = vpc_plans.groups_of(connection, ids)
    elastic = elastic_ips.of_interfaces(connection, ids)
    owners = vpc_plans.states_and_addresses(
        connection, [row.instance_id for row in rows if row.instance_id is not None]
    )

    def address(row: NetworkInterface, private: str) -> Address:
        leading: ElasticIp | None = elastic.get(row.id, {}).get(private)
        public = None if leading is None else leading.public_ip
        if public is None and private == row.private_ip and row.instance_id is not None and row.device_index == 0:
            public = owners[row.instance_id][1]
        return Address(IPv4Address(private), None if public is None else IPv4Address(public))

    return {
        row.id: Interface(
            id=row.id,
            subnet_id=row.subnet_id,
            mac=row.mac,
            addresses=tuple(address(row, private) for private in (row.private_ip, *further.get(row.id, ()))),
            group_ids=tuple(in_groups.get(row.id, ())),
            source_dest_check=row.source_dest_check,
            instance_id=row.instance_id,
            device_index=row.device_index or 0,
            live=row.instance_id is not None and owners[row.instance_id][0] not in _WITHOUT_GUEST,
        )
        for row in rows
    }


def _groups(connection: Connection, vpc_id: str) -> dict[str, SecurityGroup]:
    ids = [group.id for group in security_groups.for_vpc(connection, vpc_id)]
    ways = []
    for egress in (False, True):
        rules: dict[str, list[Rule]] = {}
        for row in security_groups.rules_of(connection, ids, egress=egress):
            rules.setdefault(row.group_id, []).append(_rule(row))
        ways.append(rules)
    ingress, egress_rules = ways
    return {
        group_id: SecurityGroup(group_id, tuple(ingress.get(group_id, ())), tuple(egress_rules.get(group_id, ())))
        for group_id in sorted(ids)
    }


def _rule(row: SecurityGroupRule) -> Rule:
    remote: Remote
    if row.cidr_ipv4 is not None:
        remote = IPv4Network(row.cidr_ipv4, strict=False)
    elif row.cidr_ipv6 is not None:
        remote = IPv6Network(row.cidr_ipv6, strict=False)
    elif row.source_group_id is not None:
        remote = GroupReference(row.source_group_id)
    else:
        assert row.prefix_list_id is not None, "exactly one source is set"
        remote = PrefixListReference(row.prefix_list_id)
    return Rule(row.id, _traffic(row.protocol, row.from_port, row.to_port), remote)


def _traffic(protocol: str, first: int | None, last: int | None) -> Traffic:
    """Of a rule or an entry, in which -1 means all."""
    if protocol == "-1":
        return Traffic()
    number = _PROTOCOLS.get(protocol)
    return Traffic(int(protocol) if number is None else number, _bound(first), _bound(last))


def _bound(value: int | None) -> int | None:
    return None if value == -1 else value


def _acls(connection: Connection, vpc_id: str) -> dict[str, Acl]:
    ids = [acl.id for acl in network_acls.of_vpc(connection, vpc_id)]
    entries: dict[tuple[str, bool], list[AclEntry]] = {}
    for row in network_acls.entries_of(connection, ids):
        entries.setdefault((row.acl_id, row.egress), []).append(_entry(row))
    return {
        acl_id: Acl(acl_id, tuple(entries.get((acl_id, False), ())), tuple(entries.get((acl_id, True), ())))
        for acl_id in ids
    }


def _entry(row: acl_rows.AclEntry) -> AclEntry:
    if row.protocol in ("1", "58"):
        traffic = _traffic(row.protocol, row.icmp_type, row.icmp_code)
    else:
        traffic = _traffic(row.protocol, row.from_port, row.to_port)
    if row.cidr_ipv4 is not None:
        return AclEntry(row.number, row.allow, traffic, IPv4Network(row.cidr_ipv4, strict=False))
    assert row.cidr_ipv6 is not None, "one of the blocks is set"
    return AclEntry(row.number, row.allow, traffic, IPv6Network(row.cidr_ipv6, strict=False))


def _route_tables(connection: Connection, vpc_id: str) -> dict[str, RouteTable]:
    ids = [table.id for table in route_tables.of_vpc(connection, vpc_id)]
    routes: dict[str, list[Route]] = {}
    for row in route_tables.routes_of(connection, ids):
        if row.target in _TARGETS and ":" not in row.destination:
            routes.setdefault(row.route_table_id, []).append(_route(row))
    return {table_id: RouteTable(table_id, tuple(routes.get(table_id, ()))) for table_id in ids}


def _route(row: route_rows.Route) -> Route:
    target = Target(_TARGETS[row.target], row.target_id)
    if row.destination.startswith("pl-"):
        return Route(PrefixListReference(row.destination), target)
    return Route(IPv4Network(row.destination), target)


def _nat_gateways(connection: Connection, vpc_id: str) -> dict[str, NatGateway]:
    return {
        row.id: NatGateway(
            row.id,
            row.subnet_id,
            IPv4Address(row.private_ip),
            None if row.public_ip is None or not row.public else IPv4Address(row.public_ip),
            row.state is NatGatewayState.AVAILABLE,
        )
        for row in vpc_plans.nat_gateways_of(connection, vpc_id)
    }


def _peerings(connection: Connection, vpc_id: str, groups: Mapping[str, SecurityGroup]) -> dict[str, Peering]:
    rows = vpc_plans.peerings_of(connection, vpc_id)
    if not rows:
        return {}
    others = {row.id: row.accepter_vpc_id if row.requester_vpc_id == vpc_id else row.requester_vpc_id for row in rows}
    vpcs_there = {vpc.id: vpc for vpc in vpc_plans.with_ids(connection, sorted(set(others.values())))}
    cidrs = _cidrs(connection, vpcs_there.values())
    resolved = {
        row.id for row in rows if (row.requester_resolves if row.requester_vpc_id == vpc_id else row.accepter_resolves)
    }
    foreign = {
        rule.remote.group_id
        for group in groups.values()
        for rule in (*group.ingress, *group.egress)
        if isinstance(rule.remote, GroupReference) and rule.remote.group_id not in groups
    }
    members = vpc_plans.members(connection, sorted(foreign)) if foreign else {}
    return {
        peering_id: Peering(
            peering_id,
            other,
            cidrs[other],
            members={
                group_id: tuple(sorted(map(IPv4Address, addresses)))
                for group_id, addresses in sorted(members.get(other, {}).items())
            },
            names=_public_names(connection, vpcs_there[other]) if peering_id in resolved else {},
        )
        for peering_id, other in others.items()
        if other in cidrs
    }


def _public_names(connection: Connection, vpc: Vpc) -> dict[str, IPv4Address]:
    """The public names in a VPC, each with its private address."""
    if not vpc.dns_hostnames:
        return {}
    in_it = [row.id for row in vpcs.subnets_of(connection, vpc.id)]
    return {
        public_hostname(str(address.public), vpc.region): address.private
        for interface in _interfaces(connection, in_it).values()
        for address in interface.addresses
        if address.public is not None
    }


def _prefix_lists(
    connection: Connection, groups: Mapping[str, SecurityGroup], tables: Mapping[str, RouteTable]
) -> dict[str, PrefixList]:
    """Those that rules and routes name."""
    rules = (rule.remote for group in groups.values() for rule in (*group.ingress, *group.egress))
    routes = (route.destination for table in tables.values() for route in table.routes)
    named = {one.prefix_list_id for one in (*rules, *routes) if isinstance(one, PrefixListReference)}
    if not named:
        return {}
    blocks = vpc_plans.prefix_list_blocks(connection, sorted(named))
    return {
        name: PrefixList(name, tuple(IPv4Network(block) for block in blocks.get(name, ()) if ":" not in block))
        for name in sorted(named)
    }
