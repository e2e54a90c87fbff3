"""TerminateInstances: the guest ends, and what was only the instance's ends with it."""

from contextlib import suppress

from kumoniwa.model.boots import Cause
from kumoniwa.workflows.steps.instances import ended_guests, guests, publish_instances
from kumoniwa.workflows.steps.volumes import publish_volumes
from kumoniwa.workflows.story import story
from kumoniwa.workflows.workflow import StepFailed, Workflow


@story("terminate_instance", claims="instance_id", may_be_hurried=True, overrides=True)
async def terminate_instance(
    wf: Workflow, instance_id: str, cause: Cause, skip_os_shutdown: bool, force: bool = False
) -> None:
    """Shut the guest down, let its volumes go, publish the instance as terminated.

    It is terminated whatever the host refuses. A guest that cannot be ended keeps its volumes until it can: it may
    write to them. `force` makes the termination less patient with what is before it (`workflows/overrides.py`).
    """
    with suppress(StepFailed):  # then it is ended the hard way
        await wf.step(
            "shut the guest down",
            ended_guests.ensure_off_in_time,
            instance_id,
            Cause(cause),
            wf.origin,
            skip_os_shutdown=skip_os_shutdown,
        )
    try:
        left = await wf.step("forget the guest", ended_guests.try_to_forget, instance_id)
    except StepFailed as failure:
        left = str(failure)
    publish = publish_instances.ensure_published_terminated
    if left is not None:
        await wf.settle("publish the instance as terminated", publish, instance_id)
        await wf.settle("forget what is left of the guest", guests.ensure_forgotten, instance_id)
    await wf.settle("release the volumes", publish_volumes.ensure_volumes_released, instance_id)
    await wf.settle("publish the instance as terminated", publish, instance_id)
