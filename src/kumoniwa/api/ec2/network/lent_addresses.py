"""Public addresses that are lent to instances while they run, and given back when they stop."""

from functools import partial

from sqlalchemy import Connection

from kumoniwa.model.instances import Instance
from kumoniwa.network.addresses import cloud_octet, free_public
from kumoniwa.store import elastic_ips, instances, network_interfaces


def lent_addresses(connection: Connection, count: int) -> list[str]:
    """So many free public addresses, for instances. Raises `NoAddressLeft`."""
    return free_public(cloud_octet(connection), count, partial(instances.public_addresses, connection))


def lent_again(connection: Connection, instance: Instance) -> str | None:
    """Another public address for an instance that gave its own back, where it is to have one.

    EC2 lends none to an instance that has several network interfaces by then, or an Elastic IP address that leads to a
    secondary private address (the EC2 user guide, "Public IPv4 addresses").
    """
    if not instance.associate_public_ip or len(network_interfaces.attached_to(connection, instance.id)) > 1:
        return None
    if elastic_ips.leading_to(connection, instance.id):
        return None
    [address] = lent_addresses(connection, 1)
    return address
