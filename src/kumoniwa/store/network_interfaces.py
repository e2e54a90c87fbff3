"""Network interfaces and their security groups in the database."""

from collections.abc import Collection, Sequence
from typing import Any

from sqlalchemy import Connection, bindparam, delete, func, select, union_all, update

from kumoniwa.model.network_interfaces import NetworkInterface, SecondaryAddress
from kumoniwa.model.scope import Scope
from kumoniwa.store import instances, tags
from kumoniwa.store.prepared import Prepared, among, listed, unindexed
from kumoniwa.store.rows import InScope, insert, inserting
from kumoniwa.store.rows import change as row_change
from kumoniwa.store.tables.elastic_ips import elastic_ips
from kumoniwa.store.tables.instances import instances as instance_rows
from kumoniwa.store.tables.network_interfaces import interface_groups, network_interfaces, secondary_addresses
from kumoniwa.store.tables.security_groups import security_groups
from kumoniwa.store.tables.vpcs import subnet_reservations, subnets, vpcs


def add(connection: Connection, new: Sequence[NetworkInterface], group_ids: Sequence[str]) -> None:
    """Write new network interfaces, each in these security groups."""
    insert(connection, network_interfaces, *new)
    _put_groups(connection, [interface.id for interface in new], group_ids)


_IN_SCOPE = InScope(NetworkInterface, network_interfaces)


def in_scope(connection: Connection, scope: Scope, ids: Collection[str] | None = None) -> list[NetworkInterface]:
    """The network interfaces of an account in a region; only these, where `ids` are given."""
    return _IN_SCOPE.of(connection, scope, ids)


_IN_ORDER = select(network_interfaces).order_by(network_interfaces.c.device_index)
_ATTACHED = Prepared(
    _IN_ORDER.where(
        network_interfaces.c.account == bindparam("account"),
        network_interfaces.c.region == bindparam("region"),
        network_interfaces.c.instance_id.is_not(None),
    )
)
# By these ids alone: with the scope, SQLite reads the index of the scope instead.
_OF_INSTANCES = Prepared(_IN_ORDER.where(among(network_interfaces.c.instance_id, "ids")))


def of_instances(
    connection: Connection, scope: Scope, instance_ids: Collection[str] | None = None
) -> dict[str, list[NetworkInterface]]:
    """The network interfaces of an account's instances in a region, by instance and the primary one first; only of
    these instances, where ids are given."""
    if instance_ids is None:
        all_found = _ATTACHED.values(NetworkInterface, connection, account=scope.account, region=scope.region)
    else:
        all_found = _OF_INSTANCES.values(NetworkInterface, connection, ids=listed(instance_ids))
    found: dict[str, list[NetworkInterface]] = {}
    for interface in all_found:
        assert interface.instance_id is not None, "the query says so"
        found.setdefault(interface.instance_id, []).append(interface)
    return found


_BY_ID = Prepared(select(network_interfaces).where(network_interfaces.c.id == bindparam("id")))
_OF_INSTANCE = Prepared(_IN_ORDER.where(network_interfaces.c.instance_id == bindparam("instance")))


def get(connection: Connection, interface_id: str) -> NetworkInterface | None:
    return _BY_ID.value(NetworkInterface, connection, id=interface_id)


def attached_to(connection: Connection, instance_id: str) -> list[NetworkInterface]:
    """The network interfaces of an instance, the primary one first."""
    return _OF_INSTANCE.values(NetworkInterface, connection, instance=instance_id)


_SECONDARY_OF = Prepared(
    select(secondary_addresses.c.interface_id, secondary_addresses.c.private_ip)
    .where(among(secondary_addresses.c.interface_id, "ids"))
    .order_by(secondary_addresses.c.position)
)


def secondary_of(connection: Connection, interface_ids: Collection[str]) -> dict[str, list[str]]:
    """The further private addresses of network interfaces, by interface."""
    found: dict[str, list[str]] = {}
    for interface_id, address in _SECONDARY_OF.rows(connection, ids=listed(interface_ids)):
        found.setdefault(interface_id, []).append(address)
    return found


_OWNERS = Prepared(
    select(secondary_addresses.c.interface_id, secondary_addresses.c.private_ip).where(
        secondary_addresses.c.subnet_id == bindparam("subnet"), among(secondary_addresses.c.private_ip, "addresses")
    )
)
_LAST_POSITION = Prepared(
    select(func.max(secondary_addresses.c.position).label("last")).where(
        secondary_addresses.c.interface_id == bindparam("interface")
    )
)
_REMOVED_ADDRESSES = Prepared(
    delete(secondary_addresses).where(
        secondary_addresses.c.subnet_id == bindparam("subnet"), among(secondary_addresses.c.private_ip, "addresses")
    )
)
_REMOVED = Prepared(delete(network_interfaces).where(network_interfaces.c.id == bindparam("id")))
_BY_ATTACHMENT = Prepared(select(network_interfaces).where(network_interfaces.c.attachment_id == bindparam("id")))


def attached_by(connection: Connection, attachment_id: str) -> NetworkInterface | None:
    """The network interface that is attached by this attachment, anybody's."""
    return _BY_ATTACHMENT.value(NetworkInterface, connection, id=attachment_id)


def secondary_owners(connection: Connection, subnet_id: str, addresses: Collection[str]) -> list[tuple[str, str]]:
    """Which network interfaces have these addresses of a subnet as further ones."""
    rows = _OWNERS.rows(connection, subnet=subnet_id, addresses=listed(addresses))
    return [(interface_id, address) for interface_id, address in rows]


def add_addresses(connection: Connection, interface: NetworkInterface, addresses: Sequence[str]) -> None:
    """Give a network interface further private addresses of its subnet, behind those that it has."""
    if not addresses:
        return
    last: int | None = _LAST_POSITION.scalar(connection, interface=interface.id)
    first = 0 if last is None else last + 1
    rows = (SecondaryAddress(interface.id, interface.subnet_id, one, at) for at, one in enumerate(addresses, first))
    insert(connection, secondary_addresses, *rows)


def remove_addresses(connection: Connection, interface: NetworkInterface, addresses: Collection[str]) -> None:
    """Take further addresses from a network interface."""
    _REMOVED_ADDRESSES.run(connection, subnet=interface.subnet_id, addresses=listed(addresses))


def remove(connection: Connection, interface_id: str) -> None:
    """Delete a network interface, with its further addresses and places in security groups."""
    _REMOVED.run(connection, id=interface_id)


_PRIMARY = Prepared(
    select(network_interfaces).where(
        network_interfaces.c.instance_id == bindparam("instance"), network_interfaces.c.device_index == 0
    )
)


def primary(connection: Connection, instance_id: str) -> NetworkInterface | None:
    """The instance's primary network interface; None for an instance that is terminated."""
    return _PRIMARY.value(NetworkInterface, connection, instance=instance_id)


_AT = Prepared(
    select(network_interfaces.c.instance_id)
    .join(
        vpcs,
        (network_interfaces.c.account == vpcs.c.account)
        & (network_interfaces.c.region == vpcs.c.region)
        & (network_interfaces.c.vpc_id == vpcs.c.id),
    )
    .where(vpcs.c.id == bindparam("vpc"), network_interfaces.c.private_ip == bindparam("address"))
)


_AT_SECONDARY = Prepared(
    select(network_interfaces.c.instance_id)
    .join(secondary_addresses, secondary_addresses.c.interface_id == network_interfaces.c.id)
    .join(subnets, subnets.c.id == secondary_addresses.c.subnet_id)
    .join(vpcs, (subnets.c.account == vpcs.c.account) & (subnets.c.region == vpcs.c.region))
    .where(
        vpcs.c.id == bindparam("vpc"),
        subnets.c.vpc_id == vpcs.c.id,
        secondary_addresses.c.private_ip == bindparam("address"),
    )
)


def instance_at(connection: Connection, vpc_id: str, private_ip: str) -> str | None:
    """The instance that has this private address in this VPC, on whichever of its network interfaces."""
    found: str | None = _AT.scalar(connection, vpc=vpc_id, address=private_ip)
    if found is None:
        found = _AT_SECONDARY.scalar(connection, vpc=vpc_id, address=private_ip)
    return found


_IN_SUBNET = network_interfaces.c.subnet_id == bindparam("subnet")
_SECONDARY_IN_SUBNET = secondary_addresses.c.subnet_id == bindparam("subnet")
_THOSE_TAKEN = (
    select(network_interfaces.c.private_ip).where(_IN_SUBNET, among(network_interfaces.c.private_ip, "addresses")),
    select(secondary_addresses.c.private_ip).where(
        _SECONDARY_IN_SUBNET, among(secondary_addresses.c.private_ip, "addresses")
    ),
)
_RESERVED = select(subnet_reservations.c.cidr).where(subnet_reservations.c.subnet_id == bindparam("subnet"))
_TAKEN = Prepared(union_all(*_THOSE_TAKEN))
_NOT_DRAWN = Prepared(union_all(*_THOSE_TAKEN, _RESERVED))
_USED = (
    select(func.count()).select_from(network_interfaces).where(_IN_SUBNET).scalar_subquery()
    + select(func.count()).select_from(secondary_addresses).where(_SECONDARY_IN_SUBNET).scalar_subquery()
)
_COUNT = Prepared(select(_USED.label("used"), _RESERVED.exists().label("has_reserved")))
_EVERY = Prepared(
    union_all(
        select(network_interfaces.c.private_ip).where(_IN_SUBNET),
        select(secondary_addresses.c.private_ip).where(_SECONDARY_IN_SUBNET),
    )
)


def every_address_in(connection: Connection, subnet_id: str) -> list[str]:
    """All private addresses in use in a subnet."""
    return _EVERY.scalars(connection, subnet=subnet_id)


def addresses_in(connection: Connection, subnet_id: str, asked: Collection[str]) -> set[str]:
    """Which of these private addresses are in use in a subnet."""
    return set(_TAKEN.scalars(connection, subnet=subnet_id, addresses=listed(asked)))


def not_drawn_in(connection: Connection, subnet_id: str, asked: Collection[str]) -> list[str]:
    """Which of these private addresses are in use in a subnet, and the blocks of its addresses that are reserved."""
    return _NOT_DRAWN.scalars(connection, subnet=subnet_id, addresses=listed(asked))


def count_in(connection: Connection, subnet_id: str) -> tuple[int, bool]:
    """How many private addresses are in use in a subnet, and whether any are reserved."""
    found = _COUNT.first(connection, subnet=subnet_id)
    assert found is not None, "a count has a row"
    return found[0], bool(found[1])


_OF_SUBNETS = select(network_interfaces.c.id).where(among(network_interfaces.c.subnet_id, "subnets")).limit(1)
_WITH_PUBLIC_ADDRESS = Prepared(
    _OF_SUBNETS.join(instance_rows, instance_rows.c.id == network_interfaces.c.instance_id).where(
        unindexed(instance_rows.c.public_ip).is_not(None)
    )
)
_WITH_ELASTIC_IP = Prepared(_OF_SUBNETS.join(elastic_ips, elastic_ips.c.interface_id == network_interfaces.c.id))


def have_public_addresses(connection: Connection, subnet_ids: Collection[str]) -> bool:
    """Whether anything in these subnets has a public address."""
    asked = listed(subnet_ids)
    return any(one.first(connection, subnets=asked) is not None for one in (_WITH_PUBLIC_ADDRESS, _WITH_ELASTIC_IP))


def change(connection: Connection, interface: NetworkInterface, **columns: Any) -> None:
    """Change columns of a network interface."""
    connection.execute(update(network_interfaces).where(network_interfaces.c.id == interface.id).values(**columns))
    count_change(connection, interface)


_ENDS_WITH = (network_interfaces.c.instance_id == bindparam("instance")) & network_interfaces.c.delete_on_termination
_ENDING = Prepared(select(network_interfaces.c.id).where(_ENDS_WITH))
_ENDED = Prepared(delete(network_interfaces).where(_ENDS_WITH))


def ending_with(connection: Connection, instance_id: str) -> list[str]:
    """The network interfaces that end with this instance."""
    return _ENDING.scalars(connection, instance=instance_id)


def end_with(connection: Connection, instance_id: str) -> None:
    """Delete the network interfaces that end with this instance, with their tags and places in security groups."""
    for interface_id in ending_with(connection, instance_id):
        tags.remove_all(connection, interface_id)
    _ENDED.run(connection, instance=instance_id)


_DETACHED = {
    "instance_id": None,
    "attachment_id": None,
    "device_index": None,
    "attached_at": None,
    "delete_on_termination": False,
}


def detach(connection: Connection, interface: NetworkInterface) -> None:
    """Let a network interface be attached to nothing."""
    change(connection, interface, **_DETACHED)


def detach_all(connection: Connection, instance_id: str) -> None:
    """Let an instance have no network interfaces."""
    row_change(connection, network_interfaces, instance_id, _DETACHED, key="instance_id")


_NAMED_GROUPS = (
    select(interface_groups.c.interface_id, security_groups.c.id, security_groups.c.name)
    .join(security_groups, security_groups.c.id == interface_groups.c.group_id)
    .order_by(interface_groups.c.position)
)
_NAMED_GROUPS_OF = Prepared(
    select(security_groups.c.id, security_groups.c.name)
    .join(interface_groups, security_groups.c.id == interface_groups.c.group_id)
    .where(interface_groups.c.interface_id == bindparam("interface"))
    .order_by(interface_groups.c.position)
)
_GROUPS_IN = Prepared(
    _NAMED_GROUPS.where(
        security_groups.c.account == bindparam("account"), security_groups.c.region == bindparam("region")
    )
)
_GROUPS_OF = Prepared(
    _NAMED_GROUPS.where(
        among(interface_groups.c.interface_id, "ids"),
        unindexed(security_groups.c.account) == bindparam("account"),
        unindexed(security_groups.c.region) == bindparam("region"),
    )
)


def groups_in_scope(
    connection: Connection, scope: Scope, interface_ids: Collection[str] | None = None
) -> dict[str, list[tuple[str, str]]]:
    """The ids and names of the security groups of an account's network interfaces in a region, by interface and in
    their order; only of these interfaces, where ids are given."""
    if interface_ids is None:
        rows = _GROUPS_IN.rows(connection, account=scope.account, region=scope.region)
    else:
        rows = _GROUPS_OF.rows(connection, account=scope.account, region=scope.region, ids=listed(interface_ids))
    found: dict[str, list[tuple[str, str]]] = {}
    for interface_id, group_id, name in rows:
        found.setdefault(interface_id, []).append((group_id, name))
    return found


def groups_of(connection: Connection, interface_id: str) -> list[tuple[str, str]]:
    """The ids and names of the security groups of a network interface, in their order."""
    return [(group_id, name) for group_id, name in _NAMED_GROUPS_OF.rows(connection, interface=interface_id)]


_PRIMARY_GROUPS = Prepared(
    select(interface_groups.c.group_id)
    .join(network_interfaces, network_interfaces.c.id == interface_groups.c.interface_id)
    .where(network_interfaces.c.instance_id == bindparam("instance"), network_interfaces.c.device_index == 0)
    .order_by(interface_groups.c.position)
)


def groups_of_instance(connection: Connection, instance_id: str) -> list[str]:
    """The ids of the security groups of an instance's primary network interface, in their order."""
    return _PRIMARY_GROUPS.scalars(connection, instance=instance_id)


def set_groups(connection: Connection, interface: NetworkInterface, group_ids: Sequence[str]) -> None:
    """Afterwards the network interface is in exactly these security groups."""
    connection.execute(interface_groups.delete().where(interface_groups.c.interface_id == interface.id))
    _put_groups(connection, [interface.id], group_ids)
    count_change(connection, interface)


def instances_in(connection: Connection, group_id: str) -> list[str]:
    """The ids of the instances that have an interface in a security group."""
    query = (
        select(network_interfaces.c.instance_id)
        .join(interface_groups, interface_groups.c.interface_id == network_interfaces.c.id)
        .where(interface_groups.c.group_id == group_id, network_interfaces.c.instance_id.is_not(None))
        .distinct()
    )
    return list(connection.execute(query).scalars())


_IN_GROUP = inserting(interface_groups, ("interface_id", "position", "group_id"))


def _put_groups(connection: Connection, interface_ids: Sequence[str], group_ids: Sequence[str]) -> None:
    _IN_GROUP.run_each(
        connection,
        [
            {"interface_id": interface_id, "position": position, "group_id": group_id}
            for interface_id in interface_ids
            for position, group_id in enumerate(group_ids)
        ],
    )


def count_change(connection: Connection, interface: NetworkInterface) -> None:
    """The instance's description shows its interfaces."""
    if interface.instance_id is not None:
        instances.change(connection, interface.instance_id)
