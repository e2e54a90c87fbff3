"""The server dies in the midst of a story, and the next one at each point of its start, whoever's point that is."""

import pytest
from every_story import Prepared, Runs, prepare
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


@pytest.fixture(scope="module")
def prepared(tmp_path_factory: pytest.TempPathFactory) -> Prepared:
    """What is there before every story."""
    return prepare(tmp_path_factory.mktemp("prepared"))


@pytest.mark.parametrize("name", _STORIES)
async def test_a_server_that_dies_while_it_starts_leaves_what_was_promised(
    name: str, prepared: Prepared, runs: Runs
) -> None:
    """Where the first one dies goes round in the first half of the story, so that there is something to resume."""
    whole = Points()
    whole.crash_at = 10_000
    assert await runs.run(prepared, name, whole) is None
    crash_at, crashed = 1, True
    while crashed:
        first, second = Points(1 + crash_at % (whole.passed // 2)), Points(crash_at, of=OF_ALL)
        assert await runs.run(prepared, name, first, second) is None
        crashed = second.crashed.is_set()
        crash_at += 1
    assert crash_at > 15, "there were points at all"
