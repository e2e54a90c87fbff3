"""Who speaks too fast is listened to at a pace; others run meanwhile."""

import asyncio

import pytest
from waiting import let_others_run

from kumoniwa.pace import Pace

pytestmark = pytest.mark.anyio


async def test_so_much_is_taken_at_once_and_the_rest_at_its_rate() -> None:
    pace, began = Pace(at_once=100, a_second=1000), asyncio.get_running_loop().time()
    for _ in range(100):
        await pace.take()
    for _ in range(50):
        await pace.take()
    assert asyncio.get_running_loop().time() - began >= 0.049


async def test_what_was_not_taken_is_not_saved_up_beyond_what_is_taken_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    pace, loop = Pace(at_once=2, a_second=1), asyncio.get_running_loop()
    await pace.take(2)
    now = loop.time()
    monkeypatch.setattr(loop, "time", lambda: now + 1e6)
    await pace.take(2)
    taking = asyncio.ensure_future(pace.take())
    await let_others_run(5)
    assert not taking.done()
    taking.cancel()


async def test_others_run_also_where_nobody_has_to_wait() -> None:
    pace, turns = Pace(at_once=1e9, a_second=1), 0

    async def other() -> None:
        nonlocal turns
        while True:
            turns += 1
            await let_others_run()

    async with asyncio.TaskGroup() as group:
        running = group.create_task(other())
        for _ in range(10):
            await pace.take()
        running.cancel()
    assert turns >= 9
