"""A guest of QEMU: the promises of `Guest`, kept by a `Machine` while there is one and by its folder always."""

import asyncio
import contextlib
import shutil
from collections.abc import AsyncIterator, Collection, Mapping, Sequence
from pathlib import Path

from kumoniwa.hypervisor.driver import (
    ConsoleReader,
    Cut,
    CutMade,
    DiskBus,
    Forward,
    GuestDisk,
    GuestId,
    GuestLost,
    GuestNic,
    GuestSpec,
    GuestState,
    Launch,
    LayerId,
    NetworkPort,
    Shutdown,
    Started,
    Suspended,
)
from kumoniwa.hypervisor.qemu.disks import layer_checks
from kumoniwa.hypervisor.qemu.guest import forwards, network, nics, screen
from kumoniwa.hypervisor.qemu.guest.drives import cut, freeze, growth, plugs, stream
from kumoniwa.hypervisor.qemu.guest.memory import suspending
from kumoniwa.hypervisor.qemu.guest.power import Power
from kumoniwa.hypervisor.qemu.guest.process import console, record
from kumoniwa.hypervisor.qemu.guest.process.command_line import METADATA_SOCKET
from kumoniwa.hypervisor.qemu.guest.process.disk_devices import LAYERS_FROM_GUEST
from kumoniwa.hypervisor.qemu.guest.process.machine import Machine
from kumoniwa.hypervisor.qemu.guest.surroundings import Surroundings

_PATIENCE = 300.0  # seconds; what takes several commands takes one second in all


class QemuGuest:
    """One guest, whether or not there is one: its folder says, and the process found there."""

    def __init__(self, id: GuestId, folder: Path, surroundings: Surroundings) -> None:
        self._id = id
        self._folder = folder
        self._around = surroundings
        self._power = Power(id, folder, surroundings)
        self._rearranging = asyncio.Lock()  # held while block nodes come and go: one that is idle is deleted

    @property
    def id(self) -> GuestId:
        return self._id

    @property
    def metadata_socket(self) -> Path | None:
        return self._folder / METADATA_SOCKET if self._port is None else None

    @property
    def _port(self) -> NetworkPort | None:
        """Where the primary interface of the guest that there is is plugged in."""
        return None if self._machine is None else self._machine.spec.nic.port

    @property
    def _machine(self) -> Machine | None:
        return self._power.life.machine

    async def adopt(self) -> None:
        """Find the process that an earlier server made, listen to it, and end what that server began with it."""
        if (machine := await self._power.adopt()) is None:
            return
        if self._port is not None:
            await asyncio.to_thread(network.report_found, self._around.taps, self._port, machine.identity)
        await freeze.ensure_thawed(machine, self._folder)
        with contextlib.suppress(GuestLost):
            async with self._bounded():
                await growth.recover(machine, self._folder)
                await self._power.report_what_was_found()

    async def let_go(self) -> None:
        """Stop listening; the guest goes on."""
        await self._power.life.let_go()

    async def observe(self) -> GuestState:
        return await self._power.observe()

    async def ensure_running(self, spec: GuestSpec, launch: Launch | None = None) -> Started:
        return await self._power.ensure_running(spec, launch)

    async def ensure_shut_down(self, *, deadline: float) -> Shutdown:
        return await self._power.ensure_shut_down(deadline=deadline)

    async def ensure_off(self, *, deadline: float, skip_os_shutdown: bool) -> Shutdown:
        machine = self._machine
        shutdown = await self._power.ensure_off(deadline=deadline, skip_os_shutdown=skip_os_shutdown)
        await network.ensure_closed(self._around.taps, machine)
        return shutdown

    async def ensure_suspended(self, key: bytes) -> Suspended:
        machine = self._machine
        patience = 0.0 if machine is None else suspending.seconds_for(machine.spec)
        async with self._rearranging, self._bounded(patience):
            suspended = await self._power.ensure_suspended(key)
        await network.ensure_closed(self._around.taps, machine)
        return suspended

    async def ensure_resumed(self, spec: GuestSpec, key: bytes) -> Started:
        return await self._power.ensure_resumed(spec, key)

    async def ensure_memory_dropped(self) -> None:
        await self._power.ensure_memory_dropped()

    async def pause_for_room(self) -> None:
        """See `Power.pause_for_room`."""
        await self._power.pause_for_room()

    async def go_on(self) -> None:
        """See `Power.go_on`."""
        await self._power.go_on()

    async def ensure_cut(self, cuts: Sequence[Cut], *, freeze: bool = False) -> CutMade:
        if self._machine is None:
            return CutMade(0.0)
        async with self._rearranging, self._bounded():
            return await cut.ensure_cut(self._machine, self._folder, cuts, self._around.host.disk_io, freeze=freeze)

    async def ensure_attached(self, disk: GuestDisk) -> None:
        if (machine := self._machine) is None:
            return
        chain = await asyncio.to_thread(layer_checks.check_chain, self._around.layers, disk.layer)
        async with self._rearranging, self._bounded():
            await plugs.ensure_attached(machine, disk, await self._bus(), self._around, chain)

    async def ensure_detached(self, serial: str, *, deadline: float, force: bool) -> None:
        if (machine := self._machine) is None:
            return
        try:
            async with self._rearranging, self._bounded(deadline):
                at_rest = await machine.status() != "running" and not self._power.waits_for_room
                await plugs.ensure_detached(machine, serial, deadline=deadline, force=force, at_rest=at_rest)
                growth.forget(self._folder, serial)
        except GuestLost:
            if machine.alive:
                raise

    async def nics(self) -> tuple[GuestNic, ...]:
        return () if self._machine is None else self._machine.spec.nics

    async def ensure_nic_attached(self, nic: GuestNic) -> None:
        if (machine := self._machine) is None:
            return
        async with self._rearranging, self._bounded():
            await nics.ensure_attached(machine, self._folder, nic, self._around.taps)

    async def ensure_nic_detached(self, mac: str, *, deadline: float, force: bool) -> None:
        if (machine := self._machine) is None:
            return
        try:
            async with self._rearranging, self._bounded(deadline):
                if await machine.status() != "running" and not self._power.waits_for_room:
                    deadline, force = 0.0, True  # the vCPUs stand until the next reset: nothing is asked of the guest
                await nics.ensure_detached(machine, self._folder, mac, deadline=deadline, force=force)
        except GuestLost:
            if machine.alive:
                raise

    async def ensure_grown(self, disk: GuestDisk, size_bytes: int) -> bool:
        if (machine := self._machine) is None:
            return False
        async with self._rearranging, self._power.life.standing_still, self._bounded():
            return await growth.ensure_grown(machine, self._folder, disk, await self._bus(), size_bytes)

    async def ensure_compacted(self, layer: LayerId, onto: LayerId | None) -> bool:
        if self._machine is None:
            return False
        return await stream.ensure_compacted(
            self._machine,
            self._folder / LAYERS_FROM_GUEST,
            layer,
            onto,
            spare_bytes=self._around.space.spare(),
            rearranging=self._rearranging,
        )

    async def screenshot(self) -> bytes:
        if (machine := self._machine) is None:
            raise GuestLost(f"{self._id} is not running: it has no display.", way_out="Start the instance.")
        return await screen.screenshot(machine, self._folder)

    async def ensure_forwards(self, wanted: Collection[Forward]) -> Mapping[Forward, str]:
        if (machine := self._machine) is None:
            return {}
        if self._port is not None:
            return await network.networks(self._around.taps).ensure_forwards(self._port, wanted)
        if machine.lone is not None:
            return await network.ensure_lone_forwards(machine.lone, machine.spec.nic.address, wanted)
        async with self._bounded():
            return await forwards.ensure_forwards(machine, machine.spec.nic.address, wanted)

    async def console(self) -> bytes:
        return await asyncio.to_thread(console.tail, self._folder)

    async def follow_console(self) -> ConsoleReader:
        said = self._power.life.said
        if not said.began:  # no process of the guest was seen since the server started
            said.begin(await self.console())
        return said.follow()

    async def type_on_console(self, keys: bytes) -> None:
        if (machine := self._machine) is None:
            raise GuestLost(f"{self._id} is not running: nothing reads what is typed")
        machine.console.type_keys(keys)

    async def ensure_forgotten(self) -> None:
        machine = self._machine
        await self._power.life.ensure_killed()
        await network.ensure_closed(self._around.taps, machine)
        self._power.life.said.end()
        if self._folder.exists():
            await asyncio.to_thread(shutil.rmtree, self._folder)
        self._around.forget(self._id)

    @contextlib.asynccontextmanager
    async def _bounded(self, beyond: float = 0.0) -> AsyncIterator[None]:
        """What is asked of QEMU in the block has an end, whatever it answers. Raises `GuestLost`."""
        try:
            async with asyncio.timeout(_PATIENCE + beyond):
                yield
        except TimeoutError as late:
            raise GuestLost(f"{self._id} did not do what it was asked for in {_PATIENCE + beyond:.0f} s.") from late

    async def _bus(self) -> DiskBus:
        noted = await asyncio.to_thread(record.read, self._folder)
        return noted.spec.bus if noted is not None else DiskBus.NVME
