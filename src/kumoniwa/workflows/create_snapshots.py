"""CreateSnapshot, CreateSnapshots and CopySnapshot: an instance's volumes are cut together; layers become snapshots."""

from kumoniwa.hypervisor.driver import GuestState
from kumoniwa.model.storage import Consistency
from kumoniwa.workflows.engine import StepFailed, Workflow, story
from kumoniwa.workflows.steps import boots, disks, guests, snapshots
from kumoniwa.workflows.steps.consistency import Cutting, How


@story("create_snapshots")
async def create_snapshots(wf: Workflow, instance_id: str, cuts: list[disks.WantedCut], freeze: bool) -> None:
    """Cut the volumes at one instant, their guest going on, if it runs; then, the instance released, finish.

    A volume that the instance has no more when its turn comes is cut by itself, or its snapshot alone fails.
    """
    try:
        was_running = await wf.step("note what the guest is", guests.observe, instance_id) == GuestState.RUNNING
        planned = await wf.step("plan the cuts", disks.ensure_each_cut_planned, instance_id, cuts)
    except StepFailed as failed:
        await wf.settle("fail the snapshots", disks.ensure_snapshots_failed, cuts, str(failed))
        raise
    lost = planned["lost"]
    taken = [cut for cut in cuts if cut["snapshot"] not in lost]
    apart = disks.cut_apart(taken, planned["cuts"])
    cutting, failure = Cutting(), None
    if planned["cuts"]:
        try:
            cutting = await _cut(wf, instance_id, planned["cuts"], was_running=was_running, freeze=freeze)
            if cutting.clean:
                apart += await wf.step("note what it got since", disks.attached_since_its_end, instance_id)
        except StepFailed as failed:
            failure = failed
            lost = {**lost, **{cut["snapshot"]: str(failed) for cut in planned["cuts"]}}
            taken = [cut for cut in taken if cut["snapshot"] not in lost]
            await wf.settle("drop the overlays", disks.ensure_overlays_dropped, planned["cuts"])
    await wf.release()
    if lost:
        await wf.settle("fail the snapshots", snapshots.ensure_failed, lost)
    if taken:
        try:
            how = cutting.how()
            await wf.step("complete the snapshots", disks.ensure_snapshots_completed, taken, how, apart)
        except StepFailed as failed:
            await wf.settle("fail the other snapshots", disks.ensure_snapshots_failed, taken, str(failed))
            raise
    if lost:
        raise failure or StepFailed(next(iter(lost.values())))


@story("finish_snapshots")
async def finish_snapshots(
    wf: Workflow, snapshot_ids: list[str], consistency: Consistency | None, detail: str, frozen_ms: float | None = None
) -> None:
    """Snapshots whose layers are immutable from the start: copies, and those of volumes that nobody has.

    How the latter were cut is for them to tell: `consistency` is None.
    """
    try:
        if consistency is None:
            await wf.step("complete the snapshots", snapshots.ensure_nobodys_completed, snapshot_ids)
        else:
            how = How(Consistency(consistency), detail, frozen_ms)
            await wf.step("complete the snapshots", snapshots.ensure_completed, snapshot_ids, how)
    except StepFailed as failed:
        reasons = dict.fromkeys(snapshot_ids, str(failed))
        await wf.settle("fail the snapshots", snapshots.ensure_failed, reasons)
        raise


async def _cut(
    wf: Workflow, instance_id: str, cuts: list[disks.VolumeCut], *, was_running: bool, freeze: bool
) -> Cutting:
    """Cut the volumes that the instance's guest has."""
    await wf.step("prepare the overlays", disks.ensure_overlays, cuts)
    if was_running and freeze:
        made = await wf.step("freeze and cut the volumes", disks.ensure_frozen_cut, instance_id, cuts)
        return Cutting(was_running=True, frozen=made)
    clean = await wf.step("note how the guest ended", boots.ended_clean, instance_id)
    await wf.step("cut the volumes", disks.ensure_cut, instance_id, cuts)
    return Cutting(was_running=was_running, clean=clean and not was_running)
