"""The simulated driver keeps every promise of the driver's interface, with and without time passing."""

from collections.abc import AsyncIterator

import pytest

pytest.register_assert_rewrite("driver_contract")

from driver_contract import DriverContract  # noqa: E402  (rewriting must be asked for before the import)
from memory_contract import MemoryContract  # noqa: E402
from simulated_bench import SimulatedBench, simulated  # noqa: E402

from kumoniwa.hypervisor.simulated import Timing  # noqa: E402

pytestmark = pytest.mark.anyio


@pytest.fixture(params=[Timing(), Timing.instant()], ids=["taking its time", "instant"])
async def bench(request: pytest.FixtureRequest) -> AsyncIterator[SimulatedBench]:
    async with simulated(request.param) as bench:
        yield bench
        assert bench.world.layers.broken == []


class TestSimulatedDriver(MemoryContract, DriverContract):
    """All of them."""
