"""Follows the guests: records their boots, and moves instances that no workflow owns to what their guest is.

An instance that a workflow has claimed is the workflow's alone; it is looked at again when the workflow lets it go.
"""

import asyncio
import contextlib
from collections.abc import Iterable, Iterator, Sequence
from functools import partial
from itertools import islice

import structlog
from sqlalchemy import Connection

from kumoniwa.deadlines import at_most
from kumoniwa.hypervisor.driver import DriverError, EventKind, GuestEvent, GuestId, GuestState
from kumoniwa.model.boots import Boot
from kumoniwa.model.instances import Instance, InstanceState, Reachability
from kumoniwa.model.volumes import AttachmentState
from kumoniwa.model.workflows import WorkflowRow
from kumoniwa.reconcile.inbox import Inbox
from kumoniwa.reconcile.note_events import note_event
from kumoniwa.reconcile.settle_instances import (
    Decision,
    begin_again,
    panicked,
    recovered,
    runs_after_all,
    was_given_up,
    went_down,
)
from kumoniwa.store import boots, claims, instances, volumes
from kumoniwa.store.journal import Origin
from kumoniwa.tasks import Tasks
from kumoniwa.workflows.engine import Engine
from kumoniwa.workflows.steps.instances.guests import disk_of
from kumoniwa.workflows.steps.instances.instance_ports import ensure_forwards, ensure_refused_forwards, note_unanswered
from kumoniwa.workflows.stories.instances.recover_instance import recover_instance
from kumoniwa.workflows.stories.instances.run_instance import run_instance
from kumoniwa.workflows.stories.volumes.detach_volume import detach_volume
from kumoniwa.workflows.story import submit
from kumoniwa.workflows.world import World

log = structlog.get_logger(__name__)

_SETTLED = frozenset({EventKind.SHUT_DOWN, EventKind.DIED, EventKind.PANICKED})
_THAWS = frozenset({EventKind.THAWED, EventKind.SHUT_DOWN, EventKind.DIED, EventKind.RESET})
_ROUND = 60.0  # seconds
_AT_ONCE = 200  # guests that are looked at beside each other
_BEFORE_THE_DOORS = 1000  # lost guests that are brought back before the API opens: the others take their time
_MOST_WORKFLOWS = 500  # that may be live as more lost guests are brought back: callers have their turn too
_ROUNDS, _RECOVERY, _UNFINISHED = "rounds", "recovery of ", "unfinished "
_BETWEEN = (InstanceState.PENDING, InstanceState.STOPPING, InstanceState.SHUTTING_DOWN)
_LIVE = (InstanceState.PENDING, InstanceState.RUNNING, InstanceState.STOPPING, InstanceState.SHUTTING_DOWN)
_AGENT_HAS = 120.0  # seconds from a guest's first request for metadata until its agent, if it has one, has spoken


class Follower:
    """Owns the one task that reads the driver's events."""

    def __init__(self, world: World, engine: Engine) -> None:
        self._world = world
        self._engine = engine
        # By instance: its guest gave a sign of life in the boot of this number.
        self._seen: dict[str, tuple[int, asyncio.Task[object]]] = {}
        self._without_room: set[str] = set()
        self._unsettled: set[str] = set()
        """Instances of which something was heard that is to be looked at once no workflow has them."""
        self._at_once = False
        """Whether the next round is not to wait for its minute: more guests were lost than a start brings back."""
        self._tasks = Tasks("reconcile")
        self._inbox = Inbox(self._follow_one, self._tasks)

    async def adopt(self) -> None:
        """At start, workflows being resumed: open what running guests need of us, and settle what no workflow owns."""
        live = await self._world.database.read(partial(instances.states_of_those_in, states=_LIVE))
        self._unsettled.update(live)  # their guests may have ended while nobody listened
        lost: list[str] = []
        for ids in _parts(live):
            seen = await self._seen_of(ids)
            away = [each for each in ids if seen[each] in (GuestState.ABSENT, GuestState.SHUT_DOWN)]
            lost += away
            # One that is silent delays no other.
            await asyncio.gather(*(self._adopt(each, seen[each]) for each in ids if each not in away))
        for ids in _parts(lost[:_BEFORE_THE_DOORS]):
            await asyncio.gather(*map(self.settle, ids))
        self._at_once = len(lost) > _BEFORE_THE_DOORS

    async def _adopt(self, instance_id: str, state: GuestState | None) -> None:
        match state:
            case None:
                await self._open_metadata(instance_id)  # it is too busy to answer us, not to ask
                await note_unanswered(self._world, instance_id)
            case GuestState.RUNNING | GuestState.HALTED:
                # Why one is halted is not known yet: the driver reports those that lack room, and they will go on.
                await self._open_metadata(instance_id)
                await ensure_forwards(self._world, [instance_id])

    def start(self) -> None:
        """Follow the guests from now on."""
        self._tasks.start(self._follow(), "guests' events")
        self._tasks.start(self._rounds(), "rounds")

    async def close(self) -> None:
        await self._tasks.close()

    async def caught_up(self) -> None:
        """Return once all is followed that the driver has reported until now."""
        await self._inbox.empty()

    async def settle(self, instance_id: str) -> None:
        """Bring an instance that is `running` and unclaimed to what its guest is; no answer leaves it to the rounds."""
        found = await self._world.database.read(partial(_unclaimed_in_its_boot, instance_id=instance_id))
        if found is None:
            return
        match await self._observed(instance_id):
            case GuestState.SHUT_DOWN:
                await self._decide(instance_id, went_down)
            case GuestState.ABSENT:
                await self._decide(instance_id, recovered)
            case GuestState.HALTED if instance_id not in self._without_room:
                await self._decide(instance_id, panicked)
            case GuestState.RUNNING:
                self._world.troubles.over(_recovery(instance_id))
                if was_given_up(found[1]):
                    await self._decide(instance_id, runs_after_all)
            case GuestState.HALTED | None:
                pass  # without room it goes on by itself when there is some

    async def after(self, workflow: WorkflowRow, failure: str | None) -> None:
        """A workflow let its instance go. A recovery that failed is not tried again at once, but in the next round."""
        if workflow.subject is None:
            return
        if workflow.kind == recover_instance.kind and failure is not None:
            what = "its guest was lost, and does not boot"
            hint = "it is tried each minute; StopInstances and TerminateInstances end that"
            key = _recovery(workflow.subject)
            self._world.troubles.failed(key, what, failure, instance=workflow.subject, hint=hint)
            return
        if failure is None and workflow.kind == run_instance.kind and workflow.subject not in self._unsettled:
            return  # most launches: nothing was heard of the guest but that it boots
        self._unsettled.discard(workflow.subject)
        await self.settle(workflow.subject)

    async def seen(self, instance_id: str) -> None:
        """The instance's guest asked for its metadata: a sign of life, for those guests that have no agent."""
        boot = await self._world.database.read(partial(boots.current, instance_id=instance_id))
        if boot is None:
            return
        if (known := self._seen.get(instance_id)) is not None:
            number, believing = known
            if number >= boot.number:
                return
            believing.cancel()  # it says nothing of this boot
        believing = self._tasks.start(self._believe(instance_id, boot.id), f"sign of life of {instance_id}")
        self._seen[instance_id] = boot.number, believing

    async def _open_metadata(self, instance_id: str) -> None:
        """Answer the guest's metadata requests. One that cannot be answered must not keep the server from starting."""
        guest = self._world.driver.guest(GuestId(instance_id))
        try:
            if guest.metadata_socket is not None:
                await self._world.metadata.ensure_open(instance_id, guest.metadata_socket)
        except OSError as failure:
            log.error("a guest has no metadata until its next boot", instance=instance_id, reason=str(failure))

    async def _seen_of(self, ids: Sequence[str]) -> dict[str, GuestState | None]:
        """What these guests are; None where one does not answer now."""
        if self._world.driver.features.is_seen_at_once:
            return {instance_id: await self._observed(instance_id) for instance_id in ids}
        seen = await asyncio.gather(*map(self._observed, ids))  # one that is silent delays no other
        return dict(zip(ids, seen, strict=True))

    async def _observed(self, instance_id: str) -> GuestState | None:
        """What the guest is; None where it does not answer now."""
        try:
            return await self._world.driver.guest(GuestId(instance_id)).observe()
        except DriverError as failure:
            log.warning("a guest does not answer", instance=instance_id, reason=str(failure))
            return None

    async def _believe(self, instance_id: str, boot_id: str) -> None:
        """Count a sign of life from early in a boot only where no agent, which knows better, reports its end.

        It says nothing of a later boot, not even of one whose kernel has not started yet.
        """
        await self._world.clock.sleep(_AGENT_HAS)
        del self._seen[instance_id]
        event = GuestEvent(GuestId(instance_id), EventKind.REACHABLE, self._world.clock.now())

        def note(connection: Connection) -> None:
            instance, boot = instances.get(connection, instance_id), boots.current(connection, instance_id)
            if instance is None or boot is None or boot.id != boot_id:
                return
            if instance.reachability is not Reachability.OK:
                note_event(connection, event)

        if instance_id not in self._without_room:
            await self._world.database.write(note)

    async def _follow(self) -> None:
        async for event in self._world.driver.events():
            if event.kind in _SETTLED:
                # At once: it may wait for its turn, or not be noted, until its launch has ended.
                self._unsettled.add(event.guest)
            self._inbox.put(event)

    async def _follow_one(self, event: GuestEvent) -> None:
        log.info("guest event", instance=event.guest, kind=str(event.kind), detail=event.detail)
        try:
            await self._note(event)
            if event.kind in _SETTLED:
                await self.settle(event.guest)
            elif event.kind is EventKind.DISK_LET_GO:
                await self._take_back(event.guest, event.detail)
        except Exception:
            # Whatever it is, one event's trouble must not end the following of all; the next round settles it.
            log.exception("an event could not be followed", instance=event.guest, kind=str(event.kind))

    async def _rounds(self) -> None:
        """Look at every instance now and then: an event may be missed, and a recovery that failed be possible now."""
        while True:
            if not self._at_once:
                await self._world.clock.sleep(_ROUND)
            self._at_once = False
            troubles = self._world.troubles
            try:
                without_room, unsettled = frozenset(self._without_room), frozenset(self._unsettled)
                live = await self._world.database.read(partial(instances.states_of_those_in, states=_LIVE))
                self._without_room -= without_room.difference(live)
                self._unsettled -= unsettled.difference(live)
                running = [instance_id for instance_id, state in live.items() if state is InstanceState.RUNNING]
                troubles.keep(_RECOVERY, map(_recovery, running))
                for ids in _parts(running):
                    await self._look_at(ids)
                await self._take_up_again()
                await self._engine.wake()  # what was submitted, and whose caller was gone before it was begun
                await ensure_refused_forwards(self._world)
                troubles.over(_ROUNDS)
            except Exception as failure:
                log.exception("a round was not finished; the next one may be")
                hint = "see the server's log; it is tried each minute"
                troubles.failed(_ROUNDS, "guests are not looked after", str(failure), hint=hint)

    async def _look_at(self, ids: Sequence[str]) -> None:
        """Settle those of these instances whose guest does not run, or was given up in its life."""
        unsure = await self._world.database.read(partial(boots.with_ends_unasked, instance_ids=ids))
        to_settle: list[str] = []
        for instance_id, state in (await self._seen_of(ids)).items():
            if state is GuestState.RUNNING and instance_id not in unsure:
                self._world.troubles.over(_recovery(instance_id))
            elif state is not None:  # one that does not answer is left to the next round
                to_settle.append(instance_id)
        if to_settle:
            await asyncio.gather(*map(self.settle, to_settle))
            with contextlib.suppress(TimeoutError):  # what hangs keeps no other guest from being looked at
                async with at_most(self._world.clock, _ROUND):
                    await self._engine.fewer_than(_MOST_WORKFLOWS)

    async def _take_up_again(self) -> None:
        """Begin again what a workflow left between two states when it failed: a caller could ask for nothing more."""
        left = await self._world.database.read(partial(instances.unclaimed_in, states=_BETWEEN))
        self._world.troubles.keep(_UNFINISHED, [f"{_UNFINISHED}{instance_id}" for instance_id in left])
        for instance_id, state in left.items():
            what, why = f"it stays {state}", "what was to end that failed, and is begun again each minute"
            key, hint = f"{_UNFINISHED}{instance_id}", "see the server's log"
            self._world.troubles.failed(key, what, why, instance=instance_id, hint=hint)
        if not left:
            return

        def work(connection: Connection) -> None:
            for instance_id in instances.unclaimed_in(connection, _BETWEEN).keys() & left.keys():
                if (instance := instances.get(connection, instance_id)) is not None:
                    log.warning("begun again", instance=instance.id, state=str(instance.state))
                    begin_again(connection, instance, Origin(None, None, self._world.clock.now()))

        await self._engine.change(work)

    async def _note(self, event: GuestEvent) -> None:
        """Write what the event says of the guest's current boot."""
        if event.kind is EventKind.KERNEL_STARTED and (sign := self._seen.pop(event.guest, None)) is not None:
            sign[1].cancel()  # it was of the boot before
        self._tell(event)
        if event.kind is EventKind.OUT_OF_SPACE:
            self._without_room.add(event.guest)
        else:
            self._without_room.discard(event.guest)

        await self._world.database.write(partial(note_event, event=event), patient=True)

    def _tell(self, event: GuestEvent) -> None:
        """A guest whose file systems stay frozen is told of until they are thawed, or there is nothing to thaw."""
        key = f"thaw of {event.guest}"
        if event.kind is EventKind.STAYS_FROZEN:
            what = "its file systems were frozen for a cut, and cannot be thawed"
            hint = "it is tried each minute; RebootInstances ends it"
            self._world.troubles.failed(key, what, event.detail, instance=event.guest, hint=hint)
        elif event.kind in _THAWS:
            self._world.troubles.over(key)

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
                        detach_volume,
                        Origin(None, None, now),
                        volume_id=volume.id,
                        instance_id=instance_id,
                        force=False,
                    )

        await self._engine.change(take)

    async def _decide(self, instance_id: str, decide: Decision) -> None:
        """Move an unclaimed running instance, and submit what follows, in one transaction."""

        def work(connection: Connection) -> None:
            if (instance := _unclaimed(connection, instance_id)) is not None:
                decide(connection, instance, Origin(None, None, self._world.clock.now()))

        await self._engine.change(work)


def _parts(ids: Iterable[str]) -> Iterator[list[str]]:
    """So many at a time as are looked at beside each other."""
    left = iter(ids)
    while part := list(islice(left, _AT_ONCE)):
        yield part


def _recovery(instance_id: str) -> str:
    return f"{_RECOVERY}{instance_id}"


def _unclaimed_in_its_boot(connection: Connection, instance_id: str) -> tuple[Instance, Boot | None] | None:
    """The same, with its latest boot."""
    instance = _unclaimed(connection, instance_id)
    return None if instance is None else (instance, boots.current(connection, instance_id))


def _unclaimed(connection: Connection, instance_id: str) -> Instance | None:
    """The instance, if it is `running` and no workflow has claimed it."""
    instance = instances.get(connection, instance_id)
    if instance is None or instance.state is not InstanceState.RUNNING or claims.held(connection, [instance_id]):
        return None
    return instance
