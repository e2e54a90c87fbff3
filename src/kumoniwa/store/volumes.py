"""Volumes and their attachments in the database.

An instance's description shows the attachments of its volumes, so each change of an attachment counts as a change of
the instance.
"""

from collections.abc import Collection
from functools import cache
from typing import Any

from sqlalchemy import Connection, bindparam, delete, select, update

from kumoniwa.model.layers import GIB
from kumoniwa.model.scope import Scope
from kumoniwa.model.snapshots import SnapshotState
from kumoniwa.model.volumes import VOLUME_MOVES, Attachment, AttachmentState, Volume, VolumeState
from kumoniwa.store import instances, rows
from kumoniwa.store.layers import let_go
from kumoniwa.store.prepared import Prepared, among, either, listed
from kumoniwa.store.rows import InScope, insert
from kumoniwa.store.tables.layers import layers
from kumoniwa.store.tables.snapshots import snapshots
from kumoniwa.store.tables.volumes import attachments, volumes


def add(connection: Connection, *new: Volume) -> None:
    """Write new volumes. Their head layers are there already."""
    insert(connection, volumes, *new)


_BY_ID = Prepared(select(volumes).where(volumes.c.id == bindparam("id")))


def get(connection: Connection, volume_id: str) -> Volume | None:
    return _BY_ID.value(Volume, connection, id=volume_id)


_IN_SCOPE = InScope(Volume, volumes, volumes.c.created_at, volumes.c.id)


def in_scope(connection: Connection, scope: Scope, ids: Collection[str] | None = None) -> list[Volume]:
    """The volumes of an account in a region, oldest first; only these, where `ids` are given."""
    return _IN_SCOPE.of(connection, scope, ids)


_OF_INSTANCE = Prepared(
    select(volumes)
    .join(attachments, attachments.c.volume_id == volumes.c.id)
    .where(attachments.c.instance_id == bindparam("instance"))
)


def of_instance(connection: Connection, instance_id: str) -> list[tuple[Attachment, Volume]]:
    """An instance's attachments and their volumes, in the order in which its guest sees them: the root is first."""
    found = attachments_of(connection, [instance_id]).get(instance_id, [])
    by_id = {volume.id: volume for volume in _OF_INSTANCE.values(Volume, connection, instance=instance_id)}
    return [(attachment, by_id[attachment.volume_id]) for attachment in found]


_IN_ORDER = select(attachments).order_by(attachments.c.instance_id, attachments.c.position)
_ATTACHMENTS = Prepared(_IN_ORDER)
_ATTACHMENTS_OF = Prepared(_IN_ORDER.where(among(attachments.c.instance_id, "ids")))


def attachments_of(connection: Connection, instance_ids: Collection[str] | None = None) -> dict[str, list[Attachment]]:
    """The attachments of instances, by instance and in the guest's order; of all instances where no ids are given."""
    if instance_ids is None:
        all_found = _ATTACHMENTS.values(Attachment, connection)
    else:
        all_found = _ATTACHMENTS_OF.values(Attachment, connection, ids=listed(instance_ids))
    found: dict[str, list[Attachment]] = {}
    for attachment in all_found:
        found.setdefault(attachment.instance_id, []).append(attachment)
    return found


_ATTACHED = Prepared(select(attachments).where(among(attachments.c.volume_id, "ids")))


def attachment_of(connection: Connection, volume_ids: Collection[str] | None = None) -> dict[str, Attachment]:
    """Where volumes are attached, by volume, those that are not left out; of all volumes where no ids are given."""
    if volume_ids is None:
        found = _ATTACHMENTS.values(Attachment, connection)
    else:
        found = _ATTACHED.values(Attachment, connection, ids=listed(volume_ids))
    return {attachment.volume_id: attachment for attachment in found}


def change(connection: Connection, volume_id: str, **columns: Any) -> None:
    """Change columns of a volume, other than its state."""
    assert "state" not in columns, "states are moved by `move`"
    rows.change(connection, volumes, volume_id, columns)


def move(
    connection: Connection, volume_id: str, sources: Collection[VolumeState], target: VolumeState, **columns: Any
) -> bool:
    """Move a volume to `target`, if it is in one of `sources`; gives whether it was. Nothing else changes states."""
    for source in sources:
        if target not in VOLUME_MOVES[source]:
            raise instances.IllegalMove(f"{source} → {target}")
    moving = _moving(tuple(columns), frozenset(sources))
    return moving.run(connection, of=volume_id, new_state=target, **rows.as_new(columns)) == 1


@cache
def _moving(names: tuple[str, ...], sources: frozenset[VolumeState]) -> Prepared:
    moving = update(volumes).where(volumes.c.id == bindparam("of"), either(volumes.c.state, sources))
    return Prepared(moving.values(rows.new_values(volumes, ("state", *names))))


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
    gone = connection.execute(delete(volumes).where(volumes.c.id == volume_id).returning(volumes.c.head))
    let_go(connection, gone.scalars())


def attach(connection: Connection, *new: Attachment) -> None:
    """Write new attachments. A volume has one at most: a second raises SQLAlchemy's `IntegrityError`."""
    attach_to_new(connection, *new)
    for instance_id in dict.fromkeys(attachment.instance_id for attachment in new):
        instances.change(connection, instance_id)


def attach_to_new(connection: Connection, *new: Attachment) -> None:
    """As `attach`, to instances that the same transaction writes: nobody has seen them without these."""
    insert(connection, attachments, *new)


def change_attachment(connection: Connection, volume_id: str, **columns: Any) -> None:
    """Change columns of a volume's attachment, if it has one."""
    rows.change(connection, attachments, volume_id, columns, key="volume_id")
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
    moving = _moving_attachment(frozenset(sources), target)
    moved = moving.run(connection, volume=volume_id, instance=instance_id) == 1
    if moved:
        instances.change(connection, instance_id)
    return moved


@cache
def _moving_attachment(sources: frozenset[AttachmentState], target: AttachmentState) -> Prepared:
    columns = attachments.c
    own = (columns.volume_id == bindparam("volume")) & (columns.instance_id == bindparam("instance"))
    return Prepared(update(attachments).where(own & either(columns.state, sources)).values(state=target))


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


_DETACHED = Prepared(delete(attachments).where(attachments.c.volume_id == bindparam("volume")))


def detach(connection: Connection, volume_id: str) -> None:
    """Afterwards the volume is attached nowhere."""
    _count_change(connection, volume_id)
    _DETACHED.run(connection, volume=volume_id)


def _count_change(connection: Connection, volume_id: str) -> None:
    """Count a change of the instance that the volume is attached to."""
    if (attachment := attachment_of(connection, [volume_id]).get(volume_id)) is not None:
        instances.change(connection, attachment.instance_id)
