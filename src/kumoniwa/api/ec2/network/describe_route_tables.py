"""DescribeRouteTables."""

from sqlalchemy import Connection

from kumoniwa.api.call import Answer, Call, Parameters
from kumoniwa.api.cloud import Cloud
from kumoniwa.api.ec2.kinds import ROUTE_TABLE
from kumoniwa.api.ec2.network.default_vpc import read_region
from kumoniwa.api.ec2.network.route_table_output import described_tables, table_row
from kumoniwa.api.filters import Values, never
from kumoniwa.api.listing import NOT_PAGED_CAPITAL, Asked, Listing
from kumoniwa.api.member_paths import Described, at
from kumoniwa.api.registry import action
from kumoniwa.store import route_tables

_FILTERS: dict[str, Values[Described]] = {
    "association.gateway-id": at("Associations.GatewayId"),
    "association.main": at("Associations.Main"),
    "association.route-table-association-id": at("Associations.RouteTableAssociationId"),
    "association.route-table-id": at("Associations.RouteTableId"),
    "association.subnet-id": at("Associations.SubnetId"),
    "owner-id": at("OwnerId"),
    "route-table-id": at("RouteTableId"),
    "route.destination-cidr-block": at("Routes.DestinationCidrBlock"),
    "route.destination-ipv6-cidr-block": at("Routes.DestinationIpv6CidrBlock"),
    "route.destination-prefix-list-id": at("Routes.DestinationPrefixListId"),
    "route.egress-only-internet-gateway-id": at("Routes.EgressOnlyInternetGatewayId"),
    "route.gateway-id": at("Routes.GatewayId"),
    "route.instance-id": at("Routes.InstanceId"),
    "route.nat-gateway-id": at("Routes.NatGatewayId"),
    "route.network-interface-id": at("Routes.NetworkInterfaceId"),  # not documented, and asked for
    "route.origin": at("Routes.Origin"),
    "route.state": at("Routes.State"),
    "route.vpc-peering-connection-id": at("Routes.VpcPeeringConnectionId"),
    "vpc-id": at("VpcId"),
    **never("route.transit-gateway-id"),
}


def _read(connection: Connection, asked: Asked) -> list[Described]:
    scope = asked.call.scope
    return described_tables(connection, scope, route_tables.in_scope(connection, scope, asked.ids))


_TABLES = Listing(
    member="RouteTables",
    kind=ROUTE_TABLE,
    ids="RouteTableIds",
    read=_read,
    row=table_row,
    id_of=lambda one: one[0].id,
    key=lambda one: one[0].id,
    filters=_FILTERS,
    tagged=True,
    view=read_region,
    limits=(5, 100),
    whole={"RouteTableIds": NOT_PAGED_CAPITAL.format("RouteTableIds")},
)


@action("DescribeRouteTables")
async def describe_route_tables(cloud: Cloud, call: Call, parameters: Parameters) -> Answer:
    """The route tables of a region, with where they are used and what became of each route's target."""
    return await _TABLES.answer(cloud, call, parameters)
