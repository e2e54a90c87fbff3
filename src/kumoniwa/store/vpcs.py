"""VPCs and their subnets in the database."""

from collections.abc import Collection
from typing import Any

from sqlalchemy import Connection, Select, Table, select

from kumoniwa.model.scope import Scope
from kumoniwa.model.vpcs import Subnet, Vpc
from kumoniwa.store.rows import all_of, insert, one_of
from kumoniwa.store.tables import subnets, vpcs


def add(connection: Connection, vpc: Vpc, *in_it: Subnet) -> None:
    """Write a new VPC with its subnets."""
    insert(connection, vpcs, vpc)
    insert(connection, subnets, *in_it)


def default(connection: Connection, scope: Scope) -> Vpc | None:
    """The default VPC of an account in a region, if it was made."""
    return one_of(Vpc, connection, _scoped(vpcs, scope).where(vpcs.c.is_default))


def in_scope(connection: Connection, scope: Scope, ids: Collection[str] | None = None) -> list[Vpc]:
    """The VPCs of an account in a region; only these, where `ids` are given."""
    query = _scoped(vpcs, scope)
    return all_of(Vpc, connection, query if ids is None else query.where(vpcs.c.id.in_(ids)))


def subnets_in(connection: Connection, scope: Scope, ids: Collection[str] | None = None) -> list[Subnet]:
    """The subnets of an account in a region, by zone; only these, where `ids` are given."""
    query = _scoped(subnets, scope).order_by(subnets.c.zone, subnets.c.id)
    return all_of(Subnet, connection, query if ids is None else query.where(subnets.c.id.in_(ids)))


def default_subnet(connection: Connection, scope: Scope, zone: str) -> Subnet | None:
    """The default subnet of a zone."""
    query = _scoped(subnets, scope).where(subnets.c.zone == zone, subnets.c.default_for_az)
    return one_of(Subnet, connection, query)


def _scoped(table: Table, scope: Scope) -> Select[Any]:
    return select(table).where(table.c.account == scope.account, table.c.region == scope.region)
