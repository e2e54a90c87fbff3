"""Every story, and runs of it: each server's death, each refusal, and what the next server makes of what was left.

A run is two things: what leaves something behind (a server that died, or was refused something), and the judgement of
that by a last server, which goes on with it and checks all that must hold. Nothing of it is left to chance: from equal
remains a server goes on alike, so that they are judged once, and equal ends are checked once.
"""

import asyncio
import shutil
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

import given as givens
import pytest
import stories_of_fast_launch
import stories_of_instances
import stories_of_network
import stories_of_snapshots
import stories_of_volumes
from given import Given, Story
from life import Life, begun, settled, taken_up
from passing import PassingClock
from points import Points
from remains import digest
from stack import Stack
from waiting import let_others_run
from whole import whole

from kumoniwa.clock import ManualClock, SystemClock
from kumoniwa.hypervisor.simulated import Timing

STORIES: dict[str, Story] = {
    **stories_of_instances.STORIES,
    **stories_of_volumes.STORIES,
    **stories_of_snapshots.STORIES,
    **stories_of_network.STORIES,
    **stories_of_fast_launch.STORIES,
}


@dataclass(frozen=True)
class Prepared:
    """What is given, made once: each run has its own copy."""

    life: Life
    given: Given


@dataclass(frozen=True)
class Left:
    """What a server left behind."""

    life: Life
    digest: str


@dataclass(frozen=True)
class Verdict:
    """What the last server made of it."""

    failure: str | None
    """The story's, as the API tells it."""
    points: int
    """So many points the story passed on its way from there to its end."""


@dataclass
class Told:
    """One story, begun again and again on copies of what is given."""

    name: str
    given: Given
    life: Life
    """Just before it begins."""
    folder: Path
    evidence: Path
    """Where a data folder is kept whose last server found it wrong."""
    patch: pytest.MonkeyPatch
    judged: dict[str, "Verdict | AssertionError | TimeoutError | LookupError"] = field(default_factory=dict)
    """By what was left."""
    ends: dict[str, str | None] = field(default_factory=dict)
    """The story's failure, by how it ended, where that was found right."""
    _first: list[Left] | None = None
    _made: int = 0

    @property
    def story(self) -> Story:
        return STORIES[self.name]

    async def left(
        self,
        points: Points,
        died: Callable[[Stack], None] = lambda stack: None,
        *,
        without_a_server: float = 0.0,
    ) -> Left:
        """Begin the story and pass these points; gives what is left so many seconds after its end, or the server's."""
        life = self.life.copied(self._new_folder())

        async def begin(stack: Stack) -> None:
            points.armed = True
            await self.story.begin(stack, self.given)

        await begun(life, points, begin, self.patch, died)
        await life.clock.advance(without_a_server)
        return Left(life, digest(life))

    async def left_again(self, left: Left, points: Points) -> Left:
        """Go on with a copy of what was left until these points."""
        life = left.life.copied(self._new_folder())
        await taken_up(life, points, self.patch)
        return Left(life, digest(life))

    async def first_deaths(self) -> list[Left]:
        """What is left by a server that dies, for each of the points at which it may; kept."""
        if self._first is None:
            found: list[Left] = []
            while True:
                points = Points(len(found) + 1)
                left = await self.left(points)
                if not points.crashed.is_set():
                    break
                found.append(left)
            assert (await self.judge(left)).failure is None, "undisturbed"
            self._first = found
        return self._first

    async def judge(self, left: Left, *, keep: bool = False) -> Verdict:
        """What the next server, to which nothing happens, makes of it. Raises where it is not what it must be.

        What is left is used up, unless it is to be kept.
        """
        known = left.digest in self.judged
        if not (keep and known):
            life = left.life.copied(self._new_folder()) if keep else left.life
            try:
                if not known:
                    self.judged[left.digest] = await self._verdict(life)
            except (AssertionError, TimeoutError, LookupError) as wrong:
                kept = shutil.copytree(life.folder, self.evidence / life.folder.name)
                wrong.add_note(f"The data folder as the last server left it: {kept}")
                self.judged[left.digest] = wrong
            await life.world.tasks.close()
            shutil.rmtree(life.folder)
        found = self.judged[left.digest]
        if not isinstance(found, Verdict):
            raise found
        return found

    async def _verdict(self, life: Life) -> Verdict:
        points = Points(armed=True)
        async with life.server(points, self.patch) as stack:
            await stack.idle()
            passed, points.armed = points.passed, False
            await settled(stack)
            end = digest(life)
            if end not in self.ends:
                self.ends[end] = await self._checked(stack)
        return Verdict(self.ends[end], passed)

    async def _checked(self, stack: Stack) -> str | None:
        """Check all that must hold at the end; gives the story's failure."""
        await whole(stack)
        described = await givens.describe(stack)
        await givens.check_legal(stack, described)
        failure = await self.story.failure(stack, self.given)
        givens.check_told(self.story, self.given, described.of(self.given), failure)
        await givens.check_kept(stack, self.given, () if failure else self.story.loses)
        await whole(stack)
        return failure

    def _new_folder(self) -> Path:
        self._made += 1
        return self.folder / str(self._made)


def prepare(folder: Path, timing: Timing | None = None) -> Prepared:
    """Make what is given, in a folder of its own."""

    async def make() -> Prepared:
        clock = PassingClock(SystemClock().now())
        life = Life(folder, clock=clock, timing=timing or Timing.instant())
        with pytest.MonkeyPatch.context() as patch:
            async with life.server(Points(), patch) as stack:
                made = await givens.make(stack)
                await _at_rest(clock)
        return Prepared(life, made)

    return asyncio.run(make())


def tell(prepared: Prepared, name: str, folder: Path, evidence: Path, patch: pytest.MonkeyPatch) -> Told:
    """A story that can be begun: what must have been done before it is."""
    life = prepared.life.copied(folder / "given")
    before = STORIES[name].before

    async def do_before() -> None:
        if before is not None:
            async with life.server(Points(), patch) as stack:
                await before(stack, prepared.given)
                await _at_rest(life.clock)

    asyncio.run(do_before())
    return Told(name, prepared.given, life, folder, evidence, patch)


async def _at_rest(clock: ManualClock) -> None:
    assert isinstance(clock, PassingClock)
    async with asyncio.timeout(30):
        while not clock.stands_still:
            await let_others_run()
