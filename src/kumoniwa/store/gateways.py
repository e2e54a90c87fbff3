"""Internet gateways, egress-only ones and NAT gateways in the database."""

from collections.abc import Collection
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, bindparam, delete, func, select, update

from kumoniwa.model.gateways import (
    IN_USE,
    EgressOnlyGateway,
    InternetGateway,
    NatGateway,
    NatGatewayAddress,
)
from kumoniwa.model.scope import Scope
from kumoniwa.model.vpcs import Subnet
from kumoniwa.store import rows, tags
from kumoniwa.store.prepared import Prepared, among, either, listed, unindexed
from kumoniwa.store.rows import InScope, insert
from kumoniwa.store.tables.routing import egress_only_gateways, internet_gateways, nat_gateway_addresses, nat_gateways
from kumoniwa.store.tables.vpcs import subnets

_INTERNET_IN = InScope(InternetGateway, internet_gateways, internet_gateways.c.id)
_EGRESS_ONLY_IN = InScope(EgressOnlyGateway, egress_only_gateways, egress_only_gateways.c.id)
_NAT_IN = InScope(NatGateway, nat_gateways, nat_gateways.c.id)


def add(connection: Connection, gateway: InternetGateway) -> None:
    """Write a new internet gateway."""
    insert(connection, internet_gateways, gateway)


_ATTACHED = Prepared(select(internet_gateways).where(internet_gateways.c.vpc_id == bindparam("vpc")))
_DELETED = Prepared(delete(internet_gateways).where(internet_gateways.c.id == bindparam("id")))


def attached_to(connection: Connection, vpc_id: str) -> InternetGateway | None:
    """The internet gateway of a VPC, if it has one."""
    return _ATTACHED.value(InternetGateway, connection, vpc=vpc_id)


def attach(connection: Connection, gateway_id: str, vpc_id: str | None) -> None:
    """Attach an internet gateway to a VPC, or to none."""
    rows.change(connection, internet_gateways, gateway_id, {"vpc_id": vpc_id})


def remove(connection: Connection, gateway_id: str) -> None:
    """Delete an internet gateway."""
    _DELETED.run(connection, id=gateway_id)


def in_scope(connection: Connection, scope: Scope, ids: Collection[str] | None = None) -> list[InternetGateway]:
    """The internet gateways of an account in a region; only these, where `ids` are given."""
    return _INTERNET_IN.of(connection, scope, ids)


_EGRESS_ONLY_OF = Prepared(select(egress_only_gateways).where(egress_only_gateways.c.vpc_id == bindparam("vpc")))
_EGRESS_ONLY_DELETED = Prepared(delete(egress_only_gateways).where(egress_only_gateways.c.id == bindparam("id")))


def add_egress_only(connection: Connection, gateway: EgressOnlyGateway) -> None:
    """Write a new egress-only internet gateway."""
    insert(connection, egress_only_gateways, gateway)


def egress_only_of(connection: Connection, vpc_id: str) -> list[EgressOnlyGateway]:
    """The egress-only internet gateways of a VPC."""
    return _EGRESS_ONLY_OF.values(EgressOnlyGateway, connection, vpc=vpc_id)


def remove_egress_only(connection: Connection, gateway_id: str) -> None:
    """Delete an egress-only internet gateway."""
    _EGRESS_ONLY_DELETED.run(connection, id=gateway_id)


def egress_only_in(connection: Connection, scope: Scope, ids: Collection[str] | None = None) -> list[EgressOnlyGateway]:
    """The egress-only internet gateways of an account in a region; only these, where `ids` are given."""
    return _EGRESS_ONLY_IN.of(connection, scope, ids)


def nat_in(connection: Connection, scope: Scope, ids: Collection[str] | None = None) -> list[NatGateway]:
    """The NAT gateways of an account in a region; only these, where `ids` are given."""
    return _NAT_IN.of(connection, scope, ids)


_NAT_BY_ID = Prepared(select(nat_gateways).where(nat_gateways.c.id == bindparam("id")))
_OLD_NATS = Prepared(
    select(nat_gateways.c.id).where(nat_gateways.c.deleted_at < bindparam("before")).limit(bindparam("at_most"))
)
_NAT_FORGOTTEN = Prepared(delete(nat_gateways).where(nat_gateways.c.id == bindparam("id")))


def add_nat(connection: Connection, gateway: NatGateway) -> None:
    """Write a new NAT gateway."""
    insert(connection, nat_gateways, gateway)


def nat(connection: Connection, gateway_id: str) -> NatGateway | None:
    """The NAT gateway with this id, whatever its state."""
    return _NAT_BY_ID.value(NatGateway, connection, id=gateway_id)


def change_nat(connection: Connection, gateway_id: str, **columns: Any) -> None:
    """Change columns of a NAT gateway."""
    rows.change(connection, nat_gateways, gateway_id, columns)


_THIS_ADDRESS = (nat_gateway_addresses.c.nat_gateway_id == bindparam("gateway")) & among(
    nat_gateway_addresses.c.private_ip, "addresses"
)
_NAT_ADDRESSES = Prepared(
    select(nat_gateway_addresses)
    .where(among(nat_gateway_addresses.c.nat_gateway_id, "ids"))
    .order_by(nat_gateway_addresses.c.nat_gateway_id, nat_gateway_addresses.c.position)
)
_NAT_ADDRESS_LED = Prepared(
    update(nat_gateway_addresses).where(_THIS_ADDRESS).values(public_ip=bindparam("new_public_ip"))
)
_NAT_ADDRESSES_GONE = Prepared(delete(nat_gateway_addresses).where(_THIS_ADDRESS))


def nat_addresses_of(connection: Connection, gateway_ids: Collection[str]) -> dict[str, list[NatGatewayAddress]]:
    """The secondary addresses of NAT gateways, by gateway and in their order."""
    found: dict[str, list[NatGatewayAddress]] = {}
    for address in _NAT_ADDRESSES.values(NatGatewayAddress, connection, ids=listed(gateway_ids)):
        found.setdefault(address.nat_gateway_id, []).append(address)
    return found


def add_nat_addresses(connection: Connection, *new: NatGatewayAddress) -> None:
    """Write new secondary addresses of a NAT gateway."""
    insert(connection, nat_gateway_addresses, *new)


def lead_to_nat_address(connection: Connection, address: NatGatewayAddress, public_ip: str) -> None:
    """Let a public address lead to a secondary one of a NAT gateway."""
    given = {"gateway": address.nat_gateway_id, "addresses": listed([address.private_ip])}
    _NAT_ADDRESS_LED.run(connection, **given, new_public_ip=public_ip)


def remove_nat_addresses(connection: Connection, gateway_id: str, addresses: Collection[str]) -> None:
    """Delete secondary addresses of a NAT gateway."""
    _NAT_ADDRESSES_GONE.run(connection, gateway=gateway_id, addresses=listed(addresses))


_IN_ZONE = Prepared(
    select(func.count().label("count"))
    .select_from(nat_gateways.join(subnets, nat_gateways.c.subnet_id == subnets.c.id))
    .where(
        nat_gateways.c.account == bindparam("account"),
        nat_gateways.c.region == bindparam("region"),
        unindexed(subnets.c.zone) == bindparam("zone"),
        either(unindexed(nat_gateways.c.state), IN_USE),
    )
)


def count_nats_beside(connection: Connection, subnet: Subnet) -> int:
    """How many NAT gateways there are in a subnet's zone: those that come into use, are in use, or come out of it."""
    given = {"account": subnet.account, "region": subnet.region, "zone": subnet.zone}
    count: int = _IN_ZONE.scalar(connection, **given)
    return count


def forget_nats(connection: Connection, before: datetime, at_most: int) -> int:
    """Forget so many of the NAT gateways that were deleted before then; gives how many there were."""
    old = _OLD_NATS.scalars(connection, before=before, at_most=at_most)
    for gateway_id in old:
        tags.remove_all(connection, gateway_id)
        _NAT_FORGOTTEN.run(connection, id=gateway_id)
    return len(old)
