"""CreateReplaceRootVolumeTask: a running instance gets another root volume, and keeps all else."""

from typing import NoReturn

from kumoniwa.hypervisor.driver import GuestState
from kumoniwa.model.boots import Cause
from kumoniwa.workflows.engine import StepFailed, Workflow, story
from kumoniwa.workflows.steps import guests, roots


@story("replace_root")
async def replace_root(
    wf: Workflow, task_id: str, instance_id: str, becomes: roots.FromImage, was: roots.FromImage
) -> None:
    """Make the volume, power the guest off, exchange the volumes, boot the guest; with the old one where that fails."""
    try:
        if await wf.step("note what the guest is", guests.observe, instance_id) != GuestState.RUNNING:
            raise StepFailed("The instance's guest does not run.")
        await wf.step("make the volume", roots.ensure_new_root_made, task_id)
    except StepFailed as failure:
        await _fail(wf, task_id, failure)
    await wf.settle("publish the task as in progress", roots.ensure_published_in_progress, task_id)
    try:
        await wf.step(
            "shut the guest down", guests.ensure_off, instance_id, Cause.ACTION, wf.origin, skip_os_shutdown=False
        )
        await wf.step("replace the root volume", roots.ensure_root_replaced, task_id, becomes)
        await wf.step("boot the guest", guests.ensure_running, instance_id, wf.id, Cause.ACTION, wf.origin)
    except StepFailed as failure:
        await _with_the_old_root(wf, task_id, instance_id, was)
        await _fail(wf, task_id, failure)
    await wf.settle("publish the task as succeeded", roots.ensure_replacement_succeeded, task_id)


async def _with_the_old_root(wf: Workflow, task_id: str, instance_id: str, was: roots.FromImage) -> None:
    """Boot the guest as it was before; where that fails too, who follows the guests brings it back."""
    await wf.settle("publish the task as failing", roots.ensure_published_failing, task_id)
    await wf.settle("put the old root volume back", roots.ensure_root_put_back, task_id, was, wf.origin)
    boot_id = f"{wf.id}-again"
    try:
        await wf.step("boot the guest again", guests.ensure_running, instance_id, boot_id, Cause.ACTION, wf.origin)
    except StepFailed:
        return  # the failure to tell is the one before


async def _fail(wf: Workflow, task_id: str, failure: StepFailed) -> NoReturn:
    """Publish that it came to nothing, and end so."""
    await wf.settle("publish the task as failed", roots.ensure_replacement_failed, task_id)
    raise failure
