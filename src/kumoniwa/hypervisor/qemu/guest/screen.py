"""A guest's display, seen by screenshots only."""

import asyncio
import secrets
from pathlib import Path

from kumoniwa.hypervisor.driver import GuestLost
from kumoniwa.hypervisor.qemu.guest.process.machine import Machine
from kumoniwa.hypervisor.qemu.guest.process.monitor import CommandRefused


async def screenshot(machine: Machine, folder: Path) -> bytes:
    """See `Guest.screenshot`."""
    name = f"screen-{secrets.token_hex(4)}.png"
    try:
        await machine.execute("screendump", filename=name, format="png")
        return await asyncio.to_thread((folder / name).read_bytes)
    except CommandRefused as refusal:  # a machine that an earlier version made has no display
        raise GuestLost(f"{machine.name} has no display to look at: {refusal}") from refusal
    finally:
        (folder / name).unlink(missing_ok=True)
