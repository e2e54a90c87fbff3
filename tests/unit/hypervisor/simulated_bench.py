"""A bench for the simulated driver: while a call waits, time passes on a clock that otherwise stands still."""

import asyncio
import itertools
from collections.abc import AsyncIterator, Awaitable
from contextlib import asynccontextmanager
from dataclasses import replace
from ipaddress import IPv4Address
from typing import TypeVar

from contract_bench import MIB, forward
from waiting import let_others_run

from kumoniwa.clock import ManualClock
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
from kumoniwa.hypervisor.simulated import SimulatedDriver, SimulatedGuest, SimulatedWorld, Timing
from kumoniwa.tasks import Tasks

T = TypeVar("T")
PATIENCE = 30.0
"""Real seconds after which a test that waits has failed."""


class SimulatedBench:
    """See `driver_contract.Bench`."""

    def __init__(self, timing: Timing, world: SimulatedWorld) -> None:
        self.clock = ManualClock()
        self.world = world
        self.timing = timing
        self.driver = SimulatedDriver(self.clock, timing=timing, world=world)
        self._numbers = itertools.count(1)
        self._heard: list[GuestEvent] = []
        self._tasks = Tasks("bench")

    async def open(self) -> None:
        await self.driver.open()
        self._tasks.start(self._listen(self.driver), "listen")

    async def close(self) -> None:
        await self.driver.close()
        await self.world.close()
        await self._tasks.close()

    async def spec(self, data_volumes: int = 0) -> GuestSpec:
        number = next(self._numbers)
        disks = tuple(GuestDisk(self.layer(), f"vol{number:03}{n}") for n in range(1 + data_volumes))
        for disk in disks:
            await self.driver.disks.ensure_empty(disk.layer, 8 * MIB)
        return GuestSpec(
            id=GuestId(f"i-{number}"),
            uuid=f"ec2{number:05}-0000-0000-0000-000000000000",
            product="t3.micro",
            vcpus=1,
            memory_mib=512,
            disks=disks,
            nics=(GuestNic("02:00:00:00:00:01", IPv4Address("172.31.0.4") + number),),
        )

    async def to_prepare(self) -> GuestSpec:
        spec = await self.spec()
        return replace(spec, id=GuestId(f"prepare-{spec.id}"), nics=(), bus=DiskBus.VIRTIO)

    def layer(self) -> LayerId:
        return LayerId(f"layer{next(self._numbers)}")

    def port(self) -> NetworkPort:
        return NetworkPort("network", f"port-{next(self._numbers)}")

    def forward(self) -> Forward:
        return forward(10_000 + next(self._numbers))

    async def run(self, call: Awaitable[T]) -> T:
        waiting = asyncio.create_task(_result_of(call))
        async with asyncio.timeout(PATIENCE):
            while not waiting.done():
                await self.pass_time(0.125)
        return waiting.result()

    async def pass_time(self, seconds: float) -> None:
        await self.clock.advance(seconds)
        await let_others_run(5)

    async def event(self, kind: EventKind) -> GuestEvent:
        async with asyncio.timeout(PATIENCE):
            while True:
                while self._heard:
                    if (event := self._heard.pop(0)).kind is kind:
                        return event
                await self.pass_time(0.125)

    async def write(self, guest: GuestId, text: str) -> None:
        self.guest(guest).write(f"/root/{text}", text.encode(), sync=True)

    async def holds(self, layer: LayerId, text: str) -> bool:
        return self.world.layers.get(layer, f"/root/{text}") == text.encode()

    def ignore_power_button(self, guest: GuestId) -> None:
        self.guest(guest).ignore_power_button = True

    def hold_disk(self, guest: GuestId, serial: str) -> None:
        self.guest(guest).holds_disk(serial)

    def guest(self, id: GuestId) -> SimulatedGuest:
        return self.driver.guest(id)

    async def started(self, data_volumes: int = 0) -> tuple[SimulatedGuest, GuestSpec]:
        """A guest that was just started; with instant timing it is reachable."""
        spec = await self.spec(data_volumes)
        guest = self.driver.guest(spec.id)
        await guest.ensure_running(spec)
        return guest, spec

    async def told(self) -> list[EventKind]:
        """What was told since the last time, without waiting for more."""
        await self.pass_time(0)
        kinds = [event.kind for event in self._heard]
        self._heard.clear()
        return kinds

    async def successor(self) -> SimulatedDriver:
        """Another server's driver in the same world, the first one having been killed."""
        self.driver = SimulatedDriver(self.clock, timing=self.timing, world=self.world)
        await self.open()
        return self.driver

    async def _listen(self, driver: SimulatedDriver) -> None:
        async for event in driver.events():
            self._heard.append(event)


@asynccontextmanager
async def simulated(timing: Timing | None = None, world: SimulatedWorld | None = None) -> AsyncIterator[SimulatedBench]:
    """An open bench."""
    bench = SimulatedBench(timing or Timing.instant(), world or SimulatedWorld())
    await bench.open()
    try:
        yield bench
    finally:
        await bench.close()


async def _result_of(call: Awaitable[T]) -> T:
    return await call
