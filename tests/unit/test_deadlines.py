"""Deadlines on a clock that a test moves."""

import asyncio

import pytest
from waiting import let_others_run

from kumoniwa.clock import ManualClock
from kumoniwa.deadlines import at_most, cut_short
from kumoniwa.tasks import Tasks

pytestmark = pytest.mark.anyio


async def test_what_takes_too_long_on_the_clock_is_cancelled() -> None:
    clock, cancelled = ManualClock(), asyncio.Event()

    async def take_long() -> None:
        try:
            async with at_most(clock, 10):
                try:
                    await asyncio.Event().wait()
                except asyncio.CancelledError:
                    cancelled.set()
                    raise
        except TimeoutError:
            await clock.sleep(1)  # it goes on, uncancelled

    tasks = Tasks("test")
    task = tasks.start(take_long(), "take long")
    await clock.advance(9)
    assert not cancelled.is_set()
    await clock.advance(1)
    assert cancelled.is_set()
    await clock.advance(1)
    await let_others_run(3)
    assert task.done() and task.exception() is None


async def test_what_ends_in_time_is_left_alone() -> None:
    clock = ManualClock()
    async with at_most(clock, 10):
        pass
    await clock.advance(20)
    with pytest.raises(ValueError, match="its own"):
        async with at_most(clock, 10):
            raise ValueError("its own")


async def test_a_task_that_is_cancelled_meanwhile_is_told_so_and_not_that_time_is_up() -> None:
    clock, tasks = ManualClock(), Tasks("test")

    async def take_long() -> None:
        async with at_most(clock, 10):
            await asyncio.Event().wait()

    task = tasks.start(take_long(), "take long")
    await let_others_run(3)
    await tasks.close()
    assert task.cancelled()


async def test_to_cut_short_what_was_left_does_nothing() -> None:
    async with asyncio.timeout(None) as scope:
        await let_others_run()
    cut_short(scope)
    with pytest.raises(TimeoutError):
        async with asyncio.timeout(None) as scope:
            cut_short(scope)
            cut_short(scope)
            await asyncio.Event().wait()
    cut_short(scope)
    await let_others_run(3)
