"""RunInstances: the guest of a new instance boots."""

from kumoniwa.model.boots import Cause
from kumoniwa.model.instances import InstanceState
from kumoniwa.workflows.steps.instances import guests, publish_instances
from kumoniwa.workflows.steps.volumes import publish_volumes, volume_files
from kumoniwa.workflows.story import story
from kumoniwa.workflows.workflow import StepFailed, Workflow


@story("run_instance", claims="instance_id")
async def run_instance(wf: Workflow, instance_id: str) -> None:
    """Make the volumes, boot the guest, publish the instance; a launch that fails ends terminated, and says why."""
    try:
        known = wf.known if isinstance(wf.known, volume_files.Launched) else None
        await wf.step("make the volumes", volume_files.ensure_launched_in_use, instance_id, known)
        await wf.step("boot the guest", guests.ensure_running, instance_id, wf.id, Cause.ACTION, wf.origin)
    except StepFailed as failure:
        await give_up(wf, instance_id)
        await wf.settle("forget the guest", guests.ensure_forgotten, instance_id)
        await wf.settle("release the volumes", publish_volumes.ensure_volumes_released, instance_id)
        await wf.settle(
            "fail the launch",
            publish_instances.ensure_start_failed,
            instance_id,
            InstanceState.TERMINATED,
            str(failure),
        )
        raise
    await wf.settle("publish the instance as running", publish_instances.ensure_published_running, instance_id)


async def give_up(wf: Workflow, instance_id: str) -> None:
    """End what there is of the guest, at once: no caller has seen it run."""
    await wf.settle(
        "power the guest off", guests.ensure_off, instance_id, Cause.ACTION, wf.origin, skip_os_shutdown=True
    )
