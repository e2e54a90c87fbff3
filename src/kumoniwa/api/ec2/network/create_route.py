"""CreateRoute, ReplaceRoute and DeleteRoute."""

from sqlalchemy import Connection

from kumoniwa.api.call import Answer, Call, Parameters
from kumoniwa.api.cloud import Cloud
from kumoniwa.api.ec2.kinds import ROUTE_TABLE, VPC
from kumoniwa.api.ec2.named.lookup import named
from kumoniwa.api.ec2.network import quotas
from kumoniwa.api.ec2.network.effects import NOT_IN_USER
from kumoniwa.api.ec2.network.managed_prefix_lists import counted_routes
from kumoniwa.api.ec2.network.route_targets import (
    TARGETS_NOT_BUILT,
    check_destination,
    destination,
    route_asked_for,
)
from kumoniwa.api.ec2.network.vpc_output import DescribedVpc, with_blocks
from kumoniwa.api.not_built import refuse
from kumoniwa.api.registry import Depth, action
from kumoniwa.errors import Ec2Error, InvalidParameterCombination, InvalidParameterValue
from kumoniwa.model.route_tables import RouteTable
from kumoniwa.store import route_tables

_MISSING = f"{NOT_IN_USER} Routes to IPv6 destinations are stored and shown, and no guest has an IPv6 address."


@action("CreateRoute", depth=Depth.PARTLY, missing=_MISSING, not_built=TARGETS_NOT_BUILT)
async def create_route(cloud: Cloud, call: Call, parameters: Parameters) -> Answer:
    """Add a route to a destination to which the table has none yet."""
    refuse(parameters, TARGETS_NOT_BUILT)

    def create(connection: Connection) -> Answer:
        table, vpc = _table(connection, call, parameters)
        to = destination(connection, call, parameters)
        route = route_asked_for(connection, call, parameters, table, to)
        check_destination(vpc, to, route.target)
        if _is_local(vpc, to) or route_tables.route_to(connection, table.id, to) is not None:
            raise Ec2Error("RouteAlreadyExists", f"The route identified by {to} already exists.")
        routes = [*route_tables.routes_of(connection, [table.id]), route]
        quotas.ROUTES.check(counted_routes(connection, call.scope, routes))
        route_tables.add_route(connection, route)
        return {"Return": True}

    return await cloud.change(call, create)


@action("ReplaceRoute", depth=Depth.PARTLY, missing=_MISSING, not_built=TARGETS_NOT_BUILT)
async def replace_route(cloud: Cloud, call: Call, parameters: Parameters) -> Answer:
    """Give a route another target. A local route can lead to an interface instead, and back (`LocalTarget`)."""
    refuse(parameters, TARGETS_NOT_BUILT)

    def replace(connection: Connection) -> Answer:
        table, vpc = _table(connection, call, parameters)
        to = destination(connection, call, parameters)
        present = route_tables.route_to(connection, table.id, to)
        if not _is_local(vpc, to) and present is None:
            raise InvalidParameterValue(
                f"There is no route defined for '{to}' in the route table. Use CreateRoute instead."
            )
        if parameters.get("LocalTarget"):
            if not _is_local(vpc, to):
                raise InvalidParameterCombination(f"The route to {to} cannot have the local target")
            route_tables.remove_route(connection, table.id, to)
            return None
        route = route_asked_for(connection, call, parameters, table, to)
        check_destination(vpc, to, route.target)
        route_tables.remove_route(connection, table.id, to)
        route_tables.add_route(connection, route)
        return None

    return await cloud.change(call, replace)


@action("DeleteRoute", depth=Depth.PARTLY, missing=NOT_IN_USER)
async def delete_route(cloud: Cloud, call: Call, parameters: Parameters) -> Answer:
    """Delete a route that is not local."""

    def delete(connection: Connection) -> Answer:
        table, vpc = _table(connection, call, parameters)
        to = destination(connection, call, parameters)
        if _is_local(vpc, to):
            raise InvalidParameterValue(f"cannot remove local route {to} in route table {table.id}")
        if route_tables.route_to(connection, table.id, to) is None:
            what = "ipv6-cidr-block" if ":" in to else "cidr-block" if "." in to else "prefix-list-id"
            raise Ec2Error("InvalidRoute.NotFound", f"no route with destination-{what} {to} in route table {table.id}")
        route_tables.remove_route(connection, table.id, to)
        return None

    return await cloud.change(call, delete)


def _table(connection: Connection, call: Call, parameters: Parameters) -> tuple[RouteTable, DescribedVpc]:
    """The route table that a request names, and its VPC."""
    table = named(connection, call.scope, ROUTE_TABLE, parameters["RouteTableId"])
    return table, with_blocks(connection, named(connection, call.scope, VPC, table.vpc_id))


def _is_local(vpc: DescribedVpc, to: str) -> bool:
    """Whether the destination is that of a local route, which every table of the VPC has."""
    return any(block.cidr == to for block in (*vpc.ipv4, *vpc.ipv6))
