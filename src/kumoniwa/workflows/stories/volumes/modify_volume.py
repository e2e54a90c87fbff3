"""ModifyVolume: a volume grows, or is to perform otherwise, while it is in use or not."""

from contextlib import suppress

from kumoniwa.workflows.steps.volumes import grow_volumes, volume_files
from kumoniwa.workflows.story import story
from kumoniwa.workflows.workflow import StepFailed, Workflow


@story("modify_volume", claims="instance_id", names_layers=True, may_be_hurried=True)
async def modify_volume(wf: Workflow, volume_id: str, layer_id: str, instance_id: str | None) -> None:
    """Apply the modification, complete it; one that cannot be applied fails, and says why."""
    try:
        await wf.step("apply the modification", grow_volumes.ensure_applied, volume_id, layer_id, instance_id)
    except StepFailed as failure:
        if not wf.is_overridden:
            await wf.settle("fail the modification", grow_volumes.ensure_failed, volume_id, str(failure))
            raise
        # Its file may have grown: the guest is gone, so that nothing else keeps the volume from following.
        await wf.settle("apply it without the guest", grow_volumes.ensure_applied_at_rest, volume_id)
    # Where it cannot be made now, the rows are right: plugging the volume in makes it, or fails and says why.
    with suppress(StepFailed):
        await wf.step("make the volume", volume_files.ensure_file_made, volume_id)
    await wf.settle("complete the modification", grow_volumes.ensure_completed, volume_id)
