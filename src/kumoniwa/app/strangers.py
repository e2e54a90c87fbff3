"""How often callers whom nobody knows are answered.

An answer costs the server the same whether anybody signed the request. So a flood of unsigned requests would take all
of its time; here they wait for their turns, which costs nothing, and whoever waits sends no other request meanwhile.
"""

import asyncio
from collections.abc import Callable, Hashable

_A_SECOND = 100  # turns: a tenth of the server's time, or less
_AT_ONCE = 100  # turns that are given without a wait, where there were none for a while


class Strangers:
    """The turns of one server. Who needs the fewest is the first, and among those who waits the longest."""

    def __init__(self) -> None:
        self._loop = asyncio.get_running_loop()
        # By how many turns they need, which are a few numbers: a crowd does not make the next one hard to find.
        self._waiting: dict[int, dict[Hashable, Callable[[], None]]] = {}
        self._needed: dict[Hashable, int] = {}
        self._full_at = 0.0  # when as many turns as possible can be given at once again
        self._timer: asyncio.TimerHandle | None = None

    def wait(self, who: Hashable, turns: int, then: Callable[[], None]) -> None:
        """Call `then` when `who` has had so many turns, at once if they are to be had now."""
        self._pop(who)
        self._waiting.setdefault(turns, {})[who] = then
        self._needed[who] = turns
        self._give()

    def leave(self, who: Hashable) -> None:
        """End the wait of `who`, if it waits: its `then` is called now, and takes no turn."""
        if (then := self._pop(who)) is not None:
            then()
            self._give()

    def _give(self) -> None:
        """Give the turns that are to be had now, and see to those that are not."""
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
        while self._waiting:
            turns = min(self._waiting)
            now = self._loop.time()
            full_at = max(self._full_at, now)
            early = full_at - now - (_AT_ONCE - min(turns, _AT_ONCE)) / _A_SECOND
            if early > 0:
                self._timer = self._loop.call_later(early, self._give)
                return
            self._full_at = full_at + turns / _A_SECOND
            if (then := self._pop(next(iter(self._waiting[turns])))) is not None:
                then()

    def _pop(self, who: Hashable) -> Callable[[], None] | None:
        """What was to be called for `who`, which waits no more; None where it did not."""
        if (turns := self._needed.pop(who, None)) is None:
            return None
        alike = self._waiting[turns]
        then = alike.pop(who)
        if not alike:
            del self._waiting[turns]
        return then
