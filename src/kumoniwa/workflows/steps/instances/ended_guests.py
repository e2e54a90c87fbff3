"""Steps that end a guest for good, and do not wait for ever for a host that does not let them."""

from kumoniwa.deadlines import at_most
from kumoniwa.hypervisor.driver import DriverError, Shutdown
from kumoniwa.model.boots import Cause
from kumoniwa.refusal import happened
from kumoniwa.store.journal import Origin
from kumoniwa.workflows.steps.instances import guests
from kumoniwa.workflows.workflow import StepFailed
from kumoniwa.workflows.world import World

SLACK = 120.0  # seconds beyond the guest's own: QEMU has one minute to flush, and as long to answer before
SKIPS_WITHIN = 60.0  # seconds for all of it, where the guest's own shutdown is skipped
FORGOTTEN_WITHIN = 120.0  # seconds
"""A process that was killed is gone at once, unless the host's kernel keeps it: for a disk that does not answer."""
_ATTEMPT = 30.0
_AGAIN = 5.0


async def ensure_off_in_time(
    world: World, instance_id: str, cause: Cause, origin: Origin, *, skip_os_shutdown: bool
) -> guests.Down:
    """As `guests.ensure_off`; fails where that takes longer than it may."""
    seconds = SKIPS_WITHIN if skip_os_shutdown else world.config.shutdown_deadline + SLACK
    try:
        async with at_most(world.clock, seconds):
            return await guests.ensure_off(world, instance_id, cause, origin, skip_os_shutdown=skip_os_shutdown)
    except TimeoutError as late:
        raise StepFailed(
            f"The guest did not end within {seconds:.0f} s.", way_out="Its process is killed: nothing is to be done."
        ) from late


async def ensure_gone(world: World, instance_id: str, cause: Cause, origin: Origin) -> None:
    """Afterwards nothing of the guest is left but its disks, and its last boot has ended, also where
    `ensure_off_in_time` failed."""
    await guests.ensure_forgotten(world, instance_id)
    await guests.ensure_end_noted(world, instance_id, Shutdown(False, world.clock.now(), None), cause, origin)


async def try_to_forget(world: World, instance_id: str, cause: Cause, origin: Origin) -> str | None:
    """Afterwards nothing of the guest is left but its disks; after two minutes, gives why there still is."""
    given_up_at = world.clock.monotonic() + FORGOTTEN_WITHIN
    while True:
        try:
            async with at_most(world.clock, _ATTEMPT):
                await ensure_gone(world, instance_id, cause, origin)
            return None
        except TimeoutError:
            reason = f"It did not end within {_ATTEMPT:.0f} s of being killed."
        except (DriverError, OSError) as failure:
            reason = happened(failure)
        if world.clock.monotonic() >= given_up_at:
            return reason
        await world.clock.sleep(_AGAIN)
