"""Servers that die at a point of a story, and what outlives them: the data folder, the guests, the time."""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from asgi import Caller
from sqlalchemy import select
from stack import Stack

from kumoniwa.app import running
from kumoniwa.aws.ec2query import Codec
from kumoniwa.clock import ManualClock
from kumoniwa.config import Config
from kumoniwa.hypervisor.simulated import SimulatedDriver, SimulatedWorld, Timing
from kumoniwa.model.storage import Layer
from kumoniwa.store import layers
from kumoniwa.store.database import Database
from kumoniwa.store.tables import instances, workflows

_CODEC = Codec()
_UNSYNCED = ("PRAGMA journal_mode=WAL", "PRAGMA synchronous=OFF", "PRAGMA foreign_keys=ON")


@dataclass
class Points:
    """Counts the points that a story passes, and crashes at one of them."""

    crash_at: int | None = None
    passed: int = 0
    armed: bool = False
    crashed: asyncio.Event = field(default_factory=asyncio.Event)

    async def pass_one(self, _: str = "") -> None:
        # Only what a story does: the start of a server, the actions and the follower are not to be interrupted here.
        task = asyncio.current_task()
        if not self.armed or task is None or not task.get_name().startswith("workflows:"):
            return
        self.passed += 1
        if self.passed == self.crash_at:
            self.crashed.set()
        if self.crashed.is_set():
            raise asyncio.CancelledError


@dataclass
class Life:
    """What outlives a server: the data folder, the guests with their disks, the time."""

    folder: Path
    world: SimulatedWorld = field(default_factory=SimulatedWorld)
    clock: ManualClock = field(default_factory=lambda: ManualClock(datetime.now(UTC)))

    @asynccontextmanager
    async def server(self, points: Points, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Stack]:
        """A server on this life, whose stories pass these points."""
        driver = SimulatedDriver(self.clock, timing=Timing.instant(), world=self.world)
        driver.faults.hook = points.pass_one
        write = Database.write

        async def write_between_points(database: Database, work: Callable[[Any], Any]) -> Any:
            await points.pass_one()
            result = await write(database, work)
            await points.pass_one()
            return result

        with monkeypatch.context() as patch:
            patch.setattr(Database, "write", write_between_points)
            # Crashes here are not power cuts: what SQLite handed to the kernel is there for the next server.
            patch.setattr("kumoniwa.store.database._PRAGMAS", _UNSYNCED)
            patch.setattr("kumoniwa.app.Codec", lambda: _CODEC)  # a quarter of a second each time
            async with running(Config(data_dir=self.folder), driver, self.clock) as cloud:
                caller = Caller(cloud.gateway, cloud.key["access_key_id"], cloud.key["secret_access_key"])
                yield Stack(cloud, driver, self.clock, caller)


async def ended(stack: Stack, points: Points) -> None:
    """Wait until the story came to its end, or to its crash."""
    async with asyncio.timeout(30):
        idle = asyncio.ensure_future(stack.idle())
        crash = asyncio.ensure_future(points.crashed.wait())
        await asyncio.wait([idle, crash], return_when=asyncio.FIRST_COMPLETED)
        for waiting in (idle, crash):
            waiting.cancel()
        await asyncio.gather(idle, crash, return_exceptions=True)


async def whole(stack: Stack) -> None:
    """What must hold whatever died when: no claim, nothing unfinished, files and rows alike, no broken disk."""

    def read(connection: Any) -> tuple[list[Any], list[Any], dict[str, Layer]]:
        return (
            list(connection.execute(select(instances.c.id).where(instances.c.claimed_by.is_not(None)))),
            list(connection.execute(select(workflows.c.id).where(workflows.c.finished_at.is_(None)))),
            layers.every(connection),
        )

    claims, unfinished, known = await stack.running.cloud.read(read)
    assert claims == []
    assert unfinished == []
    files = await stack.driver.disks.all_layers()
    assert files <= known.keys()
    assert {layer.id for layer in known.values() if layer.made} <= files, "only what was never used may have no file"
    assert stack.driver.world.layers.broken == []
