"""What a VPC's plan is made of and no resource's own file reads: across accounts, and by VPC. Each is one statement."""

from collections.abc import Collection

from sqlalchemy import Connection, bindparam, select

from kumoniwa.model.gateways import NatGateway, NatGatewayState
from kumoniwa.model.instances import InstanceState
from kumoniwa.model.network_interfaces import NetworkInterface, SecondaryAddress
from kumoniwa.model.peerings import Peering, PeeringState
from kumoniwa.model.vpcs import Vpc
from kumoniwa.store.prepared import Prepared, among, either, listed, unindexed
from kumoniwa.store.tables.instances import instances
from kumoniwa.store.tables.network_interfaces import interface_groups, network_interfaces, secondary_addresses
from kumoniwa.store.tables.network_records import peerings, prefix_list_entries
from kumoniwa.store.tables.routing import nat_gateways
from kumoniwa.store.tables.vpcs import vpc_blocks, vpcs

_VPCS = Prepared(select(vpcs).where(among(vpcs.c.id, "ids")).order_by(vpcs.c.id))
_BLOCKS = Prepared(
    select(vpc_blocks.c.vpc_id, vpc_blocks.c.cidr).where(among(vpc_blocks.c.vpc_id, "vpcs")).order_by(vpc_blocks.c.id)
)


def with_ids(connection: Connection, vpc_ids: Collection[str]) -> list[Vpc]:
    """These VPCs, whoever has them, as far as they are there."""
    return _VPCS.values(Vpc, connection, ids=listed(vpc_ids))


def blocks_of(connection: Connection, vpc_ids: Collection[str]) -> dict[str, list[str]]:
    """The blocks of these VPCs beside their primary ones, in the order of their associations."""
    found: dict[str, list[str]] = {}
    for vpc_id, cidr in _BLOCKS.rows(connection, vpcs=listed(vpc_ids)):
        found.setdefault(vpc_id, []).append(cidr)
    return found


_INTERFACES = Prepared(
    select(network_interfaces).where(among(network_interfaces.c.subnet_id, "subnets")).order_by(network_interfaces.c.id)
)
_INSTANCES = Prepared(
    select(instances.c.id, instances.c.state, instances.c.public_ip).where(among(instances.c.id, "ids"))
)
_FURTHER = Prepared(
    select(
        secondary_addresses.c.interface_id,
        secondary_addresses.c.subnet_id,
        secondary_addresses.c.private_ip,
        secondary_addresses.c.position,
    )
    .where(among(secondary_addresses.c.interface_id, "ids"))
    .order_by(secondary_addresses.c.interface_id, secondary_addresses.c.position)
)
_GROUPS = Prepared(
    select(interface_groups.c.interface_id, interface_groups.c.group_id)
    .where(among(interface_groups.c.interface_id, "ids"))
    .order_by(interface_groups.c.interface_id, interface_groups.c.position)
)


def interfaces_in(connection: Connection, subnet_ids: Collection[str]) -> list[NetworkInterface]:
    """The network interfaces in these subnets."""
    return _INTERFACES.values(NetworkInterface, connection, subnets=listed(subnet_ids))


def states_and_addresses(
    connection: Connection, instance_ids: Collection[str]
) -> dict[str, tuple[InstanceState, str | None]]:
    """The state of each of these instances, and its public address if it has one."""
    return {
        instance_id: (state, public_ip)
        for instance_id, state, public_ip in _INSTANCES.rows(connection, ids=listed(instance_ids))
    }


def further_addresses(connection: Connection, interface_ids: Collection[str]) -> dict[str, list[str]]:
    """The secondary private addresses of these network interfaces, in their order."""
    found: dict[str, list[str]] = {}
    for address in _FURTHER.values(SecondaryAddress, connection, ids=listed(interface_ids)):
        found.setdefault(address.interface_id, []).append(address.private_ip)
    return found


def groups_of(connection: Connection, interface_ids: Collection[str]) -> dict[str, list[str]]:
    """The ids of the security groups of these network interfaces, in their order."""
    found: dict[str, list[str]] = {}
    for interface_id, group_id in _GROUPS.rows(connection, ids=listed(interface_ids)):
        found.setdefault(interface_id, []).append(group_id)
    return found


_MEMBERS = Prepared(
    select(interface_groups.c.group_id, network_interfaces.c.vpc_id, network_interfaces.c.private_ip)
    .join(network_interfaces, network_interfaces.c.id == interface_groups.c.interface_id)
    .where(among(interface_groups.c.group_id, "groups"))
)
_FURTHER_MEMBERS = Prepared(
    select(interface_groups.c.group_id, network_interfaces.c.vpc_id, secondary_addresses.c.private_ip)
    .join(network_interfaces, network_interfaces.c.id == interface_groups.c.interface_id)
    .join(secondary_addresses, secondary_addresses.c.interface_id == interface_groups.c.interface_id)
    .where(among(interface_groups.c.group_id, "groups"))
)


def members(connection: Connection, group_ids: Collection[str]) -> dict[str, dict[str, list[str]]]:
    """The private addresses of the members of these security groups, by VPC and group."""
    found: dict[str, dict[str, list[str]]] = {}
    for statement in (_MEMBERS, _FURTHER_MEMBERS):
        for group_id, vpc_id, address in statement.rows(connection, groups=listed(group_ids)):
            found.setdefault(vpc_id, {}).setdefault(group_id, []).append(address)
    return found


_NATS = Prepared(
    select(nat_gateways)
    .where(
        nat_gateways.c.vpc_id == bindparam("vpc"),
        either(unindexed(nat_gateways.c.state), (NatGatewayState.PENDING, NatGatewayState.AVAILABLE)),
    )
    .order_by(nat_gateways.c.id)
)
_ACTIVE = unindexed(peerings.c.state) == PeeringState.ACTIVE
_REQUESTED = Prepared(select(peerings).where(peerings.c.requester_vpc_id == bindparam("vpc"), _ACTIVE))
_ACCEPTED = Prepared(select(peerings).where(peerings.c.accepter_vpc_id == bindparam("vpc"), _ACTIVE))


def nat_gateways_of(connection: Connection, vpc_id: str) -> list[NatGateway]:
    """The NAT gateways of a VPC that carry packets, or are about to."""
    return _NATS.values(NatGateway, connection, vpc=vpc_id)


def peerings_of(connection: Connection, vpc_id: str) -> list[Peering]:
    """The active peering connections of a VPC, whichever side of them it is."""
    found = [one for statement in (_REQUESTED, _ACCEPTED) for one in statement.values(Peering, connection, vpc=vpc_id)]
    return sorted(found, key=lambda peering: peering.id)


_ENTRIES = Prepared(
    select(prefix_list_entries.c.prefix_list_id, prefix_list_entries.c.cidr)
    .where(among(prefix_list_entries.c.prefix_list_id, "ids"), prefix_list_entries.c.until.is_(None))
    .order_by(prefix_list_entries.c.prefix_list_id, prefix_list_entries.c.cidr)
)


def prefix_list_blocks(connection: Connection, prefix_list_ids: Collection[str]) -> dict[str, list[str]]:
    """The blocks in the current versions of these prefix lists."""
    found: dict[str, list[str]] = {}
    for prefix_list_id, cidr in _ENTRIES.rows(connection, ids=listed(prefix_list_ids)):
        found.setdefault(prefix_list_id, []).append(cidr)
    return found
