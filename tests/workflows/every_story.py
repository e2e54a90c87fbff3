"""Every story, and runs of it."""

import asyncio
import shutil
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import given as givens
import pytest
import stories_of_instances
import stories_of_snapshots
import stories_of_volumes
from given import Given, Story
from life import Life, lived
from passing import PassingClock
from points import Points
from stack import Stack
from waiting import let_others_run

from kumoniwa.clock import SystemClock
from kumoniwa.hypervisor.simulated import Timing

STORIES: dict[str, Story] = {
    **stories_of_instances.STORIES,
    **stories_of_volumes.STORIES,
    **stories_of_snapshots.STORIES,
}


@dataclass
class Prepared:
    """What is given, made once: each run has its own copy."""

    life: Life
    given: Given


@dataclass
class Runs:
    """A test's runs of stories, each on a copy of what is given: counted."""

    folder: Path
    patch: pytest.MonkeyPatch
    made: int = 0
    crashes: int = 0

    async def run(
        self,
        prepared: Prepared,
        name: str,
        *points: Points,
        without_a_server: float = 0.0,
        died: Callable[[Stack], None] = lambda stack: None,
    ) -> str | None:
        """Begin the story, pass these points in its successive lives, check all that must hold; gives its failure."""
        story, given, told = STORIES[name], prepared.given, []
        self.made += 1

        async def begin(stack: Stack) -> None:
            if story.before is not None:
                await story.before(stack, given)
            points[0].armed = True
            await story.begin(stack, given)

        async def check(stack: Stack) -> None:
            described = await givens.describe(stack)
            await givens.check_legal(stack, described)
            failure = await story.failure(stack, given)
            told.append(failure)
            givens.check_told(story, given, described.of(given), failure)
            await givens.check_kept(stack, given, () if failure else story.loses)

        folder = self.folder / str(self.made)
        life = prepared.life.copied(folder)
        await lived(life, list(points), begin, check, self.patch, without_a_server=without_a_server, died=died)
        self.crashes += sum(one.crashed.is_set() for one in points)
        shutil.rmtree(folder)  # kept where it failed
        return told[0]


def prepare(folder: Path, timing: Timing | None = None) -> Prepared:
    """Make what is given, in a folder of its own."""

    async def make() -> Prepared:
        clock = PassingClock(SystemClock().now())
        life = Life(folder, clock=clock, timing=timing or Timing.instant())
        with pytest.MonkeyPatch.context() as patch:
            async with life.server(Points(), patch) as stack:
                made = await givens.make(stack)
                async with asyncio.timeout(30):
                    while not clock.stands_still:
                        await let_others_run()
        return Prepared(life, made)

    return asyncio.run(make())
