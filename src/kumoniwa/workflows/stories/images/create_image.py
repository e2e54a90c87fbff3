"""CreateImage: an AMI of an instance, its disks at rest unless the caller forbids the reboot that this takes."""

from dataclasses import dataclass, field, replace

from kumoniwa.hypervisor.driver import GuestState
from kumoniwa.model.boots import Cause
from kumoniwa.model.consistency import Cutting
from kumoniwa.workflows.steps.images import publish_images
from kumoniwa.workflows.steps.instances import guests, noted_boots
from kumoniwa.workflows.steps.snapshots import cut_volumes
from kumoniwa.workflows.story import story
from kumoniwa.workflows.workflow import StepFailed, Workflow


@dataclass(slots=True)
class _Cut:
    """How far the cut of an image came."""

    cutting: Cutting = field(default_factory=Cutting)
    seconds: float | None = None
    """What the switch took in the guest; None: it was not made."""
    detached: list[str] = field(default_factory=list)
    """The volumes that the guest did not have."""


@story("create_image", claims="instance_id", cuts=True, names_layers=True)
async def create_image(
    wf: Workflow,
    image_id: str,
    instance_id: str,
    no_reboot: bool,
    cuts: list[cut_volumes.WantedCut],
    freeze: bool = False,
) -> None:
    """Shut the guest down, cut its volumes, boot it again; then, the instance released, finish the image."""
    cut, failure = _Cut(), None
    try:
        await _make(wf, cut, instance_id, cuts, no_reboot=no_reboot, freeze=freeze)
    except StepFailed as failed:
        failure = failed
        # Before the boot: a guest that died meanwhile would be given a layer that one of them stands on.
        undo = cut_volumes.ensure_cuts_kept if wf.is_overridden else cut_volumes.ensure_overlays_dropped
        await wf.settle("drop the overlays", undo, cuts)
    if cut.cutting.reboot:
        try:
            await wf.step("boot the guest", guests.ensure_running, instance_id, wf.id, Cause.ACTION, wf.origin)
            await wf.step("note the cut in the boot", noted_boots.ensure_cut_noted, wf.id, cut.seconds)
        except StepFailed as failed:
            failure = failure or failed
    await wf.release()
    how = cut.cutting.how()
    if failure is None:
        try:
            await wf.step("complete the snapshots", cut_volumes.ensure_snapshots_completed, cuts, how, cut.detached)
        except StepFailed as failed:
            failure = failed
    if failure is not None:
        await wf.settle("fail the snapshots", cut_volumes.ensure_snapshots_failed, cuts, str(failure))
        await wf.settle("fail the image", publish_images.ensure_image_failed, image_id, str(failure))
        raise failure
    ids = [each["snapshot"] for each in cuts]
    await wf.settle("publish the image", publish_images.ensure_image_available, image_id, how, ids)


async def _make(
    wf: Workflow, cut: _Cut, instance_id: str, cuts: list[cut_volumes.WantedCut], *, no_reboot: bool, freeze: bool
) -> None:
    """Cut the volumes; unless it must not reboot, a guest that runs is shut down for it. `cut` says how far it came,
    also where a step fails."""
    was_running = await wf.step("note what the guest is", guests.observe, instance_id) == GuestState.RUNNING
    cut.cutting = Cutting(was_running=was_running, reboot=was_running and not no_reboot)
    planned = await wf.step("plan the cuts", cut_volumes.ensure_cuts_planned, instance_id, cuts)
    cut.detached = cut_volumes.not_cut_in_guest(cuts, planned)
    await wf.step("prepare the overlays", cut_volumes.ensure_overlays, planned)
    if cut.cutting.reboot:
        down = await wf.step("shut the guest down", guests.ensure_shut_down, instance_id, Cause.ACTION, wf.origin)
        cut.cutting = replace(cut.cutting, clean=down["clean"])
    elif not was_running:
        clean = await wf.step("note how the guest ended", noted_boots.ended_clean, instance_id)
        cut.cutting = replace(cut.cutting, clean=clean)
        cut.detached += await wf.step("note what it got since", cut_volumes.attached_since_its_end, instance_id)
    if freeze and was_running and no_reboot:
        frozen = await wf.step("freeze and cut the volumes", cut_volumes.ensure_frozen_cut, instance_id, planned)
        cut.cutting, cut.seconds = replace(cut.cutting, frozen=frozen), frozen["seconds"]
    else:
        cut.seconds = await wf.step("cut the volumes", cut_volumes.ensure_cut, instance_id, planned)
