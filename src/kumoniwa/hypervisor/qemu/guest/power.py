"""A guest's power: it is switched on, shut down, reset, cut off, paused for want of room. What its vCPUs do is asked of
QEMU each time."""

import asyncio
import contextlib
from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path

import structlog

from kumoniwa.hypervisor.driver import (
    MAKE_ROOM,
    START_ANEW,
    DiskBus,
    DriverError,
    EventKind,
    GuestId,
    GuestLost,
    GuestSpec,
    GuestState,
    HostExhausted,
    Launch,
    MemoryUnusable,
    RestoreFailed,
    Shutdown,
    Started,
    Suspended,
)
from kumoniwa.hypervisor.qemu.disks import locks
from kumoniwa.hypervisor.qemu.guest import translations
from kumoniwa.hypervisor.qemu.guest.drives import freeze, growth
from kumoniwa.hypervisor.qemu.guest.life import Life
from kumoniwa.hypervisor.qemu.guest.memory import launching, resuming, suspending
from kumoniwa.hypervisor.qemu.guest.memory.launch_port import NotAsAwaited
from kumoniwa.hypervisor.qemu.guest.memory.launching import LaunchMark
from kumoniwa.hypervisor.qemu.guest.memory.suspended import SuspendedFile
from kumoniwa.hypervisor.qemu.guest.network import ensure_closed
from kumoniwa.hypervisor.qemu.guest.process.command_line import AGENT
from kumoniwa.hypervisor.qemu.guest.process.disk_devices import serial_of
from kumoniwa.hypervisor.qemu.guest.process.machine import Machine
from kumoniwa.hypervisor.qemu.guest.process.migration import NotLoaded
from kumoniwa.hypervisor.qemu.guest.process.monitor import MonitorEvent
from kumoniwa.hypervisor.qemu.guest.resets import Resets
from kumoniwa.hypervisor.qemu.guest.surroundings import Surroundings
from kumoniwa.hypervisor.qemu.guest.waiting_for_room import WaitingForRoom
from kumoniwa.hypervisor.qemu.untrusted import Value
from kumoniwa.refusal import REPORT_IT

log = structlog.get_logger(__name__)

_PRESS_AGAIN = 5.0  # seconds; a guest that still boots does not hear the power button, one that shuts down ignores it
_RESET_WITHIN = 30.0
_FULL = "io-error"  # QEMU's status after a write for which the host had no room (virtio disks: werror=enospc)
_STATES = {"running": GuestState.RUNNING, "shutdown": GuestState.SHUT_DOWN}
_ENDED = frozenset({"shutdown", "guest-panicked", "internal-error"})
"""QEMU's words for vCPUs that go on with a reset only."""


@dataclass
class _Boot:
    """What was seen of a guest's present boot."""

    started_at: datetime | None = None
    asked_at: datetime | None = None
    """When it was asked for the shutdown for which the power button was pressed first."""
    at_rest_at: datetime | None = None


class Power:
    """The power of one guest."""

    def __init__(self, id: GuestId, folder: Path, surroundings: Surroundings) -> None:
        self._id = id
        self._folder = folder
        self._around = surroundings
        self.life = Life(id, folder, surroundings, self._hear, lambda: self._changed.set())
        self._boot = _Boot()
        self._resets = Resets()
        self._waiting = WaitingForRoom(folder)
        self._mark = LaunchMark(folder)
        self._file = SuspendedFile(folder)
        self._saving = False  # then it stands still, whatever room there is
        self._launching = False  # what is heard of it then is no news: it is not yet known to be the guest
        self._changed = asyncio.Event()  # it went down, was reset, went on, or ended
        self._settling: asyncio.Task[object] | None = None

    @property
    def waits_for_room(self) -> bool:
        """Whether it stands still for want of room, and goes on by itself when there is some."""
        return self._waiting.is_on

    async def adopt(self) -> Machine | None:
        """Find the process that an earlier server made, and listen to it; None where there is none."""
        if (machine := await self.life.adopt()) is None:
            return None
        if self._mark.is_begun:
            log.info("guest ended that an earlier server began to launch from memory", guest=self._id)
            await self.life.ensure_killed()
            await ensure_closed(self._around.taps, machine)
            return None
        if self._file.is_kept:
            log.info("process ended whose guest is suspended", guest=self._id)
            await self.life.ensure_killed()
            await ensure_closed(self._around.taps, machine)
            return None
        if self._file.is_begun:  # it was stopped to be saved: whoever wants that begins again
            await suspending.go_on(machine)
        if self._mark.is_done:
            machine.console.expect_no_kernel()
        self._waiting.find()
        log.info("guest found again", guest=self._id)
        return machine

    async def report_what_was_found(self) -> None:
        """Report what an adopted guest's earlier events said, as far as it is still so. Raises `GuestLost`."""
        if await self.life.status() == _FULL:
            self._waiting.begun_by_qemu()
        if self._waiting.is_on:
            self.life.report(EventKind.OUT_OF_SPACE)
        if (machine := self.life.machine) is not None and await machine.has_agent():
            self.life.report(EventKind.REACHABLE)

    async def observe(self) -> GuestState:
        """See `Guest.observe`."""
        try:
            status = await self.life.status()
        except GuestLost:
            if self.life.machine is None:
                return GuestState.ABSENT
            raise
        return GuestState.ABSENT if status is None else _STATES.get(status, GuestState.HALTED)

    async def ensure_running(self, spec: GuestSpec, launch: Launch | None = None) -> Started:
        """See `Guest.ensure_running`."""
        match await self.life.status():
            case None:
                return await (self._start(spec) if launch is None else self._launch(spec, launch))
            case "running":
                return self._runs_already()
            case _ if self._waiting.is_on:
                if not self._around.space.has_room():
                    raise HostExhausted(
                        "The host's disk is full.", way_out=f"{MAKE_ROOM} The guest goes on by itself then."
                    )
                await self.go_on()
                return self._runs_already()
            case _:
                return await self._start_over(spec)

    async def ensure_shut_down(self, *, deadline: float) -> Shutdown:
        """See `Guest.ensure_shut_down`."""
        requested_at = self._now()
        try:
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(deadline):
                    await self._press_until_down(requested_at)
            if await self.life.status() not in ("shutdown", None):
                await self.life.ask("stop")  # where it went down at the last moment, this does nothing
                self._waiting.end()  # it is not to go on by itself any more
        except GuestLost:
            if self.life.machine is not None:
                raise
        return await self._shutdown_since(requested_at)

    async def ensure_off(self, *, deadline: float, skip_os_shutdown: bool) -> Shutdown:
        """See `Guest.ensure_off`."""
        requested_at = self._now()
        shutdown = Shutdown(clean=False, requested_at=requested_at, at_rest_at=None)
        with contextlib.suppress(GuestLost):  # one that does not answer is ended the hard way
            if skip_os_shutdown:
                shutdown = await self._shutdown_since(requested_at)
            else:
                shutdown = await self.ensure_shut_down(deadline=deadline)
        await self.life.ensure_quit()
        return shutdown

    async def ensure_suspended(self, key: bytes) -> Suspended:
        """See `Guest.ensure_suspended`."""
        status, machine = await self.life.status(), self.life.machine
        if status is not None and machine is not None and not self._file.is_kept:
            if machine.spec.bus is not DiskBus.VIRTIO:
                raise DriverError("A guest whose disks are NVMe cannot be suspended.", way_out=START_ANEW)
            if self._file.is_begun and status != "running":
                await suspending.go_on(machine)  # an earlier server stopped it for this
            elif status != "running":
                raise DriverError("The guest does not run.", way_out=START_ANEW)
            began = asyncio.get_running_loop().time()
            self._saving = True
            try:
                suspended = await suspending.save(machine, self._file, key, self._around)
                seconds = round(asyncio.get_running_loop().time() - began, 2)
                log.info("guest suspended", guest=self._id, bytes=suspended.size_bytes, seconds=seconds)
                await self.life.ensure_quit()
            finally:
                self._saving = False
            return suspended
        await self.life.ensure_quit()
        try:
            return await asyncio.to_thread(suspending.found, self._file, key)
        except (MemoryUnusable, OSError) as failure:
            raise DriverError("The guest is off: there is nothing of it to save.", way_out=START_ANEW) from failure

    async def ensure_resumed(self, spec: GuestSpec, key: bytes) -> Started:
        """See `Guest.ensure_resumed`."""
        match await self.life.status():
            case None:
                return await self._resume(spec, key)
            case status if self._file.is_used and status != "running" and status not in _ENDED:
                await self.life.ask("cont")  # an earlier server was killed just before that
                return await self._resumed()
            case _:  # it went on already; where it stands still since, that is as of any other guest
                await asyncio.to_thread(self._file.forget_used)
                return self._runs_already()

    async def ensure_memory_dropped(self) -> None:
        """See `Guest.ensure_memory_dropped`."""
        if self.life.machine is None:
            await asyncio.to_thread(self._file.drop)

    async def pause_for_room(self) -> None:
        """Stop the vCPUs before the host's disk is full: a guest on NVMe would see its writes fail, and lose them."""
        if self._saving or self.life.machine is None or await self.life.status() != "running":
            return  # what runs is to be stopped, also where an earlier attempt did not get through
        marked = self._waiting.begin()  # first: a later server must know why it stands still
        await self.life.ask("stop")
        self.life.report(EventKind.OUT_OF_SPACE)
        if not marked:
            self._waiting.begin()

    async def go_on(self) -> None:
        """Go on where it stood, if it stood for want of room."""
        if self._saving or self.life.machine is None or not self._waiting.is_on:
            return
        async with self.life.standing_still:
            await self.life.ask("cont")
        self._waiting.end()
        self.life.report(EventKind.RESUMED)

    async def _start(self, spec: GuestSpec) -> Started:
        """Make a process and let its vCPUs run. When it raises, there is none."""
        self._check_may_start(spec)
        chains = await locks.free_chains(self._around.layers, spec.disks)
        self._begin_anew()
        await asyncio.to_thread(self._file.drop)
        machine = await self.life.make(spec, chains)
        try:
            await self.life.ask("cont")
        except DriverError:
            await machine.ensure_killed()
            raise
        self.life.begin(machine)
        self._boot.started_at = self._now()
        log.info("guest started", guest=self._id)
        return Started(fresh=True, at=self._boot.started_at)

    async def _launch(self, spec: GuestSpec, launch: Launch) -> Started:
        """Make a process that goes on from memory. When it raises, there is none."""
        self._check_may_start(spec)
        began = asyncio.get_running_loop().time()
        try:
            chains = await locks.free_chains(self._around.layers, spec.disks)
            saved = await launching.usable(self._around, launch.machine, spec, chains, self._folder)
            self._begin_anew()
            await asyncio.to_thread(self._file.drop)
            self._launching = True
            launched = await launching.launch(
                self.life, self._folder, self._around, saved, spec, chains, launch.identity
            )
        except HostExhausted:
            raise
        except DriverError as failure:
            by_machine = isinstance(failure, NotAsAwaited | NotLoaded) and self._around.space.has_room()
            what = f"The guest was not launched from memory: {failure.what}"
            raise RestoreFailed(what, by_machine=by_machine) from failure
        finally:
            self._launching = False
        self._boot.started_at = launched.at
        if launched.has_agent:
            self.life.report(EventKind.REACHABLE)
        seconds = round(asyncio.get_running_loop().time() - began, 2)
        log.info("guest launched from memory", guest=self._id, machine=launch.machine, seconds=seconds)
        return Started(fresh=True, at=launched.at, restored=True)

    async def _resume(self, spec: GuestSpec, key: bytes) -> Started:
        """Make a process that goes on where the guest stood. When it raises, there is none."""
        self._check_may_start(spec)
        head, chains = await resuming.usable(self._file, key, spec, self._around)
        self._begin_process()
        self._launching = True
        try:
            machine = await resuming.load(self.life, self._around, self._file, key, head, spec, chains)
            await self.life.ask("cont")
            self.life.begin(machine)
        except MemoryUnusable:
            raise
        except DriverError as failure:
            await self.life.ensure_killed()
            if self._file.is_kept:  # the host has no room for the process
                raise
            raise GuestLost(failure.what) from failure  # it may have run
        finally:
            self._launching = False
        return await self._resumed()

    async def _resumed(self) -> Started:
        self._boot.started_at = now = self._now()
        await asyncio.to_thread(self._file.forget_used)  # as large as the guest's memory
        log.info("guest resumed", guest=self._id)
        self._around.tasks.start(self._greet(now), f"{self._id} goes on")
        return Started(fresh=False, at=now, restored=True)

    async def _greet(self, at: datetime) -> None:
        """What a guest is to know, and others of it, once it has gone on."""
        if (machine := self.life.machine) is None:
            return
        if await machine.has_agent():
            self.life.report(EventKind.REACHABLE)  # its port was open already: perhaps no event says so
            await suspending.tell_time(self._folder, at)
        await freeze.ensure_thawed(machine, self._folder)  # it went on as it stood, perhaps frozen

    def _check_may_start(self, spec: GuestSpec) -> None:
        if spec.id != self._id:
            raise DriverError(f"The specification of {spec.id} is not that of {self._id}.", way_out=REPORT_IT)
        if not self._around.space.has_room():
            raise HostExhausted("The host's disk is full: no guest can be started.", way_out=MAKE_ROOM)

    def _begin_anew(self) -> None:
        """A process is to be made, in which another kernel runs: nothing of one before matters any more."""
        self._begin_process()
        freeze.forget(self._folder)

    def _begin_process(self) -> None:
        """A process is to be made: nothing that was of one before itself matters any more."""
        self._folder.mkdir(parents=True, exist_ok=True)
        self._waiting.end()
        self._mark.forget()
        growth.forget(self._folder)
        self._boot = _Boot()

    async def _start_over(self, spec: GuestSpec) -> Started:
        """Reset and go on, in the same process; in a new one where only that shows the guest how long its disks are."""
        machine = self.life.machine
        assert machine is not None
        if growth.is_unseen(self._folder):
            await self.life.ensure_quit()
            return await self._start(replace(spec, nics=machine.spec.nics))  # to the guest it is the same machine
        self._resets.expect()
        self._mark.forget()
        self._file.forget_used()
        self._boot = _Boot()
        machine.console.expect_kernel()
        await self.life.ask("system_reset")
        try:
            await self._resets.wait(within=_RESET_WITHIN)  # only then does QEMU take `cont`
        except TimeoutError as late:
            raise GuestLost(f"{self._id} was not reset in {_RESET_WITHIN:.0f} s.") from late
        if self._around.host.accelerator.name == "tcg":
            await translations.drop(machine)
        freeze.forget(self._folder)
        self._resets.begin_boot()
        await self.life.ask("cont")
        self._boot.started_at = self._now()
        return Started(fresh=True, at=self._boot.started_at)

    def _runs_already(self) -> Started:
        return Started(fresh=False, at=self._boot.started_at or self._now(), restored=self._mark.is_done)

    async def _shutdown_since(self, requested_at: datetime) -> Shutdown:
        """How the guest is down now, or was when its process ended; not clean if it is not."""
        status, boot = await self.life.status(), self._boot
        clean = status == "shutdown" or (status is None and boot.at_rest_at is not None)
        if clean and boot.at_rest_at is not None:
            requested_at = boot.asked_at or boot.at_rest_at  # asked again, or went by itself
        return Shutdown(clean=clean, requested_at=requested_at, at_rest_at=boot.at_rest_at if clean else None)

    async def _press_until_down(self, requested_at: datetime) -> None:
        """Press the power button now and again until the guest is down, ended, or will not go on by itself."""
        loop = asyncio.get_running_loop()
        next_press = loop.time()
        while True:
            self._changed.clear()
            if await self.life.status() != "running" and not self._waiting.is_on:
                return
            if loop.time() >= next_press:
                await self.life.ask("system_powerdown")
                self._boot.asked_at = self._boot.asked_at or requested_at
                next_press = loop.time() + _PRESS_AGAIN
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout_at(next_press):
                    await self._changed.wait()

    def _hear(self, event: MonitorEvent) -> None:
        if self._launching:
            return
        data = event.data
        match event.name:
            case "SHUTDOWN" if data["guest"].flag():
                if self._settling is None or self._settling.done():
                    self._settling = self._around.tasks.start(self._settle(), f"{self._id} goes down")
            case "RESET":
                self._was_reset(by_guest=data["guest"].flag())
            case "GUEST_PANICKED":
                self.life.report(EventKind.PANICKED)
            case "BLOCK_IO_ERROR" if _stopped_for_room(data):
                self._waiting.begun_by_qemu()
                self.life.report(EventKind.OUT_OF_SPACE)
            case "DEVICE_DELETED" if (serial := _serial_in(data)) is not None:
                self.life.report(EventKind.DISK_LET_GO, serial)
            case "VSERPORT_CHANGE" if data["id"].text() == AGENT and data["open"].flag():
                self.life.report(EventKind.REACHABLE)
            case _:
                return
        self._changed.set()

    def _was_reset(self, *, by_guest: bool) -> None:
        if self._resets.hear() and by_guest:
            self._mark.forget()
            if self.life.machine is not None:
                self.life.machine.console.expect_kernel()
            self.life.report(EventKind.RESET)

    async def _settle(self) -> None:
        """Note when the disks are at rest. QEMU reports a shutdown first, then drains and flushes them, and only then
        answers again."""
        if await self.life.status() == "shutdown":
            self._boot.at_rest_at = self._now()
            self.life.report(EventKind.SHUT_DOWN)
        self._changed.set()

    def _now(self) -> datetime:
        return self._around.clock.now()


def _stopped_for_room(block_io_error: Value) -> bool:
    nospace = block_io_error.get("nospace")
    return nospace is not None and nospace.flag() and block_io_error["action"].text() == "stop"


def _serial_in(device_deleted: Value) -> str | None:
    """The serial number of the disk that is gone; None where it was another device."""
    device = device_deleted.get("device")
    return None if device is None else serial_of(device.text())
