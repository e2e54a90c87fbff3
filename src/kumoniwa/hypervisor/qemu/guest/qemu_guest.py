"""A guest of QEMU: the promises of `Guest`, kept by a `Machine` while there is one and by its folder always."""

import asyncio
import contextlib
import shutil
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

import structlog

from kumoniwa.clock import Clock
from kumoniwa.hypervisor.driver import (
    Cut,
    CutMade,
    DiskBus,
    DriverError,
    EventKind,
    Forward,
    GuestDisk,
    GuestEvent,
    GuestId,
    GuestLost,
    GuestSpec,
    GuestState,
    HostExhausted,
    LayerId,
    Shutdown,
    Started,
)
from kumoniwa.hypervisor.qemu.disks import layer_checks
from kumoniwa.hypervisor.qemu.guest import (
    console,
    cut,
    forwards,
    freeze,
    growth,
    plugs,
    record,
    screen,
    stream,
    translations,
)
from kumoniwa.hypervisor.qemu.guest.command_line import (
    AGENT,
    LAYERS_FROM_GUEST,
    METADATA_SOCKET,
    Accelerator,
    serial_of,
)
from kumoniwa.hypervisor.qemu.guest.hold import Hold
from kumoniwa.hypervisor.qemu.guest.machine import Hearing, Machine
from kumoniwa.tasks import Tasks

log = structlog.get_logger(__name__)

_PRESS_AGAIN = 5.0  # seconds; a guest that still boots does not hear the power button, one that shuts down ignores it
_RESET_WITHIN = 30.0
_FIRMWARE_RESETS = 2.0  # seconds; no guest boots and reboots in less
_FULL = "io-error"  # QEMU's status after a write for which the host had no room (virtio disks: werror=enospc)
_STATES = {"running": GuestState.RUNNING, "shutdown": GuestState.SHUT_DOWN}


@dataclass(frozen=True, slots=True)
class Surroundings:
    """What all guests of a driver share."""

    clock: Clock
    accelerator: Accelerator
    tasks: Tasks
    tell: Callable[[GuestEvent], None]
    has_room: Callable[[], bool]
    """Whether the host's disk has room for guests to write."""
    spare_bytes: Callable[[], int]
    """What the host's disk has free beyond its reserve."""
    forget: Callable[[GuestId], None]
    """Told of a guest of which nothing is left."""


class QemuGuest:
    """One guest, whether or not there is one: its folder tells, and the process found there."""

    def __init__(self, id: GuestId, folder: Path, surroundings: Surroundings) -> None:
        self._id = id
        self._folder = folder
        self._around = surroundings
        self._machine: Machine | None = None
        self._told_to_end = False
        self._hold = Hold(folder)
        self._at_rest_at: datetime | None = None
        self._pressed_at: datetime | None = None  # the power button, first
        self._started_at: datetime | None = None
        self._changed = asyncio.Event()  # it went down, was reset, went on, or ended
        self._rearranging = asyncio.Lock()  # held while block nodes come and go: one that is idle is deleted
        self._standing_still = asyncio.Lock()  # held while the vCPUs stop for a moment that means nothing
        self._reset = asyncio.Event()
        self._reset_at = -_FIRMWARE_RESETS

    @property
    def id(self) -> GuestId:
        return self._id

    @property
    def metadata_socket(self) -> Path | None:
        return self._folder / METADATA_SOCKET

    async def adopt(self) -> None:
        """Find the process that an earlier server made, and listen to it."""
        if (noted := await asyncio.to_thread(record.read, self._folder)) is None:
            return
        self._machine = await Machine.adopt(self._folder, noted, self._hearing(), self._around.tasks)
        if self._machine is None:
            return
        self._hold.find()
        log.info("guest found again", guest=self._id)
        await freeze.ensure_thawed(self._machine, self._folder)
        with contextlib.suppress(GuestLost):
            await growth.recover(self._machine, self._folder)
            if await self._status() == _FULL:
                self._hold.heard()
            if self._hold.is_on:
                self._tell(EventKind.OUT_OF_SPACE)
            if any(device["label"] == AGENT and device["frontend-open"] for device in await self._ask("query-chardev")):
                self._tell(EventKind.REACHABLE)

    async def let_go(self) -> None:
        """Stop listening; the guest goes on."""
        if self._machine is not None:
            await self._machine.release()
            self._machine = None

    async def observe(self) -> GuestState:
        try:
            status = await self._status()
        except GuestLost:
            if self._machine is None:
                return GuestState.ABSENT
            raise
        return GuestState.ABSENT if status is None else _STATES.get(status, GuestState.HALTED)

    async def ensure_running(self, spec: GuestSpec) -> Started:
        match await self._status():
            case None:
                return await self._start(spec)
            case "running":
                return Started(fresh=False, at=self._started_at or self._now())
            case _ if self._hold.is_on:
                if not self._around.has_room():
                    raise HostExhausted("the host's disk is full; the guest goes on when there is room again")
                await self.go_on()
                return Started(fresh=False, at=self._started_at or self._now())
            case _:
                return await self._start_over(spec)

    async def ensure_shut_down(self, *, deadline: float) -> Shutdown:
        requested_at = self._now()
        try:
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(deadline):
                    await self._press_until_down()
            if await self._status() not in ("shutdown", None):
                await self._ask("stop")  # where it went down at the last moment, this does nothing
                self._hold.end()  # it is not to go on by itself any more
        except GuestLost:
            if self._machine is not None:
                raise
        return await self._shutdown_since(requested_at)

    async def ensure_off(self, *, deadline: float, skip_os_shutdown: bool) -> Shutdown:
        requested_at = self._now()
        shutdown = Shutdown(clean=False, requested_at=requested_at, at_rest_at=None)
        with contextlib.suppress(GuestLost):  # one that does not answer is ended the hard way
            if skip_os_shutdown:
                shutdown = await self._shutdown_since(requested_at)
            else:
                shutdown = await self.ensure_shut_down(deadline=deadline)
        if (machine := self._machine) is not None:
            self._told_to_end = True
            await machine.ensure_quit()
        return shutdown

    async def ensure_cut(self, cuts: Sequence[Cut], *, freeze: bool = False) -> CutMade:
        if self._machine is None:
            return CutMade(0.0)
        async with self._rearranging:
            return await cut.ensure_cut(self._machine, self._folder, cuts, freeze=freeze)

    async def ensure_attached(self, disk: GuestDisk) -> None:
        if (machine := self._machine) is None:
            return
        await self._check_chain(disk)
        async with self._rearranging:
            await plugs.ensure_attached(machine, disk, await self._bus())

    async def ensure_detached(self, serial: str, *, deadline: float, force: bool) -> None:
        if (machine := self._machine) is None:
            return
        try:
            async with self._rearranging:
                at_rest = await machine.status() != "running" and not self._hold.is_on
                await plugs.ensure_detached(machine, serial, deadline=deadline, force=force, at_rest=at_rest)
                growth.forget(self._folder, serial)
        except GuestLost:
            if machine.alive:
                raise

    async def ensure_grown(self, disk: GuestDisk, size_bytes: int) -> bool:
        if (machine := self._machine) is None:
            return False
        async with self._rearranging, self._standing_still:
            return await growth.ensure_grown(machine, self._folder, disk, await self._bus(), size_bytes)

    async def ensure_compacted(self, layer: LayerId, onto: LayerId | None) -> bool:
        if self._machine is None:
            return False
        return await stream.ensure_compacted(
            self._machine,
            self._folder / LAYERS_FROM_GUEST,
            layer,
            onto,
            spare_bytes=self._around.spare_bytes(),
            rearranging=self._rearranging,
        )

    async def screenshot(self) -> bytes:
        if (machine := self._machine) is None:
            raise GuestLost(f"{self._id} is not running: it has no display")
        return await screen.screenshot(machine, self._folder)

    async def ensure_forwards(self, wanted: Collection[Forward]) -> Mapping[Forward, str]:
        noted = await asyncio.to_thread(record.read, self._folder)
        if self._machine is None or noted is None:
            return {}
        is_open = forwards.listed(await self._machine.human("info usernet"))
        for forward in is_open.difference(wanted):
            await self._machine.human(forwards.remove_command(forward))
        refused = {}
        for forward in sorted(set(wanted) - is_open, key=str):
            said = await self._machine.human(forwards.add_command(forward, noted.spec.nic.address))
            if said.strip():
                refused[forward] = forwards.why_not(forward) or said.strip()
        return refused

    async def console(self) -> bytes:
        return await asyncio.to_thread(console.tail, self._folder)

    async def ensure_forgotten(self) -> None:
        if self._machine is not None:
            self._told_to_end = True
            await self._machine.ensure_killed()
        if self._folder.exists():
            await asyncio.to_thread(shutil.rmtree, self._folder)
        self._around.forget(self._id)

    async def hold_for_room(self) -> None:
        """Stop the vCPUs before the host's disk is full: a guest on NVMe would see its writes fail, and lose them."""
        if self._machine is None or await self._status() != "running":
            return  # what runs is to be stopped, also where an earlier attempt did not get through
        marked = self._hold.begin()  # first: a later server must know why it stands still
        await self._ask("stop")
        self._tell(EventKind.OUT_OF_SPACE)
        if not marked:
            self._hold.begin()

    async def go_on(self) -> None:
        """Go on where it stood, if it stood for want of room."""
        if self._machine is None or not self._hold.is_on:
            return
        async with self._standing_still:
            await self._ask("cont")
        self._hold.end()
        self._tell(EventKind.RESUMED)

    async def _check_chain(self, disk: GuestDisk) -> None:
        """Raises `LayerDamaged` where a file is missing or torn that the disk stands on."""
        await asyncio.to_thread(layer_checks.check_chain, self._folder.parent.parent / "layers", disk.layer)

    async def _bus(self) -> DiskBus:
        noted = await asyncio.to_thread(record.read, self._folder)
        return noted.spec.bus if noted is not None else DiskBus.NVME

    async def _start(self, spec: GuestSpec) -> Started:
        if spec.id != self._id:
            raise DriverError(f"the specification of {spec.id} is not that of {self._id}")
        if not self._around.has_room():
            raise HostExhausted("the host's disk is full: no guest can be started")
        for disk in spec.disks:
            await self._check_chain(disk)
        self._folder.mkdir(parents=True, exist_ok=True)
        self._hold.end()
        growth.forget(self._folder)
        self._told_to_end = True  # until it runs, its end is told by raising
        self._at_rest_at = self._pressed_at = None
        machine = await Machine.start(self._folder, spec, self._around.accelerator, self._hearing(), self._around.tasks)
        self._machine = machine if machine.alive else None
        try:
            await self._ask("cont")
        except DriverError:
            await machine.ensure_killed()
            raise
        self._told_to_end = False
        self._started_at = self._now()
        log.info("guest started", guest=self._id)
        return Started(fresh=True, at=self._started_at)

    async def _start_over(self, spec: GuestSpec) -> Started:
        """Reset and go on, in the same process; in a new one where only that shows the guest how long its disks are."""
        machine = self._machine
        assert machine is not None
        if growth.is_unseen(self._folder):
            self._told_to_end = True
            await machine.ensure_quit()
            return await self._start(spec)
        self._reset.clear()
        self._at_rest_at = self._pressed_at = None
        machine.console.expect_kernel()
        await self._ask("system_reset")
        try:
            async with asyncio.timeout(_RESET_WITHIN):
                await self._reset.wait()  # only then does QEMU take `cont`
        except TimeoutError as late:
            raise GuestLost(f"{self._id} was not reset in {_RESET_WITHIN:.0f} s") from late
        if self._around.accelerator.name == "tcg":
            await translations.drop(machine)
        self._reset_at = asyncio.get_running_loop().time()  # the firmware's own resets come from now on
        await self._ask("cont")
        self._started_at = self._now()
        return Started(fresh=True, at=self._started_at)

    async def _shutdown_since(self, requested_at: datetime) -> Shutdown:
        """How the guest is down now, or was when its process ended; not clean if it is not."""
        status = await self._status()
        clean = status == "shutdown" or (status is None and self._at_rest_at is not None)
        if clean and self._at_rest_at is not None:
            requested_at = min(requested_at, self._pressed_at or self._at_rest_at)  # asked again, or for by nobody
        return Shutdown(clean=clean, requested_at=requested_at, at_rest_at=self._at_rest_at if clean else None)

    async def _press_until_down(self) -> None:
        """Press the power button now and again until the guest is down, ended, or will not go on by itself."""
        loop = asyncio.get_running_loop()
        next_press = loop.time()
        while True:
            self._changed.clear()
            status = await self._status()
            if status != "running" and not self._hold.is_on:
                return
            if loop.time() >= next_press:
                await self._ask("system_powerdown")
                self._pressed_at = self._pressed_at or self._now()
                next_press = loop.time() + _PRESS_AGAIN
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout_at(next_press):
                    await self._changed.wait()

    async def _status(self) -> str | None:
        """QEMU's word for what the vCPUs do; None when there is no process."""
        if self._machine is None:
            return None
        try:
            async with self._standing_still:
                return await self._machine.status()
        except GuestLost:
            if self._machine is None or not self._machine.alive:
                return None
            raise

    async def _ask(self, command: str, **arguments: object) -> Any:
        if self._machine is None:
            raise GuestLost(f"{self._id} is gone")
        return await self._machine.execute(command, **arguments)

    def _hearing(self) -> Hearing:
        return Hearing(on_event=self._heard, on_kernel=lambda: self._tell(EventKind.KERNEL_STARTED), on_end=self._ended)

    def _heard(self, event: Mapping[str, Any]) -> None:
        data = event.get("data", {})
        match event["event"]:
            case "SHUTDOWN" if data["guest"]:
                self._around.tasks.start(self._settle(), f"{self._id} goes down")
            case "RESET":
                self._was_reset(by_guest=data["guest"])
            case "GUEST_PANICKED":
                self._tell(EventKind.PANICKED)
            case "BLOCK_IO_ERROR" if data.get("nospace") and data["action"] == "stop":
                self._hold.heard()
                self._tell(EventKind.OUT_OF_SPACE)
            case "DEVICE_DELETED" if (serial := serial_of(data.get("device", ""))) is not None:
                self._tell(EventKind.DISK_LET_GO, serial)
            case "VSERPORT_CHANGE" if data["id"] == AGENT and data["open"]:
                self._tell(EventKind.REACHABLE)
            case _:
                return
        self._changed.set()

    def _was_reset(self, *, by_guest: bool) -> None:
        """The firmware resets the machine once or twice more, some 80 ms after a reset: that is no new boot."""
        now = asyncio.get_running_loop().time()
        self._reset.set()
        if now - self._reset_at < _FIRMWARE_RESETS:
            return
        self._reset_at = now
        if by_guest:
            if self._machine is not None:
                self._machine.console.expect_kernel()
            self._tell(EventKind.RESET)

    async def _settle(self) -> None:
        """Note when the disks are at rest. QEMU tells of a shutdown first, then drains and flushes them, and only
        then answers again."""
        if await self._status() == "shutdown":
            self._at_rest_at = self._now()
            self._tell(EventKind.SHUT_DOWN)
        self._changed.set()

    def _ended(self, status: int | None) -> None:
        self._machine = None
        self._changed.set()
        log.info("guest's process ended", guest=self._id, status=status, expected=self._told_to_end)
        if not self._told_to_end:
            self._tell(EventKind.DIED, "" if status is None else f"QEMU ended with status {status}")

    def _tell(self, kind: EventKind, detail: str = "") -> None:
        self._around.tell(GuestEvent(self._id, kind, self._now(), detail))

    def _now(self) -> datetime:
        return self._around.clock.now()
