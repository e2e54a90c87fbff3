"""CopySnapshot, and snapshots of volumes that no instance has: layers that are immutable from the start."""

from kumoniwa.model.consistency import Consistency, How
from kumoniwa.workflows.steps.snapshots import complete_snapshots
from kumoniwa.workflows.story import story
from kumoniwa.workflows.workflow import StepFailed, Workflow


@story("finish_snapshots")
async def finish_snapshots(
    wf: Workflow, snapshot_ids: list[str], consistency: Consistency | None, detail: str, frozen_ms: float | None = None
) -> None:
    """Complete snapshots whose layers are immutable from the start: copies, and those of volumes without an instance.

    How the latter were cut follows from what they hold: `consistency` is None.
    """
    try:
        if consistency is None:
            await wf.step("complete the snapshots", complete_snapshots.ensure_detached_completed, snapshot_ids)
        else:
            how = How(Consistency(consistency), detail, frozen_ms)
            await wf.step("complete the snapshots", complete_snapshots.ensure_completed, snapshot_ids, how)
    except StepFailed as failed:
        reasons = dict.fromkeys(snapshot_ids, str(failed))
        await wf.settle("fail the snapshots", complete_snapshots.ensure_failed, reasons)
        raise
