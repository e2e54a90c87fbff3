"""CreateSnapshot and CreateSnapshots: an instance's volumes are cut together; layers become snapshots."""

from kumoniwa.hypervisor.driver import GuestState
from kumoniwa.model.consistency import Cutting
from kumoniwa.workflows.steps.instances import guests, noted_boots
from kumoniwa.workflows.steps.snapshots import complete_snapshots, cut_volumes
from kumoniwa.workflows.story import story
from kumoniwa.workflows.workflow import JournaledFailure, StepFailed, Workflow


@story("create_snapshots", claims="instance_id", cuts=True, names_layers=True)
async def create_snapshots(wf: Workflow, instance_id: str, cuts: list[cut_volumes.WantedCut], freeze: bool) -> None:
    """Cut the volumes at one instant, their guest going on, if it runs; then, the instance released, finish.

    A volume that the instance has no more when its turn comes is cut by itself, or its snapshot alone fails.
    """
    try:
        was_running = await wf.step("note what the guest is", guests.observe, instance_id) == GuestState.RUNNING
        planned = await wf.step("plan the cuts", cut_volumes.ensure_each_cut_planned, instance_id, cuts)
    except StepFailed as failed:
        await wf.settle("fail the snapshots", cut_volumes.ensure_snapshots_failed, cuts, str(failed))
        raise
    lost = planned["lost"]
    taken = [cut for cut in cuts if cut["snapshot"] not in lost]
    detached = cut_volumes.not_cut_in_guest(taken, planned["cuts"])
    cutting, failure = Cutting(), None
    if planned["cuts"]:
        try:
            cutting = await _cut(wf, instance_id, planned["cuts"], was_running=was_running, freeze=freeze)
            if cutting.clean:
                detached += await wf.step("note what it got since", cut_volumes.attached_since_its_end, instance_id)
        except StepFailed as failed:
            failure = failed
            lost = {**lost, **{cut["snapshot"]: str(failed) for cut in planned["cuts"]}}
            taken = [cut for cut in taken if cut["snapshot"] not in lost]
            undo = cut_volumes.ensure_cuts_kept if wf.is_overridden else cut_volumes.ensure_overlays_dropped
            await wf.settle("drop the overlays", undo, planned["cuts"])
    await wf.release()
    if lost:
        await wf.settle("fail the snapshots", complete_snapshots.ensure_failed, lost)
    if taken:
        try:
            how = cutting.how()
            await wf.step("complete the snapshots", cut_volumes.ensure_snapshots_completed, taken, how, detached)
        except StepFailed as failed:
            await wf.settle("fail the other snapshots", cut_volumes.ensure_snapshots_failed, taken, str(failed))
            raise
    if lost:
        raise failure or JournaledFailure(next(iter(lost.values())))


async def _cut(
    wf: Workflow, instance_id: str, cuts: list[cut_volumes.VolumeCut], *, was_running: bool, freeze: bool
) -> Cutting:
    """Cut the volumes that the instance's guest has."""
    await wf.step("prepare the overlays", cut_volumes.ensure_overlays, cuts)
    if was_running and freeze:
        made = await wf.step("freeze and cut the volumes", cut_volumes.ensure_frozen_cut, instance_id, cuts)
        return Cutting(was_running=True, frozen=made)
    clean = await wf.step("note how the guest ended", noted_boots.ended_clean, instance_id)
    await wf.step("cut the volumes", cut_volumes.ensure_cut, instance_id, cuts)
    return Cutting(was_running=was_running, clean=clean and not was_running)
