"""CopyImage: what is copied stands on the layers of its source, and has only to be published."""

from kumoniwa.workflows.engine import StepFailed, Workflow, story
from kumoniwa.workflows.steps import copies, snapshots, states


@story("copy_image")
async def copy_image(wf: Workflow, image_id: str, snapshot_ids: list[str]) -> None:
    """Complete the snapshots, publish the image; where that fails, both say why."""
    try:
        await wf.step("complete the snapshots", copies.ensure_snapshots_completed, snapshot_ids)
    except StepFailed as failure:
        reasons = dict.fromkeys(snapshot_ids, str(failure))
        await wf.settle("fail the snapshots", snapshots.ensure_failed, reasons)
        await wf.settle("fail the image", states.ensure_image_failed, image_id, str(failure))
        raise
    await wf.settle("publish the image", copies.ensure_image_available, image_id)
