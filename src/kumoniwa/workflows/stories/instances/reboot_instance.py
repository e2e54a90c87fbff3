"""RebootInstances: the instance stays `running` throughout."""

from kumoniwa.hypervisor.driver import GuestState
from kumoniwa.model.boots import Cause
from kumoniwa.workflows.steps.instances import guests
from kumoniwa.workflows.steps.volumes import plug_volumes
from kumoniwa.workflows.story import story
from kumoniwa.workflows.workflow import Workflow


@story("reboot_instance", claims="instance_id")
async def reboot_instance(wf: Workflow, instance_id: str) -> None:
    """Shut the guest down (hard, where it does not follow in time) and boot it again.

    A volume that it was asked for before, and kept, is released where it lets it go now.
    """
    if await wf.step("note what the guest is", guests.observe, instance_id) == GuestState.ABSENT:
        return  # it was stopped before its turn came; EC2 too only queues a reboot
    await wf.step("shut the guest down", guests.ensure_shut_down, instance_id, Cause.ACTION, wf.origin)
    await wf.step("boot the guest", guests.ensure_running, instance_id, wf.id, Cause.ACTION, wf.origin)
    await wf.step("release the busy volumes", plug_volumes.ensure_busy_let_go, instance_id)
