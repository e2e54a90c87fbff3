"""Calls that wait for a simulated machine to come to something, each with a deadline on the simulated clock."""

import asyncio

from kumoniwa.clock import Clock
from kumoniwa.tasks import Tasks


class Waiters:
    """Calls that wait for one thing, until it is so or their time is up."""

    __slots__ = ("_clock", "_guest", "_tasks", "_waiting")

    def __init__(self, clock: Clock, tasks: Tasks, guest: str) -> None:
        self._clock = clock
        self._tasks = tasks
        self._guest = guest
        self._waiting: tuple[asyncio.Future[bool], ...] = ()

    async def wait(self, seconds: float) -> bool:
        """Return True once `release` is called; False after this many seconds."""
        released: asyncio.Future[bool] = asyncio.get_running_loop().create_future()
        self._waiting += (released,)
        deadline = self._tasks.start(self._give_up(released, seconds), f"deadline of {self._guest}")
        try:
            return await released
        finally:
            deadline.cancel()
            self._waiting = tuple(waiting for waiting in self._waiting if waiting is not released)

    def release(self) -> None:
        """What they wait for is so."""
        for waiting in self._waiting:
            if not waiting.done():
                waiting.set_result(True)

    async def _give_up(self, waiting: "asyncio.Future[bool]", seconds: float) -> None:
        await self._clock.sleep(seconds)
        if not waiting.done():
            waiting.set_result(False)
