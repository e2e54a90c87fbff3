"""CreateVolume: a volume that no instance has comes to be."""

from kumoniwa.workflows.steps.volumes import plug_volumes
from kumoniwa.workflows.story import story
from kumoniwa.workflows.workflow import StepFailed, Workflow


@story("create_volume")
async def create_volume(wf: Workflow, volume_id: str) -> None:
    """Make the volume's file, publish the volume; one that cannot be made ends in `error`."""
    try:
        await wf.step("make the volume", plug_volumes.ensure_made, volume_id)
    except StepFailed:
        await wf.settle("fail the volume", plug_volumes.ensure_published_in_error, volume_id)
        raise
    await wf.settle("publish the volume", plug_volumes.ensure_published_available, volume_id)
