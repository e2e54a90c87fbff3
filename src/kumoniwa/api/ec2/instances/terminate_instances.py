"""TerminateInstances: what is checked and promised; `workflows/stories/instances/terminate_instance.py` does it."""

from sqlalchemy import Connection

from kumoniwa.api.call import Answer, Call, Parameters
from kumoniwa.api.cloud import Cloud, origin
from kumoniwa.api.ec2.instances.cut_off import HeldGuest, cut_off_guests, guests_to_cut_off
from kumoniwa.api.ec2.instances.state_changes import StateChange, protected, state_change, user_shutdown
from kumoniwa.api.ec2.named.instance_lookup import ENDED, instances_named
from kumoniwa.api.registry import action
from kumoniwa.errors import DryRunOperation, Ec2Error
from kumoniwa.model.boots import Cause
from kumoniwa.model.instances import Instance, InstanceState
from kumoniwa.store import claims, instances
from kumoniwa.workflows.stories.instances.terminate_instance import terminate_instance
from kumoniwa.workflows.story import submit


@action("TerminateInstances")
async def terminate_instances(cloud: Cloud, call: Call, parameters: Parameters) -> Answer:
    """End instances. A protected instance keeps all those of its zone; others end, although the call fails."""
    skip, force = bool(parameters.get("SkipOsShutdown")), bool(parameters.get("Force"))
    held: list[HeldGuest] = []

    def terminate(connection: Connection) -> tuple[list[StateChange], Ec2Error | None]:
        named = instances_named(connection, call, parameters["InstanceIds"])
        refusals: dict[str, Ec2Error] = {}
        for instance in named:
            if (refusal := termination_refused(instance)) is not None:
                refusals.setdefault(instance.zone, refusal)
        ending = [instance for instance in named if instance.zone not in refusals]
        held.extend(guests_to_cut_off(connection, ending, skip_os_shutdown=skip))
        changes = [end_instance(connection, call, one, skip_os_shutdown=skip, force=force) for one in ending]
        refusal = next(iter(refusals.values()), None)
        if call.dry_run:
            raise refusal or DryRunOperation()  # which rolls back what was done
        if changes or refusal is None:
            cloud.record(connection, call, {"TerminatingInstances": changes}, refusal)
        return changes, refusal

    # What other zones lost is committed although the call is refused, so the refusal is raised after the commit.
    changes, refusal = await cloud.engine.change(terminate)
    await cut_off_guests(cloud, held)
    if refusal is not None:
        raise refusal
    return {"TerminatingInstances": changes}


def end_instance(
    connection: Connection, call: Call, instance: Instance, *, skip_os_shutdown: bool = False, force: bool = False
) -> StateChange:
    """Begin to terminate an instance that nothing protects from it (`termination_refused`)."""
    becomes = InstanceState.TERMINATED if instance.state is InstanceState.TERMINATED else InstanceState.SHUTTING_DOWN
    if instance.state not in ENDED:
        instances.move(
            connection,
            instance.id,
            [instance.state],
            InstanceState.SHUTTING_DOWN,
            at=call.at,
            **user_shutdown(call),
        )
    elif not (skip_os_shutdown or force) or not _waits(connection, instance):
        return state_change(instance, becomes)
    # A second call for one that waits for its turn is less patient than the first (`workflows/overrides.py`).
    submit(
        connection,
        terminate_instance,
        origin(call),
        instance_id=instance.id,
        cause=Cause.ACTION,
        skip_os_shutdown=skip_os_shutdown,
        force=force,
    )
    return state_change(instance, becomes)


def _waits(connection: Connection, instance: Instance) -> bool:
    """Whether another workflow still keeps the instance from being terminated."""
    owner = claims.holder(connection, instance.id)
    return owner is not None and owner.kind != terminate_instance.kind


def termination_refused(instance: Instance) -> Ec2Error | None:
    """EC2's refusal to terminate an instance, which names the lock that keeps it; None where none does.

    With both on, EC2 names termination protection first (docs/sources.md).
    """
    if instance.state in ENDED:
        return None
    if instance.disable_api_termination:
        return protected(instance, "terminated", "disableApiTermination")
    if instance.disable_api_stop:
        return protected(instance, "terminated", "disableApiStop")
    return None
