"""CreateVolume: a volume that no instance has comes to be."""

from kumoniwa.workflows.steps.volumes import publish_volumes, volume_files
from kumoniwa.workflows.story import story
from kumoniwa.workflows.workflow import StepFailed, Workflow


@story("create_volume")
async def create_volume(wf: Workflow, volume_id: str) -> None:
    """Make the volume's file, publish the volume; one that cannot be made ends in `error`."""
    try:
        await wf.step("make the volume", volume_files.ensure_file_made, volume_id)
    except StepFailed:
        await wf.settle("fail the volume", publish_volumes.ensure_published_in_error, volume_id)
        raise
    await wf.settle("publish the volume", publish_volumes.ensure_published_available, volume_id)
