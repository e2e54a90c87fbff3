"""What follows the deletion of snapshots: layers that nothing refers to any more go."""

from kumoniwa.workflows.story import story
from kumoniwa.workflows.workflow import Workflow
from kumoniwa.workflows.world import World


@story("collect_layers")
async def collect_layers(wf: Workflow) -> None:
    """Collect what can be collected now. What cannot (a file that does not go) is left to the next time."""
    await wf.step("collect the layers", ensure_collected)


async def ensure_collected(world: World) -> int:
    """Afterwards there is no layer that nothing refers to. Gives how many there were."""
    return await world.collector.collect()
