"""The clock of clouds that tests are run against: the host's, which a test moves ahead."""

import asyncio
from datetime import UTC, datetime, timedelta

import pytest
from waiting import let_others_run

from kumoniwa.clock import STOPS, MovableClock, SystemClock

pytestmark = pytest.mark.anyio


async def settled() -> None:
    await let_others_run(5)


async def test_it_shows_the_hosts_time_and_what_was_made_to_pass() -> None:
    clock = MovableClock()
    assert abs(clock.now() - SystemClock().now()) < timedelta(seconds=5)
    before, then = clock.monotonic(), clock.now()
    await clock.advance(3600, settled)
    assert 3600 <= clock.monotonic() - before < 3660
    assert timedelta(hours=1) <= clock.now() - then < timedelta(hours=1, minutes=1)


async def test_it_goes_on_by_itself() -> None:
    clock = MovableClock()
    await clock.advance(60, settled)
    before = clock.monotonic()
    await clock.sleep(0.01)
    assert clock.monotonic() - before >= 0.01


async def test_each_sleeper_wakes_at_its_own_moment_and_may_sleep_again() -> None:
    clock, woke = MovableClock(), list[tuple[str, int]]()
    begun = clock.monotonic()

    async def every(name: str, seconds: float) -> None:
        while True:
            await clock.sleep(seconds)
            woke.append((name, round(clock.monotonic() - begun)))

    async with asyncio.TaskGroup() as tasks:
        running = [tasks.create_task(every("a", 40)), tasks.create_task(every("b", 110))]
        await settled()
        await clock.advance(205, settled)
        for task in running:
            task.cancel()
    assert woke == [("a", 40), ("a", 80), ("b", 110), ("a", 120), ("a", 160), ("a", 200)]


async def test_a_long_time_has_few_stops_and_wakes_everybody_who_is_due() -> None:
    clock, rounds, stops = MovableClock(), 0, 0

    async def each_minute() -> None:
        nonlocal rounds
        while True:
            await clock.sleep(60)
            rounds += 1

    async def counted() -> None:
        nonlocal stops
        stops += 1
        await settled()

    async with asyncio.TaskGroup() as tasks:
        running = tasks.create_task(each_minute())
        await settled()
        await clock.advance(90 * 86400, counted)
        running.cancel()
    assert 1 <= rounds <= stops <= STOPS + 2, "one before, and one at the end"


async def test_what_was_begun_before_ends_before_time_is_moved() -> None:
    clock, at = MovableClock(), list[float]()

    async def settle() -> None:
        at.append(clock.monotonic())

    before = clock.monotonic()
    await clock.advance(3000, settle)
    assert [moment - before > 2999 for moment in at] == [False, True]


async def test_who_is_not_due_yet_is_woken_by_the_hosts_time_sooner_than_before() -> None:
    clock = MovableClock()
    async with asyncio.TaskGroup() as tasks:
        sleeping = tasks.create_task(clock.sleep(1000))
        await settled()
        await clock.advance(999.95, settled)
        assert not sleeping.done()
        async with asyncio.timeout(10):
            await sleeping


async def test_a_sleeper_that_was_cancelled_is_forgotten() -> None:
    clock = MovableClock()
    async with asyncio.TaskGroup() as tasks:
        sleeping = tasks.create_task(clock.sleep(10))
        await settled()
        sleeping.cancel()
    await clock.advance(60, settled)
    assert clock._sleepers == {}


@pytest.mark.parametrize("seconds", [-1, float("nan"), float("inf"), 1e12])
async def test_time_that_goes_back_or_beyond_the_calendar_is_refused(seconds: float) -> None:
    clock = MovableClock()
    with pytest.raises(ValueError, match=r"cannot be moved|beyond"):
        await clock.advance(seconds, settled)
    assert clock.now() < datetime.now(UTC) + timedelta(minutes=1)
