"""Layers that a workflow kept from being collected: those that it names, in case it is to make something of them.

Where the volume or snapshot goes that they were for before the workflow has ended, whoever deletes it cannot collect
them. So they are looked at once more when it has; where the server dies in between, its next start does.
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


async def collect_kept(world: World, ended: WorkflowRow) -> None:
    """Collect what this workflow kept, if that is to go."""
    if ended.kind not in _NAMING or not await world.database.read(layers.unreferenced):
        return
    try:
        await collect(world.database, world.driver.disks)
    except (DriverError, OSError) as failure:  # the next collector tries again
        log.warning("layers could not be deleted", workflow=ended.id, reason=str(failure))
