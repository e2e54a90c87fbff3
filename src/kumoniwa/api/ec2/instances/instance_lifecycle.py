"""StartInstances, StopInstances, RebootInstances, TerminateInstances."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from sqlalchemy import Connection

from kumoniwa.api.call import Answer, Call, Parameters
from kumoniwa.api.cloud import Cloud, origin
from kumoniwa.api.ec2.instances.cut_off import Insistence, insist, insistence
from kumoniwa.api.ec2.instances.instance_output import state_output
from kumoniwa.api.ec2.named.instance_lookup import ENDED, instances_named, without_root
from kumoniwa.api.not_built import Unbuilt
from kumoniwa.api.registry import Depth, action
from kumoniwa.errors import Ec2Error, IncorrectInstanceState, OperationNotPermitted
from kumoniwa.model.boots import Cause
from kumoniwa.model.instance_types import INSTANCE_TYPES
from kumoniwa.model.instances import USER_SHUTDOWN, Instance, InstanceState, Reachability, user_initiated
from kumoniwa.network.addresses import cloud_octet, free_public
from kumoniwa.placement import capacity
from kumoniwa.placement.room import NEW_LAYER_BYTES, check_room
from kumoniwa.store import instances, volumes
from kumoniwa.workflows.engine import submit

_Change = Mapping[str, Any]


@action("StartInstances")
async def start_instances(cloud: Cloud, call: Call, parameters: Parameters) -> Answer:
    """Boot stopped instances: each goes `pending`, gets a new LaunchTime and, if it has one, a new public address."""

    def start(connection: Connection) -> Answer:
        named = instances_named(connection, call, parameters["InstanceIds"])
        for instance in named:
            if instance.state in (InstanceState.STOPPING, *ENDED):
                raise IncorrectInstanceState(
                    f"The instance '{instance.id}' is not in a state from which it can be started."
                )
        starting = [one for one in named if one.state is InstanceState.STOPPED]
        _check_roots(connection, starting)
        _check_room(cloud, connection, starting)
        return {"StartingInstances": [_start(connection, call, instance) for instance in named]}

    return await cloud.change(call, start)


@action("StopInstances", depth=Depth.PARTLY, unbuilt=(Unbuilt("Hibernate", "hibernation"),))
async def stop_instances(cloud: Cloud, call: Call, parameters: Parameters) -> Answer:
    """Shut instances down, unless one is protected: then nothing happens to any of them."""
    skip = bool(parameters.get("SkipOsShutdown"))
    insistences: list[Insistence] = []

    def stop(connection: Connection) -> Answer:
        named = instances_named(connection, call, parameters["InstanceIds"])
        for instance in named:
            if instance.state is InstanceState.PENDING:
                raise IncorrectInstanceState(
                    f"Instance '{instance.id}' cannot be stopped as it has never reached the 'running' state."
                )
            if instance.state in ENDED:
                raise IncorrectInstanceState(
                    f"This instance '{instance.id}' is not in a state from which it can be stopped."
                )
            if instance.disable_api_stop:
                raise _protected(instance, "stopped", "disableApiStop")
        if parameters.get("Hibernate"):
            raise Ec2Error(
                "UnsupportedHibernationConfiguration",
                "The instance can't be hibernated because it was not configured at launch for hibernation: "
                f"{named[0].id}",
            )
        insistences.extend(_insistences(connection, named, skip_os_shutdown=skip))
        return {"StoppingInstances": [_stop(connection, call, instance, skip_os_shutdown=skip) for instance in named]}

    answer = await cloud.change(call, stop)
    await insist(cloud, insistences)
    return answer


@action("RebootInstances")
async def reboot_instances(cloud: Cloud, call: Call, parameters: Parameters) -> Answer:
    """Queue a reboot of each instance. No protection forbids it, and the state stays `running`."""

    def reboot(connection: Connection) -> Answer:
        named = instances_named(connection, call, parameters["InstanceIds"])
        for instance in named:
            if instance.state not in (InstanceState.RUNNING, *ENDED):
                raise IncorrectInstanceState(
                    f"Instance '{instance.id}' cannot be rebooted as it is not in the 'running' state."
                )
        for instance in named:
            if instance.state is InstanceState.RUNNING:
                submit(connection, "reboot_instance", instance.id, origin(call), instance_id=instance.id)
        return None

    return await cloud.change(call, reboot)


@action("TerminateInstances")
async def terminate_instances(cloud: Cloud, call: Call, parameters: Parameters) -> Answer:
    """End instances. One that is protected keeps all those of its zone; others end, and yet the call fails."""

    skip = bool(parameters.get("SkipOsShutdown"))
    insistences: list[Insistence] = []

    def terminate(connection: Connection) -> tuple[list[_Change], Ec2Error | None]:
        named = instances_named(connection, call, parameters["InstanceIds"])
        refusals: dict[str, Ec2Error] = {}
        for instance in named:
            if (refusal := _termination_refused(instance)) is not None:
                refusals.setdefault(instance.zone, refusal)
        ending = [instance for instance in named if instance.zone not in refusals]
        insistences.extend(_insistences(connection, ending, skip_os_shutdown=skip))
        changes = [_terminate(connection, call, instance, skip_os_shutdown=skip) for instance in ending]
        return changes, next(iter(refusals.values()), None)

    # What other zones lost is committed although the call is refused, so the refusal is raised after the commit.
    changes, refusal = await cloud.world.database.write(terminate)
    await cloud.engine.wake()
    await insist(cloud, insistences)
    if refusal is not None:
        raise refusal
    return {"TerminatingInstances": changes}


def _check_roots(connection: Connection, starting: Sequence[Instance]) -> None:
    """Raises EC2's refusal where a root volume was detached: there is nothing to boot from."""
    attached = volumes.attachments_of(connection, [instance.id for instance in starting])
    for instance in starting:
        if not any(attachment.position == 0 for attachment in attached.get(instance.id, ())):
            raise without_root(instance)


def _check_room(cloud: Cloud, connection: Connection, starting: Sequence[Instance]) -> None:
    """Raises EC2's refusals where the host has no memory or disk for what is to start, all of it together."""
    if starting:
        attached = volumes.attachments_of(connection, [instance.id for instance in starting])
        check_room(cloud.world.driver, sum(map(len, attached.values())) * NEW_LAYER_BYTES)
    for position, instance in enumerate(starting):
        kind = INSTANCE_TYPES[instance.instance_type]
        others = capacity.memory_of(INSTANCE_TYPES[one.instance_type] for one in starting[:position])
        if capacity.room(cloud.world.driver, connection, kind, beside_mib=others) == 0:
            raise capacity.InsufficientInstanceCapacity(kind, instance.zone)


def _insistences(connection: Connection, named: Sequence[Instance], *, skip_os_shutdown: bool) -> Iterable[Insistence]:
    """Those of the instances whose guests are being shut down already, and are not to be given that time any more."""
    going_down = [one for one in named if one.state in (InstanceState.STOPPING, InstanceState.SHUTTING_DOWN)]
    for instance in going_down if skip_os_shutdown else ():
        if (found := insistence(connection, instance)) is not None:
            yield found


def _start(connection: Connection, call: Call, instance: Instance) -> _Change:
    if instance.state is not InstanceState.STOPPED:
        return _state_change(instance, instance.state)
    public_ip = None
    if instance.associate_public_ip:
        public_ip = free_public(cloud_octet(connection), instances.public_addresses(connection))
    instances.move(
        connection,
        instance.id,
        [InstanceState.STOPPED],
        InstanceState.PENDING,
        launch_time=call.at,
        public_ip=public_ip,
        state_transition_reason="",
        state_reason_code=None,
        state_reason_message=None,
        reachability=Reachability.INITIALIZING,
    )
    submit(connection, "start_instance", instance.id, origin(call), instance_id=instance.id)
    return _state_change(instance, InstanceState.PENDING)


def _stop(connection: Connection, call: Call, instance: Instance, *, skip_os_shutdown: bool) -> _Change:
    if instance.state is InstanceState.STOPPED:
        return _state_change(instance, InstanceState.STOPPED)
    if instance.state is InstanceState.RUNNING:
        instances.move(
            connection, instance.id, [InstanceState.RUNNING], InstanceState.STOPPING, **_user_initiated(call)
        )
    # Asked again while stopping, it follows the first: a way to insist (SkipOsShutdown) when that one is stuck.
    submit(
        connection,
        "stop_instance",
        instance.id,
        origin(call),
        instance_id=instance.id,
        cause=Cause.ACTION,
        skip_os_shutdown=skip_os_shutdown,
    )
    return _state_change(instance, InstanceState.STOPPING)


def _terminate(connection: Connection, call: Call, instance: Instance, *, skip_os_shutdown: bool) -> _Change:
    if instance.state in ENDED:
        return _state_change(instance, instance.state)
    instances.move(connection, instance.id, [instance.state], InstanceState.SHUTTING_DOWN, **_user_initiated(call))
    submit(
        connection,
        "terminate_instance",
        instance.id,
        origin(call),
        instance_id=instance.id,
        cause=Cause.ACTION,
        skip_os_shutdown=skip_os_shutdown,
    )
    return _state_change(instance, InstanceState.SHUTTING_DOWN)


def _termination_refused(instance: Instance) -> Ec2Error | None:
    """Which lock keeps the instance. With both on, EC2 names termination protection first (docs/sources.md)."""
    if instance.state in ENDED:
        return None
    if instance.disable_api_termination:
        return _protected(instance, "terminated", "disableApiTermination")
    if instance.disable_api_stop:
        return _protected(instance, "terminated", "disableApiStop")
    return None


def _protected(instance: Instance, verb: str, attribute: str) -> OperationNotPermitted:
    return OperationNotPermitted(
        f"The instance '{instance.id}' may not be {verb}. Modify its '{attribute}' instance attribute and try again."
    )


def _user_initiated(call: Call) -> dict[str, Any]:
    return {
        "state_transition_reason": user_initiated(call.at),
        "state_reason_code": USER_SHUTDOWN.code,
        "state_reason_message": USER_SHUTDOWN.message,
    }


def _state_change(instance: Instance, current: InstanceState) -> _Change:
    return {
        "InstanceId": instance.id,
        "PreviousState": state_output(instance.state),
        "CurrentState": state_output(current),
    }
