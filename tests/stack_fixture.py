"""A whole cloud in the test's process: the gateway, the actions, the engine and the simulated driver."""

from collections.abc import AsyncIterator
from datetime import UTC, datetime
from pathlib import Path

import pytest
from asgi import Caller
from stack import Stack

from kumoniwa.app import running
from kumoniwa.clock import ManualClock
from kumoniwa.config import Config
from kumoniwa.hypervisor.simulated import SimulatedDriver, Timing


@pytest.fixture
async def stack(tmp_path: Path) -> AsyncIterator[Stack]:
    clock = ManualClock(datetime.now(UTC))
    driver = SimulatedDriver(clock, timing=Timing.instant())
    async with running(Config(data_dir=tmp_path), driver, clock) as cloud:
        key = cloud.key
        caller = Caller(cloud.gateway, key["access_key_id"], key["secret_access_key"])
        yield Stack(cloud, driver, clock, caller)
        assert driver.world.layers.broken == []
