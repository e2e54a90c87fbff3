"""Steps that publish copies of images: how their contents were cut they have from their source."""

from collections.abc import Sequence
from functools import partial

from sqlalchemy import Connection

from kumoniwa.model.images import ImageState
from kumoniwa.model.snapshots import SnapshotState
from kumoniwa.store import images, snapshots
from kumoniwa.workflows.world import World


async def ensure_snapshots_completed(world: World, snapshot_ids: Sequence[str]) -> None:
    """Afterwards those of the snapshots that are still there are completed."""
    now = world.clock.now()

    def publish(connection: Connection) -> None:
        for snapshot_id in snapshot_ids:
            snapshots.change(connection, snapshot_id, state=SnapshotState.COMPLETED, progress=100, completed_at=now)

    await world.database.write(publish)


async def ensure_image_available(world: World, image_id: str) -> None:
    """Afterwards the image can be launched, unless it was deregistered by now."""
    await world.database.write(
        partial(images.move, image_id=image_id, sources=[ImageState.PENDING], target=ImageState.AVAILABLE)
    )
