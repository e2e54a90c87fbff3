"""Internet gateways, egress-only ones and NAT gateways in the database."""

from collections.abc import Collection

from sqlalchemy import Connection, bindparam, select

from kumoniwa.model.gateways import EgressOnlyGateway, InternetGateway, NatGateway
from kumoniwa.model.scope import Scope
from kumoniwa.store.prepared import Prepared
from kumoniwa.store.rows import InScope, insert
from kumoniwa.store.tables import egress_only_gateways, internet_gateways, nat_gateways

_INTERNET_IN = InScope(InternetGateway, internet_gateways, internet_gateways.c.id)
_EGRESS_ONLY_IN = InScope(EgressOnlyGateway, egress_only_gateways, egress_only_gateways.c.id)
_NAT_IN = InScope(NatGateway, nat_gateways, nat_gateways.c.id)


def add(connection: Connection, gateway: InternetGateway) -> None:
    """Write a new internet gateway."""
    insert(connection, internet_gateways, gateway)


def in_scope(connection: Connection, scope: Scope, ids: Collection[str] | None = None) -> list[InternetGateway]:
    """The internet gateways of an account in a region; only these, where `ids` are given."""
    return _INTERNET_IN.of(connection, scope, ids)


_OF_VPC = Prepared(select(internet_gateways).where(internet_gateways.c.vpc_id == bindparam("vpc")))


def of_vpc(connection: Connection, vpc_id: str) -> InternetGateway | None:
    """The internet gateway that is attached to a VPC, if one is."""
    return _OF_VPC.value(InternetGateway, connection, vpc=vpc_id)


def egress_only_in(connection: Connection, scope: Scope, ids: Collection[str] | None = None) -> list[EgressOnlyGateway]:
    """The egress-only internet gateways of an account in a region; only these, where `ids` are given."""
    return _EGRESS_ONLY_IN.of(connection, scope, ids)


def nat_in(connection: Connection, scope: Scope, ids: Collection[str] | None = None) -> list[NatGateway]:
    """The NAT gateways of an account in a region; only these, where `ids` are given."""
    return _NAT_IN.of(connection, scope, ids)
