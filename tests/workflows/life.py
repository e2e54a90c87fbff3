"""Servers that die, or whose host refuses, at a point of a story; and what outlives them: the data folder, the guests.

A point is every moment at which a story waits: before and inside each call of the driver, before and after each commit.
A crash is a cancellation there and the end of everything but the database and the guests.
"""

import asyncio
import copy
import shutil
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Self

import pytest
from asgi import Caller
from sqlalchemy import select
from stack import Stack

from kumoniwa.app import running
from kumoniwa.aws.ec2query import Codec
from kumoniwa.clock import ManualClock
from kumoniwa.config import Config
from kumoniwa.hypervisor.driver import DriverError
from kumoniwa.hypervisor.simulated import SimulatedDriver, SimulatedWorld, Timing
from kumoniwa.model.storage import Layer
from kumoniwa.store import layers
from kumoniwa.store.database import Database
from kumoniwa.store.tables import instances, workflows
from kumoniwa.tasks import Tasks
from kumoniwa.workflows.engine import Workflow

REFUSAL = "The host said no."

_CODEC = Codec()
_UNSYNCED = ("PRAGMA journal_mode=WAL", "PRAGMA synchronous=OFF", "PRAGMA foreign_keys=ON")


@dataclass
class Refusals:
    """What the host refuses for good: these steps of one story, or a method of the driver from some call on."""

    steps: frozenset[str] = frozenset()
    """By name, of the first story that takes one of them."""
    call: int | None = None
    """The method is the one that a story calls so many calls of the driver after its begin."""
    began: bool = False
    taken: list[str] = field(default_factory=list)
    """The steps that stories took."""
    calls: list[str] = field(default_factory=list)
    """The methods of the driver that they called."""
    _story: str | None = None

    def of_step(self, workflow: Workflow, name: str) -> bool:
        """Whether this step fails."""
        self.taken.append(name)
        if name not in self.steps or self._story not in (None, workflow.id):
            return False
        self._story, self.began = workflow.id, True
        return True

    def of_call(self, method: str) -> bool:
        """Whether this call of the driver fails."""
        self.calls.append(method)
        self.began = self.began or len(self.calls) == self.call
        return self.call is not None and self.began and method == self.calls[self.call - 1]


@dataclass
class Points:
    """Counts the points that stories pass, and crashes at one of them; what is refused is refused at all of them."""

    crash_at: int | None = None
    """Where there are refusals, so many points after the first."""
    refusals: Refusals | None = None
    passed: int = 0
    armed: bool = False
    crashed: asyncio.Event = field(default_factory=asyncio.Event)

    async def pass_one(self, _: str = "") -> None:
        if not self._of_a_story():
            return
        if self.refusals is None or self.refusals.began or self.refusals.steps == frozenset() == self.refusals.call:
            self.passed += 1
        if self.passed == self.crash_at:
            self.crashed.set()
        if self.crashed.is_set():
            raise asyncio.CancelledError

    def check_call(self, method: str) -> None:
        """Raises `DriverError` where this call of the driver is refused."""
        if self.refusals is not None and self._of_a_story() and self.refusals.of_call(method):
            raise DriverError(REFUSAL)

    def allowed(self, workflow: Workflow, name: str, function: Any) -> Any:
        """The step's function, or one that fails."""
        if self.refusals is not None and self.armed and self.refusals.of_step(workflow, name):
            return _refuse
        return function

    def _of_a_story(self) -> bool:
        # Only what a story does: the start of a server, the actions and the follower are not to be interrupted here.
        task = asyncio.current_task()
        return self.armed and task is not None and task.get_name().startswith("workflows:")


async def _refuse(*_: Any, **__: Any) -> None:
    raise DriverError(REFUSAL)


@dataclass
class Life:
    """What outlives a server: the data folder, the guests with their disks, the time."""

    folder: Path
    world: SimulatedWorld = field(default_factory=SimulatedWorld)
    clock: ManualClock = field(default_factory=lambda: ManualClock(datetime.now(UTC)))

    def copied(self, folder: Path) -> Self:
        """The same life anew, no server on it; this one has none either, and its guests are at rest."""
        clock = ManualClock(datetime.now(UTC))
        apart = {id(self.clock): clock, id(self.world.tasks): Tasks("simulated world")}
        return type(self)(shutil.copytree(self.folder, folder), copy.deepcopy(self.world, apart), clock)

    @asynccontextmanager
    async def server(self, points: Points, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Stack]:
        """A server on this life, whose stories pass these points."""
        driver = SimulatedDriver(self.clock, timing=Timing.instant(), world=self.world)
        driver.faults.hook = points.pass_one
        enter, write, step = driver.faults.enter, Database.write, Workflow.step

        async def enter_if_allowed(method: str) -> None:
            points.check_call(method)
            await enter(method)

        async def write_between_points(database: Database, work: Callable[[Any], Any]) -> Any:
            await points.pass_one()
            result = await write(database, work)
            await points.pass_one()
            return result

        async def step_if_allowed(workflow: Workflow, name: str, function: Any, *args: Any, **kwargs: Any) -> Any:
            return await step(workflow, name, points.allowed(workflow, name, function), *args, **kwargs)

        with monkeypatch.context() as patch:
            patch.setattr(driver.faults, "enter", enter_if_allowed)
            patch.setattr(Database, "write", write_between_points)
            patch.setattr(Workflow, "step", step_if_allowed)
            # Crashes here are not power cuts: what SQLite handed to the kernel is there for the next server.
            patch.setattr("kumoniwa.store.database._PRAGMAS", _UNSYNCED)
            patch.setattr("kumoniwa.app.Codec", lambda: _CODEC)  # a quarter of a second each time
            async with running(Config(data_dir=self.folder), driver, self.clock) as cloud:
                caller = Caller(cloud.gateway, cloud.key["access_key_id"], cloud.key["secret_access_key"])
                yield Stack(cloud, driver, self.clock, caller)


async def lived(
    life: Life,
    points: list[Points],
    begin: Callable[[Stack], Awaitable[None]],
    check: Callable[[Stack], Awaitable[None]],
    monkeypatch: pytest.MonkeyPatch,
) -> bool:
    """Begin a story, crash at these points of its successive lives, check the end; gives whether the first came."""
    async with life.server(points[0], monkeypatch) as stack:
        points[0].armed = True
        await begin(stack)
        await ended(stack, points[0])
    for more in points[1:]:
        more.armed = True
        async with life.server(more, monkeypatch) as stack:
            await ended(stack, more)
    async with life.server(Points(), monkeypatch) as stack:
        await settled(stack)
        await whole(stack)
        await check(stack)
        await whole(stack)
    return points[0].crashed.is_set()


async def ended(stack: Stack, points: Points) -> None:
    """Wait until the story came to its end, or to its crash."""
    async with asyncio.timeout(30):
        idle = asyncio.ensure_future(stack.idle())
        crash = asyncio.ensure_future(points.crashed.wait())
        await asyncio.wait([idle, crash], return_when=asyncio.FIRST_COMPLETED)
        for waiting in (idle, crash):
            waiting.cancel()
        await asyncio.gather(idle, crash, return_exceptions=True)


async def settled(stack: Stack) -> None:
    """Let time pass until every workflow has ended, and what one of them left undone was taken up again."""
    async with asyncio.timeout(30):
        await stack.idle()
        while not await _at_rest(stack):
            await stack.clock.advance(10)
            await asyncio.sleep(0.005)
            await stack.idle()


async def _at_rest(stack: Stack) -> bool:
    """Whether every instance is in a state that nothing moves it out of, and its guest is what that says."""
    found = await stack.running.cloud.read(lambda connection: list(connection.execute(select(instances))))
    guests = {"running": "running", "stopped": "absent", "terminated": "absent"}
    seen = {one.id: await stack.guest(one.id).observe() for one in found}
    return all(guests.get(one.state) == seen[one.id] for one in found)


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
