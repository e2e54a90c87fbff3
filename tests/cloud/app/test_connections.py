"""Connections whose callers send, or do not read, what a server has no use for."""

import asyncio
import socket
import struct
from pathlib import Path
from typing import Any

import pytest
from served import Open, served
from starlette.responses import Response
from starlette.types import Receive, Scope, Send
from waiting import eventually_async

from kumoniwa.app import connections
from kumoniwa.app.connections import GuardedProtocol

pytestmark = pytest.mark.anyio

HEAD = b"POST / HTTP/1.1\r\nHost: here\r\nContent-Length: %d\r\n\r\n"
GET = b"GET / HTTP/1.1\r\nHost: here\r\n\r\n"
LARGE = 32_000_000  # bytes, more than the kernel holds for a caller that does not read


async def refuse(scope: Scope, receive: Receive, send: Send) -> None:
    """As the gateway does where it knows nobody: the body is not read."""
    await Response("no", 401, {"Connection": "close"})(scope, receive, send)


async def answer_much(scope: Scope, receive: Receive, send: Send) -> None:
    await Response(b"x" * LARGE)(scope, receive, send)


async def _none_open(open_connections: Open) -> None:
    async def none() -> bool:
        return await open_connections() == 0

    await eventually_async(none, within=10)


def _refused(port: int, body: int) -> bytes:
    """The answer to one who sends all of its body before it reads."""
    with socket.create_connection(("127.0.0.1", port), timeout=20) as caller:
        caller.sendall(HEAD % body)
        for _ in range(body // 50_000):
            caller.sendall(b"x" * 50_000)
        told = b""
        while piece := caller.recv(65536):
            told += piece
        return told


async def test_who_is_refused_reads_why_though_it_was_still_sending(tmp_path: Path) -> None:
    async with served(refuse, tmp_path) as (port, open_connections):
        for _ in range(5):
            told = await asyncio.to_thread(_refused, port, 1_000_000)
            assert told.startswith(b"HTTP/1.1 401") and told.endswith(b"\r\n\r\nno")
            assert b"connection: close" in told
        await _none_open(open_connections)


async def test_who_goes_on_sending_after_it_was_refused_is_cut_off(tmp_path: Path) -> None:
    async with served(refuse, tmp_path) as (port, open_connections):
        with pytest.raises(ConnectionError):
            await asyncio.to_thread(_refused, port, 1_000_000_000)
        await _none_open(open_connections)


async def test_who_neither_sends_on_nor_closes_after_it_was_refused_is_cut_off(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(connections, "LINGERS", 0.2)
    async with served(refuse, tmp_path) as (port, open_connections):
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        writer.write(HEAD % 1_000_000)
        async with asyncio.timeout(10):
            assert (await reader.read()).endswith(b"no"), "no more is written, so that it knows"
        await _none_open(open_connections)
        writer.close()


async def test_what_is_no_http_is_refused_and_told_so(tmp_path: Path) -> None:
    async with served(refuse, tmp_path) as (port, open_connections):
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        writer.write(b"\x16\x03\x01" + b"x" * 500_000)
        async with asyncio.timeout(10):
            assert (await reader.read()).startswith(b"HTTP/1.1 400")
        writer.close()
        await _none_open(open_connections)


async def test_who_has_left_before_it_is_refused_is_no_error(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr("kumoniwa.app.strangers._AT_ONCE", 0)
    async with served(refuse, tmp_path) as (port, open_connections):
        callers = [socket.create_connection(("127.0.0.1", port), timeout=10) for _ in range(20)]
        for caller in callers:
            caller.sendall(HEAD % 1_000_000 + b"x" * 200_000)
        for caller in callers:
            caller.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))  # its close is a reset
            caller.close()
        await _none_open(open_connections)
    assert [record.getMessage() for record in caplog.records if record.levelname == "ERROR"] == []


@pytest.mark.parametrize("asked", [GET, GET.replace(b"here", b"here\r\nConnection: close"), GET * 3])
async def test_who_does_not_read_its_answer_is_cut_off(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, asked: bytes
) -> None:
    monkeypatch.setattr(connections, "ANSWER_DEADLINE", 0.5)
    async with served(answer_much, tmp_path) as (port, open_connections):
        with socket.create_connection(("127.0.0.1", port), timeout=10) as caller:
            caller.sendall(asked)

            async def held() -> bool:
                return await open_connections() == 1

            await eventually_async(held, within=10, every=0.01)
            await _none_open(open_connections)


async def test_who_reads_its_answer_slowly_gets_it_whole(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """It takes longer than a connection may wait for a request, and than uvicorn keeps one for the next."""
    looked, waited = asyncio.Event(), GuardedProtocol._waited

    def look(connection: GuardedProtocol, seconds: float) -> None:
        waited(connection, seconds)
        looked.set()

    monkeypatch.setattr(connections, "HEAD_DEADLINE", 0.2)
    monkeypatch.setattr(GuardedProtocol, "_waited", look)
    async with served(answer_much, tmp_path) as (port, open_connections):
        reader, writer = await asyncio.open_connection("127.0.0.1", port, limit=1024)
        writer.write(GET)
        async with asyncio.timeout(30):
            await looked.wait()
            await reader.readuntil(b"\r\n\r\n")
            assert len(await reader.readexactly(LARGE)) == LARGE
        writer.close()
        await _none_open(open_connections)


async def test_callers_whom_nobody_knows_make_room_for_others(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("kumoniwa.app.connections.ensure_open_files", lambda: 8)
    monkeypatch.setattr("kumoniwa.app.strangers._AT_ONCE", 0)
    monkeypatch.setattr("kumoniwa.app.strangers._A_SECOND", 0.001)  # one is answered in this test

    async def answer(scope: Scope, receive: Receive, send: Send) -> None:
        await (refuse(scope, receive, send) if scope["method"] == "POST" else Response("yes")(scope, receive, send))

    async with served(answer, tmp_path) as (port, _):
        strangers: list[Any] = []
        for _ in range(20):
            strangers.append(await asyncio.open_connection("127.0.0.1", port))
            strangers[-1][1].write(HEAD % 0)
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        writer.write(GET)
        async with asyncio.timeout(10):
            assert (await reader.readline()).startswith(b"HTTP/1.1 200")
        for _, stranger in [*strangers, (reader, writer)]:
            stranger.close()
