"""Live updates: one WebSocket for each page, which only names what changed. The page reads again what it shows.

What is sent are names of tables and ids of resources, all of the one account that a cloud has. What waits for a slow
reader is bounded (`store.changes.Gathered`). A beat says that the connection still holds: a page that hears neither
knows that it has lost it, also where nothing ever closes it (a machine that slept, a server that hangs).
"""

import asyncio
import json
from collections.abc import Iterator
from contextlib import contextmanager

import structlog
from starlette.websockets import WebSocket, WebSocketDisconnect

from kumoniwa.clock import Clock
from kumoniwa.console.sessions import Session
from kumoniwa.store.changes import LET_GO, Changed, Changes, Gathered, Heard

log = structlog.get_logger(__name__)

SUBPROTOCOL = "kumoniwa"
COALESCE = 0.2
"""Seconds between two messages at least: a change after a quiet time is told at once, and what follows is gathered."""
BEAT = 2.0
"""Seconds between beats. How long a page waits for one is in `console/src/api/live.ts`."""
SEND_DEADLINE = 10.0
"""Seconds that a page may take to read a message."""
MOST_PAGES = 64
UNTOLD = frozenset({"client_tokens", "facts", "layers", "trail_events", "workflows", LET_GO})
"""Tables of the cloud's own bookkeeping, which no page shows."""

SESSION_ENDED, TOO_MANY_PAGES, NOT_SPOKEN = 4401, 1013, 1008
"""Why a connection is closed: the codes that are not of one kind of connection."""


class Listener:
    """One who hears of changes: a page, or what serves one."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._gathered = Gathered()
        self._stirred = asyncio.Event()
        self._ended = False
        self._told_at = -COALESCE

    def heard(self, changed: Changed) -> None:
        for table, ids in changed.items():
            self._gathered.add(table, ids)
        self._stirred.set()

    def end(self) -> None:
        """There is no more to hear: the session has ended, or the server."""
        self._ended = True
        self._stirred.set()

    async def next(self) -> Changed | None:
        """What changed since the last time, once something was heard; None where there is no more to hear."""
        await self._stirred.wait()
        if not self._ended and (left := self._told_at + COALESCE - self._clock.monotonic()) > 0:
            await self._clock.sleep(left)
        self._stirred.clear()
        self._told_at = self._clock.monotonic()
        changed = self._gathered.take()
        return None if self._ended else changed


class LiveChanges:
    """Tells every page that listens what commits changed."""

    def __init__(self, changes: Changes, clock: Clock) -> None:
        self._changes = changes
        self._clock = clock
        self._listeners: set[Listener] = set()
        self._pages = 0
        self._heard: Heard | None = None

    def start(self) -> None:
        """Follow commits from now on, on the running event loop."""
        loop = asyncio.get_running_loop()

        def heard(changed: Changed) -> None:  # in the writer's thread, which each wake of the loop holds up
            if self._listeners and (told := {table: changed[table] for table in changed.keys() - UNTOLD}):
                loop.call_soon_threadsafe(self._tell, told)

        self._heard = heard
        self._changes.follow(heard)

    def close(self) -> None:
        """Follow no more, and let every page go."""
        if self._heard is not None:
            self._changes.forget(self._heard)
            self._heard = None
        for listener in self._listeners:
            listener.end()

    @contextmanager
    def heard_by(self, listener: Listener) -> Iterator[None]:
        """Tell this listener of every change as long as the block lasts."""
        self._listeners.add(listener)
        try:
            yield
        finally:
            self._listeners.discard(listener)

    async def listen(self, websocket: WebSocket, session: Session) -> None:
        """Tell a page of every change until it leaves, its session ends, or it no longer reads."""
        page = Listener(self._clock)
        session.on_end.add(page.end)  # before anything is waited for: it may end at any time
        try:
            await websocket.accept(SUBPROTOCOL)
            if self._pages >= MOST_PAGES:
                await websocket.close(TOO_MANY_PAGES, "too many pages are open")
                return
            self._pages += 1
            try:
                with self.heard_by(page):
                    await self._serve(websocket, page, session)
            finally:
                self._pages -= 1
        except* WebSocketDisconnect:
            pass
        finally:
            session.on_end.discard(page.end)

    async def _serve(self, websocket: WebSocket, page: Listener, session: Session) -> None:
        # A page that hears this reads everything it shows: what changed before is not told.
        await websocket.send_text(json.dumps({"listening": True}))
        async with asyncio.TaskGroup() as both:
            telling = both.create_task(self._tell_page(websocket, page, session))
            beating = both.create_task(self._beat(page))
            await _until_it_leaves(websocket)
            telling.cancel()
            beating.cancel()

    def _tell(self, changed: Changed) -> None:
        for listener in self._listeners:
            listener.heard(changed)

    async def _beat(self, page: Listener) -> None:
        while True:
            await self._clock.sleep(BEAT)
            page.heard({})

    async def _tell_page(self, websocket: WebSocket, page: Listener, session: Session) -> None:
        try:
            while (changed := await page.next()) is not None and not session.is_idle(self._clock.now()):
                async with asyncio.timeout(SEND_DEADLINE):
                    await websocket.send_text(_written(changed))
            async with asyncio.timeout(SEND_DEADLINE):
                await websocket.close(SESSION_ENDED, "the session has ended")
        except TimeoutError:
            log.info("a page of the console no longer reads, and is let go")
            raise WebSocketDisconnect from None


def _written(changed: Changed) -> str:
    """By table the ids, or null for any of its rows; nothing at all is a beat."""
    return json.dumps({"changed": {table: None if ids is None else sorted(ids) for table, ids in changed.items()}})


async def _until_it_leaves(websocket: WebSocket) -> None:
    message = await websocket.receive()
    if message["type"] == "websocket.receive":
        await websocket.close(NOT_SPOKEN, "pages have nothing to say here")
