"""What a step leaves to be written, where that breaks: the workflow lives on, and writes it in a later life."""

import asyncio
import threading
from collections.abc import AsyncIterator, Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path

import pytest
from sqlalchemy import Connection

from kumoniwa.clock import ManualClock
from kumoniwa.config import Config
from kumoniwa.hypervisor.simulated import SimulatedDriver, Timing
from kumoniwa.model.workflows import WorkflowRow
from kumoniwa.refusal import Refusal
from kumoniwa.store import facts, journal
from kumoniwa.store.engines import open_database
from kumoniwa.store.journal import Origin
from kumoniwa.workflows.engine import Engine
from kumoniwa.workflows.shared_commits import Rows, begins_with_rows, rows
from kumoniwa.workflows.story import STORIES, Story, story, submit
from kumoniwa.workflows.workflow import StepFailed, Workflow
from kumoniwa.workflows.world import World

pytestmark = pytest.mark.anyio


class NoMetadata:
    """Metadata channels of a cloud without guests."""

    async def ensure_open(self, instance_id: str, socket: Path) -> None: ...

    async def ensure_closed(self, instance_id: str) -> None: ...


@dataclass
class Broken:
    """Rows that cannot be written so many times."""

    times: int = 1
    done: list[str] = field(default_factory=list)

    @begins_with_rows
    async def breaks(self, _: World) -> Rows[None]:
        def write(connection: Connection) -> None:
            if self.times:
                self.times -= 1
                raise ValueError("a fault of ours")
            facts.put(connection, "written", True)

        self.done.append("rows")
        return rows(write)

    async def touches_the_world(self, _: World) -> None:
        self.done.append("world")


@pytest.fixture
def broken() -> Broken:
    return Broken()


@pytest.fixture
def ends_with_rows(broken: Broken) -> Iterator[Story[[]]]:
    @story("ends_with_rows")
    async def ends_with_rows(wf: Workflow) -> None:
        await wf.settle("write rows", broken.breaks)

    yield ends_with_rows
    del STORIES[ends_with_rows.kind]


@pytest.fixture
def goes_on(broken: Broken) -> Iterator[Story[[]]]:
    @story("goes_on")
    async def goes_on(wf: Workflow) -> None:
        await wf.step("write rows", broken.breaks)
        await wf.step("touch the world", broken.touches_the_world)

    yield goes_on
    del STORIES[goes_on.kind]


@pytest.fixture
async def world(tmp_path: Path) -> AsyncIterator[World]:
    database, clock = open_database(tmp_path), ManualClock(datetime(2026, 11, 29, tzinfo=UTC))
    driver = SimulatedDriver(clock, timing=Timing.instant())
    yield World(Config(data_dir=tmp_path), clock, database, driver, NoMetadata())
    await database.close()


async def _run(world: World, one: Story[[]]) -> None:
    """Run a workflow to its end, in several lives."""
    engine = Engine(world)
    clock = world.clock
    assert isinstance(clock, ManualClock)
    origin = Origin(None, None, clock.now())
    await engine.change(lambda connection: submit(connection, one, origin))
    try:
        async with asyncio.timeout(10):
            while not engine.is_idle:
                await clock.advance(1)
    finally:
        await engine.close()


async def test_a_workflow_overridden_while_rows_are_written_begins_no_step(world: World, broken: Broken) -> None:
    begun, held = threading.Event(), threading.Event()

    def write(_: Connection) -> None:
        begun.set()
        held.wait(10)

    async def leaves_rows(_: World) -> Rows[None]:
        return rows(write)

    async def let_go(_: WorkflowRow | None) -> None: ...

    origin = Origin(None, None, world.clock.now())
    submitted = await world.database.write(lambda c: journal.submit(c, "any", None, origin, {}))
    workflow = Workflow(submitted, world, [], let_go)
    await workflow.step("write rows", leaves_rows)
    next_one = asyncio.ensure_future(workflow.step("touch the world", broken.touches_the_world))
    assert await asyncio.to_thread(begun.wait, 10)
    workflow.override(Refusal("Overridden.", way_out="Launch another."))
    held.set()
    with pytest.raises(StepFailed, match="Overridden"):
        await next_one
    assert broken.done == []


async def test_rows_at_the_end_of_a_story_are_tried_again(
    world: World, ends_with_rows: Story[[]], broken: Broken
) -> None:
    await _run(world, ends_with_rows)
    assert await world.database.read(lambda connection: facts.get(connection, "written")) is True
    assert broken.done == ["rows", "rows"]


async def test_the_world_is_not_touched_before_the_rows_of_the_step_before(
    world: World, goes_on: Story[[]], broken: Broken
) -> None:
    await _run(world, goes_on)
    assert await world.database.read(lambda connection: facts.get(connection, "written")) is True
    assert broken.done == ["rows", "rows", "world"]
