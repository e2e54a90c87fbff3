"""A guest that was lost boots again; the instance stays `running` throughout."""

from kumoniwa.model.boots import Cause
from kumoniwa.workflows.engine import Workflow, story
from kumoniwa.workflows.steps.instances import guests


@story("recover_instance")
async def recover_instance(wf: Workflow, instance_id: str, cause: Cause) -> None:
    """Boot a guest again that panicked, or whose process or host died: like EC2's automatic recovery."""
    await wf.step("boot the guest", guests.ensure_running, instance_id, wf.id, Cause(cause), wf.origin)
