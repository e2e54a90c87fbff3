"""StartInstances: what is checked and promised; `workflows/stories/instances/start_instance.py` does it, for a
hibernated instance `resume_instance.py` beside it."""

from collections.abc import Sequence

from sqlalchemy import Connection

from kumoniwa.api.call import Answer, Call, Parameters
from kumoniwa.api.cloud import Cloud, origin
from kumoniwa.api.ec2.instances.state_changes import StateChange, state_change
from kumoniwa.api.ec2.named.instance_lookup import ENDED, instances_named, without_root
from kumoniwa.api.ec2.network.lent_addresses import lent_again
from kumoniwa.api.registry import action
from kumoniwa.errors import IncorrectInstanceState
from kumoniwa.hypervisor.driver import Capacity
from kumoniwa.model.instance_types import INSTANCE_TYPES
from kumoniwa.model.instances import Instance, InstanceState, Reachability
from kumoniwa.placement import guest_memory
from kumoniwa.placement.disk_room import NEW_LAYER_BYTES, check_room
from kumoniwa.placement.guest_devices import check_devices
from kumoniwa.store import elastic_ips, hibernations, instances, volumes
from kumoniwa.workflows.stories.instances.resume_instance import resume_instance
from kumoniwa.workflows.stories.instances.start_instance import start_instance
from kumoniwa.workflows.story import submit


@action("StartInstances")
async def start_instances(cloud: Cloud, call: Call, parameters: Parameters) -> Answer:
    """Boot stopped instances, and have hibernated ones go on: each goes `pending` and gets a new LaunchTime and, where
    it has one, public address."""

    host = await cloud.world.driver.capacity()

    def start(connection: Connection) -> Answer:
        named = instances_named(connection, call, parameters["InstanceIds"])
        for instance in named:
            if instance.state in (InstanceState.STOPPING, *ENDED):
                raise IncorrectInstanceState(
                    f"The instance '{instance.id}' is not in a state from which it can be started."
                )
        starting = [one for one in named if one.state is InstanceState.STOPPED]
        _check_roots(connection, starting)
        _check_room(host, connection, starting)
        return {"StartingInstances": [_start(connection, call, instance) for instance in named]}

    return await cloud.change(call, start)


def _check_roots(connection: Connection, starting: Sequence[Instance]) -> None:
    """Raises EC2's refusal where a root volume was detached: there is nothing to boot from."""
    attached = volumes.attachments_of(connection, [instance.id for instance in starting])
    for instance in starting:
        if not any(attachment.position == 0 for attachment in attached.get(instance.id, ())):
            raise without_root(instance)


def _check_room(host: Capacity, connection: Connection, starting: Sequence[Instance]) -> None:
    """Raises EC2's refusals where the host has no memory or disk for what is to start, all of it together."""
    if starting:
        attached = volumes.attachments_of(connection, [instance.id for instance in starting])
        check_room(host, sum(map(len, attached.values())) * NEW_LAYER_BYTES)
    for position, instance in enumerate(starting):
        kind = INSTANCE_TYPES[instance.instance_type]
        check_devices(host, kind)
        others = guest_memory.memory_of(INSTANCE_TYPES[one.instance_type] for one in starting[:position])
        if guest_memory.room(host, connection, kind, beside_mib=others) == 0:
            raise guest_memory.InsufficientInstanceCapacity(kind, instance.zone)


def _start(connection: Connection, call: Call, instance: Instance) -> StateChange:
    if instance.state is not InstanceState.STOPPED:
        return state_change(instance, instance.state)
    public_ip = elastic_ips.of_instance(connection, instance.id) or lent_again(connection, instance)
    instances.move(
        connection,
        instance.id,
        [InstanceState.STOPPED],
        InstanceState.PENDING,
        at=call.at,
        launch_time=call.at,
        public_ip=public_ip,
        state_transition_reason="",
        state_reason_code=None,
        state_reason_message=None,
        reachability=Reachability.INITIALIZING,
    )
    story = start_instance if hibernations.kept(connection, instance.id) is None else resume_instance
    submit(connection, story, origin(call), instance_id=instance.id)
    return state_change(instance, InstanceState.PENDING)
