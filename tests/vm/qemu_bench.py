"""A bench for the driver `qemu`: guests are boot sectors, and none outlives the bench, whatever happens."""

import asyncio
import contextlib
import itertools
import os
import signal
import socket
from collections.abc import AsyncIterator, Awaitable, Collection
from contextlib import asynccontextmanager
from dataclasses import replace
from ipaddress import IPv4Address
from pathlib import Path
from typing import TypeVar

import boot_sector
import memory_sectors
import pytest
from driver_contract import MIB, forward
from memory_sectors import APPLIED, PREPARED
from one_network import OneNetwork, obstacle

from kumoniwa import run
from kumoniwa.clock import SystemClock
from kumoniwa.hypervisor.driver import (
    DiskBus,
    EventKind,
    Forward,
    GuestDisk,
    GuestEvent,
    GuestId,
    GuestNic,
    GuestSpec,
    LayerId,
    NetworkPort,
)
from kumoniwa.hypervisor.qemu.disks import layer_checks
from kumoniwa.hypervisor.qemu.guest.process import record
from kumoniwa.hypervisor.qemu.guest.process.command_line import Accelerator
from kumoniwa.hypervisor.qemu.guest.process.host_process import Identity, identify
from kumoniwa.hypervisor.qemu.guest.process.machine import Machine
from kumoniwa.hypervisor.qemu.guest.qemu_guest import QemuGuest
from kumoniwa.hypervisor.qemu.qemu_driver import QemuDriver
from kumoniwa.tasks import Tasks

T = TypeVar("T")
WITHIN = 60.0  # seconds for whatever a test waits for
PLENTY = 1 << 40


class QemuBench:
    """See `driver_contract.Bench`."""

    def __init__(self, folder: Path, bus: DiskBus = DiskBus.NVME, *, encrypted: bool = False) -> None:
        self.bus = bus
        self.encrypted = encrypted
        """Whether the disks of its guests are."""
        self.data_dir = folder / "data"
        self.free = PLENTY  # what the driver believes the host's disk has left
        self._image = folder / "boot-sector.raw"
        self._image.write_bytes(boot_sector.disk_image(8 * MIB))
        self._numbers = itertools.count(1)
        self._letters: dict[str, str] = {}
        self._heard: asyncio.Queue[GuestEvent] = asyncio.Queue()
        self._to_press: list[tuple[GuestId, str]] = []
        self._tasks = Tasks("bench")
        self.taps = OneNetwork(folder / "network", self._tasks)
        self.driver = self._driver()

    async def open(self) -> None:
        await self.driver.open()
        self._tasks.start(self._listen(self.driver), "listen")

    async def close(self) -> None:
        """Nothing is left: no task, no process."""
        await self.driver.close()
        for folder in (self.data_dir / "guests").glob("*"):
            if (noted := record.read(folder)) is not None and noted.process is not None:
                kill(noted.process)
        await self.taps.close()
        await self._tasks.close()

    async def successor(self) -> QemuDriver:
        """Another server's driver over the same data, the first one having gone."""
        await self.driver.close()
        self.driver = self._driver()
        await self.open()
        return self.driver

    async def spec(self, data_volumes: int = 0) -> GuestSpec:
        number = next(self._numbers)
        disks = tuple(GuestDisk(self.layer(), f"vol{number:03}{n}") for n in range(1 + data_volumes))
        image = self.layer() if self.encrypted else disks[0].layer
        await self.driver.disks.ensure_imported(image, self._image, "raw", lambda _: None)
        if self.encrypted:
            await self.driver.disks.ensure_encrypted_copy(disks[0].layer, image, 8 * MIB, lambda _: None)
        for disk in disks[1:]:
            await self.driver.disks.ensure_empty(disk.layer, 8 * MIB, encrypted=self.encrypted)
        return GuestSpec(
            id=GuestId(f"i-{number}"),
            uuid=f"ec2{number:05}-0000-0000-0000-000000000000",
            product="t3.micro",
            vcpus=1,
            memory_mib=32,
            disks=disks,
            nics=(GuestNic("02:00:00:00:00:01", IPv4Address("172.31.0.4") + number),),
            bus=self.bus,
        )

    async def up(self, data_volumes: int = 0) -> tuple[QemuGuest, GuestSpec]:
        """A guest that runs and reacts."""
        spec = await self.spec(data_volumes)
        guest = self.driver.guest(spec.id)
        await self.run(guest.ensure_running(spec))
        await self.event(EventKind.KERNEL_STARTED)
        return guest, spec

    async def to_prepare(self, prepared: bytes = PREPARED, applied: bytes = APPLIED) -> GuestSpec:
        """What is to say these lines at its launch port."""
        number, layer = next(self._numbers), self.layer()
        image = self._image.with_name(f"memory-sectors-{number}.raw")
        image.write_bytes(memory_sectors.disk_image(8 * MIB, prepared, applied))
        await self.driver.disks.ensure_imported(layer, image, "raw", lambda _: None)
        return GuestSpec(
            id=GuestId(f"prepare-{number}"),
            uuid=f"ec2{number:05}-0000-0000-0000-000000000000",
            product="t3.micro",
            vcpus=1,
            memory_mib=32,
            disks=(GuestDisk(layer, f"vol{number:03}0"),),
            nics=(),
            bus=DiskBus.VIRTIO,
        )

    def port(self) -> NetworkPort:
        if (why := obstacle()) is not None:
            pytest.skip(why)
        return NetworkPort("one", f"e{next(self._numbers)}")

    def layer(self) -> LayerId:
        return LayerId(f"layer{next(self._numbers)}")

    def forward(self) -> Forward:
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as free:
            free.bind(("127.0.0.1", 0))
            return forward(free.getsockname()[1])

    async def run(self, call: Awaitable[T]) -> T:
        while self._to_press:
            await self.press(*self._to_press.pop(0))
        async with asyncio.timeout(WITHIN):
            return await call

    async def event(self, kind: EventKind) -> GuestEvent:
        return await self.event_of({kind})

    async def event_of(self, kinds: Collection[EventKind]) -> GuestEvent:
        """The next event of any of these kinds."""
        async with asyncio.timeout(WITHIN):
            while (event := await self._heard.get()).kind not in kinds:
                pass
            return event

    async def write(self, guest: GuestId, text: str) -> None:
        """The text's letter, for a boot sector has no files; it was synced when the guest answers."""
        await self.press(guest, self._letters.setdefault(text, "abcdefg"[len(self._letters)]))

    async def holds(self, layer: LayerId, text: str) -> bool:
        raw, layers = self.data_dir / "looked-into.raw", self.data_dir / "layers"
        source = layer_checks.image(layers, layer_checks.check_chain(layers, layer))
        await run.run(["qemu-img", "convert", "-U", *source, "-O", "raw", str(raw)], timeout=WITHIN)
        return self.sector(text) in raw.read_bytes()

    def sector(self, text: str) -> bytes:
        """What a guest writes for this text."""
        return self._letters[text].encode() * 512

    def ignore_power_button(self, guest: GuestId) -> None:
        self._to_press.append((guest, "1"))

    def hold_disk(self, guest: GuestId, serial: str) -> None:
        """A boot sector lets no disk go: there is nobody in it to be asked."""

    async def press(self, guest: GuestId, key: str, *, answered: bool = True) -> None:
        """Press a key of the guest's keyboard, and wait until it answers."""
        machine = machine_of(self.driver.guest(guest))
        monitor = await machine.connect(within=WITHIN)
        with monitor._client.listener("RTC_CHANGE") as answer:
            await machine.execute("send-key", keys=[{"type": "qcode", "data": key}], hold_time=1)
            if answered:
                async with asyncio.timeout(WITHIN):
                    await answer.get()

    def _driver(self) -> QemuDriver:
        accelerator = Accelerator("tcg", "tests run everywhere")
        driver = QemuDriver(self.data_dir, clock=SystemClock(), accelerator=accelerator, free=lambda _: self.free)
        driver.plug_into(self.taps)
        return driver

    async def _listen(self, driver: QemuDriver) -> None:
        async for event in driver.events():
            self._heard.put_nowait(event)
            if event.kind is EventKind.KERNEL_STARTED:  # a boot sector has no agent: with its line it reacts
                self._heard.put_nowait(replace(event, kind=EventKind.REACHABLE))


def machine_of(guest: QemuGuest) -> Machine:
    """The machine of a guest that runs."""
    assert guest._machine is not None
    return guest._machine


def identity_of(bench: QemuBench, guest: QemuGuest) -> Identity:
    """The process of a guest that was made."""
    noted = record.read(bench.data_dir / "guests" / guest.id)
    assert noted is not None and noted.process is not None
    return noted.process


def kill(process: Identity) -> None:
    """End a guest's process for certain, and see it gone."""
    if identify(process.pid) == process:
        os.kill(process.pid, signal.SIGKILL)
    with contextlib.suppress(ChildProcessError):  # reaped already
        os.waitpid(process.pid, 0)


@asynccontextmanager
async def qemu(folder: Path, bus: DiskBus = DiskBus.NVME, *, encrypted: bool = False) -> AsyncIterator[QemuBench]:
    """An open bench."""
    bench = QemuBench(folder, bus, encrypted=encrypted)
    try:
        await bench.open()
        yield bench
    finally:
        await bench.close()
