"""What a simulated machine does next, after a while. One thing at a time; a timer that was not set is no task."""

import asyncio
from collections.abc import Callable

from kumoniwa.clock import Clock
from kumoniwa.tasks import Tasks


class Timer:
    """Lets time pass on `clock`, then does what it was set for."""

    __slots__ = ("_clock", "_guest", "_next", "_task", "_tasks")

    def __init__(self, clock: Clock, tasks: Tasks, guest: str) -> None:
        self._clock = clock
        self._tasks = tasks
        self._guest = guest
        self._task: asyncio.Task[object] | None = None
        self._next: tuple[float, Callable[[], None]] | None = None

    def set(self, seconds: float, then: Callable[[], None]) -> None:
        """Let this much time pass, then do it; nothing else that was begun goes on."""
        self.stop()
        if seconds <= 0:
            then()
            return
        self._next = (seconds, then)
        until = self._clock.monotonic() + seconds
        self._task = self._tasks.start(self._let_pass(until, then), f"guest {self._guest}")

    def pause(self) -> None:
        """Nothing happens until `resume`."""
        if self._task is not None:
            self._task.cancel()
            self._task = None

    def resume(self) -> None:
        """Begin again with what was paused."""
        if self._next is not None:
            self.set(*self._next)

    def stop(self) -> None:
        """What it was set for does not happen."""
        self.pause()
        self._next = None

    async def _let_pass(self, until: float, then: Callable[[], None]) -> None:
        # Counted from when it was set: a test may move its clock before this task has its first turn.
        if (left := until - self._clock.monotonic()) > 0:
            await self._clock.sleep(left)
        self._task = self._next = None  # before `then`, which may begin the next thing
        then()
