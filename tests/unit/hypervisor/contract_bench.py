"""What the contract's tests need of a driver's test bench, and what they begin with."""

from collections.abc import Awaitable
from ipaddress import IPv4Address
from typing import Protocol, TypeVar

from kumoniwa.hypervisor.driver import (
    Cut,
    Driver,
    EventKind,
    Forward,
    GuestDisk,
    GuestEvent,
    GuestId,
    GuestSpec,
    LayerId,
    NetworkPort,
)

T = TypeVar("T")
MIB = 1 << 20


class Bench(Protocol):
    """An open driver, and what a test needs around it."""

    @property
    def driver(self) -> Driver:
        """The one that is open."""
        ...

    async def spec(self, data_volumes: int = 0) -> GuestSpec:
        """A guest that does not exist yet; its layers do, each with nothing on top, the root's bootable."""
        ...

    async def to_prepare(self) -> GuestSpec:
        """A machine that can be prepared; its layer exists, with nothing on top."""
        ...

    def layer(self) -> LayerId:
        """A name that no layer has."""
        ...

    def forward(self) -> Forward:
        """A forward from a port of this host that nobody uses."""
        ...

    def port(self) -> NetworkPort:
        """A place in the one network of the bench that no guest has. Skips the test where the host has none."""
        ...

    async def run(self, call: Awaitable[T]) -> T:
        """The call's result, letting as much time pass as it needs."""
        ...

    async def event(self, kind: EventKind) -> GuestEvent:
        """The next event of this kind."""
        ...

    async def write(self, guest: GuestId, text: str) -> None:
        """Have the guest write a file with this text to its root disk, and sync."""
        ...

    async def holds(self, layer: LayerId, text: str) -> bool:
        """Whether the disk, as this layer has it, holds a file with this text."""
        ...

    def ignore_power_button(self, guest: GuestId) -> None:
        """Make the guest one that does not react to its power button."""
        ...

    def hold_disk(self, guest: GuestId, serial: str) -> None:
        """Make the guest one that does not let this disk go."""
        ...


async def up(bench: Bench, data_volumes: int = 0) -> tuple[GuestId, GuestSpec]:
    """A guest that runs and reacts."""
    spec = await bench.spec(data_volumes)
    await bench.run(bench.driver.guest(spec.id).ensure_running(spec))
    await bench.event(EventKind.REACHABLE)
    return spec.id, spec


async def overlay(bench: Bench, disk: GuestDisk) -> Cut:
    """The cut of a disk, its new layer made."""
    cut = Cut(disk.layer, bench.layer())
    await bench.driver.disks.ensure_overlay(cut.new, cut.old, 8 * MIB)
    return cut


def forward(host_port: int, guest_port: int = 22) -> Forward:
    """A forward of this host's loopback: of UDP, which is open whether or not a guest listens."""
    return Forward("udp", IPv4Address("127.0.0.1"), host_port, guest_port)
