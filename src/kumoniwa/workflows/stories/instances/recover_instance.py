"""A guest that was lost boots again; the instance stays `running` throughout."""

from kumoniwa.model.boots import Cause
from kumoniwa.workflows.steps.instances import guests
from kumoniwa.workflows.story import story
from kumoniwa.workflows.workflow import Workflow


@story("recover_instance", claims="instance_id")
async def recover_instance(wf: Workflow, instance_id: str, cause: Cause) -> None:
    """Boot a guest again that panicked, or whose process or host died: like EC2's automatic recovery."""
    await wf.step("boot the guest", guests.ensure_running, instance_id, wf.id, Cause(cause), wf.origin)
