"""Follows the guests: records their boots, and moves instances that no workflow owns to what their guest is.

An instance that a workflow has claimed is the workflow's alone; it is looked at again when the workflow lets it go.
"""

import asyncio
from collections.abc import Callable
from datetime import timedelta
from functools import partial
from typing import Any

import structlog
from sqlalchemy import Connection

from kumoniwa.hypervisor.driver import DriverError, EventKind, GuestEvent, GuestId, GuestState
from kumoniwa.ids import new_id
from kumoniwa.model.boots import Boot, Cause
from kumoniwa.model.instances import INSTANCE_SHUTDOWN, Instance, InstanceState, Reachability, ShutdownBehavior
from kumoniwa.model.volumes import AttachmentState
from kumoniwa.model.workflows import WorkflowRow
from kumoniwa.store import boots, claims, instances, volumes
from kumoniwa.store.journal import Origin
from kumoniwa.tasks import Tasks
from kumoniwa.workflows.engine import Engine, submit
from kumoniwa.workflows.steps.instances.guests import disk_of
from kumoniwa.workflows.steps.instances.instance_ports import ensure_forwards
from kumoniwa.workflows.world import World

log = structlog.get_logger(__name__)

_UNSETTLED = (InstanceState.RUNNING,)
_SETTLED = frozenset({EventKind.SHUT_DOWN, EventKind.DIED, EventKind.PANICKED})
_ROUND = 60.0  # seconds
_LOST = (Cause.PANIC, Cause.RECOVERY)
_AT_ONCE = 3  # times in a minute that a lost guest is brought back at once
_MINUTE = timedelta(minutes=1)
_BETWEEN = (InstanceState.PENDING, InstanceState.STOPPING, InstanceState.SHUTTING_DOWN)
_LIVE = (InstanceState.PENDING, InstanceState.RUNNING, InstanceState.STOPPING, InstanceState.SHUTTING_DOWN)
_AGENT_HAS = 120.0  # seconds from a guest's first request for metadata until its agent, if it has one, has spoken


class Follower:
    """Owns the one task that reads the driver's events."""

    def __init__(self, world: World, engine: Engine) -> None:
        self._world = world
        self._engine = engine
        self._seen: dict[str, asyncio.Task[object]] = {}  # by instance: its guest gave a sign of life in this boot
        self._without_room: set[str] = set()
        self._tasks = Tasks("reconcile")

    async def adopt(self) -> None:
        """At start, workflows being resumed: open what running guests need of us, and settle what nobody owns."""
        found = await self._world.database.read(partial(instances.in_states, states=_LIVE))
        for instance in found:
            match await self._observed(instance.id):
                case GuestState.ABSENT | GuestState.SHUT_DOWN:
                    await self.settle(instance.id)
                case None:
                    await self._open_metadata(instance.id)  # it is too busy to answer us, not to ask
                case GuestState.RUNNING | GuestState.HALTED:
                    # Why one is halted is not known yet: the driver tells those that lack room, and they will go on.
                    await self._open_metadata(instance.id)
                    await ensure_forwards(self._world, [instance.id])

    def start(self) -> None:
        """Follow the guests from now on."""
        self._tasks.start(self._follow(), "guests' events")
        self._tasks.start(self._rounds(), "rounds")

    async def close(self) -> None:
        await self._tasks.close()

    async def settle(self, instance_id: str) -> None:
        """Bring an instance that is `running` and unclaimed to what its guest is; no answer leaves it to the rounds."""
        if await self._world.database.read(partial(_unclaimed, instance_id=instance_id)) is None:
            return
        match await self._observed(instance_id):
            case GuestState.SHUT_DOWN:
                await self._decide(instance_id, _went_down)
            case GuestState.ABSENT:
                await self._decide(instance_id, _recovered)
            case GuestState.HALTED if instance_id not in self._without_room:
                await self._decide(instance_id, _panicked)
            case GuestState.RUNNING:
                if _was_given_up(await self._world.database.read(partial(boots.current, instance_id=instance_id))):
                    await self._decide(instance_id, _runs_after_all)
            case GuestState.HALTED | None:
                pass  # without room it goes on by itself when there is some

    async def after(self, workflow: WorkflowRow, failure: str | None) -> None:
        """A workflow let its instance go. A recovery that failed is not tried again at once, but in the next round."""
        if workflow.subject is not None and not (workflow.kind == "recover_instance" and failure is not None):
            await self.settle(workflow.subject)

    async def seen(self, instance_id: str) -> None:
        """The instance's guest asked for its metadata: a sign of life, for those guests that have no agent."""
        if instance_id not in self._seen:
            self._seen[instance_id] = self._tasks.start(self._believe(instance_id), f"sign of life of {instance_id}")

    async def _open_metadata(self, instance_id: str) -> None:
        """Answer the guest's metadata requests. One that cannot be answered must not keep the server from starting."""
        guest = self._world.driver.guest(GuestId(instance_id))
        try:
            if guest.metadata_socket is not None:
                await self._world.metadata.ensure_open(instance_id, guest.metadata_socket)
        except OSError as failure:
            log.error("a guest has no metadata until its next boot", instance=instance_id, reason=str(failure))

    async def _observed(self, instance_id: str) -> GuestState | None:
        """What the guest is; None where it does not answer now."""
        try:
            return await self._world.driver.guest(GuestId(instance_id)).observe()
        except DriverError as failure:
            log.warning("a guest does not answer", instance=instance_id, reason=str(failure))
            return None

    async def _believe(self, instance_id: str) -> None:
        """Count a sign of life from early in a boot only where no agent, which knows better, tells of its end."""
        await self._world.clock.sleep(_AGENT_HAS)
        del self._seen[instance_id]
        instance = await self._world.database.read(partial(instances.get, instance_id=instance_id))
        if instance is not None and instance.reachability is not Reachability.OK:
            await self._note(GuestEvent(GuestId(instance_id), EventKind.REACHABLE, self._world.clock.now()))

    async def _follow(self) -> None:
        async for event in self._world.driver.events():
            log.info("guest event", instance=event.guest, kind=str(event.kind), detail=event.detail)
            try:
                await self._note(event)
                if event.kind in _SETTLED:
                    await self.settle(event.guest)
                elif event.kind is EventKind.DISK_LET_GO:
                    await self._take_back(event.guest, event.detail)
            except Exception:
                # Whatever it is, one guest's trouble must not end the following of all; the next round settles it.
                log.exception("an event could not be followed", instance=event.guest, kind=str(event.kind))

    async def _rounds(self) -> None:
        """Look at every instance now and then: an event may be missed, and a recovery that failed be possible now."""
        while True:
            await self._world.clock.sleep(_ROUND)
            try:
                for instance in await self._world.database.read(partial(instances.in_states, states=_UNSETTLED)):
                    await self.settle(instance.id)
                await self._take_up_again()
            except Exception:
                log.exception("a round was not finished; the next one may be")

    async def _take_up_again(self) -> None:
        """Begin again what a workflow left between two states when it failed: a caller could ask for nothing more."""
        found = await self._world.database.read(partial(instances.in_states, states=_BETWEEN))
        ids = [instance.id for instance in found]
        left = set(ids) - await self._world.database.read(partial(claims.held, resource_ids=ids))
        if not left:
            return

        def work(connection: Connection) -> None:
            free = left - claims.held(connection, left)
            for instance in instances.in_states(connection, _BETWEEN):
                if instance.id in free:
                    log.warning("begun again", instance=instance.id, state=str(instance.state))
                    _begin_again(connection, instance, Origin(None, None, self._world.clock.now()))

        await self._world.database.write(work)
        await self._engine.wake()

    async def _note(self, event: GuestEvent) -> None:
        """Keep what is told of the guest's current life."""
        if event.kind is EventKind.KERNEL_STARTED and (sign := self._seen.pop(event.guest, None)) is not None:
            sign.cancel()  # it was of the boot before
        if event.kind is EventKind.OUT_OF_SPACE:
            self._without_room.add(event.guest)
        else:
            self._without_room.discard(event.guest)

        def note(connection: Connection) -> None:
            instance = instances.get(connection, event.guest)
            boot = boots.current(connection, event.guest)
            if instance is None or boot is None:
                return
            match event.kind:
                case EventKind.KERNEL_STARTED if boot.kernel_started_at is None:
                    boots.change(connection, boot.id, kernel_started_at=event.at)
                case EventKind.REACHABLE if boot.ended_at is None:
                    if boot.reachable_at is None:
                        boots.change(connection, boot.id, reachable_at=event.at)
                    _set_reachability(connection, instance, Reachability.OK)
                case EventKind.RESET:
                    origin = Origin(None, None, event.at)
                    boots.ensure_begun(connection, new_id("boot"), event.guest, Cause.GUEST, origin)
                    _set_reachability(connection, instance, Reachability.INITIALIZING)
                case EventKind.OUT_OF_SPACE:
                    _set_reachability(connection, instance, Reachability.IMPAIRED, impaired_since=event.at)
                case EventKind.RESUMED:
                    _set_reachability(connection, instance, Reachability.OK)
                case _:
                    pass

        await self._world.database.write(note)

    async def _take_back(self, instance_id: str, serial: str) -> None:
        """A guest let a disk go: where it was asked for that before, and kept it, the detachment is taken up again."""
        now = self._world.clock.now()

        def take(connection: Connection) -> None:
            for _, volume in volumes.of_instance(connection, instance_id):
                if disk_of(volume).serial == serial and volumes.move_attachment(
                    connection, volume.id, instance_id, [AttachmentState.BUSY], AttachmentState.DETACHING
                ):
                    submit(
                        connection,
                        "detach_volume",
                        instance_id,
                        Origin(None, None, now),
                        volume_id=volume.id,
                        instance_id=instance_id,
                        force=False,
                    )

        await self._world.database.write(take)
        await self._engine.wake()

    async def _decide(self, instance_id: str, decide: "_Decision") -> None:
        """Move an unclaimed running instance, and submit what follows, in one transaction."""

        def work(connection: Connection) -> None:
            if (instance := _unclaimed(connection, instance_id)) is not None:
                decide(connection, instance, Origin(None, None, self._world.clock.now()))

        await self._world.database.write(work)
        await self._engine.wake()


_Decision = Callable[[Connection, Instance, Origin], None]


def _unclaimed(connection: Connection, instance_id: str) -> Instance | None:
    """The instance, if it is `running` and no workflow has claimed it."""
    instance = instances.get(connection, instance_id)
    if instance is None or instance.state is not InstanceState.RUNNING or claims.held(connection, [instance_id]):
        return None
    return instance


def _went_down(connection: Connection, instance: Instance, origin: Origin) -> None:
    """The guest is down. Where its life has an end already, a workflow of ours shut it down for a reboot or a cut, and
    then could not boot it: it is brought back. Only a guest that powered itself off may be stopped, or terminated."""
    boot = boots.current(connection, instance.id)
    if boot is not None and boot.ended_at is not None:
        _recovered(connection, instance, origin)
    else:
        _powered_off(connection, instance, origin)


def _was_given_up(boot: Boot | None) -> bool:
    """Whether the guest did not answer who booted it. One that may have heard the power button is not meant: where it
    goes down yet, that is our doing."""
    return boot is not None and boot.ended_at is not None and boot.end_requested_at is None


def _runs_after_all(connection: Connection, instance: Instance, origin: Origin) -> None:
    """The guest runs, in the life that was given up: what it does by itself from now on is its own doing again."""
    boot = boots.current(connection, instance.id)
    if boot is not None and _was_given_up(boot):
        boots.ensure_not_ended(connection, boot.id)


def _powered_off(connection: Connection, instance: Instance, origin: Origin) -> None:
    """The guest powered itself off. No protection keeps an instance from that (docs/sources.md)."""
    ends = instance.shutdown_behavior is ShutdownBehavior.TERMINATE
    instances.move(
        connection,
        instance.id,
        [InstanceState.RUNNING],
        InstanceState.SHUTTING_DOWN if ends else InstanceState.STOPPING,
        state_transition_reason="",
        state_reason_code=INSTANCE_SHUTDOWN.code,
        state_reason_message=INSTANCE_SHUTDOWN.message,
    )
    submit(
        connection,
        "terminate_instance" if ends else "stop_instance",
        instance.id,
        origin,
        instance_id=instance.id,
        cause=Cause.GUEST,
        skip_os_shutdown=False,
    )


def _begin_again(connection: Connection, instance: Instance, origin: Origin) -> None:
    """Submit once more what brings an instance out of the state it is in."""
    if instance.state is InstanceState.PENDING:
        kind = "run_instance" if instance.launch_time == instance.first_launch_time else "start_instance"
        submit(connection, kind, instance.id, origin, instance_id=instance.id)
        return
    submit(
        connection,
        "terminate_instance" if instance.state is InstanceState.SHUTTING_DOWN else "stop_instance",
        instance.id,
        origin,
        instance_id=instance.id,
        cause=Cause.ACTION,
        skip_os_shutdown=False,
    )


def _recovered(connection: Connection, instance: Instance, origin: Origin) -> None:
    _bring_back(connection, instance, origin, Cause.RECOVERY)


def _panicked(connection: Connection, instance: Instance, origin: Origin) -> None:
    _bring_back(connection, instance, origin, Cause.PANIC)


def _bring_back(connection: Connection, instance: Instance, origin: Origin, cause: Cause) -> None:
    """Boot a lost guest again. One that is lost again and again is left to the rounds: it must not use up the host."""
    if boots.count_since(connection, instance.id, _LOST, origin.at - _MINUTE) >= _AT_ONCE:
        log.warning("a guest is lost again and again; it is booted again later", instance=instance.id)
        return
    submit(connection, "recover_instance", instance.id, origin, instance_id=instance.id, cause=cause)


def _set_reachability(connection: Connection, instance: Instance, reachability: Reachability, **more: Any) -> None:
    if instance.reachability is not reachability:
        instances.change(connection, instance.id, reachability=reachability, **{"impaired_since": None, **more})
