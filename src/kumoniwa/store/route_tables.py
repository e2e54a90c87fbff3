"""Route tables, where they are used, and their routes, in the database."""

from collections.abc import Collection

from sqlalchemy import Connection

from kumoniwa.model.route_tables import Route, RouteTable, RouteTableAssociation
from kumoniwa.model.scope import Scope
from kumoniwa.store.rows import InScope, insert
from kumoniwa.store.tables import route_table_associations, route_tables, routes

_IN_SCOPE = InScope(RouteTable, route_tables, route_tables.c.id)


def add(connection: Connection, table: RouteTable, *of_it: Route) -> None:
    """Write a new route table with its first routes."""
    insert(connection, route_tables, table)
    insert(connection, routes, *of_it)


def associate(connection: Connection, association: RouteTableAssociation) -> None:
    """Write that a route table is used somewhere."""
    insert(connection, route_table_associations, association)


def in_scope(connection: Connection, scope: Scope, ids: Collection[str] | None = None) -> list[RouteTable]:
    """The route tables of an account in a region; only these, where `ids` are given."""
    return _IN_SCOPE.of(connection, scope, ids)
