"""The handle of a simulated guest: what the driver's interface promises, and what only a test may do to a guest."""

import asyncio
from collections.abc import Collection, Mapping, Sequence
from pathlib import Path

from kumoniwa.hypervisor.driver import (
    Cut,
    CutMade,
    DetachRefused,
    DriverError,
    Forward,
    GuestDisk,
    GuestId,
    GuestLost,
    GuestSpec,
    GuestState,
    HostExhausted,
    LayerId,
    Shutdown,
    Started,
)
from kumoniwa.hypervisor.simulated import display, linux
from kumoniwa.hypervisor.simulated.faults import Faults
from kumoniwa.hypervisor.simulated.machine import Host, Machine
from kumoniwa.hypervisor.simulated.world import SimulatedWorld


class SimulatedGuest:
    """One simulated machine. See `kumoniwa.hypervisor.driver.Guest` for the promises.

    The methods after `ensure_forgotten` are not the driver's: they are what a person inside the guest, or misfortune,
    would do. They raise `GuestLost` where the guest does not run.
    """

    def __init__(self, id: GuestId, world: SimulatedWorld, host: Host, faults: Faults) -> None:
        self._id = id
        self._world = world
        self._host = host
        self._faults = faults

    @property
    def id(self) -> GuestId:
        return self._id

    @property
    def metadata_socket(self) -> Path | None:
        """None: nothing inside a simulated guest asks for its metadata."""
        return None

    async def observe(self) -> GuestState:
        await self._faults.enter("observe")
        return self._state()

    async def ensure_running(self, spec: GuestSpec) -> Started:
        await self._faults.enter("ensure_running")
        machine = self._machine()
        if machine.state is GuestState.ABSENT:
            machine.plug_in(spec)
            try:
                await self._faults.point("ensure_running")
            except DriverError:
                machine.pull_plug()
                raise
            if machine.state is GuestState.ABSENT:
                raise GuestLost(f"Guest {self._id} ended before it could start.")
        fresh = machine.state is not GuestState.RUNNING
        if fresh:
            machine.start()
        started = Started(fresh, machine.started_at or self._host.clock.now())
        await self._faults.point("ensure_running")
        return started

    async def ensure_shut_down(self, *, deadline: float) -> Shutdown:
        return await self._shut_down("ensure_shut_down", deadline)

    async def ensure_off(self, *, deadline: float, skip_os_shutdown: bool) -> Shutdown:
        # Without a deadline there is no waiting; without a press of the button there is nothing to wait for.
        shutdown = await self._shut_down("ensure_off", None if skip_os_shutdown else deadline)
        if (machine := self._world.machines.get(self._id)) is not None:
            machine.pull_plug()
        await self._faults.point("ensure_off")
        return shutdown

    async def ensure_cut(self, cuts: Sequence[Cut], *, freeze: bool = False) -> CutMade:
        await self._faults.enter("ensure_cut")
        if self._state() is GuestState.ABSENT:
            return CutMade(0.0)
        machine, timing = self._machine(), self._host.timing
        not_frozen = ""
        if freeze and self._state() is GuestState.RUNNING:
            await self._pass(timing.freeze)
            not_frozen = machine.freeze()
            await self._faults.point("ensure_cut")
        await self._pass(timing.cut)
        await self._faults.point("ensure_cut")
        if self._state() is GuestState.ABSENT:
            raise GuestLost(f"Guest {self._id} ended before its disks were cut.")
        frozen = machine.is_frozen
        try:
            machine.drives.cut(cuts)
            await self._faults.point("ensure_cut")
        except DriverError:
            machine.thaw()
            raise
        if frozen:
            await self._pass(timing.freeze)
            machine.thaw()
            await self._faults.point("ensure_cut")
        return CutMade(timing.cut, timing.cut + timing.freeze if frozen else None, not_frozen)

    async def ensure_attached(self, disk: GuestDisk) -> None:
        await self._faults.enter("ensure_attached")
        if self._state() is not GuestState.ABSENT:
            self._machine().attach(disk)
        await self._faults.point("ensure_attached")

    async def ensure_detached(self, serial: str, *, deadline: float, force: bool) -> None:
        await self._faults.enter("ensure_detached")
        drives = self._machine().drives
        if serial in drives.layers:
            if serial not in drives.held:
                drives.let_go(serial)
            else:
                await self._pass(deadline)
                await self._faults.point("ensure_detached")
                if not force:
                    raise DetachRefused(f"Guest {self._id} did not let go of its disk {serial} in {deadline:.0f} s.")
                if serial in drives.layers:
                    drives.take(serial)
        await self._faults.point("ensure_detached")

    async def ensure_grown(self, disk: GuestDisk, size_bytes: int) -> bool:
        await self._faults.enter("ensure_grown")
        if grown := self._machine().drives.has(disk.layer):
            self._host.layers.grow(disk.layer, size_bytes)
        await self._faults.point("ensure_grown")
        return grown

    async def ensure_compacted(self, layer: LayerId, onto: LayerId | None) -> bool:
        await self._faults.enter("ensure_compacted")
        drives, layers = self._machine().drives, self._host.layers
        if not drives.has(layer):
            return False
        passed, before = layers.between(layer, onto), drives.changes
        if sum(len(data) for one in passed for data in layers.own(one).values()) > self._world.room:
            raise HostExhausted("The host's disk has no room to copy the layers together.")
        await self._pass(self._host.timing.compaction)
        await self._faults.point("ensure_compacted")
        if drives.changes != before or not drives.has(layer):
            return False
        layers.pull_up(layer, onto)
        await self._faults.point("ensure_compacted")
        return True

    async def screenshot(self) -> bytes:
        await self._faults.enter("screenshot")
        if self._state() is GuestState.ABSENT:
            raise GuestLost(f"Guest {self._id} has no display: it is off.")
        return await asyncio.to_thread(display.png, self._machine().console)

    async def ensure_forwards(self, forwards: Collection[Forward]) -> Mapping[Forward, str]:
        await self._faults.enter("ensure_forwards")
        if self._state() is GuestState.ABSENT:
            return {}
        refused = self._world.ports.open_exactly(self._id, forwards)
        await self._faults.point("ensure_forwards")
        return refused

    async def console(self) -> bytes:
        await self._faults.enter("console")
        machine = self._world.machines.get(self._id)
        return b"" if machine is None else machine.console

    async def ensure_forgotten(self) -> None:
        await self._faults.enter("ensure_forgotten")
        if (machine := self._world.machines.pop(self._id, None)) is not None:
            machine.pull_plug()
        await self._faults.point("ensure_forgotten")

    # What is not the driver's: the inside of the guest, and misfortune.

    @property
    def boot_id(self) -> str | None:
        """The running kernel's boot id, another one at each boot."""
        return self._machine().boot_id

    @property
    def ignore_power_button(self) -> bool:
        """Whether the guest does nothing when its power button is pressed. It stays so over its boots."""
        return self._machine().ignores_power_button

    @ignore_power_button.setter
    def ignore_power_button(self, ignores: bool) -> None:
        self._machine().ignores_power_button = ignores

    @property
    def agent_answers(self) -> bool:
        """Whether its agent answers when it is to freeze the file systems. It stays so over its boots."""
        return self._machine().agent_answers

    @agent_answers.setter
    def agent_answers(self, answers: bool) -> None:
        self._machine().agent_answers = answers

    @property
    def is_frozen(self) -> bool:
        """Whether its file systems are frozen."""
        return self._machine().is_frozen

    def holds_disk(self, serial: str) -> None:
        """A program in it keeps this disk busy: it is not let go, until it is taken or the guest ends."""
        self._machine().drives.held.add(serial)

    @property
    def forwards(self) -> tuple[Forward, ...]:
        """What is open on the host for this guest."""
        return self._world.ports.of(self._id)

    def messages(self) -> str:
        """Its /var/log/messages, as a program in the guest reads it."""
        return self.read(linux.MESSAGES).decode()

    def write(self, path: str, data: bytes, *, serial: str | None = None, sync: bool = False) -> None:
        """Write a file on the root disk, or on the one with this serial; it is on the disk only after `sync`."""
        self._machine().write(path, data, serial)
        if sync:
            self.sync()

    def read(self, path: str, *, serial: str | None = None) -> bytes:
        """What the file holds. Raises `FileNotFoundError`."""
        if (data := self._machine().read(path, serial)) is None:
            raise FileNotFoundError(path)
        return data

    def sync(self) -> None:
        """Put on the disks what was written so far."""
        self._machine().sync()

    def power_off_from_inside(self) -> None:
        """`poweroff`, by the guest's own root."""
        self._machine().power_off()

    def reboot_from_inside(self) -> None:
        """`reboot`, by the guest's own root."""
        self._machine().reboot()

    def panic(self) -> None:
        """Its kernel panics."""
        self._machine().panic()

    def die(self) -> None:
        """Its process ends, as when the host's kernel kills it."""
        self._machine().die()

    def run_out_of_space(self) -> None:
        """It writes while the host's disk is full."""
        self._machine().run_out_of_space()

    def find_space(self) -> None:
        """The host's disk has room again."""
        self._machine().find_space()

    async def _shut_down(self, method: str, deadline: float | None) -> Shutdown:
        requested_at = self._host.clock.now()
        await self._faults.enter(method)
        machine = self._world.machines.get(self._id)
        if machine is None:
            return Shutdown(clean=False, requested_at=requested_at, at_rest_at=None)
        if deadline is not None:
            machine.press_power_button()
            await self._faults.point(method)
            if not await machine.wait_until_down(deadline):
                machine.stop_processors()
        await self._faults.point(method)
        at_rest_at = machine.at_rest_at
        if at_rest_at is None:
            return Shutdown(clean=False, requested_at=requested_at, at_rest_at=None)
        since = self._world.listening_since
        seen = since is not None and since <= at_rest_at
        return Shutdown(True, min(requested_at, at_rest_at), at_rest_at if seen else None)

    async def _pass(self, seconds: float) -> None:
        """Let this much time pass."""
        if seconds > 0:
            await self._host.clock.sleep(seconds)

    def _machine(self) -> Machine:
        if (machine := self._world.machines.get(self._id)) is None:
            machine = self._world.machines[self._id] = Machine(self._id, self._host)
        return machine

    def _state(self) -> GuestState:
        machine = self._world.machines.get(self._id)
        return GuestState.ABSENT if machine is None else machine.state
