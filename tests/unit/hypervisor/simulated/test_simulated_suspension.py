"""The simulated driver keeps every promise of suspending guests."""

from collections.abc import AsyncIterator
from dataclasses import replace

import pytest
from simulated_bench import SimulatedBench
from suspension_contract import SuspensionContract

from kumoniwa.hypervisor.driver import DiskBus, GuestSpec
from kumoniwa.hypervisor.simulated import SimulatedWorld, Timing

pytestmark = pytest.mark.anyio


class _Bench(SimulatedBench):
    async def spec(self, data_volumes: int = 0) -> GuestSpec:
        return replace(await super().spec(data_volumes), bus=DiskBus.VIRTIO)


@pytest.fixture
async def bench() -> AsyncIterator[SimulatedBench]:
    bench = _Bench(Timing(), SimulatedWorld())
    await bench.open()
    yield bench
    await bench.close()


class TestSimulatedSuspension(SuspensionContract):
    """All of them."""
