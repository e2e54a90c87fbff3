"""StopInstances, and a guest that powered itself off: the guest ends, the instance stays."""

from contextlib import suppress

from kumoniwa.model.boots import Cause
from kumoniwa.workflows.steps.instances import hibernation, publish_instances
from kumoniwa.workflows.steps.volumes import plug_volumes
from kumoniwa.workflows.story import story
from kumoniwa.workflows.workflow import StepFailed, Workflow


@story("stop_instance", claims="instance_id", may_be_hurried=True)
async def stop_instance(
    wf: Workflow, instance_id: str, cause: Cause, skip_os_shutdown: bool, hibernate: bool = False
) -> None:
    """Shut the guest down, cut it off where it does not follow, publish the instance as stopped.

    To `hibernate`, what is in it is kept instead; where that fails, it is shut down as usual. A stop that was asked for
    while it was hibernated takes nothing of that away.
    What it was asked to let go, and did not, it has no more.
    """
    suspended = False
    if hibernate:
        with suppress(StepFailed):
            suspend = hibernation.ensure_suspended
            suspended = await wf.step("save the guest's memory", suspend, instance_id, wf.id, wf.origin)
    if not suspended:
        await wf.step(
            "shut the guest down",
            hibernation.ensure_off_or_hibernated,
            instance_id,
            Cause(cause),
            wf.origin,
            skip_os_shutdown=skip_os_shutdown,
        )
    await wf.settle("release the busy volumes", plug_volumes.ensure_busy_released, instance_id)
    await wf.settle("publish the instance as stopped", publish_instances.ensure_published_stopped, instance_id)
