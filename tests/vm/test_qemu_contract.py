"""The driver `qemu` keeps every promise of the driver's interface, with real QEMU processes."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from driver_contract import DriverContract
from qemu_bench import QemuBench, qemu

pytestmark = [pytest.mark.anyio, pytest.mark.vm]


@pytest.fixture
async def bench(tmp_path: Path) -> AsyncIterator[QemuBench]:
    async with qemu(tmp_path) as bench:
        yield bench


class TestQemuDriver(DriverContract):
    """All of them."""
