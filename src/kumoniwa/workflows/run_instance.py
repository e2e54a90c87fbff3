"""RunInstances, and StartInstances: a guest comes to run."""

from kumoniwa.model.boots import Cause
from kumoniwa.model.instances import InstanceState
from kumoniwa.workflows.engine import StepFailed, Workflow, story
from kumoniwa.workflows.steps import disks, guests, states, volumes


@story("run_instance")
async def run_instance(wf: Workflow, instance_id: str) -> None:
    """Make the volumes, boot the guest, publish the instance; a launch that fails ends terminated, and says why."""
    try:
        await wf.step("make the volumes", disks.ensure_volumes_made, instance_id)
        await wf.step("boot the guest", guests.ensure_running, instance_id, wf.id, Cause.ACTION, wf.origin)
    except StepFailed as failure:
        await _give_up(wf, instance_id)
        await wf.settle("forget the guest", guests.ensure_forgotten, instance_id)
        await wf.settle("release the volumes", disks.ensure_volumes_released, instance_id)
        await wf.settle(
            "fail the launch", states.ensure_start_failed, instance_id, InstanceState.TERMINATED, str(failure)
        )
        raise
    await wf.settle("publish the instance as running", states.ensure_published_running, instance_id)


@story("start_instance")
async def start_instance(wf: Workflow, instance_id: str) -> None:
    """Make what of its volumes has no file yet, boot the guest, publish the instance; a start that fails ends stopped,
    and says why."""
    try:
        await wf.step("make the volumes", volumes.ensure_instance_volumes_made, instance_id)
        await wf.step("boot the guest", guests.ensure_running, instance_id, wf.id, Cause.ACTION, wf.origin)
    except StepFailed as failure:
        await _give_up(wf, instance_id)
        await wf.settle("fail the start", states.ensure_start_failed, instance_id, InstanceState.STOPPED, str(failure))
        raise
    await wf.settle("publish the instance as running", states.ensure_published_running, instance_id)


async def _give_up(wf: Workflow, instance_id: str) -> None:
    """Whatever came to be of the guest ends at once: it never ran for anybody."""
    await wf.settle(
        "power the guest off", guests.ensure_off, instance_id, Cause.ACTION, wf.origin, skip_os_shutdown=True
    )
