"""Network interfaces and their security groups in the database."""

from collections.abc import Collection, Sequence
from functools import cache
from typing import Any

from sqlalchemy import Connection, bindparam, select, update

from kumoniwa.model.network_interfaces import NetworkInterface
from kumoniwa.model.scope import Scope
from kumoniwa.store import instances, tags
from kumoniwa.store.prepared import Prepared, among, listed
from kumoniwa.store.rows import insert, of_owners, of_scope, one_of
from kumoniwa.store.tables import interface_groups, network_interfaces, security_groups


def add(connection: Connection, interface: NetworkInterface, group_ids: Sequence[str]) -> None:
    """Write a new network interface and its security groups."""
    insert(connection, network_interfaces, interface)
    _put_groups(connection, interface.id, group_ids)


def in_scope(connection: Connection, scope: Scope, ids: Collection[str] | None = None) -> list[NetworkInterface]:
    """The network interfaces of an account in a region; only these, where `ids` are given."""
    return of_scope(NetworkInterface, connection, network_interfaces, scope, ids)


def of_instances(connection: Connection, instance_ids: Collection[str]) -> dict[str, list[NetworkInterface]]:
    """The network interfaces of instances, by instance and the primary one first."""
    columns = network_interfaces.c
    found: dict[str, list[NetworkInterface]] = {}
    for interface in of_owners(NetworkInterface, connection, columns.instance_id, instance_ids, columns.device_index):
        assert interface.instance_id is not None, "the query says so"
        found.setdefault(interface.instance_id, []).append(interface)
    return found


def primary(connection: Connection, instance_id: str) -> NetworkInterface | None:
    """The instance's primary network interface; None for an instance that is terminated."""
    columns = network_interfaces.c
    query = select(network_interfaces).where(columns.instance_id == instance_id, columns.device_index == 0)
    return one_of(NetworkInterface, connection, query)


def addresses_in(connection: Connection, subnet_id: str) -> set[str]:
    """The private addresses in use in a subnet."""
    query = select(network_interfaces.c.private_ip).where(network_interfaces.c.subnet_id == subnet_id)
    return set(connection.execute(query).scalars())


def change(connection: Connection, interface: NetworkInterface, **columns: Any) -> None:
    """Change columns of a network interface."""
    connection.execute(update(network_interfaces).where(network_interfaces.c.id == interface.id).values(**columns))
    _count_change(connection, interface)


def end_with(connection: Connection, instance_id: str) -> None:
    """Delete the network interfaces that end with this instance, with their tags and places in security groups."""
    columns = network_interfaces.c
    ending = (columns.instance_id == instance_id) & columns.delete_on_termination
    for interface_id in connection.execute(select(columns.id).where(ending)).scalars().all():
        tags.remove_all(connection, interface_id)
    connection.execute(network_interfaces.delete().where(ending))


def groups_in_scope(
    connection: Connection, scope: Scope, interface_ids: Collection[str] | None = None
) -> dict[str, list[tuple[str, str]]]:
    """The ids and names of the security groups of an account's network interfaces in a region, by interface and in
    their order; only of these interfaces, where ids are given."""
    if interface_ids is None:
        rows = _groups(by_ids=False).rows(connection, account=scope.account, region=scope.region)
    else:
        rows = _groups(by_ids=True).rows(connection, ids=listed(interface_ids))
    found: dict[str, list[tuple[str, str]]] = {}
    for interface_id, group_id, name in rows:
        found.setdefault(interface_id, []).append((group_id, name))
    return found


@cache
def _groups(*, by_ids: bool) -> Prepared:
    columns = security_groups.c
    query = (
        select(interface_groups.c.interface_id, columns.id, columns.name)
        .join(security_groups, columns.id == interface_groups.c.group_id)
        .order_by(interface_groups.c.position)
    )
    if by_ids:
        return Prepared(query.where(among(interface_groups.c.interface_id, "ids")))
    return Prepared(query.where(columns.account == bindparam("account"), columns.region == bindparam("region")))


def groups_of_instance(connection: Connection, instance_id: str) -> list[str]:
    """The ids of the security groups of an instance's primary network interface, in their order."""
    columns = network_interfaces.c
    query = (
        select(interface_groups.c.group_id)
        .join(network_interfaces, columns.id == interface_groups.c.interface_id)
        .where(columns.instance_id == instance_id, columns.device_index == 0)
        .order_by(interface_groups.c.position)
    )
    return list(connection.execute(query).scalars())


def set_groups(connection: Connection, interface: NetworkInterface, group_ids: Sequence[str]) -> None:
    """Afterwards the network interface is in exactly these security groups."""
    connection.execute(interface_groups.delete().where(interface_groups.c.interface_id == interface.id))
    _put_groups(connection, interface.id, group_ids)
    _count_change(connection, interface)


def instances_in(connection: Connection, group_id: str) -> list[str]:
    """The ids of the instances that have an interface in a security group."""
    query = (
        select(network_interfaces.c.instance_id)
        .join(interface_groups, interface_groups.c.interface_id == network_interfaces.c.id)
        .where(interface_groups.c.group_id == group_id, network_interfaces.c.instance_id.is_not(None))
        .distinct()
    )
    return list(connection.execute(query).scalars())


def _put_groups(connection: Connection, interface_id: str, group_ids: Sequence[str]) -> None:
    if group_ids:
        connection.execute(
            interface_groups.insert(),
            [
                {"interface_id": interface_id, "position": position, "group_id": group_id}
                for position, group_id in enumerate(group_ids)
            ],
        )


def _count_change(connection: Connection, interface: NetworkInterface) -> None:
    """The instance's description shows its interfaces."""
    if interface.instance_id is not None:
        instances.change(connection, interface.instance_id)
