"""Route tables as EC2 describes them, with the routes that no row holds and the state of each."""

from collections.abc import Mapping, Sequence
from typing import Any

from sqlalchemy import Connection

from kumoniwa.api.ec2.network.vpc_output import ASSOCIATED, DescribedVpc, each_with_blocks, is_ipv6
from kumoniwa.api.ec2.tags import tag_set
from kumoniwa.api.member_paths import Described, Output
from kumoniwa.model.gateways import NatGatewayState
from kumoniwa.model.instances import InstanceState
from kumoniwa.model.network_interfaces import NetworkInterface
from kumoniwa.model.peerings import PeeringState
from kumoniwa.model.route_tables import Route, RouteTable, RouteTableAssociation, RouteTarget
from kumoniwa.model.scope import Scope
from kumoniwa.store import gateways, instances, network_interfaces, peerings, route_tables, vpcs
from kumoniwa.values import dataclass

LOCAL = "local"
ACTIVE, BLACKHOLE = "active", "blackhole"
_MADE_WITH_TABLE, _MADE_BY_REQUEST = "CreateRouteTable", "CreateRoute"
_MEMBERS = {
    RouteTarget.INTERNET_GATEWAY: "GatewayId",
    RouteTarget.EGRESS_ONLY_GATEWAY: "EgressOnlyInternetGatewayId",
    RouteTarget.NAT_GATEWAY: "NatGatewayId",
    RouteTarget.NETWORK_INTERFACE: "NetworkInterfaceId",
    RouteTarget.PEERING: "VpcPeeringConnectionId",
}
_NAT_WORKS = (NatGatewayState.PENDING, NatGatewayState.AVAILABLE)
_GUEST_WORKS = (InstanceState.PENDING, InstanceState.RUNNING)


@dataclass(frozen=True, slots=True)
class _Targets:
    """What routes lead to, as far as it works: each target with the VPC that it works in, and all network interfaces
    that there are."""

    working: frozenset[tuple[str, str]]
    interfaces: Mapping[str, NetworkInterface]


def described_tables(connection: Connection, scope: Scope, tables: Sequence[RouteTable]) -> list[Described]:
    """Route tables of a scope, each with what EC2 describes of it but for its tags."""
    ids = [table.id for table in tables]
    associations: dict[str, list[RouteTableAssociation]] = {}
    for association in route_tables.associations_of(connection, ids):
        associations.setdefault(association.route_table_id, []).append(association)
    routes: dict[str, list[Route]] = {}
    for route in route_tables.routes_of(connection, ids):
        routes.setdefault(route.route_table_id, []).append(route)
    their_vpcs = vpcs.in_scope(connection, scope, {table.vpc_id for table in tables})
    blocks = vpcs.blocks_in(connection, scope)
    of_vpcs = {one.vpc.id: one for one in each_with_blocks(their_vpcs, blocks)}
    targets = _targets(connection, scope, [route for several in routes.values() for route in several])
    return [
        (
            table,
            _output(
                table, associations.get(table.id, ()), _routes(of_vpcs[table.vpc_id], routes.get(table.id, ()), targets)
            ),
        )
        for table in tables
    ]


def table_row(one: Described, tags: Mapping[str, str] | None) -> dict[str, Any]:
    """A described route table with its tags."""
    return {**one[1], "Tags": tag_set(tags) or []}


def _output(table: RouteTable, associations: Sequence[RouteTableAssociation], routes: list[Output]) -> dict[str, Any]:
    return {
        "RouteTableId": table.id,
        "VpcId": table.vpc_id,
        "OwnerId": table.account,
        "Associations": [_association_output(association) for association in associations],
        "Routes": routes,
        "PropagatingVgws": [],
    }


def _association_output(association: RouteTableAssociation) -> dict[str, Any]:
    return {
        "RouteTableAssociationId": association.id,
        "RouteTableId": association.route_table_id,
        "Main": association.main,
        "SubnetId": association.subnet_id,
        "GatewayId": association.gateway_id,
        "AssociationState": {"State": ASSOCIATED},
    }


def _routes(vpc: DescribedVpc, rows: Sequence[Route], targets: _Targets) -> list[Output]:
    """Local routes first. A row for a block of the VPC's stands in the place of its local route."""
    found: list[Output] = []
    of_rows = {route.destination: route for route in rows}
    for block in (*vpc.ipv4, *vpc.ipv6):
        member = "DestinationIpv6CidrBlock" if is_ipv6(block) else "DestinationCidrBlock"
        if (other := of_rows.pop(block.cidr, None)) is not None:
            found.append({**_route_output(vpc.vpc.id, other, targets), "Origin": _MADE_WITH_TABLE})
        else:
            found.append({member: block.cidr, "GatewayId": LOCAL, "Origin": _MADE_WITH_TABLE, "State": ACTIVE})
    return [*found, *(_route_output(vpc.vpc.id, route, targets) for route in of_rows.values())]


def _route_output(vpc_id: str, route: Route, targets: _Targets) -> dict[str, Any]:
    to = route.destination
    member = "DestinationIpv6CidrBlock" if ":" in to else "DestinationCidrBlock" if "." in to else None
    shown: dict[str, Any] = {member or "DestinationPrefixListId": to, _MEMBERS[route.target]: route.target_id}
    interface = targets.interfaces.get(route.target_id)
    if interface is not None and interface.instance_id is not None:
        shown |= {"InstanceId": interface.instance_id, "InstanceOwnerId": interface.account}
    works = (route.target_id, vpc_id) in targets.working
    return {**shown, "Origin": _MADE_BY_REQUEST, "State": ACTIVE if works else BLACKHOLE}


def _targets(connection: Connection, scope: Scope, routes: Sequence[Route]) -> _Targets:
    def named(target: RouteTarget) -> list[str]:
        return [route.target_id for route in routes if route.target is target]

    working: set[tuple[str, str | None]] = set()
    for internet in gateways.in_scope(connection, scope, named(RouteTarget.INTERNET_GATEWAY)):
        working.add((internet.id, internet.vpc_id))
    for egress in gateways.egress_only_in(connection, scope, named(RouteTarget.EGRESS_ONLY_GATEWAY)):
        working.add((egress.id, egress.vpc_id))
    for nat in gateways.nat_in(connection, scope, named(RouteTarget.NAT_GATEWAY)):
        if nat.state in _NAT_WORKS:
            working.add((nat.id, nat.vpc_id))
    for peering in peerings.in_scope(connection, scope, named(RouteTarget.PEERING)):
        if peering.state is PeeringState.ACTIVE:
            working |= {(peering.id, peering.requester_vpc_id), (peering.id, peering.accepter_vpc_id)}
    found = network_interfaces.in_scope(connection, scope, named(RouteTarget.NETWORK_INTERFACE))
    attached = [interface.instance_id for interface in found if interface.instance_id is not None]
    running = {one.id for one in instances.in_scope(connection, scope, attached) if one.state in _GUEST_WORKS}
    working |= {(one.id, one.vpc_id) for one in found if one.kind != "interface" or one.instance_id in running}
    return _Targets(
        frozenset((target, vpc_id) for target, vpc_id in working if vpc_id is not None),
        {interface.id: interface for interface in found},
    )
