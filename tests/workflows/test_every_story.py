"""The server dies at the points of every story, once and twice in a row, and each step of it fails for good.

Once: at every point. Twice: at every seventh, and then at one of the first, third and eighth point of the next life.
"""

from pathlib import Path

import pytest
from every_story import STORIES, Prepared, prepare
from life import REFUSAL, Points, Refusals

from kumoniwa.workflows import engine

pytestmark = [pytest.mark.anyio, pytest.mark.timeout(600)]

_SECOND = (1, 3, 8)

_ROWS_ALONE = {
    "publish the instance as running",
    "publish the volume",
    "publish the attachment",
    "release the volume",
    "complete the modification",
    "publish the image",
    "publish the task as in progress",
    "publish the task as succeeded",
    "publish the snapshot",
}
"""Steps that ask nothing of the host: what they need is the database, and without that they are tried again."""


@pytest.fixture(scope="module")
def prepared(tmp_path_factory: pytest.TempPathFactory) -> Prepared:
    """What is there before every story."""
    return prepare(tmp_path_factory.mktemp("prepared"))


def test_every_story_is_here() -> None:
    assert {story.kind for story in STORIES.values()} == set(engine.STORIES), "a new story is killed here"


@pytest.mark.parametrize("name", STORIES)
async def test_a_server_that_dies_at_any_point_leaves_what_was_promised(
    name: str, prepared: Prepared, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    points = [Points(1)]
    while True:
        told = await prepared.lived(tmp_path / str(points[0].crash_at), name, points, monkeypatch)
        assert told is None
        if not points[0].crashed.is_set():
            break
        assert points[0].crash_at is not None
        points = [Points(points[0].crash_at + 1)]
    assert points[0].passed >= 2, "there were points at all"


@pytest.mark.parametrize("name", STORIES)
async def test_a_server_that_dies_twice_in_a_row_leaves_what_was_promised(
    name: str, prepared: Prepared, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    crash_at = 1
    while True:
        points = [Points(crash_at), Points(_SECOND[crash_at // 7 % 3])]
        assert await prepared.lived(tmp_path / str(crash_at), name, points, monkeypatch) is None
        if not points[0].crashed.is_set():
            break
        crash_at += 7


@pytest.mark.parametrize("crash_at", [None, 2])
@pytest.mark.parametrize("name", STORIES)
async def test_a_step_that_fails_for_good_leaves_no_half_state(
    name: str, crash_at: int | None, prepared: Prepared, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    seen = Refusals()
    await prepared.lived(tmp_path / "well", name, [Points(refusals=seen)], monkeypatch)
    wrong: list[str] = []
    for number, step in enumerate(step for step in dict.fromkeys(seen.taken) if step not in _ROWS_ALONE):
        points = Points(crash_at, Refusals(steps=frozenset({step})))
        try:
            told = await prepared.lived(tmp_path / str(number), name, [points], monkeypatch)
            assert told is None or REFUSAL in told, told
        except (AssertionError, TimeoutError, LookupError) as failure:
            wrong.append(f"{step}: {failure!r}"[:300])
    assert wrong == []
