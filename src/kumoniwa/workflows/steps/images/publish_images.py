"""Steps that publish what became of an image."""

from collections.abc import Sequence
from functools import partial

from sqlalchemy import Connection

from kumoniwa.model.consistency import How, weakest
from kumoniwa.model.images import ImageState
from kumoniwa.store import images, snapshots
from kumoniwa.workflows.world import World


async def ensure_image_available(world: World, image_id: str, how: How, snapshot_ids: Sequence[str] = ()) -> None:
    """Afterwards the image can be launched, and says how it was cut: as its worst snapshot."""

    def publish(connection: Connection) -> None:
        cut = [snapshots.get(connection, snapshot_id) for snapshot_id in snapshot_ids]
        weakest_cut = weakest(
            How(*how),
            *(How(one.consistency, one.consistency_detail or "") for one in cut if one is not None and one.consistency),
        )
        images.change(
            connection,
            image_id,
            consistency=weakest_cut.consistency,
            consistency_detail=weakest_cut.detail,
            frozen_ms=weakest_cut.frozen_ms,
        )
        images.move(connection, image_id, [ImageState.PENDING], ImageState.AVAILABLE)

    await world.database.write(publish)


async def ensure_copy_available(world: World, image_id: str) -> None:
    """Afterwards the copy of an image can be launched, unless it was deregistered by now; how its source was cut it
    says already."""
    await world.database.write(
        partial(images.move, image_id=image_id, sources=[ImageState.PENDING], target=ImageState.AVAILABLE)
    )


async def ensure_image_failed(world: World, image_id: str, reason: str) -> None:
    """Afterwards the image is `failed`, and says why."""

    def publish(connection: Connection) -> None:
        images.change(
            connection,
            image_id,
            state_reason_code="Server.InternalError",
            state_reason_message=f"Server.InternalError: {reason}",
        )
        images.move(connection, image_id, [ImageState.PENDING], ImageState.FAILED)

    await world.database.write(publish)
