"""Spot Instances that got a notice are interrupted when its two minutes are over."""

import asyncio
from functools import partial

import structlog
from sqlalchemy import Connection
from sqlalchemy.exc import SQLAlchemyError

from kumoniwa.model.boots import Cause
from kumoniwa.model.instances import InstanceState, StateReason
from kumoniwa.model.spot_requests import Interruption, SpotRequest
from kumoniwa.store import instances, spot_requests
from kumoniwa.store.changes import Changed
from kumoniwa.store.journal import Origin
from kumoniwa.store.tables.spot_requests import spot_requests as table
from kumoniwa.tasks import Tasks
from kumoniwa.workflows.engine import Engine
from kumoniwa.workflows.stories.instances.stop_instance import stop_instance
from kumoniwa.workflows.stories.instances.terminate_instance import terminate_instance
from kumoniwa.workflows.story import submit
from kumoniwa.workflows.world import World

log = structlog.get_logger(__name__)

_AGAIN = 60.0  # seconds: where the database could not be read
_REASONS = {  # EC2's, of an instance that it took back
    Interruption.TERMINATE: StateReason(
        "Server.SpotInstanceTermination", "Server.SpotInstanceTermination: Spot instance termination"
    ),
    Interruption.STOP: StateReason(
        "Server.SpotInstanceShutdown", "Server.SpotInstanceShutdown: Spot instance shutdown"
    ),
}
_ENDED = (InstanceState.TERMINATED, InstanceState.SHUTTING_DOWN)


class SpotInterruptions:
    """Owns the one task that waits for the next of them."""

    def __init__(self, world: World, engine: Engine) -> None:
        self._world, self._engine = world, engine
        self._tasks = Tasks("spot interruptions")
        self._noticed = asyncio.Event()
        self._at_rest = asyncio.Event()
        """Set while it waits for a change, or for the moment of the next interruption."""
        self._loop = asyncio.get_running_loop()

    def start(self) -> None:
        """Wait from now on; those that are overdue are interrupted at once."""
        self._world.database.changes.follow(self._heard)
        self._tasks.start(self._rounds(), "rounds")

    async def close(self) -> None:
        self._world.database.changes.forget(self._heard)
        await self._tasks.close()

    async def caught_up(self) -> None:
        """Return once all that was written before is known, and what is due has begun."""
        while self._noticed.is_set() or not self._at_rest.is_set():
            await self._at_rest.wait()
            await asyncio.sleep(0)

    def _heard(self, changed: Changed) -> None:
        """In the writer's thread."""
        if table.name in changed and not self._loop.is_closed():
            self._loop.call_soon_threadsafe(self._noticed.set)

    async def _rounds(self) -> None:
        clock = self._world.clock
        while True:
            self._noticed.clear()
            self._at_rest.clear()
            try:
                waiting = await self._world.database.read(spot_requests.noticed)
                now = clock.now()
                for request in [one for one in waiting if one.interrupt_at is not None and one.interrupt_at <= now]:
                    await self._engine.change(partial(self._interrupt, request=request))
                    log.info("a Spot Instance was interrupted", instance=request.instance_id)
                left = [one.interrupt_at for one in waiting if one.interrupt_at is not None and one.interrupt_at > now]
                seconds = (min(left) - clock.now()).total_seconds() if left else None
            except SQLAlchemyError as failure:
                log.warning("Spot Instances could not be interrupted; it is tried again", reason=str(failure))
                seconds = _AGAIN
            await self._until(seconds)

    async def _until(self, seconds: float | None) -> None:
        """Return after so many seconds of the cloud's clock, or when a request was changed."""
        if seconds is None:
            self._at_rest.set()
            await self._noticed.wait()
            return
        sleeping = Tasks("the next interruption")
        sleeping.start(self._slept(max(0.0, seconds)), "sleep")
        try:
            await self._noticed.wait()
        finally:
            await sleeping.close()

    async def _slept(self, seconds: float) -> None:
        self._at_rest.set()  # the clock knows of the sleep before anybody who waits for this goes on
        await self._world.clock.sleep(seconds)
        self._noticed.set()

    def _interrupt(self, connection: Connection, request: SpotRequest) -> None:
        """Begin to take the instance back, if it is still there; protections do not keep it."""
        spot_requests.change(connection, request.id, interrupted=True)
        instance = instances.get(connection, request.instance_id)
        if instance is None or instance.state in _ENDED:
            return
        reason, at = _REASONS[request.interruption], self._world.clock.now()
        why = {
            "state_transition_reason": reason.message.partition(":")[0],
            "state_reason_code": reason.code,
            "state_reason_message": reason.message,
        }
        began = Origin(None, None, at)
        if request.interruption is Interruption.TERMINATE:
            instances.move(connection, instance.id, [instance.state], InstanceState.SHUTTING_DOWN, at=at, **why)
            submit(
                connection,
                terminate_instance,
                began,
                instance_id=instance.id,
                cause=Cause.ACTION,
                skip_os_shutdown=False,
            )
        elif instance.state is InstanceState.RUNNING:
            instances.move(connection, instance.id, [InstanceState.RUNNING], InstanceState.STOPPING, at=at, **why)
            submit(
                connection,
                stop_instance,
                began,
                instance_id=instance.id,
                cause=Cause.ACTION,
                skip_os_shutdown=False,
            )
