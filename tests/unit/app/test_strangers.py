"""The turns of callers whom nobody knows."""

import asyncio
from functools import partial

import pytest

from kumoniwa.app import strangers
from kumoniwa.app.strangers import Strangers

pytestmark = pytest.mark.anyio


@pytest.fixture
async def turns(monkeypatch: pytest.MonkeyPatch) -> Strangers:
    """Four are given at once."""
    monkeypatch.setattr(strangers, "_AT_ONCE", 4)
    return Strangers()


async def test_some_are_answered_at_once_and_the_others_later(turns: Strangers) -> None:
    given, last = list[int](), asyncio.Event()
    loop = asyncio.get_running_loop()
    begun = loop.time()
    for number in range(6):
        turns.wait(number, 1, partial(given.append, number))
    turns.wait("last", 1, last.set)
    assert given == [0, 1, 2, 3]
    async with asyncio.timeout(10):
        await last.wait()
    assert given == [0, 1, 2, 3, 4, 5]
    assert loop.time() - begun >= 3 / strangers._A_SECOND


async def test_who_sends_little_does_not_wait_for_those_who_send_much(turns: Strangers) -> None:
    given, last = list[str](), asyncio.Event()
    turns.wait("first", 4, partial(given.append, "first"))
    turns.wait("much", 3, last.set)
    turns.wait("little", 1, partial(given.append, "little"))
    assert given == ["first"]
    async with asyncio.timeout(10):
        await last.wait()
    assert given == ["first", "little"]


async def test_who_leaves_takes_no_turn_and_does_not_wait_on(turns: Strangers) -> None:
    given, last = list[str](), asyncio.Event()
    turns.wait("first", 4, partial(given.append, "first"))
    turns.wait("gone", 1_000_000, partial(given.append, "gone"))
    turns.leave("gone")
    assert given == ["first", "gone"]
    turns.leave("gone")
    turns.wait("last", 1, last.set)
    async with asyncio.timeout(10):
        await last.wait()
    assert given == ["first", "gone"]
