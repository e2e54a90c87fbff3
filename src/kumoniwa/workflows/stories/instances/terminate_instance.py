"""TerminateInstances: the guest ends, and what was only the instance's ends with it."""

from kumoniwa.model.boots import Cause
from kumoniwa.workflows.steps.instances import guests, publish_instances
from kumoniwa.workflows.steps.volumes import publish_volumes
from kumoniwa.workflows.story import story
from kumoniwa.workflows.workflow import Workflow


@story("terminate_instance", claims="instance_id", may_be_hurried=True)
async def terminate_instance(wf: Workflow, instance_id: str, cause: Cause, skip_os_shutdown: bool) -> None:
    """Shut the guest down, let its volumes go, publish the instance as terminated."""
    await wf.step(
        "shut the guest down",
        guests.ensure_off,
        instance_id,
        Cause(cause),
        wf.origin,
        skip_os_shutdown=skip_os_shutdown,
    )
    await wf.settle("forget the guest", guests.ensure_forgotten, instance_id)
    await wf.settle("release the volumes", publish_volumes.ensure_volumes_released, instance_id)
    await wf.settle("publish the instance as terminated", publish_instances.ensure_published_terminated, instance_id)
