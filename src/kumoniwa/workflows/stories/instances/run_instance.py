"""RunInstances: the guest of a new instance boots, or is launched from memory."""

from kumoniwa.model.boots import Cause
from kumoniwa.model.instances import InstanceState
from kumoniwa.workflows.steps.instances import guests, publish_instances, roots_on_images
from kumoniwa.workflows.steps.volumes import publish_volumes, volume_files
from kumoniwa.workflows.story import story
from kumoniwa.workflows.workflow import StepFailed, Workflow


@story("run_instance", claims="instance_id")
async def run_instance(
    wf: Workflow, instance_id: str, machine_id: str | None = None, cold_because: str | None = None
) -> None:
    """Make the volumes, launch the guest, publish the instance; a launch that fails ends terminated, and says why.

    The guest goes on from the prepared machine `machine_id` where there is one; else it boots, and so it does where
    that fails. `cold_because` says why there is none, where it was asked for.
    """
    known = wf.known if isinstance(wf.known, volume_files.Launched) else None
    made, cold = "make the volumes", machine_id is None
    try:
        if machine_id is not None:
            cold_because = await _from_memory(wf, instance_id, machine_id, known)
            made, known, cold = "make the volumes again", None, cold_because is not None
        if cold:
            await wf.step(made, volume_files.ensure_launched_in_use, instance_id, known)
            boot = wf.id, Cause.ACTION, wf.origin, cold_because
            await wf.step("boot the guest", guests.ensure_running, instance_id, *boot)
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


async def _from_memory(
    wf: Workflow, instance_id: str, machine_id: str, known: volume_files.Launched | None
) -> str | None:
    """Launch the guest from a prepared machine; where that fails, gives why, and the root volume is the image's."""
    try:
        await wf.step("make the volumes", volume_files.ensure_launched_in_use, instance_id, known)
        await wf.step("launch the guest from memory", guests.ensure_launched, instance_id, machine_id, wf.id, wf.origin)
    except StepFailed as failure:
        root = roots_on_images.ensure_root_on_image
        await wf.step("put the root on the image", root, instance_id, machine_id, wf.id)
        return str(failure)
    return None


async def give_up(wf: Workflow, instance_id: str) -> None:
    """End what there is of the guest, at once: no caller has seen it run."""
    await wf.settle(
        "power the guest off", guests.ensure_off, instance_id, Cause.ACTION, wf.origin, skip_os_shutdown=True
    )
