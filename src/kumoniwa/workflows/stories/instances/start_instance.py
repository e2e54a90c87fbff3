"""StartInstances: the guest of a stopped instance boots."""

from kumoniwa.model.boots import Cause
from kumoniwa.model.instances import InstanceState
from kumoniwa.workflows.steps.instances import guests, publish_instances
from kumoniwa.workflows.steps.volumes import volume_files
from kumoniwa.workflows.stories.instances.run_instance import give_up
from kumoniwa.workflows.story import story
from kumoniwa.workflows.workflow import StepFailed, Workflow


@story("start_instance", claims="instance_id")
async def start_instance(wf: Workflow, instance_id: str) -> None:
    """Make what of its volumes has no file yet, boot the guest, publish the instance; a start that fails ends stopped,
    and says why."""
    try:
        await wf.step("make the volumes", volume_files.ensure_files_made_to_start, instance_id)
        await wf.step("boot the guest", guests.ensure_running, instance_id, wf.id, Cause.ACTION, wf.origin)
    except StepFailed as failure:
        await give_up(wf, instance_id)
        await wf.settle(
            "fail the start", publish_instances.ensure_start_failed, instance_id, InstanceState.STOPPED, str(failure)
        )
        raise
    await wf.settle("publish the instance as running", publish_instances.ensure_published_running, instance_id)
