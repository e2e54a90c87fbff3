"""Live updates: one WebSocket for each page, which only names what changed. The page reads again what it shows.

What is sent are names of tables, so that what waits for a slow reader is bounded by their number.
"""

import asyncio
import json
from collections.abc import Callable

import structlog
from starlette.websockets import WebSocket, WebSocketDisconnect

from kumoniwa.clock import Clock
from kumoniwa.console.sessions import Session
from kumoniwa.store.changes import Changes

log = structlog.get_logger(__name__)

SUBPROTOCOL = "kumoniwa"
COALESCE = 0.2
"""Seconds in which changes are gathered into one message."""
SEND_DEADLINE = 10.0
"""Seconds that a page may take to read a message."""
MOST_PAGES = 64
UNTOLD = frozenset({"client_tokens", "facts", "workflows"})
"""Tables of the cloud's own bookkeeping, which no page shows."""

SESSION_ENDED, TOO_MANY_PAGES, NOT_SPOKEN = 4401, 1013, 1008
"""Why a connection is closed."""


class _Page:
    """One page that listens."""

    def __init__(self) -> None:
        self._changed: set[str] = set()
        self._stirred = asyncio.Event()
        self._ended = False

    def heard(self, tables: frozenset[str]) -> None:
        self._changed |= tables
        self._stirred.set()

    def end(self) -> None:
        """There is no more to hear: the session has ended, or the server."""
        self._ended = True
        self._stirred.set()

    async def next(self, clock: Clock) -> list[str]:
        """What changed since the last time, once something has; empty where there is no more to hear."""
        await self._stirred.wait()
        if not self._ended:
            await clock.sleep(COALESCE)
        self._stirred.clear()
        changed, self._changed = sorted(self._changed), set()
        return [] if self._ended else changed


class LiveChanges:
    """Tells every page that listens what commits changed."""

    def __init__(self, changes: Changes, clock: Clock) -> None:
        self._changes = changes
        self._clock = clock
        self._pages: set[_Page] = set()
        self._heard: Callable[[frozenset[str]], None] | None = None

    def start(self) -> None:
        """Follow commits from now on, on the running event loop."""
        loop = asyncio.get_running_loop()

        def heard(tables: frozenset[str]) -> None:  # in the writer's thread, which each wake of the loop holds up
            if self._pages and (told := tables - UNTOLD):
                loop.call_soon_threadsafe(self._tell, told)

        self._heard = heard
        self._changes.follow(heard)

    def close(self) -> None:
        """Follow no more, and let every page go."""
        if self._heard is not None:
            self._changes.forget(self._heard)
            self._heard = None
        for page in self._pages:
            page.end()

    async def listen(self, websocket: WebSocket, session: Session) -> None:
        """Tell a page of every change until it leaves, its session ends, or it no longer reads."""
        page = _Page()
        session.on_end.add(page.end)  # before anything is waited for: it may end at any time
        try:
            await websocket.accept(SUBPROTOCOL)
            if len(self._pages) >= MOST_PAGES:
                await websocket.close(TOO_MANY_PAGES, "too many pages are open")
                return
            self._pages.add(page)
            # A page that hears this reads everything it shows: what changed before is not told.
            await websocket.send_text(json.dumps({"listening": True}))
            async with asyncio.TaskGroup() as both:
                telling = both.create_task(self._tell_page(websocket, page, session))
                await _until_it_leaves(websocket)
                telling.cancel()
        except* WebSocketDisconnect:
            pass
        finally:
            session.on_end.discard(page.end)
            self._pages.discard(page)

    def _tell(self, tables: frozenset[str]) -> None:
        for page in self._pages:
            page.heard(tables)

    async def _tell_page(self, websocket: WebSocket, page: _Page, session: Session) -> None:
        try:
            while (changed := await page.next(self._clock)) and not session.is_idle(self._clock.now()):
                async with asyncio.timeout(SEND_DEADLINE):
                    await websocket.send_text(json.dumps({"changed": changed}))
            async with asyncio.timeout(SEND_DEADLINE):
                await websocket.close(SESSION_ENDED, "the session has ended")
        except TimeoutError:
            log.info("a page of the console no longer reads, and is let go")
            raise WebSocketDisconnect from None


async def _until_it_leaves(websocket: WebSocket) -> None:
    message = await websocket.receive()
    if message["type"] == "websocket.receive":
        await websocket.close(NOT_SPOKEN, "pages have nothing to say here")
