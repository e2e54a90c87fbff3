"""CopyImage: what is copied stands on the layers of its source, and has only to be published."""

from kumoniwa.workflows.engine import Workflow, story
from kumoniwa.workflows.steps import copies


@story("copy_image")
async def copy_image(wf: Workflow, image_id: str, snapshot_ids: list[str]) -> None:
    """Complete the snapshots, publish the image."""
    await wf.step("complete the snapshots", copies.ensure_snapshots_completed, snapshot_ids)
    await wf.step("publish the image", copies.ensure_image_available, image_id)
