"""CreateReplaceRootVolumeTask: a running instance gets another root volume, and keeps all else."""

from typing import NoReturn

from kumoniwa.hypervisor.driver import GuestState
from kumoniwa.model.boots import Cause
from kumoniwa.workflows.steps.instances import guests
from kumoniwa.workflows.steps.volumes import root_volumes
from kumoniwa.workflows.story import story
from kumoniwa.workflows.workflow import StepFailed, Workflow


@story("replace_root", claims="instance_id")
async def replace_root(
    wf: Workflow, task_id: str, instance_id: str, becomes: root_volumes.FromImage, was: root_volumes.FromImage
) -> None:
    """Make the volume, power the guest off, exchange the volumes, boot the guest; with the old one where that fails."""
    try:
        if await wf.step("note what the guest is", guests.observe, instance_id) != GuestState.RUNNING:
            raise StepFailed("The instance's guest does not run.", way_out="Start the instance, and ask again.")
        await wf.step("make the volume", root_volumes.ensure_new_root_made, task_id)
    except StepFailed as failure:
        await _fail(wf, task_id, failure)
    await wf.settle("publish the task as in progress", root_volumes.ensure_published_in_progress, task_id)
    try:
        await wf.step(
            "shut the guest down", guests.ensure_off, instance_id, Cause.ACTION, wf.origin, skip_os_shutdown=False
        )
        await wf.step("replace the root volume", root_volumes.ensure_root_replaced, task_id, becomes)
        await wf.step("boot the guest", guests.ensure_running, instance_id, wf.id, Cause.ACTION, wf.origin)
    except StepFailed as failure:
        await _with_the_old_root(wf, task_id, instance_id, was)
        await _fail(wf, task_id, failure)
    await wf.settle("publish the task as succeeded", root_volumes.ensure_replacement_succeeded, task_id)


async def _with_the_old_root(wf: Workflow, task_id: str, instance_id: str, was: root_volumes.FromImage) -> None:
    """Boot the guest as it was before; where that fails too, `reconcile/guests.py` brings it back."""
    await wf.settle("publish the task as failing", root_volumes.ensure_published_failing, task_id)
    await wf.settle("put the old root volume back", root_volumes.ensure_root_put_back, task_id, was, wf.origin)
    boot_id = f"{wf.id}-again"
    try:
        await wf.step("boot the guest again", guests.ensure_running, instance_id, boot_id, Cause.ACTION, wf.origin)
    except StepFailed:
        return  # the failure to report is the earlier one


async def _fail(wf: Workflow, task_id: str, failure: StepFailed) -> NoReturn:
    """Publish that the task failed, and end with its failure."""
    await wf.settle("publish the task as failed", root_volumes.ensure_replacement_failed, task_id)
    raise failure
