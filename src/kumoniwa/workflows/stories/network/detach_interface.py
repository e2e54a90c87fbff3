"""DetachNetworkInterface: a network interface is taken out of an instance, whose guest may run."""

from kumoniwa.workflows.steps.network import plug_interfaces
from kumoniwa.workflows.story import story
from kumoniwa.workflows.workflow import StepFailed, Workflow


@story("detach_interface", claims="instance_id", may_be_hurried=True)
async def detach_interface(wf: Workflow, interface_id: str, attachment_id: str, instance_id: str, force: bool) -> None:
    """Ask the guest to let the interface go, then make it available; one that the guest keeps stays attached."""
    try:
        unplug = plug_interfaces.ensure_unplugged
        await wf.step("unplug the interface", unplug, attachment_id, instance_id, wf.origin, force=force)
    except StepFailed:
        await wf.settle("leave the interface", plug_interfaces.ensure_left_attached, attachment_id, instance_id)
        raise
    await wf.settle("release the interface", plug_interfaces.ensure_released, attachment_id, instance_id)
