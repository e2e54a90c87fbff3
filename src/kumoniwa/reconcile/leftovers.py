"""Layers that nothing refers to any more, and that were not collected when that came to be so.

A workflow keeps those that it names from being collected, in case it is to make something of them. Where the volume or
snapshot goes that they were for before the workflow has ended, whoever deletes it cannot collect them; so they are
looked at once more when it has. And the host may refuse to delete a file: housekeeping tries again.
"""

import structlog

from kumoniwa.hypervisor.driver import DriverError
from kumoniwa.model.workflows import WorkflowRow
from kumoniwa.storage.collect import collect
from kumoniwa.store import layers
from kumoniwa.workflows.world import World

log = structlog.get_logger(__name__)

_NAMING = frozenset({"create_image", "create_snapshots", "import_snapshot", "modify_volume"})
"""Workflows that are told the names of layers."""


async def collect_leftovers(world: World) -> None:
    """Collect what can be collected now."""
    try:
        await collect(world.database, world.driver.disks)
    except (DriverError, OSError) as failure:  # the next round tries again
        log.warning("layers could not be deleted", reason=str(failure))


async def collect_kept(world: World, ended: WorkflowRow) -> None:
    """Collect what this workflow kept, if that is to go."""
    if ended.kind not in _NAMING:
        return
    left = await world.database.read(layers.unreferenced)
    if left:
        await collect_leftovers(world)
