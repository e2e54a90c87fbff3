"""VPCs and subnets in the database, and which of their addresses are taken."""

from collections.abc import Collection
from typing import Any

from sqlalchemy import Connection, Select, Table, select

from kumoniwa.model.instances import InstanceState
from kumoniwa.model.network import Subnet, Vpc
from kumoniwa.store.rows import all_of, insert, one_of
from kumoniwa.store.tables import instances, subnets, vpcs


def add(connection: Connection, vpc: Vpc, *in_it: Subnet) -> None:
    """Write a new VPC with its subnets."""
    insert(connection, vpcs, vpc)
    insert(connection, subnets, *in_it)


def default_vpc(connection: Connection, account: str, region: str) -> Vpc | None:
    """The default VPC of an account in a region, if it was made."""
    return one_of(Vpc, connection, _scoped(vpcs, account, region).where(vpcs.c.is_default))


def vpcs_in(connection: Connection, account: str, region: str, ids: Collection[str] | None = None) -> list[Vpc]:
    """The VPCs of an account in a region; only these, where `ids` are given."""
    query = _scoped(vpcs, account, region)
    return all_of(Vpc, connection, query if ids is None else query.where(vpcs.c.id.in_(ids)))


def subnets_in(connection: Connection, account: str, region: str, ids: Collection[str] | None = None) -> list[Subnet]:
    """The subnets of an account in a region, by zone; only these, where `ids` are given."""
    query = _scoped(subnets, account, region).order_by(subnets.c.zone, subnets.c.id)
    return all_of(Subnet, connection, query if ids is None else query.where(subnets.c.id.in_(ids)))


def default_subnet(connection: Connection, account: str, region: str, zone: str) -> Subnet | None:
    """The default subnet of a zone."""
    query = _scoped(subnets, account, region).where(subnets.c.zone == zone, subnets.c.default_for_az)
    return one_of(Subnet, connection, query)


def private_addresses_taken(connection: Connection, subnet_id: str) -> set[str]:
    """The addresses of a subnet that instances have; an instance keeps its own until it is terminated."""
    query = select(instances.c.private_ip).where(
        instances.c.subnet_id == subnet_id, instances.c.state != InstanceState.TERMINATED
    )
    return set(connection.execute(query).scalars())


def public_addresses_taken(connection: Connection) -> set[str]:
    """The public addresses in use in the whole cloud: they are all on this one host."""
    query = select(instances.c.public_ip).where(instances.c.public_ip.is_not(None))
    return set(connection.execute(query).scalars())


def _scoped(table: Table, account: str, region: str) -> Select[Any]:
    return select(table).where(table.c.account == account, table.c.region == region)
