"""What the driver says of its host, which every action that writes waits for."""

import asyncio
import threading
from pathlib import Path

import pytest

from kumoniwa.clock import SystemClock
from kumoniwa.hypervisor.qemu.guest.process.command_line import Accelerator
from kumoniwa.hypervisor.qemu.qemu_driver import QemuDriver

pytestmark = pytest.mark.anyio


async def test_capacity_does_not_wait_for_layers_that_are_read(tmp_path: Path) -> None:
    """Digests of layers take minutes, and the event loop's own threads are few."""
    driver = QemuDriver(tmp_path, clock=SystemClock(), accelerator=Accelerator("tcg", "a test"), free=lambda _: 1 << 40)
    read = threading.Event()
    reading = [asyncio.get_running_loop().run_in_executor(None, read.wait, 30) for _ in range(64)]
    try:
        async with asyncio.timeout(10):
            assert (await driver.capacity()).room.free == 1 << 40
    finally:
        read.set()
        await asyncio.gather(*reading)
        await driver.close()
