"""Waiting for what announces nothing when it happens: it is looked at again and again until a deadline.

An event is better where there is one (a line of a log, a monitor's event, the end of a process). A server behind HTTP
and a guest behind SSH have none to give. This is the only file of the tests that sleeps.
"""

import asyncio
import time
from collections.abc import Awaitable, Callable
from typing import TypeVar

T = TypeVar("T")


class NotYet(Exception):
    """What a look raises to say what is still missing: it is looked again, and the last text says why time ran out."""


def eventually(look: Callable[[], T | None], *, within: float, every: float = 0.2) -> T:
    """The first thing that `look` gives which is neither None nor False, looked for every so many seconds.

    Raises `AssertionError` when `within` seconds have passed, with what the last look lacked.
    """
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
