"""The driver `qemu` keeps every promise of the driver's interface, with real QEMU processes, on either disk bus."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from driver_contract import DriverContract
from memory_contract import MemoryContract
from qemu_bench import QemuBench, qemu

from kumoniwa.hypervisor.driver import DiskBus

pytestmark = [pytest.mark.anyio, pytest.mark.vm]


@pytest.fixture(params=DiskBus)
async def bench(request: pytest.FixtureRequest, tmp_path: Path) -> AsyncIterator[QemuBench]:
    async with qemu(tmp_path, request.param) as bench:
        yield bench


class TestQemuDriver(DriverContract):
    """All of them."""


class TestQemuMemory(MemoryContract):
    """Those of memory, where what else guests have makes no difference."""

    @pytest.fixture
    async def bench(self, tmp_path: Path) -> AsyncIterator[QemuBench]:
        async with qemu(tmp_path, DiskBus.VIRTIO) as bench:
            yield bench
