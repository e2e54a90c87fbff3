"""Steps that keep what is in a guest while its instance is stopped, and have it go on."""

import secrets
from dataclasses import replace
from datetime import datetime
from functools import partial
from typing import TypedDict

import structlog
from sqlalchemy import Connection

from kumoniwa.hypervisor.driver import (
    DriverError,
    GuestId,
    GuestLost,
    GuestSpec,
    GuestState,
    HostExhausted,
    LayerDamaged,
    MemoryUnusable,
    Started,
    Suspended,
)
from kumoniwa.model.boots import Cause
from kumoniwa.model.hibernations import Hibernation
from kumoniwa.model.instances import Reachability
from kumoniwa.model.volumes import AttachmentState
from kumoniwa.store import boots, hibernations, instances, volumes
from kumoniwa.store.journal import Origin
from kumoniwa.workflows.shared_commits import begins_with_rows
from kumoniwa.workflows.steps.instances.guests import Down, ensure_off, spec_of
from kumoniwa.workflows.steps.instances.instance_ports import ensure_forwards
from kumoniwa.workflows.steps.waiting import until_answered
from kumoniwa.workflows.world import World

log = structlog.get_logger(__name__)

KEY_BYTES = 32
_LEAVING = (AttachmentState.DETACHING, AttachmentState.BUSY)
_WAS_OFF = "Its guest did not run."


class Resumed(TypedDict):
    """Whether a guest went on; `kept_because` says why it stays hibernated, where it could go on later."""

    resumed: bool
    kept_because: str | None


@begins_with_rows
async def ensure_suspended(world: World, instance_id: str, hibernation_id: str, origin: Origin) -> bool:
    """Afterwards the guest is off, and what was in it is kept. Where that cannot be it is left as it is, and the
    hibernation says why: False. One that is hibernated already stays so."""
    begun, reason = await world.database.write(
        partial(_begin, instance_id=instance_id, hibernation_id=hibernation_id, origin=origin)
    )
    if begun.key is None or reason is not None:
        await _give_up(world, begun, reason)
        return False
    try:
        suspended = await _suspended(world, instance_id, begun.key)
    except DriverError as failure:
        log.warning("a guest is shut down instead of hibernated", instance=instance_id, reason=failure.what)
        await _give_up(world, begun, failure.what)
        return False
    await world.metadata.ensure_closed(instance_id)
    await world.database.write(
        lambda connection: hibernations.change(
            connection, begun.id, suspended_at=suspended.at, size_bytes=suspended.size_bytes
        )
    )
    return True


async def ensure_off_or_hibernated(
    world: World, instance_id: str, cause: Cause, origin: Origin, *, skip_os_shutdown: bool
) -> Down:
    """As `guests.ensure_off`; of a guest that was hibernated meanwhile, which is off, all stays kept."""
    kept = await world.database.read(partial(hibernations.kept, instance_id=instance_id))
    if kept is not None and await world.driver.guest(GuestId(instance_id)).observe() is GuestState.ABSENT:
        return {"clean": False, "at_rest_at": None}
    return await ensure_off(world, instance_id, cause, origin, skip_os_shutdown=skip_os_shutdown)


@begins_with_rows
async def ensure_resumed(world: World, instance_id: str, origin: Origin) -> Resumed:
    """Afterwards a hibernated guest runs on, its ports and metadata open. Where it cannot, what was kept of it is given
    up, and the hibernation says why: it can be booted."""
    carried = world.networks is not None and world.networks.carries

    def read(connection: Connection) -> tuple[Hibernation | None, GuestSpec]:
        return hibernations.kept(connection, instance_id), spec_of(connection, instance_id, carried=carried)

    kept, spec = await world.database.read(read)
    if kept is None or kept.key is None:
        return {"resumed": False, "kept_because": None}
    key, guest = kept.key, world.driver.guest(GuestId(instance_id))
    try:
        started: Started = await until_answered(world, instance_id, lambda guest: guest.ensure_resumed(spec, key))
    except (HostExhausted, LayerDamaged) as failure:
        return {"resumed": False, "kept_because": str(failure)}
    except MemoryUnusable as failure:
        log.warning("a hibernated guest boots", instance=instance_id, reason=failure.what)
        now = replace(origin, at=world.clock.now())
        drop = partial(give_up, instance_id=instance_id, because=failure.what, origin=now)
        await world.database.write(drop)
        return {"resumed": False, "kept_because": None}
    if guest.metadata_socket is not None:
        await world.metadata.ensure_open(instance_id, guest.metadata_socket)
    await ensure_forwards(world, [instance_id])
    at = started.at if started.restored else world.clock.now()
    await world.database.write(partial(_note_resumed, hibernation=kept, at=at, origin=origin))
    return {"resumed": True, "kept_because": None}


async def ensure_given_up(world: World, instance_id: str, because: str, origin: Origin) -> None:
    """Afterwards nothing is kept of a hibernated guest: it can only boot. Nothing happens to others."""
    if await world.database.read(partial(hibernations.kept, instance_id=instance_id)) is None:
        return
    await world.driver.guest(GuestId(instance_id)).ensure_memory_dropped()
    now = replace(origin, at=world.clock.now())
    await world.database.write(partial(give_up, instance_id=instance_id, because=because, origin=now))


def give_up(connection: Connection, instance_id: str, because: str, origin: Origin) -> bool:
    """Give up what is kept of a hibernated guest, whose kernel's life ends with it; gives whether anything was kept."""
    if (kept := hibernations.kept(connection, instance_id)) is None:
        return False
    hibernations.change(connection, kept.id, because=because)
    boots.ensure_ended(connection, instance_id, Cause.ACTION, origin, clean=False)
    return True


def _note_resumed(connection: Connection, hibernation: Hibernation, at: datetime, origin: Origin) -> None:
    """Write that the guest went on; where it had been reached, it is as reachable as it was: no agent has to say so."""
    hibernations.change(
        connection,
        hibernation.id,
        resumed_at=at,
        resume_request_id=origin.request_id,
        resume_principal=origin.principal,
        resume_principal_arn=origin.principal_arn,
        key=None,
    )
    seen = boots.signs_of(connection, hibernation.instance_id)
    if seen is not None and seen.reachable_at is not None and seen.reachability is Reachability.INITIALIZING:
        instances.change(connection, hibernation.instance_id, reachability=Reachability.OK)


def _begin(
    connection: Connection, instance_id: str, hibernation_id: str, origin: Origin
) -> tuple[Hibernation, str | None]:
    """Write the hibernation, with a key of its own; gives why it cannot come about, where that is known already. Where
    the guest is hibernated already, gives that."""
    if (kept := hibernations.kept(connection, instance_id)) is not None:
        return kept, None
    boot = boots.current(connection, instance_id)
    begun = hibernations.ensure_begun(
        connection,
        Hibernation(
            id=hibernation_id,
            instance_id=instance_id,
            boot_id="" if boot is None else boot.id,
            asked_at=origin.at,
            request_id=origin.request_id,
            principal=origin.principal,
            principal_arn=origin.principal_arn,
            key=secrets.token_bytes(KEY_BYTES),
        ),
    )
    return begun, _why_not(connection, instance_id)


def _why_not(connection: Connection, instance_id: str) -> str | None:
    boot = boots.current(connection, instance_id)
    if boot is None or boot.ended_at is not None:
        return _WAS_OFF
    instance = instances.get(connection, instance_id)
    if instance is None or instance.disk_bus != "virtio":
        return "The guest's disks are NVMe, and QEMU cannot save such a disk's state."
    for attachment in volumes.attachments_of(connection, [instance_id]).get(instance_id, []):
        if attachment.state in _LEAVING:
            return f"The guest has not let go of {attachment.volume_id}, which is being detached."
    return None


async def _suspended(world: World, instance_id: str, key: bytes) -> Suspended:
    """Ask the guest; once more where no answer came, for it may have been suspended."""
    guest = world.driver.guest(GuestId(instance_id))
    try:
        return await guest.ensure_suspended(key)
    except GuestLost:
        return await guest.ensure_suspended(key)


async def _give_up(world: World, begun: Hibernation, reason: str | None) -> None:
    if begun.ended_at is None:
        now = world.clock.now()
        over = partial(hibernations.change, hibernation_id=begun.id, ended_at=now, because=reason, key=None)
        await world.database.write(over)
