"""Waiting for what announces nothing when it happens: it is looked at again and again until a deadline.

An event is better where there is one (a line of a log, a monitor's event, the end of a process). A server behind HTTP
and a guest behind SSH have none to give. This is the only file of the tests that sleeps.
"""

import asyncio
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from typing import TypeVar

T = TypeVar("T")

PATIENCE = 3
"""How many times slower a host may be than the one at the desk that deadlines are written for: they end what hangs, and
measure nothing."""


class NotYet(Exception):
    """What a look raises to say what is still missing: it is looked again, and the last text says why time ran out."""


def eventually(look: Callable[[], T | None], *, within: float, every: float = 0.2) -> T:
    """The first thing that `look` gives which is neither None nor False, looked for every so many seconds.

    Raises `AssertionError` when `within` seconds have passed (on a slow host, see `PATIENCE`), with what the last look
    lacked.
    """
    within *= PATIENCE
    deadline = time.monotonic() + within
    while True:
        lacks = "it was not there"
        try:
            seen = look()
        except NotYet as not_yet:
            seen, lacks = None, str(not_yet)
        if seen is not None and seen is not False:
            return seen
        if time.monotonic() >= deadline:
            raise AssertionError(f"within {within} s: {lacks}")
        time.sleep(every)


async def eventually_async(look: Callable[[], Awaitable[T | None]], *, within: float, every: float = 0.1) -> T:
    """As `eventually`, for a look that is awaited; all else on the event loop goes on between two looks."""
    within *= PATIENCE
    deadline = time.monotonic() + within
    while True:
        lacks = "it was not there"
        try:
            seen = await look()
        except NotYet as not_yet:
            seen, lacks = None, str(not_yet)
        if seen is not None and seen is not False:
            return seen
        if time.monotonic() >= deadline:
            raise AssertionError(f"within {within} s: {lacks}")
        await asyncio.sleep(every)


async def let_others_run(turns: int = 1) -> None:
    """Let the event loop's other tasks go on by so many turns; no time passes."""
    for _ in range(turns):
        await asyncio.sleep(0)


async def turns_until(there: Callable[[], bool], *, within: float = 10) -> None:
    """Let other tasks go on until this holds. Raises `TimeoutError` when `within` seconds have passed."""
    async with asyncio.timeout(within):
        while not there():
            await let_others_run()


async def ticks(seconds: float) -> AsyncIterator[None]:
    """Gives a tick every so many seconds, for ever: for a test whose own clock is to go on beside the host's."""
    while True:
        await asyncio.sleep(seconds)
        yield
