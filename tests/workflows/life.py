"""Servers that die, or whose host refuses, at a point of a story; and what outlives them: the data folder, the guests.

A crash is a cancellation at one of the `points` and the end of everything but the database and the guests.
"""

import asyncio
import copy
import shutil
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Self

import pytest
from passing import PassingClock
from points import Points
from sqlalchemy import Engine, select
from stack import Stack, stack_on
from waiting import let_others_run
from whole import whole

from kumoniwa.clock import ManualClock
from kumoniwa.config import Config
from kumoniwa.gateway.protocols.ec2 import ec2_codec
from kumoniwa.hypervisor.simulated import SimulatedDriver, SimulatedWorld, Timing
from kumoniwa.store.engines import DATABASE_FILE
from kumoniwa.store.engines.sqlite import SqliteDatabase, make_engine
from kumoniwa.store.schema import ensure_schema
from kumoniwa.store.tables import instances
from kumoniwa.tasks import Tasks
from kumoniwa.workflows.workflow import Workflow

_CODEC = ec2_codec()
_UNSYNCED = ("PRAGMA journal_mode=WAL", "PRAGMA synchronous=OFF", "PRAGMA foreign_keys=ON")
_FIRST_ENGINE: list[Engine] = []


@dataclass
class Life:
    """What outlives a server: the data folder, the guests with their disks, the time."""

    folder: Path
    world: SimulatedWorld = field(default_factory=SimulatedWorld)
    clock: ManualClock = field(default_factory=lambda: ManualClock(datetime.now(UTC)))
    timing: Timing = field(default_factory=Timing.instant)

    def copied(self, folder: Path) -> Self:
        """The same life anew, no server on it; this one has none either, and its guests are at rest."""
        clock = type(self.clock)(max(self.clock.now(), datetime.now(UTC)))
        apart = {id(self.clock): clock, id(self.world.tasks): Tasks("simulated world")}
        shutil.copytree(self.folder, folder)
        return replace(self, folder=folder, world=copy.deepcopy(self.world, apart), clock=clock)

    @asynccontextmanager
    async def server(self, points: Points, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Stack]:
        """A server on this life, whose stories pass these points."""
        driver = SimulatedDriver(self.clock, timing=self.timing, world=self.world)
        driver.faults.hook = points.pass_one
        enter, step, settle = driver.faults.enter, Workflow.step, Workflow.settle

        async def enter_if_allowed(method: str) -> None:
            points.check_call(method)
            await enter(method)

        async def write_between_points(database: SqliteDatabase, work: Callable[[Any], Any]) -> Any:
            await points.pass_one()
            result = await _write(database, work)
            await points.pass_one()
            return result

        async def step_if_allowed(workflow: Workflow, name: str, function: Any, *args: Any, **kwargs: Any) -> Any:
            return await step(workflow, name, points.step(workflow, name, function, settles=False), *args, **kwargs)

        async def settle_if_allowed(workflow: Workflow, name: str, function: Any, *args: Any, **kwargs: Any) -> None:
            await settle(workflow, name, points.step(workflow, name, function, settles=True), *args, **kwargs)

        time = Tasks("time")
        with monkeypatch.context() as patch:
            patch.setattr(driver.faults, "enter", enter_if_allowed)
            patch.setattr(SqliteDatabase, "read", _read)
            patch.setattr(SqliteDatabase, "write", write_between_points)
            patch.setattr(Workflow, "step", step_if_allowed)
            patch.setattr(Workflow, "settle", settle_if_allowed)
            # Crashes here are not power cuts: what SQLite handed to the kernel is there for the next server.
            patch.setattr("kumoniwa.store.engines.sqlite._PRAGMAS", _UNSYNCED)
            patch.setattr("kumoniwa.gateway.services.ec2_codec", lambda: _CODEC)  # a quarter of a second each time
            patch.setattr("kumoniwa.app.cloud.open_database", _open_database)
            if isinstance(self.clock, PassingClock):
                time.start(self.clock.pass_by(), "passes")
            try:
                async with stack_on(Config(data_dir=self.folder), driver, self.clock) as stack:
                    yield stack
            finally:
                await time.close()


# On the loop, not on threads: each run of a story passes the same points, and takes half the time.


async def _read(database: SqliteDatabase, work: Callable[[Any], Any]) -> Any:
    await let_others_run()
    return database._read(work)


async def _write(database: SqliteDatabase, work: Callable[[Any], Any]) -> Any:
    await let_others_run()
    with database._engine.connect().execution_options(writer=True) as connection, connection.begin():
        return work(connection)


def _open_database(data_dir: Path) -> SqliteDatabase:
    """All with the statements that the first compiled: a quarter of a run's time."""
    engine = make_engine(data_dir / DATABASE_FILE)
    _FIRST_ENGINE.append(engine)
    del _FIRST_ENGINE[1:]
    engine.dialect = engine.pool._dialect = _FIRST_ENGINE[0].dialect
    engine._compiled_cache = _FIRST_ENGINE[0]._compiled_cache
    ensure_schema(engine)
    return SqliteDatabase(engine)


async def lived(
    life: Life,
    points: list[Points],
    begin: Callable[[Stack], Awaitable[None]],
    check: Callable[[Stack], Awaitable[None]],
    monkeypatch: pytest.MonkeyPatch,
    *,
    without_a_server: float = 0.0,
    died: Callable[[Stack], None] = lambda stack: None,
) -> None:
    """Begin a story, crash at these points of its successive lives, check the end.

    `without_a_server` are the seconds between two of them. `begin` arms the first points; `died` is told of the first
    crash.
    """
    async with life.server(points[0], monkeypatch) as stack:
        await begin(stack)
        await ended(stack, points[0])
        if points[0].crashed.is_set():
            died(stack)
        elif points[0].crash_at is None:
            points[0].armed = False
            await settled(stack)
            if points[0].refusals is None:
                await whole(stack)  # by its own doing: no start swept up after it
    for more in points[1:]:
        await life.clock.advance(without_a_server)
        more.armed = True
        with crashing(more):
            async with life.server(more, monkeypatch) as stack:
                await ended(stack, more)
    await life.clock.advance(without_a_server)
    async with life.server(Points(), monkeypatch) as stack:
        await settled(stack)
        await whole(stack)
        await check(stack)
        await whole(stack)


@contextmanager
def crashing(points: Points) -> Iterator[None]:
    """Where the server died while it started, that is the end of it."""
    try:
        yield
    except asyncio.CancelledError:
        if not points.crashed.is_set():
            raise


async def ended(stack: Stack, points: Points, idle: Callable[[Stack], Awaitable[None]] = Stack.idle) -> None:
    """Wait until the story came to its end, or to its crash."""
    async with asyncio.timeout(30):
        ends = asyncio.ensure_future(idle(stack))
        crash = asyncio.ensure_future(points.crashed.wait())
        await asyncio.wait([ends, crash], return_when=asyncio.FIRST_COMPLETED)
        for waiting in (ends, crash):
            waiting.cancel()
        await asyncio.gather(ends, crash, return_exceptions=True)


async def settled(stack: Stack) -> None:
    """Let time pass until every workflow has ended, and what one of them left undone was taken up again."""
    async with asyncio.timeout(30):
        await stack.idle()
        while not await _at_rest(stack):
            await stack.clock.advance(10)
            await let_others_run()
            await stack.idle()


async def _at_rest(stack: Stack) -> bool:
    """Whether every instance is in a state that nothing moves it out of, and its guest is what that says."""
    found = await stack.running.cloud.read(lambda connection: list(connection.execute(select(instances))))
    guests = {"running": "running", "stopped": "absent", "terminated": "absent"}
    seen = {one.id: await stack.guest(one.id).observe() for one in found}
    return all(guests.get(one.state) == seen[one.id] for one in found)
