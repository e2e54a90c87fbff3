"""AttachVolume: a volume is plugged into an instance, whose guest may run."""

from kumoniwa.workflows.steps.volumes import plug_volumes, volume_files
from kumoniwa.workflows.story import story
from kumoniwa.workflows.workflow import StepFailed, Workflow


@story("attach_volume", claims="instance_id", may_be_hurried=True)
async def attach_volume(wf: Workflow, volume_id: str, instance_id: str) -> None:
    """Make what of the volume has no file yet, plug it in, publish it; where that fails it is available again."""
    try:
        await wf.step("make the volume", volume_files.ensure_file_made, volume_id)
        await wf.step("plug the volume in", plug_volumes.ensure_plugged_in, volume_id, instance_id, wf.origin)
    except StepFailed:
        await wf.settle("give the attachment up", plug_volumes.ensure_attachment_given_up, volume_id, instance_id)
        raise
    await wf.settle("publish the attachment", plug_volumes.ensure_published_attached, volume_id, instance_id)
