"""CreateSnapshot, CreateSnapshots and CopySnapshot: an instance's volumes are cut together; layers become snapshots."""

from kumoniwa.hypervisor.driver import GuestState
from kumoniwa.model.storage import Consistency
from kumoniwa.workflows.engine import StepFailed, Workflow, story
from kumoniwa.workflows.steps import boots, disks, guests, snapshots
from kumoniwa.workflows.steps.consistency import Cutting, How

NOBODYS = How(
    Consistency.CRASH_CONSISTENT,
    "no instance had the volume; whether its file systems had been unmounted is not known",
)
"""What is known of a volume that no guest has: nothing writes to it, and nobody saw how the last one left it."""


@story("create_snapshots")
async def create_snapshots(wf: Workflow, instance_id: str, cuts: list[disks.WantedCut], freeze: bool) -> None:
    """Cut the volumes at one instant, their guest going on, if it runs; then, the instance released, finish."""
    cutting = Cutting()
    try:
        was_running = await wf.step("note what the guest is", guests.observe, instance_id) == GuestState.RUNNING
        planned = await wf.step("plan the cuts", disks.ensure_cuts_planned, cuts)
        await wf.step("prepare the overlays", disks.ensure_overlays, planned)
        if was_running and freeze:
            made = await wf.step("freeze and cut the volumes", disks.ensure_frozen_cut, instance_id, planned)
            cutting = Cutting(was_running=True, frozen=made)
        else:
            clean = await wf.step("note how the guest ended", boots.ended_clean, instance_id)
            await wf.step("cut the volumes", disks.ensure_cut, instance_id, planned)
            cutting = Cutting(was_running=was_running, clean=clean and not was_running)
    except StepFailed as failure:
        await wf.release()
        await wf.step("fail the snapshots", disks.ensure_snapshots_failed, cuts, str(failure))
        raise
    await wf.release()
    await wf.step("complete the snapshots", disks.ensure_snapshots_completed, cuts, *cutting.how())


@story("finish_snapshots")
async def finish_snapshots(wf: Workflow, snapshot_ids: list[str], consistency: Consistency, detail: str) -> None:
    """Snapshots whose layers are immutable from the start: of volumes that nobody has, and copies."""
    await wf.step("complete the snapshots", snapshots.ensure_completed, snapshot_ids, Consistency(consistency), detail)
