"""Layers that nothing refers to any more, and that were not collected when that came to be so.

A workflow keeps those that it names from being collected, in case it is to make something of them. Where the volume or
snapshot goes that they were for before the workflow has ended, its deletion cannot collect them; so they are
looked at once more when it has. And the host may refuse to delete a file: housekeeping tries again.
"""

import json
import re
from functools import partial

from kumoniwa.model.workflows import WorkflowRow
from kumoniwa.store import layers
from kumoniwa.workflows.steps.layers.volume_layers import collect_what_goes
from kumoniwa.workflows.story import STORIES
from kumoniwa.workflows.world import World

_LAYER = re.compile(r"layer-[0-9a-f]+")


async def collect_kept(world: World, ended: WorkflowRow) -> None:
    """Collect what this workflow kept, if that is to go."""
    if not STORIES[ended.kind].names_layers:
        return
    named = set(_LAYER.findall(json.dumps(ended.arguments)))
    left = await world.database.read(partial(layers.unreferenced, ids=named))
    if left:
        world.collector.suspect([layer.id for layer in left])
        await collect_what_goes(world, workflow=ended.id)
