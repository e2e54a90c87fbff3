"""Steps that complete snapshots, or say why they cannot be."""

from collections.abc import Mapping, Sequence

from sqlalchemy import Connection

from kumoniwa.hypervisor.driver import LayerDamaged
from kumoniwa.model.consistency import How
from kumoniwa.model.detached_consistency import detached_consistency
from kumoniwa.model.snapshots import Snapshot
from kumoniwa.store import layers, snapshots
from kumoniwa.workflows.steps.snapshots.measure_snapshots import ensure_measured
from kumoniwa.workflows.world import World


async def ensure_completed(world: World, ids: Sequence[str], how: How, apart: Sequence[str] = ()) -> None:
    """Afterwards the snapshots that are still there are measured and completed, and say how they were cut.

    Those `apart` are of volumes that no guest had: what they hold has to say it (`consistency.detached_consistency`).
    Raises `LayerDamaged` where one cannot be read: it is in `error`, and so it stays.
    """
    how = How(*how)
    damage: LayerDamaged | None = None
    try:
        await ensure_measured(world, [*ids, *apart])
    except LayerDamaged as damaged:
        damage = damaged
    now = world.clock.now()

    def complete(connection: Connection) -> None:
        for snapshot_id in (*ids, *apart):
            if (snapshot := snapshots.get(connection, snapshot_id)) is None:
                continue
            told = _detached(connection, snapshot) if snapshot_id in apart else how
            snapshots.change(
                connection,
                snapshot_id,
                consistency=told.consistency,
                consistency_detail=told.detail,
                frozen_ms=told.frozen_ms,
            )
            snapshots.complete(connection, snapshot_id, now)

    await world.database.write(complete)
    if damage is not None:
        raise damage


async def ensure_nobodys_completed(world: World, ids: Sequence[str]) -> None:
    """As `ensure_completed`, of snapshots of volumes that no guest had."""
    await ensure_completed(world, (), detached_consistency(None, None), ids)


async def ensure_failed(world: World, reasons: Mapping[str, str]) -> None:
    """Afterwards those of the snapshots that are not completed are in error, and say why."""

    def publish(connection: Connection) -> None:
        for snapshot_id, reason in reasons.items():
            snapshots.fail(connection, snapshot_id, reason)

    await world.database.write(publish)


def _detached(connection: Connection, snapshot: Snapshot) -> How:
    layer = None if snapshot.layer_id is None else layers.get(connection, snapshot.layer_id)
    beneath = None if layer is None or layer.parent_id is None else snapshots.of_layer(connection, layer.parent_id)
    return detached_consistency(snapshot, beneath)
