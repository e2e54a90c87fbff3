"""Steps that measure and complete snapshots, or say why they cannot be completed."""

from collections.abc import Mapping, Sequence
from functools import partial

from sqlalchemy import Connection

from kumoniwa.hypervisor.driver import LayerDamaged, LayerId, LayerMeasure
from kumoniwa.model.consistency import How
from kumoniwa.model.detached_consistency import detached_consistency
from kumoniwa.model.layers import Layer
from kumoniwa.model.snapshots import Snapshot, SnapshotState
from kumoniwa.store import layers, snapshots
from kumoniwa.workflows.steps.layers.layer_keys import check_copy_key
from kumoniwa.workflows.steps.layers.layers_that_go import LayerGone, as_long_as_known
from kumoniwa.workflows.steps.layers.volume_layers import ensure_layers_made
from kumoniwa.workflows.world import World


async def ensure_completed(world: World, ids: Sequence[str], how: How, detached: Sequence[str] = ()) -> None:
    """Afterwards the snapshots that are still there are measured and completed, and say how they were cut.

    Those that are `detached` are of volumes that no guest had: how they were cut follows from what they hold
    (`model.detached_consistency`). Raises `LayerDamaged` where one cannot be read: it is in `error`, and so it stays.
    """
    how = How(*how)
    damage: LayerDamaged | None = None
    try:
        await ensure_measured(world, [*ids, *detached])
    except LayerDamaged as damaged:
        damage = damaged
    now = world.clock.now()

    def complete(connection: Connection) -> None:
        for snapshot_id in (*ids, *detached):
            if (snapshot := snapshots.get(connection, snapshot_id)) is None:
                continue
            cut = _detached(connection, snapshot) if snapshot_id in detached else how
            snapshots.change(
                connection,
                snapshot_id,
                consistency=cut.consistency,
                consistency_detail=cut.detail,
                frozen_ms=cut.frozen_ms,
            )
            snapshots.complete(connection, snapshot_id, now)

    await world.database.write(complete)
    if damage is not None:
        raise damage


async def ensure_detached_completed(world: World, ids: Sequence[str]) -> None:
    """As `ensure_completed`, of snapshots of volumes that no guest had."""
    await ensure_completed(world, (), detached_consistency(None, None), ids)


async def ensure_copies_completed(world: World, snapshot_ids: Sequence[str]) -> None:
    """Afterwards those of the snapshots that are still there are completed. All else a copy has from its source, but
    for an encrypted one that was not encrypted so before: that is written anew, and measured."""
    await ensure_measured(world, snapshot_ids)
    now = world.clock.now()

    def publish(connection: Connection) -> None:
        for snapshot_id in snapshot_ids:
            snapshots.change(connection, snapshot_id, state=SnapshotState.COMPLETED, progress=100, completed_at=now)

    await world.database.write(publish)


async def ensure_failed(world: World, reasons: Mapping[str, str]) -> None:
    """Afterwards those of the snapshots that are not completed are in error, and say why."""

    def publish(connection: Connection) -> None:
        for snapshot_id, reason in reasons.items():
            snapshots.fail(connection, snapshot_id, reason)

    await world.database.write(publish)


async def ensure_measured(world: World, snapshot_ids: Sequence[str]) -> None:
    """Afterwards each of these snapshots that is still there knows its sizes, and its layer what its file is.

    One whose layer cannot be read, or is not what it was when it was measured, is in `error` and says why; once the
    others are measured, its `LayerDamaged` is raised. Another snapshot of a layer that was measured is not measured
    again. Raises `StepFailed` for a copy whose key cannot be used. Takes as long as reading the layers' files does: no
    instance should be claimed meanwhile.
    """
    damage: LayerDamaged | None = None
    for snapshot_id in snapshot_ids:
        try:
            await _ensure_measured(world, snapshot_id)
        except LayerDamaged as damaged:
            if await _ensure_in_error(world, snapshot_id, str(damaged)):
                damage = damage or damaged
    if damage is not None:
        raise damage


def _detached(connection: Connection, snapshot: Snapshot) -> How:
    layer = None if snapshot.layer_id is None else layers.get(connection, snapshot.layer_id)
    beneath = None if layer is None or layer.parent_id is None else snapshots.of_layer(connection, layer.parent_id)
    return detached_consistency(snapshot, beneath)


async def _ensure_measured(world: World, snapshot_id: str) -> None:
    def read(connection: Connection) -> tuple[Snapshot, Layer, tuple[int, int] | None] | None:
        snapshot = snapshots.get(connection, snapshot_id)
        if snapshot is None or snapshot.layer_id is None or snapshot.full_bytes is not None:
            return None
        layer = layers.get(connection, snapshot.layer_id)
        assert layer is not None, "a foreign key holds it"
        if layer.is_copy:
            check_copy_key(connection, snapshot)
        return snapshot, layer, None if layer.sealed_sha256 is None else layers.sizes(connection, layer.id)

    if (found := await world.database.read(read)) is None:
        return
    snapshot, layer, sizes = found
    if sizes is None:
        await ensure_layers_made(world, layer.id)
        try:
            async with as_long_as_known(world, layer.id):
                measure = await world.driver.disks.measure(LayerId(layer.id))
        except LayerGone:
            return  # with the snapshot
        _check_unchanged(layer, measure)
        await world.database.write(
            partial(layers.seal, layer_id=layer.id, length=measure.file_bytes, sha256=measure.sha256)
        )
        sizes = measure.own_bytes, measure.full_bytes
    changed, full = sizes
    await world.database.write(
        partial(snapshots.change, snapshot_id=snapshot.id, changed_bytes=changed, full_bytes=full)
    )


def _check_unchanged(layer: Layer, measure: LayerMeasure) -> None:
    if layer.sealed_sha256 not in (None, measure.sha256):
        raise LayerDamaged(
            f"The file of layer {layer.id} has changed since it was measured ({layer.sealed_bytes} bytes then, "
            f"{measure.file_bytes} now); an immutable layer never does."
        )


async def _ensure_in_error(world: World, snapshot_id: str, reason: str) -> bool:
    """Afterwards the snapshot is in `error`; gives whether it is still there."""
    return await world.database.write(
        partial(snapshots.change, snapshot_id=snapshot_id, state=SnapshotState.ERROR, state_message=reason)
    )
