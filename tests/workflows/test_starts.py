"""The server dies in the midst of a story, and the next one at each point of its start, whoever's point that is."""

from collections import Counter

import pytest
from every_story import Told
from points import OF_ALL, Points

pytestmark = [pytest.mark.anyio, pytest.mark.timeout(600)]

_STORIES = (
    "launch",
    "terminate",
    "recover",
    "detach",
    "import",
    "snapshots, frozen",
    "image",
    "replace the root",
)


@pytest.mark.some_of("stories in whose midst a server starts", 4)
@pytest.mark.parametrize("told", _STORIES, indirect=True, scope="module")
async def test_a_server_that_dies_while_it_starts_leaves_what_was_promised(told: Told, count: Counter[str]) -> None:
    """Where the first one dies goes round in the first half of the story, so that there is something to resume."""
    first = await told.first_deaths()
    at = 0
    while True:
        at += 1
        points = Points(at, of=OF_ALL)
        left = await told.left_again(first[at % (len(first) // 2)], points)
        assert (await told.judge(left)).failure is None
        if not points.crashed.is_set():
            break
        count["deaths_at_start"] += 1
    assert count["deaths_at_start"] > 15, "there were points at all"
