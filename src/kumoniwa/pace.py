"""How fast somebody who is not trusted is listened to: so much at once, then so much a second."""

import asyncio


class Pace:
    """The pace of one speaker. Who is faster than it waits, and is heard later: nothing is lost."""

    def __init__(self, *, at_once: float, a_second: float) -> None:
        self._most = self._left = at_once
        self._a_second = a_second
        self._at: float | None = None  # the loop's time of the last call

    async def take(self, amount: float = 1.0) -> None:
        """Return once it is time for this much more. Others run meanwhile, also where there is nothing to wait for."""
        now = asyncio.get_running_loop().time()
        passed = 0.0 if self._at is None else now - self._at
        self._left = min(self._most, self._left + passed * self._a_second) - amount
        self._at = now
        await asyncio.sleep(max(0.0, -self._left / self._a_second))
