"""Every statement of the store is one of PostgreSQL's too: all that every action asks is asked of it."""

from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from pathlib import Path

import pytest
from every_statement import walk
from heard_statements import Heard
from postgresql_server import LaidDatabases, postgresql_server
from sampling import Sampling
from stack import Stack, stack_on
from structlog.testing import capture_logs

from kumoniwa.clock import ManualClock
from kumoniwa.config import Config
from kumoniwa.hypervisor.simulated import SimulatedDriver, SimulatedWorld, Timing

pytestmark = pytest.mark.anyio


@pytest.fixture
def laid() -> Iterator[LaidDatabases]:
    with postgresql_server() as server:
        yield LaidDatabases(server)


@asynccontextmanager
async def _started(folder: Path, address: str, world: SimulatedWorld) -> AsyncIterator[Stack]:
    clock = ManualClock(datetime.now(UTC))
    config = Config(data_dir=folder, database=address)
    async with stack_on(config, SimulatedDriver(clock, timing=Timing.instant(), world=world), clock) as stack:
        yield stack


@pytest.mark.timeout(400)  # a minute of processor time
async def test_every_action_with_every_filter_is_answered_from_postgresql(
    tmp_path: Path, laid: LaidDatabases, sampling: Sampling
) -> None:
    folder, beside = tmp_path / "cloud", tmp_path / "beside"
    folder.mkdir()
    beside.mkdir()
    address, world = laid.of(folder), SimulatedWorld()  # whose layers the second server looks at
    with capture_logs() as lines:
        async with _started(folder, address, world) as stack:
            await walk(stack, beside, Heard(), sampling)
        async with _started(folder, address, world) as stack:
            await stack.idle()
    assert [line for line in lines if line["log_level"] == "error"] == []
