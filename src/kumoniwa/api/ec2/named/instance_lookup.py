"""The instances a call names: found, or refused in EC2's words."""

from collections.abc import Sequence

from sqlalchemy import Connection

from kumoniwa.api.call import Call
from kumoniwa.errors import Ec2Error, IncorrectInstanceState, InvalidParameterCombination, InvalidParameterValue
from kumoniwa.ids import is_well_formed
from kumoniwa.model.instances import Instance, InstanceState
from kumoniwa.store import instances

ENDED = (InstanceState.SHUTTING_DOWN, InstanceState.TERMINATED)


def instance_named(connection: Connection, call: Call, instance_id: str) -> Instance:
    """The one instance of this id in the caller's account and region."""
    return instances_named(connection, call, [instance_id])[0]


def instances_named(connection: Connection, call: Call, ids: Sequence[str]) -> list[Instance]:
    """The instances of these ids, in the order in which they were named, each once. One missing refuses the call."""
    if not ids:
        raise InvalidParameterCombination("No instances specified")
    for instance_id in ids:
        if not is_well_formed(instance_id, "i"):
            raise Ec2Error("InvalidInstanceID.Malformed", f'Invalid id: "{instance_id}"')
    wanted = list(dict.fromkeys(ids))
    found = {instance.id: instance for instance in instances.in_scope(connection, call.scope, wanted)}
    missing = [instance_id for instance_id in wanted if instance_id not in found]
    if missing:
        raise Ec2Error("InvalidInstanceID.NotFound", _do_not_exist(missing))
    return [found[instance_id] for instance_id in wanted]


def check_stopped(instance: Instance) -> None:
    """Raises EC2's refusal to change of a running instance what only a stopped one can change."""
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


def _do_not_exist(ids: Sequence[str]) -> str:
    if len(ids) == 1:
        return f"The instance ID '{ids[0]}' does not exist"
    return f"The instance IDs '{', '.join(ids)}' do not exist"
