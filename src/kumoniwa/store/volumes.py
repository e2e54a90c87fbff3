"""Volumes and their attachments in the database.

An instance's description shows the attachments of its volumes, so each change of an attachment counts as a change of
the instance.
"""

from collections.abc import Collection
from typing import Any

from sqlalchemy import Connection, delete, select, update

from kumoniwa.model.layers import GIB
from kumoniwa.model.scope import Scope
from kumoniwa.model.snapshots import SnapshotState
from kumoniwa.model.volumes import VOLUME_MOVES, Attachment, AttachmentState, Volume, VolumeState
from kumoniwa.store import instances
from kumoniwa.store.rows import all_of, insert, of_owners, of_scope, one_of
from kumoniwa.store.tables import attachments, layers, snapshots, volumes


def add(connection: Connection, volume: Volume) -> None:
    """Write a new volume. Its head layer is there already."""
    insert(connection, volumes, volume)


def get(connection: Connection, volume_id: str) -> Volume | None:
    return one_of(Volume, connection, select(volumes).where(volumes.c.id == volume_id))


def in_scope(connection: Connection, scope: Scope, ids: Collection[str] | None = None) -> list[Volume]:
    """The volumes of an account in a region, oldest first; only these, where `ids` are given."""
    return of_scope(Volume, connection, volumes, scope, ids, volumes.c.created_at, volumes.c.id)


def of_instance(connection: Connection, instance_id: str) -> list[tuple[Attachment, Volume]]:
    """An instance's attachments and their volumes, in the order in which its guest sees them: the root is first."""
    found = attachments_of(connection, [instance_id]).get(instance_id, [])
    query = select(volumes).where(volumes.c.id.in_([attachment.volume_id for attachment in found]))
    by_id = {volume.id: volume for volume in all_of(Volume, connection, query)}
    return [(attachment, by_id[attachment.volume_id]) for attachment in found]


def attachments_of(connection: Connection, instance_ids: Collection[str]) -> dict[str, list[Attachment]]:
    """The attachments of instances, by instance and in the guest's order."""
    columns = attachments.c
    found: dict[str, list[Attachment]] = {}
    for attachment in of_owners(Attachment, connection, columns.instance_id, instance_ids, columns.position):
        found.setdefault(attachment.instance_id, []).append(attachment)
    return found


def attachment_of(connection: Connection, volume_ids: Collection[str] | None = None) -> dict[str, Attachment]:
    """Where volumes are attached, by volume, those that are not left out; of all volumes where no ids are given."""
    found = of_owners(Attachment, connection, attachments.c.volume_id, volume_ids)
    return {attachment.volume_id: attachment for attachment in found}


def change(connection: Connection, volume_id: str, **columns: Any) -> None:
    """Change columns of a volume, other than its state."""
    assert "state" not in columns, "states are moved by `move`"
    connection.execute(update(volumes).where(volumes.c.id == volume_id).values(**columns))


def move(
    connection: Connection, volume_id: str, sources: Collection[VolumeState], target: VolumeState, **columns: Any
) -> bool:
    """Move a volume to `target`, if it is in one of `sources`; gives whether it was. Nothing else changes states."""
    for source in sources:
        if target not in VOLUME_MOVES[source]:
            raise instances.IllegalMove(f"{source} → {target}")
    result = connection.execute(
        update(volumes).where(volumes.c.id == volume_id, volumes.c.state.in_(sources)).values(state=target, **columns)
    )
    return result.rowcount == 1


def set_head(connection: Connection, volume_id: str, layer_id: str) -> None:
    """Afterwards this layer is the writable one on top of the volume."""
    change(connection, volume_id, head=layer_id)


def remove(connection: Connection, volume_id: str) -> None:
    """Forget a volume and its attachment. Its head layer is then left to the collector, where nothing else needs it.

    No guest writes to it. So the snapshots that were asked for, and whose turn has not come, hold what it held last.
    """
    head = select(volumes.c.head).where(volumes.c.id == volume_id).scalar_subquery()
    waiting = (snapshots.c.volume_id == volume_id) & snapshots.c.layer_id.is_(None)
    connection.execute(
        update(snapshots).where(waiting, snapshots.c.state == SnapshotState.PENDING).values(layer_id=head)
    )
    detach(connection, volume_id)
    connection.execute(delete(volumes).where(volumes.c.id == volume_id))


def attach(connection: Connection, attachment: Attachment) -> None:
    """Write a new attachment. A volume has one at most: a second raises SQLAlchemy's `IntegrityError`."""
    insert(connection, attachments, attachment)
    instances.change(connection, attachment.instance_id)


def change_attachment(connection: Connection, volume_id: str, **columns: Any) -> None:
    """Change columns of a volume's attachment, if it has one."""
    connection.execute(update(attachments).where(attachments.c.volume_id == volume_id).values(**columns))
    _count_change(connection, volume_id)


def set_attachment_state(connection: Connection, volume_id: str, state: AttachmentState) -> None:
    """Afterwards the volume's attachment, if it has one, is in this state."""
    change_attachment(connection, volume_id, state=state)


def move_attachment(
    connection: Connection,
    volume_id: str,
    instance_id: str,
    sources: Collection[AttachmentState],
    target: AttachmentState,
) -> bool:
    """Move a volume's attachment to this instance to `target`, if it is in one of `sources`; gives whether it was."""
    moved = connection.execute(
        update(attachments)
        .where(
            attachments.c.volume_id == volume_id,
            attachments.c.instance_id == instance_id,
            attachments.c.state.in_(sources),
        )
        .values(state=target)
    )
    if moved.rowcount == 1:
        instances.change(connection, instance_id)
    return moved.rowcount == 1


def release(connection: Connection, volume_id: str, instance_id: str, sources: Collection[AttachmentState]) -> bool:
    """End a volume's attachment to this instance, if it is in one of `sources`, and make the volume available.

    Gives whether it was.
    """
    attachment = attachment_of(connection, [volume_id]).get(volume_id)
    if attachment is None or attachment.instance_id != instance_id or attachment.state not in sources:
        return False
    detach(connection, volume_id)
    move(connection, volume_id, [VolumeState.IN_USE], VolumeState.AVAILABLE)
    return True


def grow(connection: Connection, volume_id: str, size_gib: int) -> None:
    """Note that the volume, whose head layer's file has grown, is so large."""
    change(connection, volume_id, size_gib=size_gib)
    head = select(volumes.c.head).where(volumes.c.id == volume_id).scalar_subquery()
    connection.execute(update(layers).where(layers.c.id == head).values(size_bytes=size_gib * GIB))


def detach(connection: Connection, volume_id: str) -> None:
    """Afterwards the volume is attached nowhere."""
    _count_change(connection, volume_id)
    connection.execute(delete(attachments).where(attachments.c.volume_id == volume_id))


def _count_change(connection: Connection, volume_id: str) -> None:
    """Count a change of the instance that the volume is attached to."""
    if (attachment := attachment_of(connection, [volume_id]).get(volume_id)) is not None:
        instances.change(connection, attachment.instance_id)
