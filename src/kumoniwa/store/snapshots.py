"""Snapshots in the database."""

from collections.abc import Collection
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, delete, func, select, update

from kumoniwa.model.storage import ImageState, Snapshot, SnapshotState
from kumoniwa.store.rows import all_of, insert, one_of
from kumoniwa.store.tables import image_devices, images, snapshots


def add(connection: Connection, *new: Snapshot) -> None:
    """Write new snapshots."""
    insert(connection, snapshots, *new)


def get(connection: Connection, snapshot_id: str) -> Snapshot | None:
    return one_of(Snapshot, connection, select(snapshots).where(snapshots.c.id == snapshot_id))


def in_scope(connection: Connection, account: str, region: str, ids: Collection[str] | None = None) -> list[Snapshot]:
    """The snapshots of an account in a region, oldest first; only these, where `ids` are given."""
    query = select(snapshots).where(snapshots.c.account == account, snapshots.c.region == region)
    if ids is not None:
        query = query.where(snapshots.c.id.in_(ids))
    return all_of(Snapshot, connection, query.order_by(snapshots.c.started_at, snapshots.c.id))


def change(connection: Connection, snapshot_id: str, **columns: Any) -> bool:
    """Change columns of a snapshot; gives whether it is still there (one may be deleted while it is made)."""
    return connection.execute(update(snapshots).where(snapshots.c.id == snapshot_id).values(**columns)).rowcount == 1


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


def count_pending(connection: Connection, volume_id: str) -> int:
    """How many snapshots of a volume are being made."""
    query = select(func.count()).where(snapshots.c.volume_id == volume_id, snapshots.c.state == SnapshotState.PENDING)
    return connection.execute(query).scalar_one()


def remove(connection: Connection, snapshot_id: str) -> None:
    """Forget a snapshot. Its layer is then left to the collector, where nothing else needs it."""
    connection.execute(delete(snapshots).where(snapshots.c.id == snapshot_id))


def images_using(connection: Connection, snapshot_id: str) -> list[str]:
    """The ids of the images that a snapshot belongs to, failed and deregistered ones left out."""
    query = (
        select(images.c.id)
        .join(image_devices, image_devices.c.image_id == images.c.id)
        .where(
            image_devices.c.snapshot_id == snapshot_id,
            images.c.state.not_in([ImageState.FAILED, ImageState.DEREGISTERED]),
        )
        .distinct()
        .order_by(images.c.id)
    )
    return list(connection.execute(query).scalars())
