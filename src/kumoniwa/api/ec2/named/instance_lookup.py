"""Instances that a call names, and what every action on them checks of their state."""

from collections.abc import Sequence

from sqlalchemy import Connection

from kumoniwa.api.call import Call
from kumoniwa.api.ec2.kinds import INSTANCE
from kumoniwa.api.ec2.named.lookup import all_named
from kumoniwa.errors import IncorrectInstanceState, InvalidParameterValue
from kumoniwa.model.instances import Instance, InstanceState

ENDED = (InstanceState.SHUTTING_DOWN, InstanceState.TERMINATED)


def instances_named(connection: Connection, call: Call, ids: Sequence[str]) -> list[Instance]:
    """The instances with these ids, in the order in which they are named, each once. A missing one refuses all."""
    return all_named(connection, call.scope, INSTANCE, ids)


def check_stopped(instance: Instance) -> None:
    """Raises EC2's refusal of a change that needs the instance to be stopped."""
    if instance.state is not InstanceState.STOPPED:
        raise IncorrectInstanceState(f"The instance '{instance.id}' is not in the 'stopped' state.")


def check_modifiable(instance: Instance) -> None:
    """Raises the refusal to change an instance that ends or has ended."""
    if instance.state in ENDED:
        raise IncorrectInstanceState(
            f"The instance '{instance.id}' is not in a state in which its attributes can be modified."
        )


def without_root(instance: Instance) -> InvalidParameterValue:
    """EC2's refusal of an instance whose root volume was detached."""
    return InvalidParameterValue(
        f"Invalid value '{instance.id}' for instanceId. "
        f"Instance does not have a volume attached at root ({instance.root_device_name})"
    )
