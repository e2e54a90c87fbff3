"""CopyImage: what is copied stands on the layers of its source, and has only to be published."""

from kumoniwa.workflows.steps.images import publish_images
from kumoniwa.workflows.steps.snapshots import complete_snapshots
from kumoniwa.workflows.story import story
from kumoniwa.workflows.workflow import StepFailed, Workflow


@story("copy_image")
async def copy_image(wf: Workflow, image_id: str, snapshot_ids: list[str]) -> None:
    """Complete the snapshots, publish the image; where that fails, both say why."""
    try:
        await wf.step("complete the snapshots", complete_snapshots.ensure_copies_completed, snapshot_ids)
    except StepFailed as failure:
        reasons = dict.fromkeys(snapshot_ids, str(failure))
        await wf.settle("fail the snapshots", complete_snapshots.ensure_failed, reasons)
        await wf.settle("fail the image", publish_images.ensure_image_failed, image_id, str(failure))
        raise
    await wf.settle("publish the image", publish_images.ensure_copy_available, image_id)
