"""Prepared machines that are not what their rows say, and what is left of those from which nothing is launched."""

from functools import partial

import structlog
from sqlalchemy import Connection

from kumoniwa.hypervisor.driver import DriverError, PreparedId
from kumoniwa.model.fast_launch import FastLaunchState, MachineState
from kumoniwa.refusal import happened
from kumoniwa.store import fast_launch, journal
from kumoniwa.workflows.steps.images.prepared_machines import ensure_disabling_failed, ensure_stale_forgotten
from kumoniwa.workflows.steps.instances.failed_machines import ensure_published_failed
from kumoniwa.workflows.stories.images.disable_fast_launch import disable_fast_launch
from kumoniwa.workflows.stories.images.prepare_machine import prepare_machine
from kumoniwa.workflows.world import World

log = structlog.get_logger(__name__)

_KEY, _WHAT = "prepared machines", "what is left of prepared machines cannot be deleted"
_HINT = "see whether the disk of the data folder works, and who owns its files"
_BROKE = "Internal error: what did it broke. See the server's log; then ask for it again."
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


async def fail_what_broke(world: World) -> None:
    """Machines that are said to be prepared, and fast launch that is said to be disabled, have failed where no workflow
    does it any more."""
    machines, images = await world.database.read(_abandoned)
    try:
        for machine_id in machines:
            log.error("a machine is prepared by nobody", machine=machine_id)
            await ensure_published_failed(world, machine_id, _BROKE)
    except (DriverError, OSError) as failure:
        log.warning("what is left of a machine cannot be deleted; it is tried again", reason=happened(failure))
    for image_id in images:
        log.error("fast launch is disabled by nobody", image=image_id)
        failing = await ensure_disabling_failed(world, image_id, _BROKE)
        await world.database.write(failing.write)


def _abandoned(connection: Connection) -> tuple[list[str], list[str]]:
    """The machines that are said to be prepared, and the images whose fast launch is said to be disabled, of which no
    workflow is."""
    preparing = {one.id for one in fast_launch.machines_in(connection, MachineState.PREPARING)}
    disabling = {one.image_id for one in fast_launch.images_in(connection, FastLaunchState.DISABLING)}
    if preparing or disabling:
        for workflow in journal.running(connection):
            if workflow.kind == prepare_machine.kind:
                preparing.discard(workflow.arguments["machine_id"])
            elif workflow.kind == disable_fast_launch.kind:
                disabling.discard(workflow.arguments["image_id"])
    return sorted(preparing), sorted(disabling)


def _make_stale(connection: Connection, machine_id: str) -> None:
    fast_launch.move_machine(connection, machine_id, [MachineState.READY], MachineState.STALE, reason=_NOT_OURS)
