"""The driver `qemu`: guests that are QEMU processes, disks that are qcow2 files, under one data folder."""

import asyncio
import os
from collections.abc import AsyncIterator, Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path

import structlog

from kumoniwa import run
from kumoniwa.clock import Clock
from kumoniwa.hypervisor.driver import (
    Capacity,
    DriverError,
    Features,
    GuestEvent,
    GuestId,
    PreparedId,
    Room,
    Taps,
)
from kumoniwa.hypervisor.qemu.disks.qemu_disks import QcowDisks
from kumoniwa.hypervisor.qemu.guest.memory import saved_machine
from kumoniwa.hypervisor.qemu.guest.memory.prepared_machine import QemuPreparedMachine
from kumoniwa.hypervisor.qemu.guest.process import log_files
from kumoniwa.hypervisor.qemu.guest.process.command_line import Accelerator, Host
from kumoniwa.hypervisor.qemu.guest.process.disk_devices import DiskIo
from kumoniwa.hypervisor.qemu.guest.process.machine import PROGRAM
from kumoniwa.hypervisor.qemu.guest.qemu_guest import QemuGuest
from kumoniwa.hypervisor.qemu.guest.surroundings import Surroundings
from kumoniwa.hypervisor.qemu.host.disk_io import disk_io_here
from kumoniwa.hypervisor.qemu.host.disk_space import FLOOR, DiskSpace, free_bytes, watch
from kumoniwa.tasks import Tasks

log = structlog.get_logger(__name__)


class QemuDriver:
    """Guests in `<data_dir>/guests/<id>/`, layers in `<data_dir>/layers/`, what guests are launched from in
    `<data_dir>/prepared/<id>/`. Guests outlive the server."""

    name = "qemu"
    features = Features(
        boots_blank_disks=False,
        outlives_the_server=True,
        carries_packets=True,
        is_seen_at_once=False,
        answers_connections=True,
    )

    def __init__(
        self,
        data_dir: Path,
        *,
        clock: Clock,
        accelerator: Accelerator,
        free: Callable[[Path], int] = free_bytes,
    ) -> None:
        self._guests_folder = data_dir / "guests"
        self._disks = QcowDisks(data_dir / "layers")
        self._tasks = Tasks("qemu driver")
        self._guests: dict[GuestId, QemuGuest] = {}
        self._prepared: dict[PreparedId, QemuPreparedMachine] = {}
        self._events: asyncio.Queue[GuestEvent | None] = asyncio.Queue()
        self._space = DiskSpace(data_dir, free)
        # A thread of its own: the event loop's may all be reading layers of gigabytes, and actions wait for this.
        self._looking = ThreadPoolExecutor(1, thread_name_prefix="disk-space")
        self._around = Surroundings(
            clock,
            Host(accelerator, DiskIo("threads", "not tried yet")),
            self._tasks,
            data_dir / "layers",
            self._space,
            self._events.put_nowait,
            self._forget,
        )
        self._version = ""
        self._memory_mib = os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE") // (1024 * 1024)

    @property
    def disks(self) -> QcowDisks:
        return self._disks

    def plug_into(self, taps: Taps) -> None:
        self._around = replace(self._around, taps=taps)

    async def open(self) -> None:
        version, disk_io = await asyncio.gather(run.run([PROGRAM, "--version"], timeout=30), disk_io_here())
        self._version = version.partition("\n")[0]
        host = replace(self._around.host, disk_io=disk_io, version=self._version)
        self._around = replace(self._around, host=host)
        self._guests_folder.mkdir(parents=True, exist_ok=True)
        self._around.prepared.mkdir(exist_ok=True, mode=0o700)
        self._disks.open()
        # Side by side: guests whose QEMU does not answer keep the server from starting for the time of one of them.
        await asyncio.gather(*(self._adopt(GuestId(folder.name)) for folder in sorted(self._guests_folder.iterdir())))
        for id in await self.all_prepared():
            await self.prepared(id).ensure_finished_or_gone()
        watching = watch(self._space, self._around.clock, lambda: self._guests.values())
        self._tasks.start(watching, "watch the host's disk")
        for folder in (self._guests_folder, self._around.prepared):
            self._tasks.start(log_files.watch(self._around.clock, folder), f"keep the logs of {folder.name} small")

    async def close(self) -> None:
        await self._tasks.close()
        for guest in self._guests.values():
            await guest.let_go()
        self._guests.clear()
        self._looking.shutdown(wait=False)
        self._events.put_nowait(None)

    def guest(self, id: GuestId) -> QemuGuest:
        return self._guest(id)

    def prepared(self, id: PreparedId) -> QemuPreparedMachine:
        if id not in self._prepared:
            folder = saved_machine.folder_of(self._around.prepared, id)
            self._prepared[id] = QemuPreparedMachine(id, folder, self._around)
        return self._prepared[id]

    async def all_prepared(self) -> frozenset[PreparedId]:
        return frozenset(await asyncio.to_thread(saved_machine.names, self._around.prepared))

    async def events(self) -> AsyncIterator[GuestEvent]:
        while (event := await self._events.get()) is not None:
            yield event

    async def capacity(self) -> Capacity:
        free = await asyncio.get_running_loop().run_in_executor(self._looking, self._space.free)
        return Capacity(self._memory_mib, Room(free, FLOOR))

    def describe(self) -> Mapping[str, str]:
        host = self._around.host
        return {
            "qemu": self._version,
            "accelerator": host.accelerator.name,
            "why": host.accelerator.reason,
            "disk_io": host.disk_io.name,
        }

    async def _adopt(self, id: GuestId) -> None:
        try:
            await self._guest(id).adopt()
        except DriverError as failure:
            log.warning("a guest could not be found again", guest=id, reason=str(failure))

    def _forget(self, id: GuestId) -> None:
        self._guests.pop(id, None)

    def _guest(self, id: GuestId) -> QemuGuest:
        if id not in self._guests:
            self._guests[id] = QemuGuest(id, self._guests_folder / id, self._around)
        return self._guests[id]
