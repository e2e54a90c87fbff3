"""Route tables, where they are used, and their routes, in the database."""

from collections.abc import Collection

from sqlalchemy import Connection, bindparam, delete, select

from kumoniwa.model.route_tables import Route, RouteTable, RouteTableAssociation
from kumoniwa.model.scope import Scope
from kumoniwa.store.prepared import Prepared, among, listed
from kumoniwa.store.rows import InScope, insert
from kumoniwa.store.tables.routing import route_table_associations, route_tables, routes

_IN_SCOPE = InScope(RouteTable, route_tables, route_tables.c.id)


def add(connection: Connection, table: RouteTable, *of_it: Route) -> None:
    """Write a new route table with its first routes."""
    insert(connection, route_tables, table)
    insert(connection, routes, *of_it)


_DELETED = Prepared(delete(route_tables).where(route_tables.c.id == bindparam("id")))


def remove(connection: Connection, table_id: str) -> None:
    """Delete a route table and its routes. The caller knows that it is used nowhere."""
    _DELETED.run(connection, id=table_id)


def in_scope(connection: Connection, scope: Scope, ids: Collection[str] | None = None) -> list[RouteTable]:
    """The route tables of an account in a region; only these, where `ids` are given."""
    return _IN_SCOPE.of(connection, scope, ids)


_OF_VPC = Prepared(select(route_tables).where(route_tables.c.vpc_id == bindparam("vpc")).order_by(route_tables.c.id))


def of_vpc(connection: Connection, vpc_id: str) -> list[RouteTable]:
    """The route tables of a VPC."""
    return _OF_VPC.values(RouteTable, connection, vpc=vpc_id)


# Where they are used.

_ASSOCIATIONS = select(route_table_associations).order_by(route_table_associations.c.id)
_ASSOCIATIONS_IN = InScope(RouteTableAssociation, route_table_associations, route_table_associations.c.id)
_ASSOCIATIONS_OF = Prepared(_ASSOCIATIONS.where(among(route_table_associations.c.route_table_id, "tables")))


def associate(connection: Connection, association: RouteTableAssociation) -> None:
    """Write that a route table is used somewhere."""
    insert(connection, route_table_associations, association)


_DISASSOCIATED = Prepared(delete(route_table_associations).where(route_table_associations.c.id == bindparam("id")))


def disassociate(connection: Connection, association_id: str) -> None:
    """Write that a route table is no longer used somewhere."""
    _DISASSOCIATED.run(connection, id=association_id)


def associations_in(
    connection: Connection, scope: Scope, ids: Collection[str] | None = None
) -> list[RouteTableAssociation]:
    """The associations of an account's route tables in a region; only these, where `ids` are given."""
    return _ASSOCIATIONS_IN.of(connection, scope, ids)


def associations_of(connection: Connection, table_ids: Collection[str]) -> list[RouteTableAssociation]:
    """Where these route tables are used."""
    return _ASSOCIATIONS_OF.values(RouteTableAssociation, connection, tables=listed(table_ids))


_MAIN = Prepared(
    select(route_table_associations).where(
        route_table_associations.c.vpc_id == bindparam("vpc"), route_table_associations.c.main
    )
)
_OF_SUBNET = Prepared(_ASSOCIATIONS.where(route_table_associations.c.subnet_id == bindparam("subnet")))
_OF_GATEWAY = Prepared(_ASSOCIATIONS.where(route_table_associations.c.gateway_id == bindparam("gateway")))


def main_of(connection: Connection, vpc_id: str) -> RouteTableAssociation:
    """The association of a VPC's main route table. Every VPC has one."""
    found = _MAIN.value(RouteTableAssociation, connection, vpc=vpc_id)
    assert found is not None, "it was made with the VPC"
    return found


def association_of_subnet(connection: Connection, subnet_id: str) -> RouteTableAssociation | None:
    """A subnet's association with a route table of its own; None where it uses its VPC's main one."""
    return _OF_SUBNET.value(RouteTableAssociation, connection, subnet=subnet_id)


def association_of_gateway(connection: Connection, gateway_id: str) -> RouteTableAssociation | None:
    """A gateway's association with a route table, if it has one."""
    return _OF_GATEWAY.value(RouteTableAssociation, connection, gateway=gateway_id)


# Routes.

_ROUTES_OF = Prepared(select(routes).where(among(routes.c.route_table_id, "tables")).order_by(routes.c.destination))
_OF = (routes.c.route_table_id == bindparam("table")) & (routes.c.destination == bindparam("to"))
_ROUTE = Prepared(select(routes).where(_OF))
_ROUTE_DELETED = Prepared(delete(routes).where(_OF))


def routes_of(connection: Connection, table_ids: Collection[str]) -> list[Route]:
    """The routes in these route tables."""
    return _ROUTES_OF.values(Route, connection, tables=listed(table_ids))


def route_to(connection: Connection, table_id: str, destination: str) -> Route | None:
    """The route to exactly this destination, if the table has one."""
    return _ROUTE.value(Route, connection, table=table_id, to=destination)


def add_route(connection: Connection, route: Route) -> None:
    """Write a new route."""
    insert(connection, routes, route)


def remove_route(connection: Connection, table_id: str, destination: str) -> None:
    """Delete a route."""
    _ROUTE_DELETED.run(connection, table=table_id, to=destination)
