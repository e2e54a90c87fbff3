"""Steps that carry out the modification of a volume."""

from functools import partial

from sqlalchemy import Connection

from kumoniwa.hypervisor.driver import GuestId, GuestState, LayerId
from kumoniwa.model.layers import GIB, Layer
from kumoniwa.model.volumes import Attachment, ModificationState, Volume, VolumeModification
from kumoniwa.store import layers, volume_modifications, volumes
from kumoniwa.workflows.steps.instances.guests import disk_of
from kumoniwa.workflows.steps.layers.volume_layers import ensure_layers_made
from kumoniwa.workflows.steps.waiting import until_answered
from kumoniwa.workflows.workflow import StepFailed
from kumoniwa.workflows.world import World

_FROM_THE_NEXT_BOOT = "The volume has grown. Its guest sees the new size from its next boot on."
_Found = tuple[Volume, Attachment | None, VolumeModification]


async def ensure_applied(world: World, volume_id: str, layer_id: str, instance_id: str | None) -> None:
    """Afterwards the volume is what its modification wants; its guest, where one runs, sees the new size.

    The volume of an instance, which the workflow has claimed, grows in place. One that no instance has gets a new and
    longer top, `layer_id`, by metadata only: its head may be cut by others at any moment.
    """
    if (found := await world.database.read(partial(_found, volume_id=volume_id))) is None:
        return  # applied in an earlier life, or the volume is gone
    volume, attachment, modification = found
    if attachment is None:
        await world.database.write(partial(_apply_unattached, volume_id=volume_id, layer_id=layer_id))
        return
    if attachment.instance_id != instance_id:
        raise _attached_meanwhile(attachment)
    message = None
    if modification.target_size_gib > volume.size_gib:
        message = await _ensure_grown(world, volume, attachment.instance_id, modification.target_size_gib * GIB)
    await world.database.write(lambda connection: _apply(connection, modification, message))


async def ensure_applied_at_rest(world: World, volume_id: str) -> None:
    """Afterwards a volume is what its modification wants, whose guest is gone and may have seen it grow."""
    if (found := await world.database.read(partial(_found, volume_id=volume_id))) is None:
        return
    volume, _, modification = found
    if modification.target_size_gib > volume.size_gib:
        await ensure_layers_made(world, volume.head)
        await world.driver.disks.ensure_size(LayerId(volume.head), modification.target_size_gib * GIB)
    await world.database.write(lambda connection: _apply(connection, modification, None))


async def ensure_completed(world: World, volume_id: str) -> None:
    """Afterwards the modification is `completed`: nothing has to be optimized here."""
    now = world.clock.now()
    await world.database.write(
        lambda connection: volume_modifications.move(
            connection,
            volume_id,
            [ModificationState.OPTIMIZING],
            ModificationState.COMPLETED,
            progress=100,
            ended_at=now,
        )
    )


async def ensure_failed(world: World, volume_id: str, reason: str) -> None:
    """Afterwards the modification is `failed`, and says why; the volume is what it was."""
    now = world.clock.now()
    await world.database.write(
        lambda connection: volume_modifications.move(
            connection,
            volume_id,
            [ModificationState.MODIFYING],
            ModificationState.FAILED,
            ended_at=now,
            status_message=reason,
        )
    )


async def _ensure_grown(world: World, volume: Volume, instance_id: str, size_bytes: int) -> str | None:
    """Afterwards the head's file is this long. Gives the status message where a running guest does not see it."""
    await ensure_layers_made(world, volume.head)
    if await until_answered(world, instance_id, lambda guest: guest.ensure_grown(disk_of(volume), size_bytes)):
        return None
    if await world.driver.guest(GuestId(instance_id)).observe() is GuestState.ABSENT:
        await world.driver.disks.ensure_size(LayerId(volume.head), size_bytes)
        return None
    return _FROM_THE_NEXT_BOOT


def _found(connection: Connection, volume_id: str) -> _Found | None:
    """The volume, where it is attached, and its modification where that is still to be applied."""
    volume, modification = volumes.get(connection, volume_id), volume_modifications.get(connection, volume_id)
    if volume is None or modification is None or modification.state is not ModificationState.MODIFYING:
        return None
    return volume, volumes.attachment_of(connection, [volume_id]).get(volume_id), modification


def _apply_unattached(connection: Connection, volume_id: str, layer_id: str) -> None:
    if (found := _found(connection, volume_id)) is None:
        return
    volume, attachment, modification = found
    if attachment is not None:
        raise _attached_meanwhile(attachment)
    if modification.target_size_gib > volume.size_gib:
        size_bytes = modification.target_size_gib * GIB
        new = Layer(layer_id, volume.head, size_bytes, modification.started_at, encrypted=volume.encrypted)
        layers.add(connection, new)
        volumes.set_head(connection, volume_id, layer_id)
    _apply(connection, modification, None)


def _attached_meanwhile(attachment: Attachment) -> StepFailed:
    """Only a volume that was to become a root when the modification was asked for: others are not attached then."""
    return StepFailed(
        f"The volume was attached to {attachment.instance_id} meanwhile.",
        way_out="Modify it again, attached as it is now.",
    )


def _apply(connection: Connection, modification: VolumeModification, message: str | None) -> None:
    """Note what the volume is now."""
    applied = volume_modifications.move(
        connection,
        modification.volume_id,
        [ModificationState.MODIFYING],
        ModificationState.OPTIMIZING,
        status_message=message,
    )
    if applied:
        volumes.grow(connection, modification.volume_id, modification.target_size_gib)
        volumes.change(
            connection,
            modification.volume_id,
            volume_type=modification.target_volume_type,
            iops=modification.target_iops,
            throughput=modification.target_throughput,
            multi_attach=modification.target_multi_attach,
        )
