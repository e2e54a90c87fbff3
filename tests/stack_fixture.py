"""A whole cloud in the test's process: the gateway, the actions, the engine and the simulated driver."""

from collections.abc import AsyncIterator
from datetime import UTC, datetime
from pathlib import Path

import pytest
from stack import Stack, stack_on

from kumoniwa.clock import ManualClock
from kumoniwa.config import Config
from kumoniwa.hypervisor.simulated import SimulatedDriver, Timing


@pytest.fixture
async def stack(tmp_path: Path) -> AsyncIterator[Stack]:
    clock = ManualClock(datetime.now(UTC))
    driver = SimulatedDriver(clock, timing=Timing.instant())
    async with stack_on(Config(data_dir=tmp_path), driver, clock) as stack:
        yield stack
        assert driver.world.layers.broken == []
