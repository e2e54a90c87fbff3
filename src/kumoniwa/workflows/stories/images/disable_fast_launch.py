"""DisableFastLaunch: nothing is left of the machines that were prepared of an image."""

from kumoniwa.workflows.steps.images import prepared_machines
from kumoniwa.workflows.story import story
from kumoniwa.workflows.workflow import StepFailed, Workflow


@story("disable_fast_launch")
async def disable_fast_launch(wf: Workflow, image_id: str, force: bool) -> None:
    """Forget the machines, publish fast launch as disabled; where some of it is left it says why, unless by `force`:
    then housekeeping goes on with that."""
    try:
        await wf.step("forget the machines", prepared_machines.ensure_stale_forgotten, image_id)
    except StepFailed as failure:
        if not force:
            await wf.settle("publish what is left", prepared_machines.ensure_disabling_failed, image_id, str(failure))
            raise
    await wf.settle("publish fast launch as disabled", prepared_machines.ensure_published_disabled, image_id)
