"""StopInstances: what is checked and promised; `workflows/stories/instances/stop_instance.py` does it."""

from sqlalchemy import Connection

from kumoniwa.api.call import Answer, Call, Parameters
from kumoniwa.api.cloud import Cloud, origin
from kumoniwa.api.ec2.instances.cut_off import HeldGuest, cut_off_guests, guests_to_cut_off
from kumoniwa.api.ec2.instances.hibernation import check_hibernate
from kumoniwa.api.ec2.instances.spot_market import check_may_stop
from kumoniwa.api.ec2.instances.state_changes import StateChange, protected, state_change, user_hibernate, user_shutdown
from kumoniwa.api.ec2.named.instance_lookup import ENDED, instances_named
from kumoniwa.api.registry import action
from kumoniwa.errors import IncorrectInstanceState
from kumoniwa.model.boots import Cause
from kumoniwa.model.instances import Instance, InstanceState
from kumoniwa.store import instances, spot_requests
from kumoniwa.workflows.stories.instances.stop_instance import stop_instance
from kumoniwa.workflows.story import submit


@action("StopInstances")
async def stop_instances(cloud: Cloud, call: Call, parameters: Parameters) -> Answer:
    """Shut instances down, or hibernate them, unless any of them is protected or cannot be: then nothing happens to any
    of them."""
    skip, hibernate = bool(parameters.get("SkipOsShutdown")), bool(parameters.get("Hibernate"))
    held: list[HeldGuest] = []

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
            check_may_stop(instance, spot_requests.of_instance(connection, instance.id))
            if instance.disable_api_stop:
                raise protected(instance, "stopped", "disableApiStop")
        if hibernate:
            check_hibernate(named, skip_os_shutdown=skip)
        held.extend(guests_to_cut_off(connection, named, skip_os_shutdown=skip))
        how = {"skip_os_shutdown": skip, "hibernate": hibernate}
        return {"StoppingInstances": [_stop(connection, call, instance, **how) for instance in named]}

    answer = await cloud.change(call, stop)
    await cut_off_guests(cloud, held)
    return answer


def _stop(
    connection: Connection, call: Call, instance: Instance, *, skip_os_shutdown: bool, hibernate: bool
) -> StateChange:
    if instance.state is InstanceState.STOPPED:
        return state_change(instance, InstanceState.STOPPED)
    if instance.state is InstanceState.RUNNING:
        instances.move(
            connection,
            instance.id,
            [InstanceState.RUNNING],
            InstanceState.STOPPING,
            at=call.at,
            **(user_hibernate(call) if hibernate else user_shutdown(call)),
        )
    # A second call while it is stopping follows the first, and can cut its guest off (SkipOsShutdown).
    submit(
        connection,
        stop_instance,
        origin(call),
        instance_id=instance.id,
        cause=Cause.ACTION,
        skip_os_shutdown=skip_os_shutdown,
        hibernate=hibernate,
    )
    return state_change(instance, InstanceState.STOPPING)
