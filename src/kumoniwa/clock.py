"""Time, behind a seam: the host's clock, and one that a test moves.

Everything in Kumoniwa that asks for the time or waits for it to pass takes a `Clock`. Times are aware and in UTC.

The time may be set back or forward: what came first is never concluded from it. Order is a number that is written (of a
boot, of a workflow), how long something takes is counted by `monotonic`.
"""

import asyncio
import heapq
import itertools
import time
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
