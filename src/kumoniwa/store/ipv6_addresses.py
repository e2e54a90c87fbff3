"""IPv6 addresses of network interfaces in the database."""

from collections.abc import Collection, Sequence

from sqlalchemy import Connection, bindparam, delete, func, select, update

from kumoniwa.model.network_interfaces import Ipv6Address, NetworkInterface
from kumoniwa.store.prepared import Prepared, among, listed
from kumoniwa.store.rows import insert
from kumoniwa.store.tables.network_interfaces import ipv6_addresses

_OF = Prepared(
    select(ipv6_addresses)
    .where(among(ipv6_addresses.c.interface_id, "ids"))
    .order_by(ipv6_addresses.c.interface_id, ipv6_addresses.c.position)
)


def of_interfaces(connection: Connection, interface_ids: Collection[str]) -> dict[str, list[Ipv6Address]]:
    """The IPv6 addresses of network interfaces, by interface and in their order."""
    found: dict[str, list[Ipv6Address]] = {}
    for address in _OF.values(Ipv6Address, connection, ids=listed(interface_ids)):
        found.setdefault(address.interface_id, []).append(address)
    return found


_IN_SUBNET = ipv6_addresses.c.subnet_id == bindparam("subnet")
_TAKEN = Prepared(select(ipv6_addresses.c.address).where(_IN_SUBNET, among(ipv6_addresses.c.address, "addresses")))
_ANY = Prepared(select(ipv6_addresses.c.address).where(_IN_SUBNET).limit(1))
_LAST_POSITION = Prepared(
    select(func.max(ipv6_addresses.c.position).label("last")).where(
        ipv6_addresses.c.interface_id == bindparam("interface")
    )
)


def in_subnet(connection: Connection, subnet_id: str, asked: Collection[str]) -> set[str]:
    """Which of these IPv6 addresses are in use in a subnet."""
    return set(_TAKEN.scalars(connection, subnet=subnet_id, addresses=listed(asked)))


def are_in_use(connection: Connection, subnet_id: str) -> bool:
    """Whether any interface in a subnet has an IPv6 address."""
    return _ANY.first(connection, subnet=subnet_id) is not None


def add(
    connection: Connection, interface: NetworkInterface, addresses: Sequence[str], *, first_is_primary: bool = False
) -> list[Ipv6Address]:
    """Give a network interface IPv6 addresses of its subnet, behind those that it has; gives them as they are kept."""
    last: int | None = _LAST_POSITION.scalar(connection, interface=interface.id)
    first = 0 if last is None else last + 1
    new = [
        Ipv6Address(interface.id, interface.subnet_id, address, position, first_is_primary and position == first)
        for position, address in enumerate(addresses, first)
    ]
    insert(connection, ipv6_addresses, *new)
    return new


_OF_IT = (ipv6_addresses.c.interface_id == bindparam("interface")) & among(ipv6_addresses.c.address, "addresses")
_REMOVED = Prepared(delete(ipv6_addresses).where(_OF_IT))
_PRIMARY = Prepared(update(ipv6_addresses).where(_OF_IT).values(is_primary=True))


def remove(connection: Connection, interface: NetworkInterface, addresses: Collection[str]) -> None:
    """Take IPv6 addresses from a network interface."""
    _REMOVED.run(connection, interface=interface.id, addresses=listed(addresses))


def make_primary(connection: Connection, interface: NetworkInterface, address: str) -> None:
    """Let one of an interface's IPv6 addresses be its primary one."""
    _PRIMARY.run(connection, interface=interface.id, addresses=listed([address]))
