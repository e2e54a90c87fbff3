"""What was heard of guests and is not followed yet: each guest in its own order and at its own pace.

A guest decides how often it reboots, opens its agent's port or lets a disk go, and each is a row, a look at it and a
line of the log. So the same again counts once while it waits, and a guest that is never done is followed seldom. And a
guest whose QEMU does not answer keeps only itself waiting.
"""

import asyncio
from collections.abc import Awaitable, Callable

import structlog

from kumoniwa.hypervisor.driver import EventKind, GuestEvent, GuestId
from kumoniwa.pace import Pace
from kumoniwa.tasks import Tasks

log = structlog.get_logger(__name__)

AT_ONCE = 60  # events of one guest, far more than a boot has
A_SECOND = 0.2
_MOST_WAITING = 64  # of one guest: each kind once, and each disk that it let go
_MOST_PACES = 4096  # kept: of the guests that were heard of last


class Inbox:
    """Gives each event to `follow`, one of a guest at a time, and those of several guests beside each other."""

    def __init__(self, follow: Callable[[GuestEvent], Awaitable[None]], tasks: Tasks) -> None:
        self._follow = follow
        self._tasks = tasks
        self._waiting: dict[GuestId, dict[tuple[EventKind, str], GuestEvent]] = {}
        self._paces: dict[GuestId, Pace] = {}
        self._empty = asyncio.Event()
        self._empty.set()

    def put(self, event: GuestEvent) -> None:
        """Have this event followed. What says the same and still waits is followed with it, in its place."""
        first = event.guest not in self._waiting
        waiting, key = self._waiting.setdefault(event.guest, {}), (event.kind, event.detail)
        waiting.pop(key, None)
        if len(waiting) < _MOST_WAITING:  # no guest has so many disks: what it says besides is made up
            waiting[key] = event
        if first:
            self._empty.clear()
            self._tasks.start(self._take_turns(event.guest, waiting), f"events of {event.guest}")

    async def empty(self) -> None:
        """Return once nothing waits."""
        await self._empty.wait()

    async def _take_turns(self, guest: GuestId, waiting: dict[tuple[EventKind, str], GuestEvent]) -> None:
        self._paces[guest] = pace = self._paces.pop(guest, None) or Pace(at_once=AT_ONCE, a_second=A_SECOND)
        if len(self._paces) > _MOST_PACES:
            del self._paces[next(iter(self._paces))]
        try:
            while waiting:
                await pace.take()
                await self._follow(waiting.pop(next(iter(waiting))))
        finally:
            del self._waiting[guest]
            if not self._waiting:
                self._empty.set()
