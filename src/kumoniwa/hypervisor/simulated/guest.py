"""The handle of a simulated guest: what the driver's interface promises."""

import asyncio
from collections.abc import Collection, Mapping, Sequence
from pathlib import Path

from kumoniwa.hypervisor.driver import (
    MAKE_ROOM,
    START_ANEW,
    ConsoleReader,
    Cut,
    CutMade,
    DetachRefused,
    DriverError,
    Forward,
    GuestDisk,
    GuestId,
    GuestLost,
    GuestNic,
    GuestSpec,
    GuestState,
    HostExhausted,
    Launch,
    LayerId,
    MemoryUnusable,
    RestoreFailed,
    Shutdown,
    Started,
    Suspended,
)
from kumoniwa.hypervisor.driver.suspension import why_not_the_same
from kumoniwa.hypervisor.simulated.faults import Faults
from kumoniwa.hypervisor.simulated.host import Host
from kumoniwa.hypervisor.simulated.inside import Inside
from kumoniwa.hypervisor.simulated.machine import Machine, Memory
from kumoniwa.hypervisor.simulated.prepared import check_launch
from kumoniwa.hypervisor.simulated.world import SimulatedWorld


class SimulatedGuest(Inside):
    """One simulated machine. See `kumoniwa.hypervisor.driver.Guest` for the promises.

    What it inherits is not the driver's: it is what a person inside the guest, or misfortune, would do.
    """

    def __init__(self, id: GuestId, world: SimulatedWorld, host: Host, faults: Faults) -> None:
        super().__init__(id, world, host)
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

    async def ensure_running(self, spec: GuestSpec, launch: Launch | None = None) -> Started:
        await self._faults.enter("ensure_running")
        machine = self._machine()
        is_new = machine.state is GuestState.ABSENT
        if is_new:
            if launch is not None:
                check_launch(self._world, self._host, launch.machine, spec)
            machine.plug_in(spec)
            try:
                await self._faults.point("ensure_running")
            except DriverError:
                machine.pull_plug()
                raise
            if machine.state is GuestState.ABSENT:
                raise GuestLost(f"Guest {self._id} ended before it could start.")
        if machine.waits_for_room:
            if self._world.room <= 0:
                raise HostExhausted(
                    "The host's disk is full.", way_out=f"{MAKE_ROOM} The guest goes on by itself then."
                )
            machine.find_space()
        fresh = machine.state is not GuestState.RUNNING
        if fresh and launch is not None:
            if not is_new:  # its identity was never told to it, or it has gone down since
                machine.pull_plug()
                raise RestoreFailed("The guest ended while it was launched.")
            machine.go_on(launch.identity)
        elif fresh:
            machine.start()
        started = Started(fresh, machine.started_at or self._host.clock.now(), machine.identity is not None)
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

    async def ensure_suspended(self, key: bytes) -> Suspended:
        await self._faults.enter("ensure_suspended")
        machine = self._machine()
        if machine.state is not GuestState.ABSENT:
            if self._world.room <= 0:
                raise HostExhausted("The host's disk has no room for the guest's memory.", way_out=MAKE_ROOM)
            await self._pass(self._host.timing.suspension)
            await self._faults.point("ensure_suspended")
            machine.suspend(key)
        if (memory := machine.memory) is None or memory.key != key:
            raise DriverError(f"Guest {self._id} is off: there is nothing of it to save.", way_out=START_ANEW)
        await self._faults.point("ensure_suspended")
        return Suspended(memory.at, memory.size_bytes)

    async def ensure_resumed(self, spec: GuestSpec, key: bytes) -> Started:
        await self._faults.enter("ensure_resumed")
        machine = self._machine()
        if machine.state is not GuestState.ABSENT:
            return Started(False, machine.started_at or self._host.clock.now())
        if self._world.room <= 0:
            raise HostExhausted("The host's disk is full: no guest can be started.", way_out=MAKE_ROOM)
        try:
            memory = _usable(machine, spec, key)
            await self._pass(self._host.timing.suspension)
            await self._faults.point("ensure_resumed")
            machine.resume(spec, memory)
        except DriverError as failure:
            machine.memory = None
            machine.pull_plug()
            raise MemoryUnusable(failure.what) from failure
        await self._faults.point("ensure_resumed")
        return Started(False, self._host.clock.now(), restored=True)

    async def ensure_memory_dropped(self) -> None:
        await self._faults.enter("ensure_memory_dropped")
        if (machine := self._world.machines.get(self._id)) is not None:
            machine.memory = None
        await self._faults.point("ensure_memory_dropped")

    async def ensure_cut(self, cuts: Sequence[Cut], *, freeze: bool = False) -> CutMade:
        await self._faults.enter("ensure_cut")
        if self._state() is GuestState.ABSENT:
            return CutMade(0.0)
        machine = self._machine()
        try:
            if machine.drives.uncut(cuts):
                return await self._cut(machine, cuts, freeze=freeze and machine.state is not GuestState.SHUT_DOWN)
        except DriverError:
            machine.thaw()
            raise
        machine.thaw()
        await self._faults.point("ensure_cut")
        return CutMade(0.0)

    async def _cut(self, machine: Machine, cuts: Sequence[Cut], *, freeze: bool) -> CutMade:
        timing, not_frozen = self._host.timing, ""
        if freeze:
            await self._pass(timing.freeze)
            not_frozen = machine.freeze()
            await self._faults.point("ensure_cut")
        await self._pass(timing.cut)
        await self._faults.point("ensure_cut")
        if machine.state is GuestState.ABSENT:
            raise GuestLost(f"Guest {self._id} ended before its disks were cut.")
        frozen = machine.is_frozen
        machine.drives.cut(cuts)
        await self._faults.point("ensure_cut")
        if frozen:
            await self._pass(timing.freeze)
            machine.thaw()
            await self._faults.point("ensure_cut")
            return CutMade(timing.cut, timing.cut + timing.freeze)
        if freeze and not not_frozen:
            not_frozen = "the guest's file systems did not stay frozen until the cut"
        return CutMade(timing.cut, None, not_frozen)

    async def ensure_attached(self, disk: GuestDisk) -> None:
        await self._faults.enter("ensure_attached")
        if self._state() is not GuestState.ABSENT:
            self._machine().attach(disk)
        await self._faults.point("ensure_attached")

    async def ensure_detached(self, serial: str, *, deadline: float, force: bool) -> None:
        await self._faults.enter("ensure_detached")
        if not self._has(serial) or self._machine().lets_go(serial):
            await self._faults.point("ensure_detached")
            return
        await self._pass(deadline)
        await self._faults.point("ensure_detached")
        if self._has(serial) and not self._machine().lets_go(serial):
            if not force:
                self._machine().drives.asked |= {serial}
                raise DetachRefused(f"Guest {self._id} did not let go of its disk {serial} in {deadline:.0f} s.")
            self._machine().take_disk(serial)
        await self._faults.point("ensure_detached")

    async def nics(self) -> tuple[GuestNic, ...]:
        await self._faults.enter("nics")
        machine = self._world.machines.get(self._id)
        return () if machine is None else machine.nics

    async def ensure_nic_attached(self, nic: GuestNic) -> None:
        await self._faults.enter("ensure_nic_attached")
        if self._state() is not GuestState.ABSENT and nic not in (machine := self._machine()).nics:
            machine.nics = (*machine.nics, nic)
        await self._faults.point("ensure_nic_attached")

    async def ensure_nic_detached(self, mac: str, *, deadline: float, force: bool) -> None:
        await self._faults.enter("ensure_nic_detached")
        machine = self._world.machines.get(self._id)
        if machine is not None and any(nic.mac == mac for nic in machine.nics[1:]):
            if not machine.hears_of_devices:
                await self._pass(deadline)
                await self._faults.point("ensure_nic_detached")
                if not machine.hears_of_devices and not force:
                    raise DetachRefused(
                        f"Guest {self._id} did not let go of its network interface {mac} in {deadline:.0f} s.",
                        way_out="Detach it with --force, or stop the instance.",
                    )
            machine.nics = tuple(nic for nic in machine.nics if nic.mac != mac)
        await self._faults.point("ensure_nic_detached")

    async def ensure_grown(self, disk: GuestDisk, size_bytes: int) -> bool:
        await self._faults.enter("ensure_grown")
        if grown := self._has(disk.serial) and self._machine().drives.layers[disk.serial] == disk.layer:
            self._machine().grow_disk(disk, size_bytes)
        await self._faults.point("ensure_grown")
        return grown

    async def ensure_compacted(self, layer: LayerId, onto: LayerId | None) -> bool:
        await self._faults.enter("ensure_compacted")
        if self._state() is GuestState.ABSENT or not self._machine().drives.has(layer):
            return False
        layers, opening = self._host.layers, self._host.layers.opening(layer)
        passed = layers.between(layer, onto)
        layers.check_whole(layer)
        if sum(len(data) for one in passed for data in layers.own(one).values()) > self._world.room:
            raise HostExhausted("The host's disk has no room to copy the layers together.", way_out=MAKE_ROOM)
        clock, began = self._host.clock, self._host.clock.monotonic()
        for copied in range(1, len(passed) + 1):
            until = began + self._host.timing.compaction * copied / len(passed)
            await self._pass(until - clock.monotonic())
            await self._faults.point("ensure_compacted")
            if layers.opening(layer) != opening:
                return False
        layers.pull_up(layer, onto)
        await self._faults.point("ensure_compacted")
        return True

    async def screenshot(self) -> bytes:
        await self._faults.enter("screenshot")
        if self._state() is GuestState.ABSENT:
            raise GuestLost(f"Guest {self._id} has no display: it is off.")
        from kumoniwa.hypervisor.simulated import display  # 3 MB of Pillow, which few servers need

        return await asyncio.to_thread(display.png, self._machine().serial.said)

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
        return b"" if machine is None else machine.serial.said

    async def follow_console(self) -> ConsoleReader:
        await self._faults.enter("follow_console")
        return self._machine().serial.follow()

    async def type_on_console(self, keys: bytes) -> None:
        await self._faults.enter("type_on_console")
        if self._state() is GuestState.ABSENT:
            raise GuestLost(f"Guest {self._id} is off: nothing reads what is typed.")
        self._machine().answer_typing()

    async def ensure_forgotten(self) -> None:
        await self._faults.enter("ensure_forgotten")
        if (machine := self._world.machines.pop(self._id, None)) is not None:
            machine.pull_plug()
            machine.serial.end()
        await self._faults.point("ensure_forgotten")

    async def _shut_down(self, method: str, deadline: float | None) -> Shutdown:
        requested_at = self._host.clock.now()
        await self._faults.enter(method)
        machine = self._world.machines.get(self._id)
        if machine is None:
            return Shutdown(clean=False, requested_at=requested_at, at_rest_at=None)
        if machine.at_rest_at is not None:
            requested_at = machine.at_rest_at  # it went by itself, or was asked before
        if deadline is not None:
            machine.press_power_button()
            await self._faults.point(method)
            if not await machine.wait_until_down(deadline):
                machine.stop_processors()
        await self._faults.point(method)
        at_rest_at = machine.at_rest_at
        if at_rest_at is None:
            return Shutdown(clean=False, requested_at=requested_at, at_rest_at=None)
        return Shutdown(True, requested_at, at_rest_at if machine.at_rest_seen else None)

    async def _pass(self, seconds: float) -> None:
        """Let this much time pass."""
        if seconds > 0:
            await self._host.clock.sleep(seconds)

    def _has(self, serial: str) -> bool:
        """Whether a disk with this serial number is plugged in."""
        machine = self._world.machines.get(self._id)
        return machine is not None and serial in machine.drives.layers

    def _state(self) -> GuestState:
        machine = self._world.machines.get(self._id)
        return GuestState.ABSENT if machine is None else machine.state


def _usable(machine: Machine, spec: GuestSpec, key: bytes) -> Memory:
    """What was kept of the machine. Raises `MemoryUnusable` where it cannot go on with it."""
    if (memory := machine.memory) is None:
        raise MemoryUnusable("Nothing is saved of its memory any more.")
    if memory.key != key:
        raise MemoryUnusable("Its memory was not encrypted with this key.")
    if (reason := why_not_the_same(memory.spec, spec)) is not None:
        raise MemoryUnusable(reason)
    return memory
