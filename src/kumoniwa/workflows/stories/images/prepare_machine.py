"""Fast launch: a machine of an image is saved in memory, for instances to be launched from."""

from kumoniwa.workflows.steps.images import prepared_machines
from kumoniwa.workflows.steps.instances import failed_machines
from kumoniwa.workflows.story import story
from kumoniwa.workflows.workflow import StepFailed, Workflow


@story("prepare_machine")
async def prepare_machine(wf: Workflow, machine_id: str) -> None:
    """Boot a guest of the image up to where it waits for its identity, save it, publish the machine; one that cannot be
    prepared says why."""
    try:
        await wf.step("prepare the machine", prepared_machines.ensure_prepared, machine_id)
    except StepFailed as failure:
        await wf.settle("fail the machine", failed_machines.ensure_published_failed, machine_id, str(failure))
        raise
    await wf.settle("publish the machine", prepared_machines.ensure_published_ready, machine_id)
