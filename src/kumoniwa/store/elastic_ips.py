"""Elastic IP addresses in the database.

While one leads to the primary address of an instance's primary network interface, it is the instance's public address
too (`instances.public_ip`), in place of any that was lent at a launch.
"""

from collections.abc import Collection

from sqlalchemy import Connection, bindparam, delete, select

from kumoniwa.model.elastic_ips import ElasticIp
from kumoniwa.model.network_interfaces import NetworkInterface
from kumoniwa.model.scope import Scope
from kumoniwa.store import instances, rows
from kumoniwa.store.prepared import Prepared, among, listed
from kumoniwa.store.rows import InScope, changing, insert
from kumoniwa.store.tables.elastic_ips import elastic_ips
from kumoniwa.store.tables.network_interfaces import network_interfaces

_IN_SCOPE = InScope(ElasticIp, elastic_ips, elastic_ips.c.id)
_ASSOCIATION = ("association_id", "interface_id", "private_ip")


def add(connection: Connection, address: ElasticIp) -> None:
    """Write a new address, which leads nowhere yet."""
    insert(connection, elastic_ips, address)


def in_scope(connection: Connection, scope: Scope, ids: Collection[str] | None = None) -> list[ElasticIp]:
    """The Elastic IP addresses of an account in a region; only these, where `ids` are given."""
    return _IN_SCOPE.of(connection, scope, ids)


_BY_ID = Prepared(select(elastic_ips).where(elastic_ips.c.id == bindparam("id")))


def get(connection: Connection, allocation_id: str) -> ElasticIp | None:
    return _BY_ID.value(ElasticIp, connection, id=allocation_id)


_BY_ADDRESS = Prepared(select(elastic_ips).where(elastic_ips.c.public_ip == bindparam("address")))
_BY_ASSOCIATION = Prepared(select(elastic_ips).where(elastic_ips.c.association_id == bindparam("association")))
_OF_INTERFACES = Prepared(select(elastic_ips).where(among(elastic_ips.c.interface_id, "ids")))


def by_address(connection: Connection, scope: Scope, address: str) -> ElasticIp | None:
    """The one with this public address, if the account has it in the region."""
    found = _BY_ADDRESS.value(ElasticIp, connection, address=address)
    return found if found is not None and Scope.of(found) == scope else None


def by_association(connection: Connection, scope: Scope, association_id: str) -> ElasticIp | None:
    """The one that is associated by this association, if the account has it in the region."""
    found = _BY_ASSOCIATION.value(ElasticIp, connection, association=association_id)
    return found if found is not None and Scope.of(found) == scope else None


def of_interfaces(connection: Connection, interface_ids: Collection[str]) -> dict[str, dict[str, ElasticIp]]:
    """Those that lead to these network interfaces: by interface and private address."""
    found: dict[str, dict[str, ElasticIp]] = {}
    for address in _OF_INTERFACES.values(ElasticIp, connection, ids=listed(interface_ids)):
        assert address.interface_id is not None, "the query says so"
        assert address.private_ip is not None, "it leads to one of the interface's addresses"
        found.setdefault(address.interface_id, {})[address.private_ip] = address
    return found


_OF_PRIMARY = Prepared(
    select(elastic_ips.c.public_ip)
    .join(
        network_interfaces,
        (network_interfaces.c.id == elastic_ips.c.interface_id)
        & (network_interfaces.c.private_ip == elastic_ips.c.private_ip),
    )
    .where(network_interfaces.c.instance_id == bindparam("instance"), network_interfaces.c.device_index == 0)
)


def of_instance(connection: Connection, instance_id: str) -> str | None:
    """The Elastic IP address that is the instance's public address, if one is."""
    found: str | None = _OF_PRIMARY.scalar(connection, instance=instance_id)
    return found


_LEADING_TO = Prepared(
    select(elastic_ips)
    .join(network_interfaces, network_interfaces.c.id == elastic_ips.c.interface_id)
    .where(network_interfaces.c.instance_id == bindparam("instance"))
    .order_by(network_interfaces.c.device_index, elastic_ips.c.id)
)


def leading_to(connection: Connection, instance_id: str) -> list[ElasticIp]:
    """Those that lead to any private address of the instance's network interfaces, the primary one's first."""
    return _LEADING_TO.values(ElasticIp, connection, instance=instance_id)


def associate(
    connection: Connection, address: ElasticIp, association_id: str, interface: NetworkInterface, private_ip: str
) -> None:
    """Let an address lead to this one of the interface's private addresses, and no longer to where it led before."""
    _lead(connection, address, association_id, interface.id, private_ip)


def disassociate(connection: Connection, address: ElasticIp) -> None:
    """Let an address lead nowhere."""
    _lead(connection, address, None, None, None)


def disassociate_interfaces(connection: Connection, interface_ids: Collection[str]) -> None:
    """Let no address lead to these network interfaces, which are about to end."""
    for addresses in of_interfaces(connection, interface_ids).values():
        for address in addresses.values():
            disassociate(connection, address)


def name(connection: Connection, address: ElasticIp, record: str | None) -> None:
    """Give an address this record for reverse DNS, or none."""
    rows.change(connection, elastic_ips, address.id, {"ptr_record": record})


_REMOVED = Prepared(delete(elastic_ips).where(elastic_ips.c.id == bindparam("id")))


def remove(connection: Connection, address: ElasticIp) -> None:
    """Give an address back."""
    _REMOVED.run(connection, id=address.id)


def _lead(connection: Connection, address: ElasticIp, *to: str | None) -> None:
    new = {f"new_{name}": value for name, value in zip(_ASSOCIATION, to, strict=True)}
    changing(elastic_ips, "id", _ASSOCIATION).run(connection, of=address.id, **new)


def ensure_shown(connection: Connection, instance_id: str, lent: str | None) -> None:
    """Let the instance's public address be its Elastic IP address, or the one that is lent to it where it has none."""
    instances.change(connection, instance_id, public_ip=of_instance(connection, instance_id) or lent)
