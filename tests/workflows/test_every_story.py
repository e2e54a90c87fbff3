"""The server dies at the points of every story, once and twice in a row, and what each needs of its host is refused."""

from collections.abc import Iterator

import pytest
from every_story import STORIES, Prepared, Runs, prepare
from points import REFUSAL, Points, Refusals

from kumoniwa.workflows import story as stories

pytestmark = [pytest.mark.anyio, pytest.mark.timeout(600)]


@pytest.fixture(scope="module")
def prepared(tmp_path_factory: pytest.TempPathFactory) -> Prepared:
    """What is there before every story."""
    return prepare(tmp_path_factory.mktemp("prepared"))


def test_every_story_is_here() -> None:
    assert {story.kind for story in STORIES.values()} == set(stories.STORIES), "a new story is killed here"


@pytest.mark.parametrize("name", STORIES)
async def test_a_server_that_dies_at_any_point_leaves_what_was_promised(
    name: str, prepared: Prepared, runs: Runs
) -> None:
    points = Points(1)
    while True:
        assert await runs.run(prepared, name, points) is None
        if not points.crashed.is_set():
            break
        points = Points(runs.made + 1)
    assert points.passed >= 2, "there were points at all"


@pytest.mark.parametrize("name", STORIES)
async def test_a_server_that_dies_twice_in_a_row_leaves_what_was_promised(
    name: str, prepared: Prepared, runs: Runs
) -> None:
    """At every first point, and then at every second point after one of these."""
    died_at: set[int] = set()
    first, second = Points(1), Points(1)
    while True:
        assert await runs.run(prepared, name, first, second) is None
        if not first.crashed.is_set():
            break
        assert first.crash_at is not None and second.crash_at is not None
        if second.crashed.is_set():
            died_at.add(second.crash_at)
        first, second = Points(first.crash_at + 1), Points(second.crash_at + 1 if second.crashed.is_set() else 1)
    for crash_at in _besides(died_at):
        second = Points(crash_at)
        assert await runs.run(prepared, name, Points(1), second) is None
        if not second.crashed.is_set():
            break
        died_at.add(crash_at)
    assert died_at == set(range(1, len(died_at) + 1)) != set()


def _besides(known: set[int]) -> Iterator[int]:
    """All numbers from one on but these."""
    return (number for number in range(1, 10_000) if number not in known)


@pytest.mark.parametrize("name", STORIES)
async def test_steps_that_fail_leave_no_half_state(name: str, prepared: Prepared, runs: Runs) -> None:
    """Each step is refused by itself, the server dying a little later too, and with each that the story took after it.

    For good, but where something would stay between two states: a few times then, and it must come to its end.
    """
    seen = Refusals()
    assert await runs.run(prepared, name, Points(refusals=seen)) is None
    wrong: list[str] = []
    for step in dict.fromkeys(seen.taken):
        alone = await _refused(runs, prepared, name, {step}, wrong)
        await _refused(runs, prepared, name, {step}, wrong, crash_at=2)
        later = list(dict.fromkeys(alone.taken))
        for other in later[later.index(step) + 1 :]:
            await _refused(runs, prepared, name, {step, other}, wrong)
    assert not wrong, "\n".join(wrong)


async def _refused(
    runs: Runs, prepared: Prepared, name: str, steps: set[str], wrong: list[str], crash_at: int | None = None
) -> Refusals:
    refusals = Refusals(steps=frozenset(steps))
    try:
        told = await runs.run(prepared, name, Points(crash_at, refusals))
        assert set(refusals.refused) == steps or crash_at is not None, "they were refused at all"
        assert told is None or REFUSAL in told, told
        assert told is None or not steps <= refusals.settling, "what settles is done in the end"
    except (AssertionError, TimeoutError, LookupError) as failure:
        wrong.append(f"{sorted(steps)}, crash at {crash_at}: {failure!r}"[:400])
    return refusals


@pytest.mark.parametrize("name", STORIES)
async def test_a_call_of_the_driver_that_is_refused_for_good_leaves_no_half_state(
    name: str, prepared: Prepared, runs: Runs
) -> None:
    """From each call of a story on, the host refuses to do this (a few times, where it settles something)."""
    seen = Refusals()
    assert await runs.run(prepared, name, Points(refusals=seen)) is None
    wrong: list[str] = []
    for call, method in enumerate(seen.calls, start=1):
        refusals = Refusals(call=call)
        try:
            told = await runs.run(prepared, name, Points(refusals=refusals))
            assert refusals.refused[method] >= 1, "it was refused at all"
            assert told is None or REFUSAL in told, told
        except (AssertionError, TimeoutError, LookupError) as failure:
            wrong.append(f"{method}, call {call}: {failure!r}"[:400])
    assert not wrong, "\n".join(wrong)


@pytest.mark.parametrize("name", STORIES)
async def test_an_answer_of_the_driver_that_is_lost_leaves_no_half_state(
    name: str, prepared: Prepared, runs: Runs
) -> None:
    """At each point within the driver: what was done until then is done, and who asked for it is told that it was not,
    or that the guest does not answer."""
    wrong: list[str] = []
    points = Points(refusals=Refusals(), lose_at=1)
    while True:
        try:
            told = await runs.run(prepared, name, points)
            assert told is None or REFUSAL in told, told
        except (AssertionError, TimeoutError, LookupError) as failure:
            wrong.append(f"{points.lost}, point {runs.made}: {failure!r}"[:400])
        if not points.lost:
            break
        points = Points(refusals=Refusals(), lose_at=runs.made + 1)
    assert not wrong, "\n".join(wrong)
