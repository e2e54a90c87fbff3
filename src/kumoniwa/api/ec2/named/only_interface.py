"""The network interface that a call means which names an instance instead."""

from collections.abc import Sequence

from sqlalchemy import Connection

from kumoniwa.api.ec2.kinds import INSTANCE
from kumoniwa.errors import Ec2Error
from kumoniwa.model.network_interfaces import NetworkInterface
from kumoniwa.store import network_interfaces


def only_interface(connection: Connection, instance_id: str) -> NetworkInterface:
    """The only network interface of an instance of the caller's. Raises EC2's refusals: of an instance that has several
    of them, and of one that has ended."""
    found = network_interfaces.attached_to(connection, instance_id)
    if not found:
        raise INSTANCE.not_found([instance_id])
    check_only(instance_id, found)
    return found[0]


def check_only(instance_id: str, found: Sequence[NetworkInterface]) -> None:
    """Raises EC2's refusal of an instance that has several network interfaces."""
    if len(found) > 1:
        raise Ec2Error(
            "InvalidInstanceID",
            f"There are multiple interfaces attached to instance '{instance_id}'. "
            "Please specify an interface ID for the operation instead.",
        )
