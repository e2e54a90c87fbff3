"""ImportSnapshot: a disk file of this host becomes a snapshot."""

from kumoniwa.workflows.steps.snapshots import import_disks
from kumoniwa.workflows.story import story
from kumoniwa.workflows.workflow import StepFailed, Workflow


@story("import_snapshot", names_layers=True)
async def import_snapshot(wf: Workflow, task_id: str, layer_id: str) -> None:
    """Read the disk into a layer, publish the snapshot, then measure it; a disk that cannot be read ends the task."""
    try:
        await wf.step("import the disk", import_disks.ensure_disk_imported, task_id, layer_id)
    except StepFailed as failure:
        await wf.settle("give the task up", import_disks.ensure_given_up, task_id, layer_id, str(failure))
        raise
    await wf.settle("publish the snapshot", import_disks.ensure_snapshot_published, task_id, layer_id)
    await wf.step("measure the snapshot", import_disks.ensure_snapshot_measured, task_id)
