"""Deadlines on a `Clock`: `asyncio.timeout` knows the host's time alone, which a test does not move."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress

from kumoniwa.clock import Clock
from kumoniwa.tasks import Tasks


@asynccontextmanager
async def at_most(clock: Clock, seconds: float) -> AsyncIterator[None]:
    """Cancels the block where it takes longer than this on the clock, and raises `TimeoutError` in its place."""
    watch = Tasks("deadline")
    async with asyncio.timeout(None) as scope:
        watch.start(_expire(clock, seconds, scope), f"in {seconds:.0f} s")
        try:
            yield
        finally:
            await watch.close()


async def _expire(clock: Clock, seconds: float, scope: asyncio.Timeout) -> None:
    await clock.sleep(seconds)
    cut_short(scope)


def cut_short(scope: asyncio.Timeout) -> None:
    """Let the time of this scope be up now. Where it is up already, or the scope was left, nothing happens."""
    with suppress(RuntimeError):
        scope.reschedule(asyncio.get_running_loop().time())
