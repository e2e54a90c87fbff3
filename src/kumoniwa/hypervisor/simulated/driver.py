"""The simulated driver itself."""

import asyncio
from collections.abc import AsyncIterator, Mapping
from pathlib import Path

from kumoniwa.clock import Clock
from kumoniwa.hypervisor.driver import Capacity, DriverError, Features, GuestEvent, GuestId, PreparedId, Room, Taps
from kumoniwa.hypervisor.simulated.disks import SimulatedDisks
from kumoniwa.hypervisor.simulated.faults import Faults
from kumoniwa.hypervisor.simulated.guest import SimulatedGuest
from kumoniwa.hypervisor.simulated.host import Host
from kumoniwa.hypervisor.simulated.prepared import SimulatedPreparedMachine
from kumoniwa.hypervisor.simulated.timing import Timing
from kumoniwa.hypervisor.simulated.world import SimulatedWorld


class SimulatedDriver:
    """Guests in memory, on `clock`. See `kumoniwa.hypervisor.driver.Driver` for the promises.

    Without a `world` it makes its own, its layers kept in the file `kept_in` where one is named, and ends it when it is
    closed. A world that was given is the giver's to close.
    """

    name = "simulated"
    features = Features(
        boots_blank_disks=True,
        outlives_the_server=False,
        carries_packets=False,
        is_seen_at_once=True,
        answers_connections=False,
    )

    def __init__(
        self,
        clock: Clock,
        *,
        timing: Timing | None = None,
        world: SimulatedWorld | None = None,
        kept_in: Path | None = None,
    ) -> None:
        if world is None:
            self.world = SimulatedWorld() if kept_in is None else SimulatedWorld.load(kept_in)
        else:
            self.world = world
        self.faults = Faults()
        """What a test makes go wrong in this driver."""
        timing = Timing() if timing is None else timing
        self._owns_world = world is None
        self._clock = clock
        self._events: asyncio.Queue[GuestEvent | None] = asyncio.Queue()
        self._disks = SimulatedDisks(self.world.layers, clock, self.faults, timing.import_disk)
        world = self.world
        self._host = Host(clock, timing, world.layers, world.ports, world.tasks, world.report, world.is_heard)

    @property
    def disks(self) -> SimulatedDisks:
        return self._disks

    def plug_into(self, taps: Taps) -> None:
        """No packets are carried: nothing is asked of them."""

    async def open(self) -> None:
        """Listen from now on, in the place of any other; guests that an earlier driver left frozen are thawed."""
        await self.faults.enter("open")
        for machine in self.world.machines.values():
            machine.thaw()
        await self.faults.point("open")
        self.world.listener = self._events.put_nowait
        for machine in self.world.machines.values():
            machine.at_rest_seen = False  # by this listener
            machine.report_again()

    async def close(self) -> None:
        if self.world.listener == self._events.put_nowait:  # not if a later driver took our place
            self.world.listener = None
            for machine in self.world.machines.values():
                machine.serial.end()
        self._events.put_nowait(None)
        if self._owns_world:
            await self.world.close()

    def guest(self, id: GuestId) -> SimulatedGuest:
        return SimulatedGuest(id, self.world, self._host, self.faults)

    def prepared(self, id: PreparedId) -> SimulatedPreparedMachine:
        return SimulatedPreparedMachine(id, self.world, self._host, self.faults)

    async def all_prepared(self) -> frozenset[PreparedId]:
        await self.faults.enter("all_prepared")
        return frozenset(self.world.prepared.keys() | self.world.preparing.keys())

    async def events(self) -> AsyncIterator[GuestEvent]:
        while (event := await self._events.get()) is not None:
            yield event
            self._events.task_done()
        self._events.task_done()

    async def followed(self) -> None:
        """Return once the listener to `events` is done with all that happened."""
        await self._events.join()

    async def capacity(self) -> Capacity:
        return Capacity(self.world.memory_mib, Room(self.world.room, 0), has_devices=True)

    def describe(self) -> Mapping[str, str]:
        return {
            "driver": "simulated",
            "guests": "simulated in memory: they boot, log and keep disks, but no virtual machine runs",
            "layers": "kept in a file" if self.world.layers.kept else "forgotten when the server ends",
        }

    def fail_next(self, method: str, error: DriverError) -> None:
        """The next call of `method`, of the driver, its disks or any guest, raises `error` and does nothing."""
        self.faults.fail_next(method, error)
