"""Pairs of actions on one instance, and on what is still being made: the table of `concurrent_actions.py`."""

from collections.abc import AsyncIterator
from datetime import UTC, datetime

import pytest
from concurrent_actions import DURING, REFUSALS, UNFINISHED, Pair
from concurrent_actions_document import DOCUMENT, document
from stack import Stack, stack_on
from two_actions import ACTIONS, Ends, meet
from unfinished_results import SECONDS, ask

from kumoniwa.clock import ManualClock
from kumoniwa.config import Config
from kumoniwa.hypervisor.simulated import SimulatedDriver, Timing

pytestmark = pytest.mark.anyio


@pytest.fixture(scope="module")
def anyio_backend() -> str:
    """One loop for all, as there is one cloud."""
    return "asyncio"


@pytest.fixture(scope="module")
async def cloud(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Stack]:
    """One cloud for all pairs, each on an instance of its own. At its end every file is what its row says."""
    clock = ManualClock(datetime.now(UTC))
    driver = SimulatedDriver(clock, timing=Timing.instant())
    config = Config(data_dir=tmp_path_factory.mktemp("cloud"), detach_deadline=0.0)
    async with stack_on(config, driver, clock) as stack:
        yield stack
        assert (await stack.get("/_kumoniwa/storage/check"))["faults"] == []
        assert driver.world.layers.broken == []


def _told(answer: str) -> str:
    """The answer of a row in full."""
    if (refusal := REFUSALS.get(answer)) is None:
        return answer
    return f"{refusal.code}: {refusal.message}"


@pytest.mark.parametrize(
    ("first", "pair"),
    [pytest.param(first, pair, id=f"{first}-{pair.second}") for first in DURING for pair in DURING[first].rows],
)
async def test_a_second_action_is_answered_so_and_both_end_so(cloud: Stack, first: str, pair: Pair) -> None:
    during = DURING[first]
    met = await meet(cloud, during.held, pair.second)
    assert met == Ends(_told(pair.answer), pair.instance, pair.volume, during.makes, pair.makes)


@pytest.mark.parametrize("first", DURING)
def test_every_action_has_its_row(first: str) -> None:
    # RunInstances makes another instance: it comes second to nothing.
    assert [pair.second for pair in DURING[first].rows] == [name for name in ACTIONS if name != "RunInstances"]


@pytest.mark.parametrize(
    ("what", "second", "answer", "end"),
    [pytest.param(one.what, *row, id=f"{one.what}-{row[0]}") for one in UNFINISHED for row in one.rows],
)
async def test_what_is_still_made_is_used_so(stack: Stack, what: str, second: str, answer: str, end: str) -> None:
    assert await ask(stack, what, second) == (_told(answer), end)


@pytest.mark.parametrize("what", SECONDS)
def test_every_use_of_what_is_still_made_has_its_row(what: str) -> None:
    (unfinished,) = [one for one in UNFINISHED if one.what == what]
    assert [second for second, _, _ in unfinished.rows] == list(SECONDS[what])


def test_the_document_is_what_the_table_says() -> None:
    assert DOCUMENT.read_text() == document(), "scripts/concurrent-actions writes it"
