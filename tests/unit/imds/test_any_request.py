"""Whatever a guest sends to its metadata service, it gets answers as of EC2's, and the conversation ends."""

import asyncio
import re
from typing import cast

import pytest
from example_guest import FACTS
from hypothesis import given, settings
from hypothesis import strategies as st
from waiting import let_others_run

from kumoniwa.clock import ManualClock
from kumoniwa.imds import conversation
from kumoniwa.imds.answers import Answer, Request, answer
from kumoniwa.imds.conversation import converse
from kumoniwa.imds.tokens import Tokens
from kumoniwa.imds.tree import find, metadata

pytestmark = pytest.mark.anyio

NOW = ManualClock().now()
TOKENS = Tokens(b"secret")
STATUSES = {200, 400, 401, 403, 404, 405, 413, 431, 501, 505}
HEADER = "x-aws-ec2-metadata-token"

_METHODS = st.sampled_from(["GET", "HEAD", "PUT", "POST", "OPTIONS", "CONNECT", "TRACE", "get", "", "G\u00cbT"])
_TARGETS = st.sampled_from(
    [
        "/",
        "/latest/api/token",
        "/latest/meta-data/",
        "/latest/user-data",
        "http://a/latest/",
        "*",
        "//",
        "/%00/%ff/../..",
    ]
) | st.text(max_size=200).map(lambda text: f"/latest/{text}")
_NAMES = st.sampled_from([HEADER, f"{HEADER}-ttl-seconds", "X-Forwarded-For", "Host", "Range"]) | st.sampled_from(
    ["Content-Length", "Transfer-Encoding", "Expect", "Connection", "Upgrade"]
)
_VALUES = st.sampled_from(["x", "60", "0", "-1", "21600", "9" * 500, "chunked", "100-continue", "upgrade", "\u0661"])
_REQUESTS = st.builds(
    lambda method, target, headers, body: "\r\n".join(
        [f"{method} {target} HTTP/1.1", "Host: x", *(f"{name}: {value}" for name, value in headers), "", body]
    ).encode("utf-8", "replace"),
    _METHODS,
    _TARGETS,
    st.lists(st.tuples(_NAMES, _VALUES | st.text(max_size=50)), max_size=5),
    st.text(max_size=50),
)
_SENT = st.lists(st.binary(max_size=200) | _REQUESTS, max_size=5).map(b"".join)


class Written:
    """What is sent to the client, and whether the connection was ended."""

    def __init__(self) -> None:
        self.bytes = b""
        self.ended = False
        self.transport = self

    def set_write_buffer_limits(self, high: int) -> None: ...

    def abort(self) -> None:
        self.ended = True

    def write(self, data: bytes) -> None:
        self.bytes += data

    async def drain(self) -> None: ...

    def statuses(self) -> list[int]:
        return [int(status) for status in re.findall(rb"HTTP/1\.1 (\d{3}) [^\r]*\r\n", self.bytes)]


async def talk(pieces: list[bytes]) -> Written:
    """A conversation in which the client says these pieces, then ends its side."""
    reader, written = asyncio.StreamReader(), Written()

    async def respond(request: Request) -> Answer:
        return answer(request, FACTS, TOKENS, NOW)

    async def answered() -> None: ...

    async def say() -> None:
        for piece in pieces:
            reader.feed_data(piece)
            await let_others_run()
        reader.feed_eof()

    async with asyncio.timeout(10), asyncio.TaskGroup() as both:
        both.create_task(say())
        both.create_task(converse(reader, cast("asyncio.StreamWriter", written), respond, answered))
    assert written.ended
    return written


@given(_SENT)
async def test_whatever_is_sent_is_answered_as_ec2_answers(sent: bytes) -> None:
    written = await talk([sent])
    assert set(written.statuses()) - {100} <= STATUSES


@given(st.integers(1, 12), _REQUESTS)  # below the largest head: beyond it, a last piece of 4 KiB may still be read
@settings(max_examples=50)
async def test_a_request_is_the_same_wherever_it_is_split(size: int, sent: bytes) -> None:
    whole, split = await talk([sent]), await talk([sent[at : at + size] for at in range(0, len(sent), size)])
    assert (whole.statuses(), len(whole.bytes)) == (split.statuses(), len(split.bytes))


async def test_a_client_that_sends_no_end_of_anything_is_bounded_and_sent_away(monkeypatch: pytest.MonkeyPatch) -> None:
    assert (await talk([b"x" * 10_000] * 10)).statuses() == [431]
    assert (await talk([b"GET / HTTP/1.1\r\nHost: x\r\nX: "] + [b"x" * 10_000] * 10)).statuses() == [431]
    chunks = b"PUT / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n"
    assert (await talk([chunks] + [b"400\r\n" + b"x" * 1024 + b"\r\n"] * 10)).statuses() == [413]
    assert (await talk([chunks.replace(b"PUT", b"HEAD") + b"no length\r\n"])).statuses() == [400]
    monkeypatch.setattr(conversation, "_REQUEST_SECONDS", 0.05)
    reader, written = asyncio.StreamReader(), Written()
    reader.feed_data(b"GET / HTTP/1.1\r\n")

    async def never(*_: object) -> Answer:
        raise AssertionError("it asked for nothing")

    async with asyncio.timeout(10):
        await converse(reader, cast("asyncio.StreamWriter", written), never, never)  # type: ignore[arg-type]
    assert (written.ended, written.bytes) == (True, b"")


@given(st.text())
def test_no_text_is_a_token(text: str) -> None:
    assert TOKENS.seconds_left(text, FACTS.instance.id, NOW) is None


@given(st.text() | st.integers().map(str) | st.floats().map(str))
def test_a_lifetime_is_one_of_ec2s_or_a_bad_request(text: str) -> None:
    answered = answer(Request("PUT", "/latest/api/token", {f"{HEADER}-ttl-seconds": text}), FACTS, TOKENS, NOW)
    good = text.isascii() and text.isdigit() and 1 <= int(text[:7]) <= 21600 and len(text) <= 5
    assert answered.status == (200 if good else 400)


@given(st.text())
def test_any_path_is_found_or_not(path: str) -> None:
    find(metadata(FACTS), path)
