"""A termination ends whatever has its instance: every story hangs within its steps, or cannot settle what it began.

The server dies there too. Points are sampled (`--seed`, `--exhaustive`). Afterwards the instance is terminated, all is
in a state in which it may stay, what was written is there, and the evidence names what was overridden, and where.
"""

import asyncio
import itertools
from collections import Counter
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass

import given as givens
import pytest
from every_story import STORIES, Told
from life import Life, settled, started
from points import SAID, Points
from sampling import Sampling
from stack import Stack
from waiting import let_others_run
from whole import whole

from kumoniwa.model.workflows import WorkflowRow
from kumoniwa.store import claims
from kumoniwa.workflows import story as stories
from kumoniwa.workflows.overrides import PATIENCE_HURRIED

pytestmark = [pytest.mark.anyio, pytest.mark.timeout(600)]

_STORIES = 20  # in a sample of each test
_HANGS, _DEATHS, _UNSETTLED = 4, 2, 2  # of each of them, in a sample
_TERMINATION = "terminate_instance"
_NUMBERS = itertools.count()
_ENDS_WITHIN = 2400.0  # seconds of the cloud's time, two hurried and patient terminations and what follows
CLAIMING = [name for name, one in STORIES.items() if stories.STORIES[one.kind].claims is not None]

every_story = pytest.mark.parametrize("told", CLAIMING, indirect=True, scope="module")


@dataclass
class Held:
    """A server, one of whose stories hangs, or cannot settle what it began, and has its instance."""

    stack: Stack
    life: Life
    holder: WorkflowRow

    @property
    def instance(self) -> str:
        assert self.holder.subject is not None
        return self.holder.subject

    async def terminate(self, **how: bool) -> None:
        await self.stack.call("TerminateInstances", InstanceIds=[self.instance], **how)


@pytest.mark.some_of("stories that hang", _STORIES)
@every_story
async def test_a_termination_ends_what_hangs_within_any_step(
    told: Told, count: Counter[str], sampling: Sampling
) -> None:
    for at in sampling.of(await _places(told), _HANGS):
        points = Points(hang_at=at)
        async with _held(told, points) as held:
            if held is None:
                continue
            count["overridden"] += 1
            await held.terminate(SkipOsShutdown=bool(at % 2))
            await _terminated(held.stack, held.instance)
            await _check_named(held, may_have_ended=points.hung_settling)
            await _check(held.stack, told, held.instance)


@pytest.mark.some_of("stories in whose override a server dies", _STORIES)
@every_story
async def test_a_server_that_dies_in_an_override_is_followed_by_one_that_ends_it(
    told: Told, count: Counter[str], sampling: Sampling
) -> None:
    """As soon as what hangs is marked: its guest has ended, its step was not cancelled."""
    for at in sampling.of(await _places(told), _DEATHS):
        async with _held(told, Points(hang_at=at)) as held:
            if held is None:
                continue
            life, instance = held.life, held.instance
            await held.terminate(SkipOsShutdown=True)
            await held.stack.clock.advance(PATIENCE_HURRIED.total_seconds() + 1)
        count["deaths_in_overrides"] += 1
        async with life.server(Points(armed=True), told.patch) as stack:
            await _terminated(stack, instance)
            await _check(stack, told, instance)


@pytest.mark.some_of("stories that cannot be settled", _STORIES)
@every_story
async def test_a_termination_does_not_wait_for_what_cannot_be_settled(
    told: Told, count: Counter[str], sampling: Sampling
) -> None:
    """Nor is that given up: it is done when the host lets it."""
    for at in sampling.of([None, *await _places(told)], _UNSETTLED):
        points = Points(hang_at=at, keep_settling=True)
        async with _held(told, points) as held:
            if held is None:
                continue
            count["unsettled"] += 1
            await held.terminate(Force=True)
            await _terminated(held.stack, held.instance)
            await _check_named(held)
            points.keep_settling, points.hang_at = False, None
            await _check(held.stack, told, held.instance)


async def _places(told: Told) -> list[int]:
    """The points within the steps of the story, undisturbed."""
    points = Points()
    async with _begun(told, points) as (stack, _):
        await stack.idle()
    return list(range(1, points.passed_in_steps + 1))


@asynccontextmanager
async def _begun(told: Told, points: Points) -> AsyncIterator[tuple[Stack, Life]]:
    life = told.life.copied(told.folder / f"override-{next(_NUMBERS)}")
    async with life.server(points, told.patch) as stack:
        await started(stack)
        points.armed = True
        await told.story.begin(stack, told.given)
        yield stack, life


@asynccontextmanager
async def _held(told: Told, points: Points) -> AsyncIterator[Held | None]:
    """The story does not get on; None where it needs no instance by then."""
    async with _begun(told, points) as (stack, life):
        hindered = await _hindered(stack, points)
        holder = None if hindered is None else await _holder(stack, hindered)
        yield None if holder is None else Held(stack, life, holder)


async def _hindered(stack: Stack, points: Points) -> str | None:
    """Wait until a workflow hangs, or tries to settle something again; gives it."""
    engine, troubles = stack.running.cloud.engine, stack.running.cloud.world.troubles
    async with asyncio.timeout(30):
        while not points.hung:
            failing = [one.key for one in troubles._known.values() if SAID in (one.reason or "")]
            if failing or engine.is_idle:
                return failing[0] if failing else None
            await let_others_run()
    return points.hung


async def _holder(stack: Stack, workflow_id: str) -> WorkflowRow | None:
    """The workflow, where it has an instance."""
    for instance in (await givens.describe(stack)).instances:
        id = str(instance["InstanceId"])
        holder = await stack.running.cloud.read(lambda connection, id=id: claims.holder(connection, id))  # type: ignore[misc]
        if holder is not None and holder.id == workflow_id:
            return holder
    return None


async def _terminated(stack: Stack, instance_id: str) -> None:
    async def is_terminated() -> bool:
        return bool((await stack.instance(instance_id))["State"]["Name"] == "terminated")

    await _time_passes(stack, is_terminated)


async def _time_passes(stack: Stack, until: Callable[[], Awaitable[bool]]) -> None:
    """Let time pass until this is so."""
    ends_at = stack.clock.now().timestamp() + _ENDS_WITHIN
    async with asyncio.timeout(60):
        while not await until():
            assert stack.clock.now().timestamp() < ends_at, "in time"
            await stack.clock.advance(10)
            await let_others_run(20)


async def _check_named(held: Held, *, may_have_ended: bool = False) -> None:
    """The evidence names what was overridden. A termination itself is not: it ends what hangs in it. What settles
    something may have had its own time before, and have ended."""
    told = await held.stack.get(f"/_kumoniwa/instances/{held.instance}")
    named = {one["workflow"]: one for one in told["overridden"]}
    if held.holder.kind == _TERMINATION or (may_have_ended and not named):
        assert named == {}
        return
    found = named[held.holder.id]
    assert (found["kind"], found["action"]) == (held.holder.kind, held.holder.action)
    assert found["step"] and found["by"]["action"] == "TerminateInstances"


async def _check(stack: Stack, told: Told, instance_id: str) -> None:
    """All that must hold in the end."""

    async def is_idle() -> bool:
        return stack.running.cloud.engine.is_idle

    await _time_passes(stack, is_idle)
    await settled(stack)
    await whole(stack)
    assert (await stack.get(f"/_kumoniwa/instances/{instance_id}"))["claimed_by"] is None
    assert stack.running.cloud.world.troubles.overdue() == []
    assert (await stack.get("/_kumoniwa/storage/check"))["faults"] == []
    await givens.check_legal(stack, await givens.describe(stack))
    await givens.check_kept(stack, told.given, {"root", "stopped_root"})
    await whole(stack)
