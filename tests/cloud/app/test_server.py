"""A server: the date of its answers, and its end while requests are under way."""

import asyncio
from asyncio import StreamReader
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from datetime import timedelta
from email.utils import parsedate_to_datetime
from pathlib import Path

import pytest
from starlette.responses import PlainTextResponse
from starlette.types import Receive, Scope, Send

from kumoniwa.app import server as servers
from kumoniwa.app.connections import GuardedProtocol
from kumoniwa.app.serve import listening
from kumoniwa.app.server import Server
from kumoniwa.clock import SystemClock
from kumoniwa.config import Config

pytestmark = pytest.mark.anyio

_REQUEST = b"GET / HTTP/1.1\r\nHost: localhost\r\n\r\n"


class _Slow:
    """An application that answers when it is let, if ever."""

    def __init__(self) -> None:
        self.asked, self.let = asyncio.Event(), asyncio.Event()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        self.asked.set()
        await self.let.wait()
        await PlainTextResponse("done")(scope, receive, send)


@asynccontextmanager
async def _asked_to_end(folder: Path, application: _Slow) -> AsyncIterator[tuple[asyncio.Task[None], StreamReader]]:
    """A server that was told to end while a request was under way, and where its answer comes."""
    with listening(Config(data_dir=folder, port=0)) as listener:
        server = Server(application, 8)
        serving = asyncio.ensure_future(server.serve(listener, GuardedProtocol))
        reader, writer = await asyncio.open_connection(*listener.getsockname())
        writer.write(_REQUEST)
        async with asyncio.timeout(10):
            await application.asked.wait()
        server.end()
        yield serving, reader
        writer.close()
        await writer.wait_closed()


async def test_what_is_under_way_is_answered_before_a_server_ends(tmp_path: Path) -> None:
    application = _Slow()
    async with _asked_to_end(tmp_path, application) as (serving, reader), asyncio.timeout(10):
        assert not serving.done()
        application.let.set()
        head, _, body = (await reader.read()).partition(b"\r\n\r\n")
        await serving
    assert body == b"done"
    [date] = [line.partition(": ")[2] for line in head.decode().split("\r\n") if line.startswith("date: ")]
    assert abs(parsedate_to_datetime(date) - SystemClock().now()) < timedelta(seconds=10)


async def test_a_request_that_never_ends_does_not_hold_up_the_end(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr(servers, "LAST_ANSWERS", 0.05)
    async with _asked_to_end(tmp_path, _Slow()) as (serving, reader), asyncio.timeout(10):
        await serving
        with suppress(ConnectionResetError):
            assert await reader.read() == b""
    assert "ended with the server: 1" in caplog.text
