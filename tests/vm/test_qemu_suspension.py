"""The driver `qemu` keeps every promise of suspending guests, and what it keeps of them is sealed."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from qemu_bench import QemuBench, qemu
from suspension_contract import SuspensionContract

from kumoniwa.hypervisor.driver import DiskBus

pytestmark = [pytest.mark.anyio, pytest.mark.vm]


@pytest.fixture
async def bench(tmp_path: Path) -> AsyncIterator[QemuBench]:
    async with qemu(tmp_path, DiskBus.VIRTIO) as bench:
        yield bench


class TestQemuSuspension(SuspensionContract):
    """All of them."""
