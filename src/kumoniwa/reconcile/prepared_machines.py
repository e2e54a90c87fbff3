"""Prepared machines that are not what their rows say, and what is left of those from which nothing is launched."""

from functools import partial

import structlog
from sqlalchemy import Connection

from kumoniwa.hypervisor.driver import DriverError, PreparedId
from kumoniwa.model.fast_launch import MachineState
from kumoniwa.refusal import happened
from kumoniwa.store import fast_launch
from kumoniwa.workflows.steps.images.prepared_machines import ensure_stale_forgotten
from kumoniwa.workflows.world import World

log = structlog.get_logger(__name__)

_KEY, _WHAT = "prepared machines", "what is left of prepared machines cannot be deleted"
_HINT = "see whether the disk of the data folder works, and who owns its files"
_NOT_OURS = "it is damaged, or was prepared by other programs than this host has now"


async def look_at_machines(world: World) -> None:
    """At start, before anything is launched: machines that this host cannot launch from are ready no more, and what
    has no row goes. One that cannot be looked at is left to who launches from it."""
    try:
        there = await world.driver.all_prepared()
        known = await world.database.read(partial(fast_launch.known_machines, ids=there))
        for stranger in sorted(there - known):
            await world.driver.prepared(stranger).ensure_forgotten()
        for machine in await world.database.read(partial(fast_launch.machines_in, state=MachineState.READY)):
            if not await world.driver.prepared(PreparedId(machine.id)).is_made():
                log.warning("a prepared machine is not to be used", machine=machine.id, image=machine.image_id)
                await world.database.write(partial(_make_stale, machine_id=machine.id))
    except (DriverError, OSError) as failure:
        log.warning("prepared machines could not be looked at", reason=happened(failure))


async def forget_stale_machines(world: World) -> None:
    """End what is left of the machines from which nothing is launched any more. It is tried again in each round, and a
    person is told after some."""
    try:
        if forgotten := await ensure_stale_forgotten(world):
            log.info("prepared machines forgotten", machines=forgotten)
        world.troubles.over(_KEY)
    except (DriverError, OSError) as failure:
        log.warning("prepared machines could not be forgotten", reason=happened(failure))
        world.troubles.failed(_KEY, _WHAT, happened(failure), hint=_HINT)


def _make_stale(connection: Connection, machine_id: str) -> None:
    fast_launch.move_machine(connection, machine_id, [MachineState.READY], MachineState.STALE, reason=_NOT_OURS)
