"""AttachNetworkInterface: a network interface is plugged into an instance, whose guest may run."""

from kumoniwa.workflows.steps.network import plug_interfaces
from kumoniwa.workflows.story import story
from kumoniwa.workflows.workflow import StepFailed, Workflow


@story("attach_interface", claims="instance_id", may_be_hurried=True)
async def attach_interface(wf: Workflow, interface_id: str, attachment_id: str, instance_id: str) -> None:
    """Plug the interface in, publish it; where that fails it is available again."""
    try:
        plug_in = plug_interfaces.ensure_plugged_in
        await wf.step("plug the interface in", plug_in, attachment_id, instance_id, wf.origin)
    except StepFailed:
        await wf.settle("give the attachment up", plug_interfaces.ensure_released, attachment_id, instance_id)
        raise
    await wf.settle("publish the attachment", plug_interfaces.ensure_published_attached, attachment_id, instance_id)
