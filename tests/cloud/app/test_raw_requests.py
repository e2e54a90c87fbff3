"""What is sent to a server's socket, byte for byte, and what it makes of it."""

import asyncio
from pathlib import Path

import pytest
from served import served
from starlette.requests import Request
from starlette.responses import Response
from starlette.types import Receive, Scope, Send
from waiting import let_others_run

pytestmark = pytest.mark.anyio

GET = b"GET /%s HTTP/1.1\r\nHost: here\r\n\r\n"
POST = b"POST /%s HTTP/1.1\r\nHost: here\r\nContent-Length: 5\r\n\r\nhello"


class Echo:
    """Tells what it was asked, and remembers it."""

    def __init__(self) -> None:
        self.asked: list[str] = []

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        body = await Request(scope, receive).body()
        self.asked.append(f"{scope['method']} {scope['path']} {body.decode()}")
        await Response(f"[{self.asked[-1]}]")(scope, receive, send)


async def told(port: int, *pieces: bytes) -> bytes:
    """All that comes back until the connection is closed."""
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    try:
        for piece in pieces:
            writer.write(piece)
            await writer.drain()
            await let_others_run()
        async with asyncio.timeout(20):
            return await reader.read()
    finally:
        writer.close()


LAST = GET.replace(b"here", b"here\r\nConnection: close")


async def test_requests_that_come_at_once_are_answered_one_after_another(tmp_path: Path) -> None:
    echo = Echo()
    async with served(echo, tmp_path) as (port, _):
        answers = await told(port, GET % b"a" + POST % b"b" + GET % b"c" + POST % b"d" + LAST % b"e")
    assert echo.asked == ["GET /a ", "POST /b hello", "GET /c ", "POST /d hello", "GET /e "]
    assert [part.partition(b"]")[0] for part in answers.split(b"[")[1:]] == [asked.encode() for asked in echo.asked]
    assert answers.count(b"connection: close") == 1


async def test_who_sends_byte_by_byte_is_understood(tmp_path: Path) -> None:
    async with served(Echo(), tmp_path) as (port, _):
        sent = POST % b"a" + LAST % b"b"
        answers = await told(port, *(bytes([byte]) for byte in sent))
    assert answers.count(b"HTTP/1.1 200 OK") == 2 and b"[POST /a hello]" in answers


@pytest.mark.parametrize(
    "smuggled",
    [
        b"POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 4\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
        b"POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\nContent-Length: 5\r\n\r\n0\r\n\r\n",
        b"POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 0\r\nContent-Length: 30\r\n\r\n",
        b"POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: gzip, chunked\r\n\r\n0\r\n\r\n",
        b"POST / HTTP/1.1\r\nHost: a\r\nX: y\r\n Content-Length: 30\r\n\r\n",
        b"POST / HTTP/1.1\r\nHost: a\r\nContent-Length : 30\r\n\r\n",
        b"POST / HTTP/1.1\r\nHost: a\r\nX: \x00\r\n\r\n",
        b"POST / HTTP/1.1\nHost: a\nContent-Length: 30\n\n",
        b"POST / HTTP/1.1\r\nHost: a\r\nHost: b\r\n\r\n",
        b"CONNECT a:443 HTTP/1.1\r\nHost: a\r\n\r\n",
        b"GET / HTTP/2.0\r\nHost: a\r\n\r\n",
        b"\r\n\r\n",
        b"GET / HTTP/1.1\r\nHost: a\r\nX: " + b"x" * 200_000,
        b"GET /" + b"x" * 200_000,
        b"\x16\x03\x01" + b"x" * 200,
    ],
)
async def test_what_has_two_meanings_is_refused_once_and_nothing_after_it_is_read(
    tmp_path: Path, smuggled: bytes
) -> None:
    echo = Echo()
    async with served(echo, tmp_path) as (port, _):
        answers = await told(port, POST % b"first" + smuggled + GET % b"hidden")
    assert echo.asked == ["POST /first hello"]
    assert answers.count(b"HTTP/1.1 ") == 2 and b"\r\n\r\n[POST /first hello]HTTP/1.1 400 Bad Request\r\n" in answers


@pytest.mark.parametrize(
    "framing", [b"Content-Length: 5\r\n\r\nhello", b"Transfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n0\r\n\r\n"]
)
async def test_an_offer_to_speak_http_2_is_declined_and_the_request_answered(tmp_path: Path, framing: bytes) -> None:
    offer = b"POST /a HTTP/1.1\r\nHost: here\r\nConnection: Upgrade\r\nUpgrade: h2c\r\n" + framing
    async with served(Echo(), tmp_path) as (port, _):
        assert b"[POST /a hello]" in await told(port, offer, LAST % b"b")
        answers = await told(port, LAST % b"b")
    assert b"[GET /b ]" in answers


async def test_what_follows_a_body_of_chunks_in_one_piece_is_not_answered(tmp_path: Path) -> None:
    chunked = b"POST /a HTTP/1.1\r\nHost: here\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n0\r\n\r\n"
    echo = Echo()
    async with served(echo, tmp_path) as (port, _):
        answers = await told(port, chunked + GET % b"b")
    assert echo.asked == ["POST /a hello"] and answers.count(b"HTTP/1.1 200") == 1


async def test_who_waits_for_leave_to_send_its_body_gets_it(tmp_path: Path) -> None:
    head, body = (POST % b"a").replace(b"\r\n\r\n", b"\r\nExpect: 100-continue\r\n\r\n").split(b"hello")[0], b"hello"
    async with served(Echo(), tmp_path) as (port, _):
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        writer.write(head)
        async with asyncio.timeout(10):
            assert await reader.readuntil(b"\r\n\r\n") == b"HTTP/1.1 100 Continue\r\n\r\n"
            writer.write(body)
            assert (await reader.readuntil(b"]")).endswith(b"[POST /a hello]")
        writer.close()


async def test_the_answer_to_head_has_no_body_and_the_next_one_has(tmp_path: Path) -> None:
    async with served(Echo(), tmp_path) as (port, _):
        answers = await told(port, (GET % b"a").replace(b"GET", b"HEAD") + LAST % b"b")
    assert answers.count(b"HTTP/1.1 200 OK") == 2 and answers.count(b"[") == 1
    assert b"content-length: 10" in answers.partition(b"\r\n\r\n")[0], "of what GET would give"


async def test_a_connection_of_http_1_0_ends_with_its_answer(tmp_path: Path) -> None:
    async with served(Echo(), tmp_path) as (port, _):
        answers = await told(port, b"GET /a HTTP/1.0\r\nConnection: keep-alive\r\n\r\n")
    assert b"connection: close" in answers and answers.endswith(b"[GET /a ]")


async def test_an_application_that_fails_is_answered_for(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    async def fail(scope: Scope, receive: Receive, send: Send) -> None:
        raise ZeroDivisionError

    async with served(fail, tmp_path) as (port, _):
        answers = await told(port, GET % b"a")
    assert answers.startswith(b"HTTP/1.1 500 ") and answers.endswith(b"\r\n\r\nInternal Server Error")
    assert [record.levelname for record in caplog.records if record.levelname == "ERROR"] == ["ERROR"]


@pytest.mark.parametrize("header", [(b"x", b"a\r\nb: c"), (b"x\n", b"a"), (b"x", b"\x00")])
async def test_an_answer_has_no_header_that_is_two(tmp_path: Path, header: tuple[bytes, bytes]) -> None:
    async def bend(scope: Scope, receive: Receive, send: Send) -> None:
        await send({"type": "http.response.start", "status": 200, "headers": [header, (b"content-length", b"0")]})

    async with served(bend, tmp_path) as (port, _):
        assert (await told(port, GET % b"a")).startswith(b"HTTP/1.1 500 ")


@pytest.mark.parametrize("length", [b"1", b"3"])
async def test_an_answer_that_is_not_as_long_as_it_says_ends_the_connection(tmp_path: Path, length: bytes) -> None:
    async def bend(scope: Scope, receive: Receive, send: Send) -> None:
        await send({"type": "http.response.start", "status": 200, "headers": [(b"content-length", length)]})
        await send({"type": "http.response.body", "body": b"ab"})

    async with served(bend, tmp_path) as (port, _):
        assert b"200" not in await told(port, GET % b"a")


async def test_an_answer_of_unknown_length_ends_with_its_connection(tmp_path: Path) -> None:
    async def stream(scope: Scope, receive: Receive, send: Send) -> None:
        await send({"type": "http.response.start", "status": 200, "headers": []})
        await send({"type": "http.response.body", "body": b"ab", "more_body": True})
        await send({"type": "http.response.body", "body": b"cd"})

    async with served(stream, tmp_path) as (port, _):
        answers = await told(port, GET % b"a")
    assert answers.endswith(b"\r\nconnection: close\r\n\r\nabcd")


async def test_a_request_that_is_answered_before_it_is_whole_is_read_to_its_end(tmp_path: Path) -> None:
    answered = asyncio.Event()

    async def answer_early(scope: Scope, receive: Receive, send: Send) -> None:
        await Response(f"[{scope['path']}]")(scope, receive, send)
        answered.set()

    async with served(answer_early, tmp_path) as (port, _):
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        for _ in range(2):
            answered.clear()
            writer.write(b"POST /a HTTP/1.1\r\nHost: here\r\nContent-Length: 9\r\n\r\n")
            async with asyncio.timeout(10):
                await answered.wait()
                assert (await reader.readuntil(b"]")).endswith(b"\r\n\r\n[/a]")
            writer.write(b"GET /c HT")
        writer.write(LAST % b"b")
        async with asyncio.timeout(10):
            last = await reader.read()
        assert last.count(b"HTTP/1.1 ") == 1 and last.endswith(b"[/b]")
        writer.close()


async def test_an_application_is_told_where_a_request_comes_from(tmp_path: Path) -> None:
    async def answer(scope: Scope, receive: Receive, send: Send) -> None:
        await Response(f"[{scope['client'][0]}]")(scope, receive, send)

    async with served(answer, tmp_path) as (port, _):
        assert (await told(port, LAST % b"a")).endswith(b"[127.0.0.1]")
