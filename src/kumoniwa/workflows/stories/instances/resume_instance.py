"""StartInstances of a hibernated instance: its guest goes on where it stood."""

from kumoniwa.model.boots import Cause
from kumoniwa.model.instances import InstanceState
from kumoniwa.workflows.steps.instances import guests, hibernation, publish_instances
from kumoniwa.workflows.steps.volumes import volume_files
from kumoniwa.workflows.stories.instances.run_instance import give_up
from kumoniwa.workflows.story import story
from kumoniwa.workflows.workflow import JournaledFailure, StepFailed, Workflow


@story("resume_instance", claims="instance_id")
async def resume_instance(wf: Workflow, instance_id: str) -> None:
    """Have the guest go on, or boot it where it cannot, and publish the instance. For want of room on the host, or of a
    file that it stands on, it stays hibernated, and says so."""
    try:
        await wf.step("make the volumes", volume_files.ensure_files_made_to_start, instance_id)
    except StepFailed as failure:  # there is nothing of the guest yet
        await _fail(wf, instance_id, str(failure))
        raise
    try:
        went = await wf.step("resume the guest", hibernation.ensure_resumed, instance_id, wf.origin)
        if not went["resumed"] and went["kept_because"] is None:
            await wf.step("boot the guest", guests.ensure_running, instance_id, wf.id, Cause.ACTION, wf.origin)
    except StepFailed as failure:
        await give_up(wf, instance_id)
        await _fail(wf, instance_id, str(failure))
        raise
    if went["kept_because"] is not None:
        await _fail(wf, instance_id, went["kept_because"])
        raise JournaledFailure(went["kept_because"])
    await wf.settle("publish the instance as running", publish_instances.ensure_published_running, instance_id)


async def _fail(wf: Workflow, instance_id: str, reason: str) -> None:
    publish = publish_instances.ensure_start_failed
    await wf.settle("fail the start", publish, instance_id, InstanceState.STOPPED, reason)
