"""Servers that die, or whose host refuses, at a point of a story; and what outlives them: the data folder, the guests.

A crash is a cancellation at one of the `points` and the end of everything but the database and the guests.
"""

import asyncio
import copy
import random
import shutil
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Self

import lockstep
import pytest
from direct import DirectCaller
from passing import PassingClock
from points import Points
from quick_database import copy_state
from sqlalchemy import select
from stack import Stack, stack_on
from waiting import let_others_run
from whole import whole

from kumoniwa.clock import ManualClock
from kumoniwa.config import Config
from kumoniwa.hypervisor.simulated import SimulatedDriver, SimulatedWorld, Timing
from kumoniwa.store.engines.sqlite import SqliteDatabase
from kumoniwa.store.tables.instances import instances
from kumoniwa.tasks import Tasks
from kumoniwa.workflows.workflow import Workflow


@dataclass
class Life:
    """What outlives a server: the data folder, the guests with their disks, the time, and the ids that come next.

    Nothing in it is left to chance: servers on two copies of a life that pass the same points leave the same.
    """

    folder: Path
    world: SimulatedWorld = field(default_factory=SimulatedWorld)
    clock: ManualClock = field(default_factory=lambda: ManualClock(datetime.now(UTC)))
    timing: Timing = field(default_factory=Timing.instant)
    ids: random.Random = field(default_factory=lambda: random.Random(0))

    def copied(self, folder: Path) -> Self:
        """The same life anew, no server on it; this one has none either, and its guests are at rest."""
        clock = type(self.clock)(self.clock.now())
        apart = {id(self.clock): clock, id(self.world.tasks): Tasks("simulated world")}
        shutil.copytree(self.folder, folder)
        copy_state(self.folder, folder)
        ids, world = copy.copy(self.ids), copy.deepcopy(self.world, apart)
        return replace(self, folder=folder, world=world, clock=clock, ids=ids)

    @asynccontextmanager
    async def server(self, points: Points, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Stack]:
        """A server on this life, whose stories pass these points; its caller calls the actions themselves."""
        driver = SimulatedDriver(self.clock, timing=self.timing, world=self.world)
        driver.faults.hook = points.pass_one
        enter, step, settle = driver.faults.enter, Workflow.step, Workflow.settle

        async def enter_if_allowed(method: str) -> None:
            points.check_call(method)
            await enter(method)

        async def write_between_points(
            database: SqliteDatabase, work: Callable[[Any], Any], *, patient: bool = False
        ) -> Any:
            await points.pass_one()
            result = await lockstep.write(database, work)
            await points.pass_one()
            return result

        async def step_if_allowed(workflow: Workflow, name: str, function: Any, *args: Any, **kwargs: Any) -> Any:
            return await step(workflow, name, points.step(workflow, name, function, settles=False), *args, **kwargs)

        async def settle_if_allowed(workflow: Workflow, name: str, function: Any, *args: Any, **kwargs: Any) -> None:
            await settle(workflow, name, points.step(workflow, name, function, settles=True), *args, **kwargs)

        time = Tasks("time")
        with monkeypatch.context() as patch:
            lockstep.keep(patch, self.clock, self.ids)
            patch.setattr(driver.faults, "enter", enter_if_allowed)
            patch.setattr(SqliteDatabase, "write", write_between_points)
            patch.setattr(Workflow, "step", step_if_allowed)
            patch.setattr(Workflow, "settle", settle_if_allowed)
            if isinstance(self.clock, PassingClock):
                time.start(self.clock.pass_by(), "passes")
            try:
                async with stack_on(Config(data_dir=self.folder), driver, self.clock) as stack:
                    yield replace(stack, caller=DirectCaller(stack.running))
            finally:
                await time.close()


async def begun(
    life: Life,
    points: Points,
    begin: Callable[[Stack], Awaitable[None]],
    monkeypatch: pytest.MonkeyPatch,
    died: Callable[[Stack], None] = lambda stack: None,
) -> None:
    """Begin a story on this life; afterwards its server is gone, dead at one of these points or at the story's end.

    `begin` arms the points; `died` is told of a crash.
    """
    async with life.server(points, monkeypatch) as stack:
        await started(stack)
        await begin(stack)
        await ended(stack, points)
        if points.crashed.is_set():
            died(stack)
        elif points.crash_at is None or points.refusals is None:
            points.armed = False
            await settled(stack)
            if points.refusals is None:
                await whole(stack)  # by its own doing: no start swept up after it


async def taken_up(life: Life, points: Points, monkeypatch: pytest.MonkeyPatch) -> None:
    """Have another server go on with what is left of a story, until that ends or this server dies too."""
    points.armed = True
    with crashing(points):
        async with life.server(points, monkeypatch) as stack:
            await ended(stack, points)


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


async def started(stack: Stack) -> None:
    """Wait until the server has done what each does first: it is not to get ahead of a story in what that does."""
    damage = stack.running.cloud.damage
    assert damage is not None
    async with asyncio.timeout(30):
        while damage.seen is None:  # the last of it
            await let_others_run()


async def settled(stack: Stack) -> None:
    """Let time pass until every workflow has ended, and what one of them left undone was taken up again."""
    async with asyncio.timeout(30):
        await stack.idle()
        while not await _at_rest(stack):
            await stack.clock.advance(10)
            await stack.idle()


async def _at_rest(stack: Stack) -> bool:
    """Whether every instance is in a state that nothing moves it out of, and its guest is what that says."""
    found = await stack.running.cloud.read(lambda connection: list(connection.execute(select(instances))))
    guests = {"running": "running", "stopped": "absent", "terminated": "absent"}
    seen = {one.id: await stack.guest(one.id).observe() for one in found}
    return all(guests.get(one.state) == seen[one.id] for one in found)
