"""CreateImage: an AMI of an instance, its disks at rest unless the caller forbids the reboot that this takes."""

from kumoniwa.hypervisor.driver import GuestState
from kumoniwa.model.boots import Cause
from kumoniwa.model.storage import Consistency
from kumoniwa.workflows.engine import StepFailed, Workflow, story
from kumoniwa.workflows.steps import boots, disks, guests, states


@story("create_image")
async def create_image(
    wf: Workflow, image_id: str, instance_id: str, no_reboot: bool, cuts: list[disks.WantedCut]
) -> None:
    """Shut the guest down, cut its volumes, boot it again; then, the instance released, finish the image."""
    was_running = await wf.step("note what the guest is", guests.observe, instance_id) == GuestState.RUNNING
    reboot = was_running and not no_reboot
    failure, clean, seconds = None, False, None
    try:
        planned = await wf.step("plan the cuts", disks.ensure_cuts_planned, cuts)
        await wf.step("prepare the overlays", disks.ensure_overlays, planned)
        if reboot:
            down = await wf.step("shut the guest down", guests.ensure_shut_down, instance_id, Cause.ACTION, wf.origin)
            clean = down["clean"]
        elif not was_running:
            clean = await wf.step("note how the guest ended", boots.ended_clean, instance_id)
        seconds = await wf.step("cut the volumes", disks.ensure_cut, instance_id, planned)
    except StepFailed as failed:
        failure = failed
    if reboot:
        try:
            await wf.step("boot the guest", guests.ensure_running, instance_id, wf.id, Cause.ACTION, wf.origin)
            await wf.step("note the cut in the boot", boots.ensure_cut_noted, wf.id, seconds)
        except StepFailed as failed:
            failure = failure or failed
    await wf.release()
    if failure is not None:
        await wf.step("fail the snapshots", disks.ensure_snapshots_failed, cuts, str(failure))
        await wf.step("fail the image", states.ensure_image_failed, image_id, str(failure))
        raise failure
    consistency, detail = _consistency(clean=clean, reboot=reboot, was_running=was_running)
    await wf.step("complete the snapshots", disks.ensure_snapshots_completed, cuts, consistency, detail)
    await wf.step("publish the image", states.ensure_image_available, image_id, consistency, detail)


def _consistency(*, clean: bool, reboot: bool, was_running: bool) -> tuple[Consistency, str]:
    """How the snapshots were cut, and what was seen that says so."""
    if clean:
        how = (
            "the guest shut down cleanly for the cut" if reboot else "the instance was stopped, its last end was clean"
        )
        return Consistency.AT_REST, how
    if reboot:
        return Consistency.CRASH_CONSISTENT, "the guest did not shut down in time and was halted"
    if was_running:
        return Consistency.CRASH_CONSISTENT, "the guest went on running (NoReboot)"
    return Consistency.CRASH_CONSISTENT, "the instance was stopped, its last end was not a clean shutdown"
