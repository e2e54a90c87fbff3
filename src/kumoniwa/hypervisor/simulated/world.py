"""What outlives a simulated driver: the machines and the layers."""

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Self

from kumoniwa.hypervisor.driver import GuestEvent, GuestId, LayerId, PreparedId
from kumoniwa.hypervisor.simulated.machine import Machine
from kumoniwa.hypervisor.simulated.ports import Ports
from kumoniwa.hypervisor.simulated.saved import Saved
from kumoniwa.hypervisor.simulated.simulated_layers import Layers
from kumoniwa.tasks import Tasks


class SimulatedWorld:
    """A host with its machines and disks, as one driver after another finds it.

    A test that "kills" a server drops its driver and gives the world to the next one: the guests went on running.
    In the product the world lives in the server's process: after a restart the guests are ABSENT, as after a power
    failure of the host, and the layers are there if the world was loaded from a file.
    """

    def __init__(self, layers: Layers | None = None) -> None:
        self.layers = Layers() if layers is None else layers
        self.ports = Ports()
        self.machines: dict[GuestId, Machine] = {}
        self.room = 1 << 50
        """Bytes that the host has for layers: as many as a test says."""
        self.memory_mib: int | None = None
        """Memory that the host has for guests, where a test gives it an end."""
        self.prepared: dict[PreparedId, Saved] = {}
        """The machines that are saved in memory."""
        self.preparing: dict[PreparedId, LayerId] = {}
        """The layers of those that are on their way to be."""
        self.makes_prepared = "simulated 1"
        """Which programs save machines, and launch from those that they saved: for tests to change."""
        self.never_prepared = False
        """Whether guests lack the part by which they say that they are prepared: for tests to change."""
        self.tasks = Tasks("simulated world")
        self.listener: Callable[[GuestEvent], None] | None = None

    @classmethod
    def load(cls, path: Path) -> Self:
        """A world whose layers are kept in the file at `path`, which is made if it is not there."""
        return cls(Layers(path))

    def tear_prepared(self, machine: PreparedId) -> None:
        """Damage what is saved of a machine, as a power failure or a bad disk may."""
        self.prepared[machine] = replace(self.prepared[machine], is_torn=True)

    def is_heard(self) -> bool:
        """Whether a driver listens now."""
        return self.listener is not None

    def report(self, event: GuestEvent) -> None:
        """Hand an event to the driver that listens; without one it is lost, as a real host's would be."""
        if self.listener is not None:
            self.listener(event)

    async def close(self) -> None:
        """The end of it: nothing goes on, the file is let go of."""
        await self.tasks.close()
        self.layers.shut()
