"""VPCs and their subnets in the database."""

from collections.abc import Collection

from sqlalchemy import Connection, bindparam, select

from kumoniwa.model.scope import Scope
from kumoniwa.model.vpcs import Subnet, Vpc
from kumoniwa.store.prepared import Prepared
from kumoniwa.store.rows import InScope, insert
from kumoniwa.store.tables import subnets, vpcs


def add(connection: Connection, vpc: Vpc) -> None:
    """Write a new VPC."""
    insert(connection, vpcs, vpc)


def add_subnets(connection: Connection, *new: Subnet) -> None:
    """Write new subnets."""
    insert(connection, subnets, *new)


_DEFAULT = Prepared(
    select(vpcs).where(vpcs.c.account == bindparam("account"), vpcs.c.region == bindparam("region"), vpcs.c.is_default)
)
_VPCS_IN = InScope(Vpc, vpcs)
_SUBNETS_IN = InScope(Subnet, subnets, subnets.c.zone, subnets.c.id)


def default(connection: Connection, scope: Scope) -> Vpc | None:
    """The default VPC of an account in a region, if it was made."""
    return _DEFAULT.value(Vpc, connection, account=scope.account, region=scope.region)


def in_scope(connection: Connection, scope: Scope, ids: Collection[str] | None = None) -> list[Vpc]:
    """The VPCs of an account in a region; only these, where `ids` are given."""
    return _VPCS_IN.of(connection, scope, ids)


def subnets_in(connection: Connection, scope: Scope, ids: Collection[str] | None = None) -> list[Subnet]:
    """The subnets of an account in a region, by zone; only these, where `ids` are given."""
    return _SUBNETS_IN.of(connection, scope, ids)


_DEFAULT_SUBNET = Prepared(
    select(subnets).where(
        subnets.c.account == bindparam("account"),
        subnets.c.region == bindparam("region"),
        subnets.c.zone == bindparam("zone"),
        subnets.c.default_for_az,
    )
)


def default_subnet(connection: Connection, scope: Scope, zone: str) -> Subnet | None:
    """The default subnet of a zone."""
    return _DEFAULT_SUBNET.value(Subnet, connection, account=scope.account, region=scope.region, zone=zone)
