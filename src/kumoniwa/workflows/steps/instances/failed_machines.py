"""Prepared machines that fail: one that could not be prepared, or from which no guest goes on."""

from datetime import timedelta

import structlog
from sqlalchemy import Connection

from kumoniwa.hypervisor.driver import DriverError, PreparedId
from kumoniwa.model.fast_launch import MachineState
from kumoniwa.refusal import happened
from kumoniwa.store import boots, fast_launch
from kumoniwa.workflows.steps.layers.volume_layers import collect_what_goes
from kumoniwa.workflows.world import World

log = structlog.get_logger(__name__)

_PROVEN = timedelta(minutes=10)
"""A machine from which a guest went on so lately is sound: that another one did not may be the busy host's doing."""
_NEW = timedelta(hours=1)
"""So long all instances are known that were launched from a machine, those that are terminated too."""


async def ensure_published_failed(world: World, machine_id: str, reason: str) -> None:
    """Afterwards nothing is left of the machine but its row, which says why; and so does the image's fast launch."""
    now = world.clock.now()
    async with world.turns.machine(machine_id):
        await world.driver.prepared(PreparedId(machine_id)).ensure_forgotten()

    def publish(connection: Connection) -> None:
        machine = fast_launch.machine(connection, machine_id)
        if machine is not None and fast_launch.fail_machine(connection, machine_id, reason):
            fast_launch.follow_machines(connection, machine.image_id, at=now)

    await world.database.write(publish)
    await collect_what_goes(world, machine=machine_id)


async def judge(world: World, machine_id: str, reason: str) -> None:
    """A guest that was launched from the machine did not go on. Where none did of late, nothing is launched from it any
    more, for each launch would wait for that in vain: a machine that is new has failed, since it would be no other if
    it were prepared again; one that is older is stale.

    Where it cannot be deleted, it is launched from again, and judged again.
    """
    now = world.clock.now()
    why = f"Guests that are launched from it do not go on. {reason}"

    def is_never_to_be(connection: Connection) -> bool:
        machine = fast_launch.machine(connection, machine_id)
        if machine is None or machine.state is not MachineState.READY or machine.ready_at is None:
            return False
        latest = boots.latest_from_machine(connection, machine)
        if latest is None and now - machine.ready_at < _NEW:
            return True
        if latest is None or now - latest > _PROVEN:
            fast_launch.move_machine(connection, machine_id, [MachineState.READY], MachineState.STALE, reason=why)
        return False

    if await world.database.write(is_never_to_be):
        try:
            await ensure_published_failed(world, machine_id, why)
        except (DriverError, OSError) as failure:
            log.warning("a machine is launched from again", machine=machine_id, reason=happened(failure))
