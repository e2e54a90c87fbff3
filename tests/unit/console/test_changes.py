"""What a page is told of changes, and that a page which does not read costs nothing."""

import asyncio
import json
from datetime import UTC, datetime
from typing import Any

import pytest
from starlette.websockets import WebSocket
from waiting import turns_until

from kumoniwa.clock import ManualClock
from kumoniwa.console import changes as live
from kumoniwa.console.changes import COALESCE, MOST_PAGES, SESSION_ENDED, TOO_MANY_PAGES, UNTOLD, LiveChanges
from kumoniwa.console.sessions import Principal, Session
from kumoniwa.store.changes import Changes
from kumoniwa.store.tables import metadata

pytestmark = pytest.mark.anyio


class Page:
    """The far end of a WebSocket, as a server would drive it."""

    def __init__(self, *, reads: bool = True) -> None:
        self.sent: list[dict[str, Any]] = []
        self.leave = asyncio.Event()
        self._reads = reads
        self._connected = False
        scope = {"type": "websocket", "path": "/console/live", "headers": [], "subprotocols": []}
        self.socket = WebSocket(scope, self._receive, self._send)

    async def _receive(self) -> dict[str, Any]:
        if not self._connected:
            self._connected = True
            return {"type": "websocket.connect"}
        await self.leave.wait()
        return {"type": "websocket.disconnect", "code": 1001}

    async def _send(self, message: Any) -> None:
        self.sent.append(dict(message))
        if "text" in message and "changed" in message["text"] and not self._reads:
            await asyncio.Event().wait()
        if message["type"] == "websocket.close":
            self.leave.set()

    @property
    def told(self) -> list[Any]:
        return [json.loads(message["text"]) for message in self.sent if "text" in message]


class Hall:
    """Pages that listen to one cloud's commits."""

    def __init__(self) -> None:
        self.clock = ManualClock()
        self.changes = Changes()
        self.live = LiveChanges(self.changes, self.clock)
        self.live.start()
        self.session = Session(Principal("123456789012", "AKIA"), bytes(32), datetime(2026, 1, 1, tzinfo=UTC))

    def commit(self, *tables: str) -> None:
        for table in tables:
            self.changes.touched(table)
        self.changes.committed()


async def test_changes_are_gathered_and_told_by_name() -> None:
    hall, page = Hall(), Page()
    async with asyncio.TaskGroup() as group:
        group.create_task(hall.live.listen(page.socket, hall.session))
        await turns_until(lambda: len(page.told) == 1)
        hall.commit("instances", "boots", "facts")
        hall.commit("instances", "tags")
        await hall.clock.advance(COALESCE)
        await turns_until(lambda: len(page.told) == 2)
        hall.commit("workflows")
        await hall.clock.advance(COALESCE)
        page.leave.set()
    assert page.told == [{"listening": True}, {"changed": ["boots", "instances", "tags"]}]


async def test_what_was_rolled_back_is_not_told() -> None:
    heard: list[frozenset[str]] = []
    changes = Changes()
    changes.follow(heard.append)
    changes.touched("instances")
    changes.undone()
    changes.touched("volumes")
    changes.committed()
    changes.committed()
    assert heard == [frozenset({"volumes"})]


async def test_a_page_that_does_not_read_is_let_go(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(live, "SEND_DEADLINE", 0.01)
    hall, page = Hall(), Page(reads=False)
    async with asyncio.TaskGroup() as group:
        listening = group.create_task(hall.live.listen(page.socket, hall.session))
        await turns_until(lambda: len(page.told) == 1)
        hall.commit("instances")
        await hall.clock.advance(COALESCE)
        await listening
    assert hall.session.on_end == set()


async def test_an_ended_session_is_told_no_more() -> None:
    hall, page = Hall(), Page()
    async with asyncio.TaskGroup() as group:
        group.create_task(hall.live.listen(page.socket, hall.session))
        await turns_until(lambda: len(hall.session.on_end) == 1)
        for end in tuple(hall.session.on_end):
            end()
    assert page.sent[-1] == {"type": "websocket.close", "code": SESSION_ENDED, "reason": "the session has ended"}


async def test_only_so_many_pages_listen() -> None:
    hall = Hall()
    pages = [Page() for _ in range(MOST_PAGES + 1)]
    async with asyncio.TaskGroup() as group:
        for page in pages:
            group.create_task(hall.live.listen(page.socket, hall.session))
        await turns_until(lambda: all(len(page.sent) >= 2 for page in pages))
        hall.live.close()
    assert [page.sent[-1]["code"] for page in pages] == [SESSION_ENDED] * MOST_PAGES + [TOO_MANY_PAGES]


def test_what_is_not_told_are_tables() -> None:
    assert metadata.tables.keys() >= UNTOLD
