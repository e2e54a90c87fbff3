"""What a page is told of changes, and that a page which does not read costs nothing."""

import asyncio
import json
from collections.abc import Collection
from datetime import UTC, datetime
from typing import Any

import pytest
from starlette.websockets import WebSocket
from waiting import turns_until

from kumoniwa.clock import ManualClock
from kumoniwa.console import changes as live
from kumoniwa.console.changes import BEAT, COALESCE, MOST_PAGES, SESSION_ENDED, TOO_MANY_PAGES, UNTOLD, LiveChanges
from kumoniwa.console.sessions import Session, Signer
from kumoniwa.model.principals import account_itself
from kumoniwa.store.all_tables import metadata
from kumoniwa.store.changes import LET_GO, MOST_NAMED, Changed, Changes, Gathered

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
        self.session = Session(
            Signer("AKIA", account_itself("123456789012")), bytes(32), datetime(2026, 1, 1, tzinfo=UTC)
        )

    def commit(self, **touched: Collection[str] | None) -> None:
        for table, ids in touched.items():
            self.changes.touched(table, ids)
        self.changes.committed()


async def test_a_change_is_told_at_once_and_what_follows_is_gathered() -> None:
    hall, page = Hall(), Page()
    async with asyncio.TaskGroup() as group:
        group.create_task(hall.live.listen(page.socket, hall.session))
        await turns_until(lambda: len(page.told) == 1)
        hall.commit(instances=["i-1"], boots=["i-1"], facts=None)
        await turns_until(lambda: len(page.told) == 2)
        hall.commit(instances=["i-2"], tags=["i-2", "vol-1"])
        hall.commit(instances=["i-3", "i-2"], volumes=None)
        hall.commit(workflows=None)
        await hall.clock.advance(COALESCE)
        await turns_until(lambda: len(page.told) == 3)
        page.leave.set()
    gathered = {"instances": ["i-2", "i-3"], "tags": ["i-2", "vol-1"], "volumes": None}
    assert page.told == [
        {"listening": True},
        {"changed": {"instances": ["i-1"], "boots": ["i-1"]}},
        {"changed": gathered},
    ]


async def test_a_page_hears_a_beat_where_nothing_changes() -> None:
    hall, page = Hall(), Page()
    async with asyncio.TaskGroup() as group:
        group.create_task(hall.live.listen(page.socket, hall.session))
        await turns_until(lambda: len(page.told) == 1)
        await hall.clock.advance(3 * BEAT)
        await turns_until(lambda: len(page.told) == 4)
        page.leave.set()
    assert page.told == [{"listening": True}, *[{"changed": {}}] * 3]


def test_what_waits_for_a_page_is_bounded() -> None:
    gathered = Gathered()
    for number in range(10 * MOST_NAMED):
        gathered.add("instances", [f"i-{number % MOST_NAMED}"])
        gathered.add("tags", [f"i-{number}"])
    gathered.add("volumes", [f"vol-{number}" for number in range(MOST_NAMED + 1)])
    gathered.add("volumes", ["vol-1"])
    taken = gathered.take()
    assert len(taken["instances"] or ()) == MOST_NAMED
    assert (taken["tags"], taken["volumes"]) == (None, None)
    assert gathered.take() == {}


async def test_what_was_rolled_back_is_not_told() -> None:
    heard: list[Changed] = []
    changes = Changes()
    changes.follow(heard.append)
    changes.touched("instances", ["i-1"])
    changes.undone()
    changes.touched("volumes", ["vol-1"])
    changes.committed()
    changes.committed()
    assert heard == [{"volumes": frozenset({"vol-1"})}]


async def test_a_page_that_does_not_read_is_let_go(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(live, "SEND_DEADLINE", 0.01)
    hall, page = Hall(), Page(reads=False)
    async with asyncio.TaskGroup() as group:
        listening = group.create_task(hall.live.listen(page.socket, hall.session))
        await turns_until(lambda: len(page.told) == 1)
        hall.commit(instances=None)
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
    assert metadata.tables.keys() >= UNTOLD - {LET_GO}
