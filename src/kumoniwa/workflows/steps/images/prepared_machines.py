"""Steps that prepare machines in memory, of which instances are launched, and that end what is left of them."""

from functools import partial

import structlog
from sqlalchemy import Connection

from kumoniwa.hypervisor.driver import DiskBus, GuestDisk, GuestId, GuestSpec, LayerId, PreparedId
from kumoniwa.model.fast_launch import FastLaunchState, MachineState, PreparedMachine
from kumoniwa.model.layers import Layer
from kumoniwa.store import fast_launch, layers
from kumoniwa.workflows.shared_commits import Rows, begins_with_rows, rows
from kumoniwa.workflows.steps.layers.volume_layers import collect_what_goes, ensure_layers_made
from kumoniwa.workflows.turns import CutShort
from kumoniwa.workflows.world import World

log = structlog.get_logger(__name__)

PREPARED_WITHIN = 600.0  # seconds; half a minute on a quiet host, and two beside ten guests that boot

_NOBODY = "ec200000-0000-4000-8000-000000000000"
_SERIAL = "vol00000000000000000"
_PRODUCT = "prepare-launch"


async def ensure_prepared(world: World, machine_id: str) -> None:
    """Afterwards the machine is saved, and its layer holds what its disk holds; nothing of that where it is not wanted
    any more, or not before that was done. Raises `DriverError`: then it is not saved.

    What a server that died left of it, its disk too, is made anew.
    """
    async with world.turns.preparations:
        try:
            async with world.turns.machine(machine_id).unless_cut_short():
                await _ensure_prepared(world, machine_id)
        except CutShort:
            log.info("a machine is not wanted any more: its preparation has ended", machine=machine_id)


async def _ensure_prepared(world: World, machine_id: str) -> None:
    found = await world.database.read(partial(_wanted, machine_id=machine_id))
    if found is None:
        return
    machine, layer = found
    prepared = world.driver.prepared(PreparedId(machine_id))
    if await prepared.is_made():
        return
    await prepared.ensure_forgotten()  # before its disk, which it may have open
    disks, own = world.driver.disks, LayerId(layer.id)
    await disks.ensure_deleted(own)
    assert layer.parent_id is not None, "it stands on the image's"
    await ensure_layers_made(world, layer.parent_id)
    await disks.ensure_overlay(own, LayerId(layer.parent_id), layer.size_bytes)
    await prepared.ensure_made(_spec_of(machine, own), deadline=PREPARED_WITHIN)


@begins_with_rows
async def ensure_published_ready(world: World, machine_id: str) -> Rows[None]:
    """Afterwards instances are launched from the machine, unless it is not wanted any more."""
    now = world.clock.now()

    def publish(connection: Connection) -> None:
        machine = fast_launch.machine(connection, machine_id)
        ready = MachineState.READY
        if machine is None or not fast_launch.move_machine(
            connection, machine_id, [MachineState.PREPARING], ready, ready_at=now
        ):
            return
        assert machine.layer_id is not None, "only one that failed has none"
        layers.note_made(connection, machine.layer_id)
        fast_launch.follow_machines(connection, machine.image_id, at=now)

    return rows(publish)


async def ensure_stale_forgotten(world: World, image_id: str | None = None) -> int:
    """Afterwards nothing is left of the machines from which nothing is launched any more, but what stands on their
    disks; of those of one image, where it is given: else one that is still being prepared is left to the next time.
    Gives how many there were. Raises `DriverError`, `OSError`."""
    stale = await world.database.read(partial(fast_launch.machines_in, state=MachineState.STALE))
    forgotten = 0
    for machine in stale:
        turn = world.turns.machine(machine.id)
        if turn.locked() if image_id is None else machine.image_id != image_id:
            continue
        turn.cut_short()  # it may be prepared just now, which can take as long as a guest is waited for
        async with turn:
            await world.driver.prepared(PreparedId(machine.id)).ensure_forgotten()
            await world.database.write(partial(fast_launch.remove_machine, machine_id=machine.id))
        forgotten += 1
    if forgotten:
        await collect_what_goes(world)
    return forgotten


@begins_with_rows
async def ensure_published_disabled(world: World, image_id: str) -> Rows[None]:
    """Afterwards the image has no fast launch."""
    return rows(partial(fast_launch.remove, image_id=image_id, states=[FastLaunchState.DISABLING]))


@begins_with_rows
async def ensure_disabling_failed(world: World, image_id: str, reason: str) -> Rows[None]:
    """Afterwards the image's fast launch says why something of it is left."""
    failed = FastLaunchState.DISABLING_FAILED
    at = world.clock.now()
    return rows(
        partial(
            fast_launch.move,
            image_id=image_id,
            sources=[FastLaunchState.DISABLING],
            target=failed,
            reason=reason,
            at=at,
        )
    )


def _wanted(connection: Connection, machine_id: str) -> tuple[PreparedMachine, Layer] | None:
    """The machine and its layer, if it is to be prepared."""
    machine = fast_launch.machine(connection, machine_id)
    if machine is None or machine.state is not MachineState.PREPARING or machine.layer_id is None:
        return None
    layer = layers.get(connection, machine.layer_id)
    assert layer is not None, "a foreign key holds it"
    return machine, layer


def _spec_of(machine: PreparedMachine, layer: LayerId) -> GuestSpec:
    """The guest that is saved: nobody in particular, with nothing but its disk."""
    return GuestSpec(
        id=GuestId(machine.id),
        uuid=_NOBODY,
        product=_PRODUCT,
        vcpus=machine.vcpus,
        memory_mib=machine.memory_mib,
        disks=(GuestDisk(layer, _SERIAL),),
        nics=(),
        bus=DiskBus.VIRTIO,
    )
