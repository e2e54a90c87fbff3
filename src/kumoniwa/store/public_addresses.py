"""The public addresses of a cloud, across accounts: which there are, and what is at the private ends of them."""

from sqlalchemy import Connection, select

from kumoniwa.model.instances import InstanceState
from kumoniwa.store.prepared import Prepared
from kumoniwa.store.tables.elastic_ips import elastic_ips
from kumoniwa.store.tables.instances import instances
from kumoniwa.store.tables.network_interfaces import interface_groups, network_interfaces
from kumoniwa.values import dataclass


@dataclass(frozen=True, slots=True)
class Led:
    """What a public address leads to: an instance in this state, at an interface in these security groups."""

    state: InstanceState
    group_ids: tuple[str, ...]


_LENT = Prepared(
    select(instances.c.public_ip, instances.c.state, interface_groups.c.group_id)
    .join(
        network_interfaces,
        (network_interfaces.c.instance_id == instances.c.id) & (network_interfaces.c.device_index == 0),
    )
    .join(interface_groups, interface_groups.c.interface_id == network_interfaces.c.id)
    .where(instances.c.public_ip > "")  # by the index of addresses: most instances may have none
)
_ELASTIC = Prepared(
    select(elastic_ips.c.public_ip, instances.c.state, interface_groups.c.group_id)
    .join(network_interfaces, network_interfaces.c.id == elastic_ips.c.interface_id)
    .join(instances, instances.c.id == network_interfaces.c.instance_id)
    .join(interface_groups, interface_groups.c.interface_id == network_interfaces.c.id)
)
_ALLOCATED = Prepared(select(elastic_ips.c.public_ip))


def every(connection: Connection) -> dict[str, Led | None]:
    """Every public address that an instance or an account has now, in no order; None: it leads to no instance."""
    found: dict[str, tuple[InstanceState, set[str]]] = {}
    for statement in (_LENT, _ELASTIC):
        for address, state, group_id in statement.rows(connection):
            found.setdefault(address, (state, set()))[1].add(group_id)
    led: dict[str, Led | None] = dict.fromkeys(_ALLOCATED.scalars(connection))
    return led | {address: Led(state, tuple(sorted(group_ids))) for address, (state, group_ids) in found.items()}
