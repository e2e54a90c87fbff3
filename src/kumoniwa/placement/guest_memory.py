"""Whether the host has memory for guests: decided before anything of them is made."""

from collections.abc import Iterable
from http import HTTPStatus

from sqlalchemy import Connection

from kumoniwa.errors import Ec2Error
from kumoniwa.hypervisor.driver import Capacity
from kumoniwa.model.fast_launch import MachineState
from kumoniwa.model.instance_types import INSTANCE_TYPES, InstanceType
from kumoniwa.model.instances import InstanceState
from kumoniwa.store import fast_launch, instances

# A guest's memory is the host's only once the guest has touched it, and most never touch half of theirs.
OVERCOMMIT = 1.5
_HOLDING = (InstanceState.PENDING, InstanceState.RUNNING, InstanceState.STOPPING, InstanceState.SHUTTING_DOWN)


class InsufficientInstanceCapacity(Ec2Error):
    """EC2's words, without its advice to try another zone: all zones are this one host."""

    status = HTTPStatus.INTERNAL_SERVER_ERROR

    def __init__(self, kind: InstanceType, zone: str) -> None:
        super().__init__(
            "InsufficientInstanceCapacity",
            f"We currently do not have sufficient {kind.name} capacity in the Availability Zone you requested "
            f"({zone}). Our system will be working on provisioning additional capacity.",
        )


def room_for(kind: InstanceType, held_mib: int, host_mib: int) -> int:
    """How many more guests of this type fit into the host's memory, beside guests that hold `held_mib` of it."""
    return max(0, int(host_mib * OVERCOMMIT - held_mib) // kind.memory_mib)


def memory_of(kinds: Iterable[InstanceType]) -> int:
    """What guests of these types hold together, in MiB."""
    return sum(kind.memory_mib for kind in kinds)


def room(host: Capacity, connection: Connection, kind: InstanceType, *, beside_mib: int = 0) -> int | None:
    """How many more guests of this type the host can hold, beside all there are and `beside_mib` more.

    None where guests take none of its memory.
    """
    if host.memory_mib is None:
        return None
    return room_for(kind, _held(connection) + beside_mib, host.memory_mib)


def can_prepare(host: Capacity, connection: Connection, memory_mib: int, *, beside_mib: int = 0) -> bool:
    """Whether the host can hold a machine of so much memory while it is prepared, beside all there are and `beside_mib`
    more."""
    return host.memory_mib is None or _held(connection, memory_mib) + beside_mib <= host.memory_mib * OVERCOMMIT


def _held(connection: Connection, to_prepare_mib: int = 0) -> int:
    """What all guests hold, in MiB; among them the one of which a machine is prepared: the largest, for they are
    prepared one after another."""
    prepared = (one.memory_mib for one in fast_launch.machines_in(connection, MachineState.PREPARING))
    guests = memory_of(INSTANCE_TYPES[one.instance_type] for one in instances.in_states(connection, _HOLDING))
    return guests + max([to_prepare_mib, *prepared])
