"""Every story, and one life of it."""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import given as givens
import pytest
import stories_of_instances
import stories_of_snapshots
import stories_of_volumes
from given import Given, Story
from life import Life, Points, lived
from stack import Stack

STORIES: dict[str, Story] = {
    **stories_of_instances.STORIES,
    **stories_of_volumes.STORIES,
    **stories_of_snapshots.STORIES,
}


@dataclass
class Prepared:
    """What is given, made once: each test has its own copy."""

    life: Life
    given: Given

    async def lived(self, folder: Path, name: str, points: Sequence[Points], patch: pytest.MonkeyPatch) -> str | None:
        """Begin the story, pass these points in its successive lives, check all that must hold; gives its failure."""
        story, told = STORIES[name], []

        async def check(stack: Stack) -> None:
            await givens.check_legal(stack)
            failure = await story.failure(stack, self.given)
            told.append(failure)
            await givens.check_kept(stack, self.given, () if failure else story.loses)
            await givens.check_legal(stack)

        begin = partial(_begin, story=story, given=self.given)
        await lived(self.life.copied(folder), list(points), begin, check, patch)
        return told[0]


async def _begin(stack: Stack, story: Story, given: Given) -> None:
    await story.begin(stack, given)


def prepare(folder: Path) -> Prepared:
    """Make what is given, in a folder of its own."""

    async def make() -> Prepared:
        life = Life(folder)
        with pytest.MonkeyPatch.context() as patch:
            async with life.server(Points(), patch) as stack:
                made = await givens.make(stack)
        return Prepared(life, made)

    return asyncio.run(make())
