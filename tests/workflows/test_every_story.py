"""The server dies at the points of every story, once and twice in a row, and what each needs of its host is refused.

Each death that comes alone is in every run. Second deaths are sampled, and of the stories, some are refused something
(`--seed`, `--exhaustive`): one such walk goes through steps that many stories share.
"""

from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

import pytest
from every_story import STORIES, Told
from points import REFUSAL, Points, Refusals
from sampling import Sampling

from kumoniwa.workflows import story as stories

pytestmark = [pytest.mark.anyio, pytest.mark.timeout(600)]

_SECOND_DEATHS, _PAIRS = 12, 4  # of each story, in a sample
_REFUSED = 24  # stories, in a sample of each kind of refusal

every_story = pytest.mark.parametrize("told", STORIES, indirect=True, scope="module")


def test_every_story_is_here() -> None:
    assert {story.kind for story in STORIES.values()} == set(stories.STORIES), "a new story is killed here"


@every_story
async def test_a_server_that_dies_at_any_point_leaves_what_was_promised(told: Told, count: Counter[str]) -> None:
    for left in await told.first_deaths():
        count["single_deaths"] += 1
        assert (await told.judge(left, keep=True)).failure is None
    assert count["single_deaths"] >= 2, "there were points at all"


@every_story
async def test_a_server_that_dies_twice_in_a_row_leaves_what_was_promised(
    told: Told, count: Counter[str], sampling: Sampling
) -> None:
    """At every first point, and at every second point after it. Servers that found the same pass the same points."""
    different = {left.digest: left for left in await told.first_deaths()}.values()
    twice = [
        (left, second) for left in different for second in range(1, (await told.judge(left, keep=True)).points + 1)
    ]
    count["second_deaths_of"] = len(twice)
    for left, second in sampling.of(twice, _SECOND_DEATHS):
        points = Points(second)
        found = await told.left_again(left, points)
        assert points.crashed.is_set()
        count["second_deaths"] += 1
        assert (await told.judge(found)).failure is None
    assert count["second_deaths"] >= 1, "there were points at all"


@pytest.mark.some_of("stories whose steps fail", _REFUSED)
@every_story
async def test_steps_that_fail_leave_no_half_state(told: Told, count: Counter[str], sampling: Sampling) -> None:
    """Each step is refused by itself, the server dying a little later too, and with each that the story took after it.

    For good, but where something would stay between two states: a few times then, and it must come to its end.
    """
    seen, wrong = Refusals(), Wrong()
    assert (await told.judge(await told.left(Points(refusals=seen)))).failure is None
    pairs: list[set[str]] = []
    for step in dict.fromkeys(seen.taken):
        alone = await _refused(told, {step}, wrong)
        await _refused(told, {step}, wrong, crash_at=2)
        count["steps_refused"] += 1
        later = list(dict.fromkeys(alone.taken))
        pairs += [{step, other} for other in later[later.index(step) + 1 :]]
    count["step_pairs_refused_of"] = len(pairs)
    for pair in sampling.of(pairs, _PAIRS):
        await _refused(told, pair, wrong)
        count["step_pairs_refused"] += 1
    wrong.check()


async def _refused(told: Told, steps: set[str], wrong: "Wrong", crash_at: int | None = None) -> Refusals:
    refusals = Refusals(steps=frozenset(steps))
    with wrong.noted(f"{sorted(steps)}, crash at {crash_at}"):
        failure = (await told.judge(await told.left(Points(crash_at, refusals)))).failure
        assert set(refusals.refused) == steps or crash_at is not None, "they were refused at all"
        assert failure is None or REFUSAL in failure, failure
        assert failure is None or not steps <= refusals.settling, "what settles is done in the end"
    return refusals


@pytest.mark.some_of("stories whose calls are refused", _REFUSED)
@every_story
async def test_a_call_of_the_driver_that_is_refused_for_good_leaves_no_half_state(
    told: Told, count: Counter[str]
) -> None:
    """From each call of a story on, the host refuses to do this (a few times, where it settles something)."""
    seen, wrong = Refusals(), Wrong()
    assert (await told.judge(await told.left(Points(refusals=seen)))).failure is None
    for call, method in enumerate(seen.calls, start=1):
        refusals = Refusals(call=call)
        with wrong.noted(f"{method}, call {call}"):
            failure = (await told.judge(await told.left(Points(refusals=refusals)))).failure
            assert refusals.refused[method] >= 1, "it was refused at all"
            assert failure is None or REFUSAL in failure, failure
        count["driver_calls_refused"] += 1
    wrong.check()


@pytest.mark.some_of("stories whose answers are lost", _REFUSED)
@every_story
async def test_an_answer_of_the_driver_that_is_lost_leaves_no_half_state(told: Told, count: Counter[str]) -> None:
    """At each point within the driver: what was done until then is done, and who asked for it is told that it was not,
    or that the guest does not answer."""
    wrong, at = Wrong(), 0
    while True:
        at += 1
        points = Points(refusals=Refusals(), lose_at=at)
        with wrong.noted(f"point {at}"):
            failure = (await told.judge(await told.left(points))).failure
            assert failure is None or REFUSAL in failure, failure
        if not points.lost:
            break
        count["answers_lost"] += 1
    wrong.check()


@dataclass
class Wrong:
    """What was wrong, of many cases: all of it is told at the end."""

    found: list[str] = field(default_factory=list)

    @contextmanager
    def noted(self, what: str) -> Iterator[None]:
        try:
            yield
        except (AssertionError, TimeoutError, LookupError) as failure:
            self.found.append("\n".join([f"{what}: {failure!r}"[:400], *getattr(failure, "__notes__", ())]))

    def check(self) -> None:
        assert not self.found, "\n".join(self.found)
