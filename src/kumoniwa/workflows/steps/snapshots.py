"""Steps that complete snapshots, or say why they cannot be."""

from collections.abc import Sequence

from sqlalchemy import Connection

from kumoniwa.model.storage import Consistency, SnapshotState
from kumoniwa.store import snapshots
from kumoniwa.workflows.steps.measure import ensure_measured
from kumoniwa.workflows.world import World


async def ensure_completed(
    world: World, ids: Sequence[str], consistency: Consistency, detail: str, frozen_ms: float | None = None
) -> None:
    """Afterwards the snapshots that are still there are measured and completed, and say how they were cut.

    Raises `LayerDamaged` where one cannot be read: it is in `error`, and so it stays.
    """
    now = world.clock.now()

    def say(connection: Connection) -> None:
        for snapshot_id in ids:
            snapshots.change(
                connection, snapshot_id, consistency=consistency, consistency_detail=detail, frozen_ms=frozen_ms
            )

    def complete(connection: Connection) -> None:
        for snapshot_id in ids:
            snapshots.complete(connection, snapshot_id, now)

    await world.database.write(say)
    try:
        await ensure_measured(world, ids)
    finally:
        await world.database.write(complete)  # those that could be read; the others are in error


async def ensure_failed(world: World, ids: Sequence[str], reason: str) -> None:
    """Afterwards the snapshots are in error, and say why."""

    def publish(connection: Connection) -> None:
        for snapshot_id in ids:
            snapshots.change(connection, snapshot_id, state=SnapshotState.ERROR, state_message=reason)

    await world.database.write(publish)
