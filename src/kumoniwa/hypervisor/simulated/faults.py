"""Faults on demand: what a test makes go wrong in the driver, and where."""

from collections import defaultdict, deque
from collections.abc import Awaitable, Callable

from kumoniwa.hypervisor.driver import DriverError

Hook = Callable[[str], Awaitable[None]]


class Faults:
    """The driver comes by here at every point at which a real one could be interrupted.

    `hook`, when set, is awaited at each of these points with the method's name. It may raise `CancelledError` (as if
    the server died there: what was done stays done) or hold the call as long as it wants.
    """

    def __init__(self) -> None:
        self.hook: Hook | None = None
        self._failures: defaultdict[str, deque[DriverError]] = defaultdict(deque)

    def fail_next(self, method: str, error: DriverError) -> None:
        """The next call of `method` raises `error` and does nothing. Further ones queue behind it."""
        self._failures[method].append(error)

    async def enter(self, method: str) -> None:
        """A call begins, nothing is done yet."""
        if failures := self._failures.get(method):
            raise failures.popleft()
        await self.point(method)

    async def point(self, method: str) -> None:
        """A point within a call."""
        if self.hook is not None:
            await self.hook(method)
