"""A cloud's storage as its user knows it: what was written where, what was cut when, and why something may have failed.

What it knows of guests it reads in them; what it knows of the cloud's resources it has from their rows.
"""

import asyncio
import random
import re
from collections import Counter
from collections.abc import Sequence
from contextlib import AsyncExitStack
from dataclasses import dataclass
from typing import Any

import pytest
from holdings import Files, State, Taken, Volume, were_cut_together
from life import Life
from lockstep import Paced
from sqlalchemy import Connection, select
from stack import Stack
from waiting import let_others_run
from whole import whole

from kumoniwa.hypervisor.driver import GuestLost, GuestState, LayerId
from kumoniwa.hypervisor.simulated import SimulatedGuest
from kumoniwa.hypervisor.simulated.layer import FileSystem
from kumoniwa.model import instances as instance_model
from kumoniwa.model.consistency import Consistency
from kumoniwa.model.images import Image, ImageDevice
from kumoniwa.model.layers import Layer
from kumoniwa.model.scope import Scope
from kumoniwa.model.snapshots import Snapshot, SnapshotState
from kumoniwa.model.volumes import Attachment, AttachmentState
from kumoniwa.model.volumes import Volume as VolumeRow
from kumoniwa.reconcile.layer_files import DriversFiles
from kumoniwa.reconcile.time import Housekeeping
from kumoniwa.storage.check import look_at_layers, look_at_whole
from kumoniwa.store import images, instances, layers, snapshots, volumes
from kumoniwa.store.tables.workflows import workflows

REGION = "us-east-1"
PATHS = ("/srv/a", "/srv/b", "/srv/c")
ROOM = 1 << 50

_RESTING = {"running": GuestState.RUNNING, "stopped": GuestState.ABSENT, "terminated": GuestState.ABSENT}
_TURNS = 30  # of the loop, before time passes because nothing else does
_LEAPS = 400
_WHOLE = (Consistency.AT_REST, Consistency.FROZEN)


class NothingThere(Exception):
    """There is nothing that could be acted on."""


@dataclass(frozen=True)
class Rows:
    """All there is, by id."""

    volumes: dict[str, VolumeRow]
    attachments: dict[str, Attachment]
    snapshots: dict[str, Snapshot]
    images: dict[str, Image]
    devices: dict[str, list[ImageDevice]]
    instances: dict[str, instance_model.Instance]
    layers: dict[str, Layer]
    busy: set[str]
    """What unfinished workflows are about."""

    def volumes_of(self, instance_id: str) -> dict[str, str]:
        """Those that the instance has and was not asked to let go, by device."""
        return {
            one.device: one.volume_id
            for one in self.attachments.values()
            if one.instance_id == instance_id and one.state is not AttachmentState.DETACHING
        }


class Storage:
    """A cloud, one server after another, and all that is known of its storage without it."""

    def __init__(self, life: Life, choose: random.Random, patch: pytest.MonkeyPatch) -> None:
        self.life, self.choose, self._patch = life, choose, patch
        self.volumes: dict[str, Volume] = {}
        self.taken: dict[str, Taken] = {}
        self.held: dict[str, Files] = {}
        """What each snapshot holds, since it was completed."""
        self.labels: dict[str, Consistency | None] = {}
        """How each was cut, as it tells."""
        self.groups: list[list[str]] = []
        """Snapshots that were to be cut at one instant."""
        self.refusals: list[str] = []
        """What the host said when it was told to refuse something."""
        self.doomed: set[str] = set()
        """Volumes that somebody wanted gone, or to take the place of a root, which may fail."""
        self.detached: set[str] = set()
        """Volumes that an instance was to let go."""
        self.attached: set[tuple[str, str]] = set()
        """Volumes and the instances that they were to be attached to."""
        self.without_room: set[str] = set()
        """Instances whose guest waits for room on the host's disk."""
        self.counts: Counter[str] = Counter()
        self.story: list[str] = []
        self.time = 0
        self._places: dict[str, Attachment] = {}  # where volumes were attached last
        self._pulled: set[str] = set()  # volumes that are being taken from their guest by force
        self._shaky: set[str] = set()  # instances whose guest may lose, or have lost, what is in its memory
        self._unsteady_host = False  # a guest that just began to run may be ended at once
        self._server = AsyncExitStack()
        self.points = Paced()
        self.stack: Stack

    # The server.

    async def start(self) -> None:
        self.points = Paced(armed=True)
        self.stack = await self._server.enter_async_context(self.life.server(self.points, self._patch))
        compaction = self.stack.running.cloud.compaction
        assert compaction is not None
        compaction._longest, compaction._left = self.choose.choice([(3, 2), (4, 3)])
        self._unsteady_host = False

    async def end(self) -> None:
        await self._server.aclose()
        self._server = AsyncExitStack()

    def crash_soon(self) -> None:
        """The server dies at one of the next points that a story passes."""
        self.points.crash_at = self.points.passed + 1 + self.choose.randrange(60)

    async def go_on(self) -> None:
        """Where the server died, another one takes its place."""
        if self.points.crashed.is_set():
            self.story.append("-- the server died --")
            self.counts["kills"] += 1
            await self.end()
            await self.start()

    async def call(self, action: str, **parameters: Any) -> dict[str, Any]:
        """An action of EC2, as a user calls it."""
        self.story.append(f"{action} {parameters}")
        told = await self.stack.call(action, **parameters)
        self.story.append("    accepted")
        return told

    async def rest(self) -> None:
        """Everything under way comes to its end, or the server to its own; time passes where nothing else does."""
        idle = asyncio.ensure_future(self.stack.idle())
        try:
            for leap in range(_LEAPS):
                for _ in range(_TURNS):
                    if idle.done() or self.points.crashed.is_set():
                        return
                    await let_others_run()
                await self.stack.clock.advance(1 if leap < 10 else 10)
            raise AssertionError("something goes on for ever")
        finally:
            idle.cancel()
            await asyncio.gather(idle, return_exceptions=True)

    async def settle(self) -> None:
        """Nothing befalls anybody any more: all comes to its end."""
        self.points.crash_at = None
        await self.go_on()
        self.life.world.room = ROOM
        self.stack.driver.faults._failures.clear()
        for instance_id in sorted(self.without_room):
            self.stack.guest(instance_id).find_space()
        for _ in range(_LEAPS):
            await self.rest()
            if await self._at_rest():
                break
            await self.stack.clock.advance(20)
        else:
            raise AssertionError("not every instance comes to be what it is told to be")
        await self.rest()
        await Housekeeping(self.stack.running.cloud.world).go_round()  # as each minute: the host may have refused
        self.without_room.clear()

    async def _at_rest(self) -> bool:
        for one in (await self.rows()).instances.values():
            if await self.stack.guest(one.id).observe() is not _RESTING.get(one.state):
                return False
        return True

    # What is known.

    async def look(self) -> Rows:
        """All there is now. What is new is learnt; what a snapshot holds must be what it may, and stay so."""
        rows = await self.rows()
        for snapshot in rows.snapshots.values():
            if snapshot.state is SnapshotState.COMPLETED:
                self._judge(rows, snapshot)
        for volume_id, volume in rows.volumes.items():
            if volume_id not in self.volumes:
                files = self.held[volume.snapshot_id] if volume.snapshot_id else {}
                self.volumes[volume_id] = Volume([State(files, self.time, self.time)])
        self._places.update(rows.attachments)
        self._pulled &= rows.attachments.keys()
        for instance in rows.instances.values():
            if instance.id not in rows.busy and self._is_steady(instance.id):
                self._shaky.discard(instance.id)
        return rows

    async def see(self, instance_id: str) -> Rows:
        """As `look`; also what the instance's guest reads on its disks, if it runs, is what it may."""
        rows = await self.look()
        guest = self.stack.guest(instance_id)
        for volume_id in self.seen_by(guest):
            volume = self.volumes[volume_id]
            volume.seen(_read(guest, volume_id), guest.boot_id, self._tick())
            volume.kept = not self._unsteady_host and instance_id not in self._shaky and volume_id not in self._pulled
        return rows

    def seen_by(self, guest: SimulatedGuest) -> list[str]:
        """The volumes that a guest can read; none where it does not run."""
        found = []
        for volume_id in self.volumes:
            try:
                _read(guest, volume_id)
            except (GuestLost, OSError):
                continue
            found.append(volume_id)
        return found

    def write(self, rows: Rows, guest: SimulatedGuest, volume_id: str) -> None:
        """Write to a volume, which the guest sees, without a sync. The rows are of this very moment."""
        at, volume = self._tick(), self.volumes[volume_id]
        path, data = self.choose.choice(PATHS), f"write {at}".encode()
        guest.write(path, data, serial=serial(volume_id))
        self.story.append(f"    {data.decode()} to {path} of {volume_id}")
        state = volume.write(path, data, at, guest.boot_id)
        for snapshot_id, taken in self.taken.items():
            snapshot = rows.snapshots.get(snapshot_id)
            taken.is_cut = taken.is_cut or snapshot is None or snapshot.layer_id is not None
            if taken.volume == volume_id and not taken.is_cut:
                taken.states.append(state)

    def sync(self, guest: SimulatedGuest) -> None:
        """What was written to all of the guest's disks is on them. Raises `GuestLost` where it cannot be now."""
        guest.sync()
        self.story.append("    synced")
        at = self._tick()
        for volume_id in self.seen_by(guest):
            self.volumes[volume_id].synced(at)

    def shake(self, rows: Rows, instance_id: str) -> None:
        """What the instance's guest has in its memory may be lost, until it is seen to run, nothing hanging over it."""
        self._shaky.add(instance_id)
        for attachment in rows.attachments.values():
            if attachment.instance_id == instance_id:
                self.shake_volume(attachment.volume_id)

    def shake_volume(self, volume_id: str) -> None:
        """What was written to the volume and not synced may be lost."""
        if volume_id in self.volumes:
            self.volumes[volume_id].kept = False
        for taken in self.taken.values():
            if taken.volume == volume_id:
                taken.whole = 0

    def pull(self, volume_id: str) -> None:
        """The volume is to be taken from its guest by force: what was not synced may be lost."""
        self._pulled.add(volume_id)
        self.shake_volume(volume_id)

    def shake_host(self) -> None:
        """Guests may be ended as soon as they run, until another server comes."""
        self._unsteady_host = True
        for volume_id in self.volumes:
            self.shake_volume(volume_id)

    def is_to_hold(self, snapshot_id: str, volume_id: str, *, freeze: bool = False) -> None:
        """A snapshot of a volume was asked for."""
        volume = self.volumes[volume_id]
        whole = len(volume.states) - 1 if volume.kept else 0
        self.taken[snapshot_id] = Taken(volume_id, list(volume.states), whole, freeze)

    def is_copy(self, snapshot_id: str, source: str) -> None:
        """A copy of a snapshot was asked for."""
        held = State(self.held[source], self.time, self.time)
        self.taken[snapshot_id] = Taken("", [held], source=source, is_cut=True)

    # What must hold.

    async def check(self) -> None:
        """At the end, all at rest: nothing is between two states or failed without a reason, and nothing is lost."""
        for instance_id in (await self.rows()).instances:
            await self.see(instance_id)
        rows = await self.look()
        await whole(self.stack)
        assert not any(machine.is_frozen for machine in self.life.world.machines.values())
        self.check_volumes(rows)
        self._check_states(rows)
        for group in self.groups:
            found = [self.taken[one] for one in group]
            if all(one.found for one in found) and not any(self._was_apart(one) for one in group):
                assert were_cut_together(found), [vars(one) for one in found]
                self.counts["cut together"] += 1
        database, files = self.stack.running.cloud.world.database, DriversFiles(self.stack.driver.disks)
        assert await look_at_whole(database, self.stack.running.cloud.world.collector) == []
        assert (await look_at_layers(database, files, None, lambda: False)).faults == ()

    def check_volumes(self, rows: Rows) -> None:
        """Raises where a volume's disk does not hold what it is to, or a volume is gone that nobody wanted gone."""
        for volume_id in self.volumes:
            assert volume_id in rows.volumes or self._may_be_gone(rows, volume_id), f"{volume_id} is gone"
        for volume_id, row in rows.volumes.items():
            attachment = rows.attachments.get(volume_id)
            at_rest = attachment is None or rows.instances[attachment.instance_id].state != "running"
            self.volumes[volume_id].check_disk(self._files(rows, row.head), at_rest=at_rest)
            self.counts["volumes checked"] += 1

    def _check_states(self, rows: Rows) -> None:
        for volume in rows.volumes.values():
            attachment = rows.attachments.get(volume.id)
            assert volume.state in (("in-use",) if attachment else ("available", "error")), volume
            assert attachment is None or attachment.state in ("attached", "busy"), attachment
        for snapshot in rows.snapshots.values():
            assert snapshot.state in ("completed", "error"), snapshot
            assert (snapshot.state == "error") == bool(snapshot.state_message), snapshot
            if snapshot.state_message:
                self._check_reason(rows, snapshot.state_message)
        for image in rows.images.values():
            assert image.state in ("available", "disabled", "failed", "deregistered"), image
            assert image.state == "deregistered" or (image.state == "failed") == bool(image.state_reason_message), image
            if image.state_reason_message:
                self._check_reason(rows, image.state_reason_message.removeprefix("Server.InternalError: "))
            if image.state in ("available", "disabled"):
                self._check_image(rows, image)

    def _check_image(self, rows: Rows, image: Image) -> None:
        of = [rows.snapshots[one.snapshot_id] for one in rows.devices.get(image.id, []) if one.snapshot_id]
        assert of, image
        assert all(one.state == "completed" for one in of), of
        if image.consistency in _WHOLE:
            assert all(one.consistency in _WHOLE for one in of), (image, of)

    def _check_reason(self, rows: Rows, reason: str) -> None:
        """Raises where this history gives no reason for that failure."""
        self.counts["failures explained"] += 1
        if any(refusal in reason for refusal in self.refusals):
            return
        if gone := re.fullmatch(r"The volume '(vol-\w+)' does not exist\.", reason):
            assert gone[1] not in rows.volumes and self._may_be_gone(rows, gone[1]), reason
        elif moved := re.fullmatch(r"The volume '(vol-\w+)' was attached to '(i-\w+)' meanwhile\.", reason):
            assert (moved[1], moved[2]) in self.attached, reason
        else:
            raise AssertionError(f"for nothing that happened: {reason}")

    def _judge(self, rows: Rows, snapshot: Snapshot) -> None:
        assert snapshot.layer_id is not None, snapshot
        files = self._files(rows, snapshot.layer_id)
        if snapshot.id in self.held:
            assert files == self.held[snapshot.id], f"{snapshot.id} held {self.held[snapshot.id]}, and now {files}"
            return
        self.held[snapshot.id], self.labels[snapshot.id] = files, snapshot.consistency
        self.counts["snapshots checked"] += 1
        if (taken := self.taken.get(snapshot.id)) is None:
            assert files == {}, "only what was there at first, and what is imported, was asked for by nobody we know"
            return
        told_whole = snapshot.consistency in _WHOLE
        self.counts[str(snapshot.consistency)] += 1
        taken.judge(files, whole=told_whole)
        if told_whole:
            layer = self._made(rows, snapshot.layer_id)
            state = FileSystem.BLANK if layer is None else self.life.world.layers.filesystem(layer)
            assert state is not FileSystem.NEEDS_RECOVERY, f"{snapshot} was not at rest"
        if taken.source is not None:
            assert snapshot.consistency in (self.labels[taken.source], Consistency.CRASH_CONSISTENT), snapshot
        elif not taken.freeze and snapshot.consistency is Consistency.FROZEN:
            assert "no instance had the volume" in str(snapshot.consistency_detail), snapshot

    def _may_be_gone(self, rows: Rows, volume_id: str) -> bool:
        """Whether somebody wanted it gone, or it was its instance's, which has ended."""
        place = self._places.get(volume_id)
        ended = place is not None and rows.instances[place.instance_id].state in ("shutting-down", "terminated")
        return volume_id in self.doomed or (place is not None and place.delete_on_termination and ended)

    def _was_apart(self, snapshot_id: str) -> bool:
        """Whether it was cut by itself, its volume gone from the instance meanwhile."""
        return self.taken[snapshot_id].volume in self.doomed | self.detached

    def _files(self, rows: Rows, layer_id: str) -> Files:
        layer = self._made(rows, layer_id)
        return {} if layer is None else _files(self.life.world.layers.get, layer)

    def _made(self, rows: Rows, layer_id: str) -> LayerId | None:
        """The layer, or the nearest beneath it that has a file."""
        at: str | None = layer_id
        while at is not None and LayerId(at) not in self.life.world.layers:
            at = rows.layers[at].parent_id
        return None if at is None else LayerId(at)

    def _is_steady(self, instance_id: str) -> bool:
        """Whether its guest runs, and is not about to lose what is in its memory."""
        machine = self.life.world.machines.get(self.stack.guest(instance_id).id)
        return machine is not None and machine.state is GuestState.RUNNING and not machine.ignores_power_button

    async def rows(self) -> Rows:
        account = self.stack.running.key["account"]

        def read(connection: Connection) -> Rows:
            scope = (connection, Scope(account, REGION))
            return Rows(
                {one.id: one for one in volumes.in_scope(*scope)},
                volumes.attachment_of(connection),
                {one.id: one for one in snapshots.in_scope(*scope)},
                {one.id: one for one in images.in_scope(*scope)},
                images.devices_of(connection),
                {one.id: one for one in instances.in_scope(*scope)},
                layers.every(connection),
                set(connection.execute(select(workflows.c.subject).where(workflows.c.finished_at.is_(None))).scalars()),
            )

        return await self.stack.running.cloud.read(read)

    def _tick(self) -> int:
        self.time += 1
        return self.time


def serial(volume_id: str) -> str:
    """As the volume's guest sees it."""
    return volume_id.replace("-", "")


def any_of(choose: random.Random, found: Sequence[Any]) -> Any:
    """One of these. Raises `NothingThere`."""
    if not found:
        raise NothingThere
    return choose.choice(found)


def _read(guest: SimulatedGuest, volume_id: str) -> Files:
    """What a program in the guest reads on this disk. Raises `GuestLost`, `OSError`."""

    def read(where: str, path: str) -> bytes | None:
        try:
            return guest.read(path, serial=where)
        except FileNotFoundError:
            return None

    return _files(read, serial(volume_id))


def _files(read: Any, where: Any) -> Files:
    return {path: data for path in PATHS if (data := read(where, path)) is not None}
