"""Steps that plug volumes into guests and take them out again."""

from functools import partial

import structlog
from sqlalchemy import Connection

from kumoniwa.hypervisor.driver import DetachRefused, GuestState
from kumoniwa.model.volumes import AttachmentState, Volume
from kumoniwa.store import boots, volumes
from kumoniwa.store.journal import Origin
from kumoniwa.workflows.shared_commits import Rows, begins_with_rows, rows
from kumoniwa.workflows.steps.instances.guests import disk_of
from kumoniwa.workflows.steps.instances.hibernation import ensure_given_up
from kumoniwa.workflows.steps.waiting import until_answered
from kumoniwa.workflows.world import World

log = structlog.get_logger(__name__)

_LEAVING = (AttachmentState.DETACHING, AttachmentState.BUSY)


@begins_with_rows
async def ensure_plugged_in(world: World, volume_id: str, instance_id: str, origin: Origin) -> None:
    """Afterwards the instance's guest has the volume, also where a caller wants it detached by now: what was asked for
    in between finds it there, and the detachment's turn comes.

    A guest that is ABSENT gets it at its next start; one that is hibernated can only boot then. One that has ended got
    it after its end, whenever asked for: its attachment says so, for what the end says of the guest's disks.
    """
    wanted = (AttachmentState.ATTACHING, AttachmentState.DETACHING)
    if (volume := await _attached(world, volume_id, instance_id, wanted)) is not None:
        disk = disk_of(volume)
        await ensure_given_up(world, instance_id, f"{volume_id} was attached meanwhile.", origin)
        await until_answered(world, instance_id, lambda guest: guest.ensure_attached(disk))
        state = await until_answered(world, instance_id, lambda guest: guest.observe())

        def note(connection: Connection) -> None:
            boot = boots.current(connection, instance_id)
            if boot is not None:
                # One that is halted for want of room goes on, in the same boot.
                goes_on = state is GuestState.HALTED and boot.ended_at is None
                has_missed = boot.number - 1 if state is GuestState.RUNNING or goes_on else boot.number
                volumes.change_attachment(connection, volume_id, after_boot=has_missed)

        await world.database.write(note)


@begins_with_rows
async def ensure_published_attached(world: World, volume_id: str, instance_id: str) -> Rows[None]:
    """Afterwards the attachment is `attached`, unless a caller wants it ended by now."""
    return rows(
        lambda connection: volumes.move_attachment(
            connection, volume_id, instance_id, [AttachmentState.ATTACHING], AttachmentState.ATTACHED
        )
    )


@begins_with_rows
async def ensure_attachment_given_up(world: World, volume_id: str, instance_id: str) -> Rows[None]:
    """Afterwards a volume that could not be attached is available again."""
    return rows(lambda connection: volumes.release(connection, volume_id, instance_id, [AttachmentState.ATTACHING]))


@begins_with_rows
async def ensure_unplugged(world: World, volume_id: str, instance_id: str, origin: Origin, *, force: bool) -> None:
    """Afterwards the instance's guest has the volume no more, and what it wrote is there. A hibernated guest can only
    boot from now on: another may write to the volume.

    Fails where the guest does not let it go within the configured deadline; with `force` it is taken from it.
    """
    if (volume := await _attached(world, volume_id, instance_id, _LEAVING)) is not None:
        await ensure_given_up(world, instance_id, f"{volume_id} was detached meanwhile.", origin)
        await _unplug(world, volume, instance_id, deadline=world.config.detach_deadline, force=force)


@begins_with_rows
async def ensure_released(world: World, volume_id: str, instance_id: str) -> Rows[None]:
    """Afterwards the volume is available, its attachment gone."""
    return rows(partial(volumes.release, volume_id=volume_id, instance_id=instance_id, sources=_LEAVING))


@begins_with_rows
async def ensure_left_busy(world: World, volume_id: str, instance_id: str) -> Rows[None]:
    """Afterwards the attachment of a volume that its guest does not let go is `busy`; the volume stays in use."""
    return rows(
        lambda connection: volumes.move_attachment(
            connection, volume_id, instance_id, [AttachmentState.DETACHING], AttachmentState.BUSY
        )
    )


@begins_with_rows
async def ensure_busy_released(world: World, instance_id: str) -> Rows[None]:
    """Afterwards the volumes are available that the instance's guest, which is off, was asked for and kept."""

    def release(connection: Connection) -> None:
        for attachment, volume in volumes.of_instance(connection, instance_id):
            if attachment.state is AttachmentState.BUSY:
                volumes.release(connection, volume.id, instance_id, [AttachmentState.BUSY])

    return rows(release)


@begins_with_rows
async def ensure_busy_let_go(world: World, instance_id: str) -> None:
    """Afterwards the volumes are available that the instance's guest was asked for and, having rebooted, lets go."""
    for attachment, volume in await world.database.read(partial(volumes.of_instance, instance_id=instance_id)):
        if attachment.state is not AttachmentState.BUSY:
            continue
        try:
            await _unplug(world, volume, instance_id, deadline=0.0, force=False)
        except DetachRefused as kept:
            log.info("a guest keeps a volume", instance=instance_id, volume=volume.id, reason=kept.what)
            continue
        await world.database.write(
            partial(volumes.release, volume_id=volume.id, instance_id=instance_id, sources=_LEAVING)
        )


async def _unplug(world: World, volume: Volume, instance_id: str, *, deadline: float, force: bool) -> None:
    serial = disk_of(volume).serial
    await until_answered(
        world, instance_id, lambda guest: guest.ensure_detached(serial, deadline=deadline, force=force)
    )


async def _attached(
    world: World, volume_id: str, instance_id: str, states: tuple[AttachmentState, ...]
) -> Volume | None:
    """The volume, where its attachment to this instance is in one of these states."""

    def read(connection: Connection) -> Volume | None:
        attachment = volumes.attachment_of(connection, [volume_id]).get(volume_id)
        if attachment is None or attachment.instance_id != instance_id or attachment.state not in states:
            return None
        return volumes.get(connection, volume_id)

    return await world.database.read(read)
