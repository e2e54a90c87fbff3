"""Disks that come and go while a guest runs."""

from kumoniwa.hypervisor.driver import DriverError, GuestDisk
from kumoniwa.hypervisor.qemu.machine import Machine


async def ensure_attached(machine: Machine, disk: GuestDisk) -> None:
    """See `Guest.ensure_attached`."""
    raise DriverError("not built yet")


async def ensure_detached(machine: Machine, serial: str, *, deadline: float, force: bool) -> None:
    """See `Guest.ensure_detached`."""
    raise DriverError("not built yet")
