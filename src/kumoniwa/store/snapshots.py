"""Snapshots in the database."""

from collections.abc import Collection
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, bindparam, delete, func, select, update

from kumoniwa.model.images import ImageState
from kumoniwa.model.layers import GIB, Layer
from kumoniwa.model.scope import Scope
from kumoniwa.model.snapshots import Snapshot, SnapshotState, StorageTier, Tiering
from kumoniwa.model.volumes import Volume
from kumoniwa.store import layers, rows, sharing, volumes
from kumoniwa.store.prepared import Prepared
from kumoniwa.store.rows import InScope, insert, one_of
from kumoniwa.store.tables.images import image_devices, images
from kumoniwa.store.tables.snapshots import snapshots


def add(connection: Connection, *new: Snapshot) -> None:
    """Write new snapshots."""
    insert(connection, snapshots, *new)


_BY_ID = Prepared(select(snapshots).where(snapshots.c.id == bindparam("id")))
_IN_SCOPE = InScope(Snapshot, snapshots, snapshots.c.started_at, snapshots.c.id, kept=True)


def get(connection: Connection, snapshot_id: str) -> Snapshot | None:
    return _BY_ID.value(Snapshot, connection, id=snapshot_id)


def in_scope(connection: Connection, scope: Scope, ids: Collection[str] | None = None) -> list[Snapshot]:
    """The snapshots of an account in a region, oldest first; only these, where `ids` are given."""
    return _IN_SCOPE.of(connection, scope, ids)


def change(connection: Connection, snapshot_id: str, **columns: Any) -> bool:
    """Change columns of a snapshot; gives whether it is still there: it may be deleted while it is made."""
    return rows.change(connection, snapshots, snapshot_id, columns) == 1


def complete(connection: Connection, snapshot_id: str, at: datetime) -> None:
    """Afterwards the snapshot is completed, if it was pending and its sizes are known."""
    connection.execute(
        update(snapshots)
        .where(
            snapshots.c.id == snapshot_id,
            snapshots.c.state == SnapshotState.PENDING,
            snapshots.c.full_bytes.is_not(None),
        )
        .values(state=SnapshotState.COMPLETED, progress=100, completed_at=at)
    )


def fail(connection: Connection, snapshot_id: str, reason: str) -> None:
    """Afterwards the snapshot is in error, and says why, if it was pending."""
    connection.execute(
        update(snapshots)
        .where(snapshots.c.id == snapshot_id, snapshots.c.state == SnapshotState.PENDING)
        .values(state=SnapshotState.ERROR, state_message=reason)
    )


def cut_by_rows(connection: Connection, volume: Volume, snapshot_id: str, layer_id: str, at: datetime) -> None:
    """Cut a volume that no guest has: its head is the snapshot's, and a new layer, without a file so far, its head."""
    layers.add(connection, Layer(layer_id, volume.head, volume.size_gib * GIB, at, encrypted=volume.encrypted))
    volumes.set_head(connection, volume.id, layer_id)
    change(connection, snapshot_id, layer_id=volume.head)


def cut_waiting(connection: Connection, volume: Volume, layer_id: str, at: datetime) -> bool:
    """Cut a volume that no guest has for the snapshots that were asked for while one had it, and whose turn has not
    come: all of them hold what it holds now. Gives whether there were any."""
    query = select(snapshots.c.id).where(
        snapshots.c.volume_id == volume.id,
        snapshots.c.state == SnapshotState.PENDING,
        snapshots.c.layer_id.is_(None),
    )
    waiting = list(connection.execute(query).scalars())
    if waiting:
        cut_by_rows(connection, volume, waiting[0], layer_id, at)
        connection.execute(update(snapshots).where(snapshots.c.id.in_(waiting)).values(layer_id=volume.head))
    return bool(waiting)


def of_layer(connection: Connection, layer_id: str) -> Snapshot | None:
    """The oldest snapshot of a layer whose consistency is known."""
    query = (
        select(snapshots)
        .where(snapshots.c.layer_id == layer_id, snapshots.c.consistency.is_not(None))
        .order_by(snapshots.c.started_at, snapshots.c.id)
        .limit(1)
    )
    return one_of(Snapshot, connection, query)


def count_pending(connection: Connection, volume_id: str) -> int:
    """How many snapshots of a volume are being made."""
    query = select(func.count()).where(snapshots.c.volume_id == volume_id, snapshots.c.state == SnapshotState.PENDING)
    return connection.execute(query).scalar_one()


def remove(connection: Connection, snapshot_id: str) -> None:
    """Forget a snapshot, and who else might use it. Its layer is then left to the collector, where nothing else needs
    it."""
    sharing.revoke(connection, snapshot_id)
    gone = connection.execute(delete(snapshots).where(snapshots.c.id == snapshot_id).returning(snapshots.c.layer_id))
    layers.let_go(connection, gone.scalars())


_NO_IMAGES = (ImageState.FAILED, ImageState.DEREGISTERED)


def images_using(
    connection: Connection, snapshot_id: str, *, apart_from: Collection[ImageState] = _NO_IMAGES
) -> list[str]:
    """The ids of the images that a snapshot belongs to, those in some states left out."""
    query = (
        select(images.c.id)
        .join(image_devices, image_devices.c.image_id == images.c.id)
        .where(
            image_devices.c.snapshot_id == snapshot_id,
            images.c.state.not_in(apart_from),
        )
        .distinct()
        .order_by(images.c.id)
    )
    return list(connection.execute(query).scalars())


_TO_ARCHIVE = Prepared(
    select(snapshots.c.id, snapshots.c.restored_until)
    .where(snapshots.c.restored_until <= bindparam("now"))
    .limit(bindparam("at_most"))
)


def archive_again(connection: Connection, now: datetime, at_most: int) -> int:
    """Archive so many of the snapshots that were restored until now or before; gives how many there were."""
    over = _TO_ARCHIVE.rows(connection, now=now, at_most=at_most)
    for snapshot_id, until in over:
        archive(connection, snapshot_id, until)
    return len(over)


def archive(connection: Connection, snapshot_id: str, at: datetime) -> None:
    """Afterwards the snapshot is in the archive tier."""
    change(
        connection,
        snapshot_id,
        storage_tier=StorageTier.ARCHIVE,
        tiering=Tiering.ARCHIVED,
        tiered_at=at,
        archived_at=at,
        restored_until=None,
    )


def restore(connection: Connection, snapshot_id: str, at: datetime, until: datetime | None) -> None:
    """Afterwards the snapshot is in the standard tier: until then, or for good."""
    change(
        connection,
        snapshot_id,
        storage_tier=StorageTier.STANDARD,
        tiering=Tiering.RESTORED if until is None else Tiering.RESTORED_FOR_A_TIME,
        tiered_at=at,
        restored_until=until,
    )
