"""Devices that come and go while a guest runs: disks and network interfaces, each by an id that is made of its name.

What there is of them is asked of QEMU each time. The guest lets a device go, not QEMU: it is asked (ACPI), and a guest
that still boots or hangs does not hear it. QEMU keeps what was asked: a reset unplugs the device in any case.
"""

import asyncio
import contextlib

from kumoniwa.hypervisor.driver import START_ANEW, DriverError
from kumoniwa.hypervisor.qemu.guest.process.machine import Machine
from kumoniwa.hypervisor.qemu.guest.process.monitor import CommandRefused, MonitorEvent

_ASK_AGAIN = 2.0  # seconds


async def ids(machine: Machine) -> set[str]:
    """The ids of the guest's devices. Raises `DriverError` for a machine at which nothing can be plugged."""
    listed = await machine.execute("qom-list", path="/machine/peripheral")
    found = {each["name"].text() for each in listed.each()}
    if "disk0" in found:
        raise DriverError(f"{machine.name} was started by an earlier version of Kumoniwa.", way_out=START_ANEW)
    return found


async def let_go(machine: Machine, device_id: str, *, within: float) -> bool:
    """Ask the guest, at least once, to let a device go. Gives whether it did within so many seconds."""
    loop, gone = asyncio.get_running_loop(), asyncio.Event()
    until = loop.time() + within

    def hear(event: MonitorEvent) -> None:
        device = event.data.get("device") if event.name == "DEVICE_DELETED" else None
        if device is not None and device.text() == device_id:
            gone.set()

    with machine.listening(hear):
        while device_id in await ids(machine):
            with contextlib.suppress(CommandRefused):  # it was asked a moment ago, or has let go meanwhile
                await machine.execute("device_del", id=device_id)
            if gone.is_set():
                return True
            if loop.time() >= until:
                return False
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout_at(min(until, loop.time() + _ASK_AGAIN)):
                    await gone.wait()
    return True
