"""Time, behind a seam: the host's clock, and one that a test moves.

Everything in Kumoniwa that asks for the time or waits for it to pass takes a `Clock`. Times are aware and in UTC.

The time may be set back or forward: what came first is never concluded from it. Order is a number that is written (of a
boot, of a workflow), how long something takes is counted by `monotonic`.
"""

import asyncio
import heapq
import itertools
import math
import time
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime, timedelta
from typing import Protocol


class Clock(Protocol):
    """What the time is, and how to wait for it."""

    def now(self) -> datetime:
        """The time, aware, in UTC. It may be set back or forward."""
        ...

    def monotonic(self) -> float:
        """Seconds that pass whatever is done to the time. Only their differences in one process mean something."""
        ...

    async def sleep(self, seconds: float) -> None:
        """Return once this many seconds have passed on this clock."""
        ...


class SystemClock:
    """The host's clock."""

    def now(self) -> datetime:
        return datetime.now(UTC)

    def monotonic(self) -> float:
        return time.monotonic()

    async def sleep(self, seconds: float) -> None:
        await asyncio.sleep(seconds)


class ManualClock:
    """A clock that stands still until `advance` moves it: hours of a cloud's life in a test's milliseconds."""

    def __init__(self, start: datetime = datetime(2026, 1, 1, tzinfo=UTC)) -> None:
        self._shows_at_0 = start
        self._passed = timedelta()
        self._order = itertools.count()
        self._sleepers: list[tuple[timedelta, int, asyncio.Future[None]]] = []

    def now(self) -> datetime:
        return self._shows_at_0 + self._passed

    def monotonic(self) -> float:
        return self._passed.total_seconds()

    def set_forward(self, by: timedelta) -> None:
        """Show another time from now on, an earlier one for less than zero: no time passes."""
        self._shows_at_0 += by

    async def sleep(self, seconds: float) -> None:
        woken = asyncio.get_running_loop().create_future()
        heapq.heappush(self._sleepers, (self._passed + timedelta(seconds=seconds), next(self._order), woken))
        await woken

    async def advance(self, seconds: float) -> None:
        """Move time forward, waking each sleeper at its own moment and letting it run before the next."""
        until = self._passed + timedelta(seconds=seconds)
        await self._let_others_run()  # what was begun just now may want to sleep first
        while self._sleepers and self._sleepers[0][0] <= until:
            self._passed, _, woken = heapq.heappop(self._sleepers)
            if not woken.done():
                woken.set_result(None)
            await self._let_others_run()  # what the sleeper does next may sleep again
        self._passed = until

    async def _let_others_run(self) -> None:
        for _ in range(10):
            await asyncio.sleep(0)


class MovableClock:
    """The host's clock, ahead of it by as much as `advance` made pass: for the clouds that tests are run against."""

    def __init__(self) -> None:
        self._ahead = 0.0
        self._order = itertools.count()
        self._sleepers: dict[int, _Sleeper] = {}

    def now(self) -> datetime:
        return datetime.now(UTC) + timedelta(seconds=self._ahead)

    def monotonic(self) -> float:
        return time.monotonic() + self._ahead

    async def sleep(self, seconds: float) -> None:
        number, sleeper = next(self._order), _Sleeper(self.monotonic() + seconds)
        self._sleepers[number] = sleeper
        sleeper.wait(seconds)
        try:
            await sleeper.woken
        finally:
            sleeper.forget_timer()
            del self._sleepers[number]

    async def advance(self, seconds: float, settle: Callable[[], Awaitable[None]]) -> None:
        """Make this much time pass. `settle` is awaited first, so that what was begun before ends in its own time,
        whenever somebody was woken, and at the end.

        Each sleeper is woken at its own moment, as long as that makes no more than `STOPS` stops: where there would be
        more, those that are due until the next stop are woken together there. Raises `ValueError` for time that would
        go back, and beyond the calendar.
        """
        try:
            if not seconds >= 0:
                raise OverflowError
            within_reach(self.now() + timedelta(seconds=seconds))
        except OverflowError:
            raise ValueError(f"time cannot be moved by {seconds} seconds") from None
        await settle()
        until, stride = self._ahead + seconds, seconds / STOPS
        while (left := until - self._ahead) > 0 and (due := self._next_in()) <= left:
            self._ahead += min(left, max(due, stride))
            self._wake_those_due()
            await settle()
        self._ahead = until
        self._wake_those_due()
        await settle()

    def _next_in(self) -> float:
        """Seconds until the next sleeper is due; infinite where nobody sleeps."""
        waiting = [sleeper.until for sleeper in self._sleepers.values() if not sleeper.woken.done()]
        return max(0.0, min(waiting) - self.monotonic()) if waiting else math.inf

    def _wake_those_due(self) -> None:
        now = self.monotonic()
        for sleeper in sorted(self._sleepers.values(), key=lambda sleeper: sleeper.until):
            if sleeper.until <= now:
                sleeper.wake()
            else:
                sleeper.wait(sleeper.until - now)


STOPS = 64
"""At how many moments `MovableClock.advance` stops at most."""


class _Sleeper:
    """Somebody who sleeps until a moment of the monotonic clock that may come sooner than its timer says."""

    def __init__(self, until: float) -> None:
        self.until = until
        self.woken: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._timer: asyncio.TimerHandle | None = None

    def wait(self, seconds: float) -> None:
        """Be woken in so many seconds of the host's time, and not when was said before."""
        self.forget_timer()
        self._timer = asyncio.get_running_loop().call_later(max(0.0, seconds), self.wake)

    def wake(self) -> None:
        if not self.woken.done():
            self.woken.set_result(None)

    def forget_timer(self) -> None:
        if self._timer is not None:
            self._timer.cancel()


_FIRST_YEAR, _LAST_YEAR = 2, 9998


def within_reach(moment: datetime) -> datetime:
    """The moment in UTC (a naive one is), if intervals of up to a year can be added to it and taken from it.

    Every moment that comes from outside goes through here. Raises `ValueError` for one at the end of Python's calendar.
    """
    try:
        moment = moment.astimezone(UTC) if moment.tzinfo else moment.replace(tzinfo=UTC)
    except OverflowError as beyond:
        raise ValueError(f"{moment} is beyond the calendar") from beyond
    if not _FIRST_YEAR <= moment.year <= _LAST_YEAR:
        raise ValueError(f"{moment} is beyond the years {_FIRST_YEAR} to {_LAST_YEAR}")
    return moment


def whole_seconds(moment: datetime) -> datetime:
    """A time as EC2 shows when something was launched or attached: `…:33.000Z`, where other times have milliseconds."""
    return moment.replace(microsecond=0)


def precise(moment: datetime) -> str:
    """A time as it is stored and shown by Kumoniwa's own surfaces: ISO 8601, UTC, milliseconds, `Z`."""
    return moment.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def http_date(moment: datetime) -> str:
    """A time as headers of HTTP have it: `Wed, 08 May 2013 18:45:53 GMT`."""
    return moment.astimezone(UTC).strftime("%a, %d %b %Y %H:%M:%S GMT")  # in English: no locale is ever set here
