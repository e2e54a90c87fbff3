"""Time that passes as soon as somebody waits for it."""

import asyncio
from datetime import datetime, timedelta

from waiting import let_others_run

from kumoniwa.clock import ManualClock

_WAITED_FOR = ("workflows:", "simulated world:", "compaction: rounds")
"""Tasks whose sleep nobody else's work needs: stories, guests, and what copies layers. Rounds come by `advance`."""
_TURNS = 30  # of the loop, in which others may go on before time does


class PassingClock(ManualClock):
    """A clock that moves on by itself to the moment for which a story or a guest waits, and stands still otherwise."""

    def __init__(self, start: datetime) -> None:
        super().__init__(start)
        self._waited_for: list[datetime] = []
        self._stirred = asyncio.Event()
        self._moving = asyncio.Lock()

    @property
    def stands_still(self) -> bool:
        """Whether nobody waits for it."""
        return not self._waited_for

    async def sleep(self, seconds: float) -> None:
        task = asyncio.current_task()
        if task is None or not task.get_name().startswith(_WAITED_FOR):
            return await super().sleep(seconds)
        due = self.now() + timedelta(seconds=seconds)
        self._waited_for.append(due)
        self._stirred.set()
        try:
            return await super().sleep(seconds)
        finally:
            self._waited_for.remove(due)

    async def advance(self, seconds: float) -> None:
        async with self._moving:
            await super().advance(seconds)

    async def pass_by(self) -> None:
        """Let time pass for whoever waits for it, until cancelled."""
        while True:
            await self._stirred.wait()
            for _ in range(_TURNS):
                await let_others_run()
            async with self._moving:
                if self._waited_for:
                    await super().advance(max(0.0, (min(self._waited_for) - self.now()).total_seconds()))
                else:
                    self._stirred.clear()
