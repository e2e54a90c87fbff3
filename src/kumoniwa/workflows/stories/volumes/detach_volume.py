"""DetachVolume: a volume is taken out of an instance, whose guest may run."""

from kumoniwa.workflows.steps.volumes import plug_volumes
from kumoniwa.workflows.story import story
from kumoniwa.workflows.workflow import StepFailed, Workflow


@story("detach_volume", claims="instance_id", may_be_hurried=True)
async def detach_volume(wf: Workflow, volume_id: str, instance_id: str, force: bool) -> None:
    """Ask the guest to let the volume go, then make it available; what the guest keeps stays attached, `busy`."""
    try:
        unplug = plug_volumes.ensure_unplugged
        await wf.step("unplug the volume", unplug, volume_id, instance_id, wf.origin, force=force)
    except StepFailed:
        await wf.settle("leave the volume busy", plug_volumes.ensure_left_busy, volume_id, instance_id)
        raise
    await wf.settle("release the volume", plug_volumes.ensure_released, volume_id, instance_id)
