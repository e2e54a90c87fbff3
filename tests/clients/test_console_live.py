"""The console's WebSocket on a real socket: who may listen, what is told, and that no page holds the server up."""

import json
import socket
import time
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import pytest
from cloud_process import CloudProcess, Sdk
from console_session import SUBPROTOCOL, SignedIn, sign_in
from websockets.exceptions import ConnectionClosed, InvalidStatus
from websockets.sync.client import ClientConnection, connect

pytestmark = pytest.mark.clients


@pytest.fixture
def signed_in(cloud: CloudProcess) -> SignedIn:
    return sign_in(cloud)


def heard(connection: ClientConnection, table: str, within: float = 10) -> None:
    """Wait until a change of that table is told."""
    deadline = time.monotonic() + within
    while table not in json.loads(connection.recv(timeout=deadline - time.monotonic())).get("changed", ()):
        pass


def test_a_page_hears_which_tables_changed(signed_in: SignedIn, sdk: Sdk) -> None:
    with signed_in.listen() as page:
        assert page.subprotocol == SUBPROTOCOL
        assert json.loads(page.recv(timeout=10)) == {"listening": True}
        sdk.client().create_key_pair(KeyName="heard")
        heard(page, "key_pairs")


@pytest.mark.parametrize(
    "other",
    [
        {"origin": None},
        {"origin": "https://example.com"},
        {"origin": "null"},
        {"additional_headers": {}},
        {"additional_headers": {"Cookie": "kumoniwa-1=x"}},
        {"subprotocols": None},
        {"subprotocols": [SUBPROTOCOL]},
        {"subprotocols": [SUBPROTOCOL, "x" * 43]},
    ],
)
def test_a_websocket_is_refused_that_another_page_or_program_opens(signed_in: SignedIn, other: dict[str, Any]) -> None:
    with pytest.raises(InvalidStatus) as refused, signed_in.listen(**other):
        pass
    assert refused.value.response.status_code == 403


def test_no_other_websocket_is_spoken(signed_in: SignedIn) -> None:
    for path in ("/", "/console/", "/_kumoniwa/health"):
        with (
            pytest.raises(InvalidStatus) as refused,
            connect(signed_in.endpoint.replace("http", "ws") + path, proxy=None),
        ):
            pass
        assert refused.value.response.status_code == 403


_UPGRADE = b"Host: 127.0.0.1\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n"
_KEY = b"Sec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==\r\nSec-WebSocket-Version: 13\r\n"


@pytest.mark.parametrize(
    "head",
    [
        b"GET /console/live HTTP/1.1\r\n" + _UPGRADE + b"\r\n",
        b"POST /console/live HTTP/1.1\r\n" + _UPGRADE + b"Content-Length: 3\r\n\r\nabc",
        b"GET /console/live HTTP/1.1\r\n" + _UPGRADE + b"X: y\r\n" * 300 + _KEY + b"\r\n",
        b"GET /console/live HTTP/1.1\r\n"
        + _UPGRADE
        + b"Cookie: \xff\r\nSec-WebSocket-Protocol: \xff\r\n"
        + _KEY
        + b"\r\n",
        b"GET /console/live HTTP/1.1\r\n" + _UPGRADE + _KEY + b"\r\n\xff\xff\xff\xff",
    ],
)
def test_a_connection_that_is_no_websocket_ends_at_once(cloud: CloudProcess, head: bytes) -> None:
    with socket.create_connection(("127.0.0.1", cloud.port), timeout=8) as connection:  # less than a head may take
        connection.sendall(head)
        said = b""
        while more := connection.recv(4096):
            said += more
    assert said.split(b" ")[1:2] in ([], [b"400"], [b"403"])


def test_signing_out_closes_the_connection_and_no_other_is_opened(signed_in: SignedIn) -> None:
    with signed_in.listen() as page:
        page.recv(timeout=10)
        assert signed_in.ask("sign-out")[0] == 200
        with pytest.raises(ConnectionClosed) as closed:
            page.recv(timeout=10)
        assert closed.value.rcvd is not None and closed.value.rcvd.code == 4401
    with pytest.raises(InvalidStatus), signed_in.listen():
        pass


def test_what_was_begun_before_signing_out_is_not_done_after(
    signed_in: SignedIn, sdk: Sdk, cloud: CloudProcess
) -> None:
    parameters = {"service": "ec2", "action": "CreateKeyPair", "parameters": {"KeyName": "late"}, "region": "us-east-1"}
    with ExitStack() as late:
        begun = [
            (late.enter_context(half_asked(signed_in, cloud, name, body)), body)
            for name, body in (("call", json.dumps(parameters).encode()), ("sign-out", b"{}"))
        ]
        assert signed_in.ask("about")[0] == 200  # what came before on other connections has been looked at
        assert signed_in.ask("sign-out")[0] == 200
        for connection, body in begun:
            connection.sendall(body[1:])
            assert connection.recv(4096).startswith(b"HTTP/1.1 403 ")
    assert "late" not in {pair["KeyName"] for pair in sdk.client().describe_key_pairs()["KeyPairs"]}


def half_asked(signed_in: SignedIn, cloud: CloudProcess, name: str, body: bytes) -> socket.socket:
    """A connection on which a request of the session has begun: its head, and one byte of its body."""
    head = (
        f"POST /console/api/{name} HTTP/1.1\r\nHost: 127.0.0.1:{cloud.port}\r\nOrigin: {cloud.endpoint}\r\n"
        f"Cookie: {signed_in.cookie}\r\nX-Kumoniwa-Session: {signed_in.half_b}\r\nContent-Length: {len(body)}\r\n\r\n"
    )
    connection = socket.create_connection(("127.0.0.1", cloud.port), timeout=20)
    connection.sendall(head.encode() + body[:1])
    return connection


def test_a_page_that_speaks_is_let_go(signed_in: SignedIn) -> None:
    with signed_in.listen() as page:
        page.recv(timeout=10)
        page.send("hello")
        with pytest.raises(ConnectionClosed):
            page.recv(timeout=10)


@pytest.mark.parametrize("size", [1025, 5000, 1_000_000])
def test_a_page_that_says_too_much_at_once_is_let_go(signed_in: SignedIn, size: int) -> None:
    """What is still to come of its message is no mistake of the server's (the cloud of these tests must make none)."""
    with signed_in.listen() as page:
        page.recv(timeout=10)
        page.send(b"x" * size)
        with pytest.raises(ConnectionClosed) as closed:
            page.recv(timeout=10)
        assert closed.value.rcvd is not None and closed.value.rcvd.code == 1009


def test_a_server_with_open_pages_ends_at_once(tmp_path: Path) -> None:
    with CloudProcess(tmp_path) as cloud, ExitStack() as pages:
        signed_in = sign_in(cloud)
        for _ in range(5):
            pages.enter_context(signed_in.listen()).recv(timeout=10)
        began = time.monotonic()
        assert cloud.stop() == 0
        assert time.monotonic() - began < 9  # uvicorn would wait ten seconds for what does not end
        assert [line for line in cloud.logged() if line["level"] not in ("debug", "info", "warning")] == []


def test_a_server_at_which_websockets_wait_for_their_turns_ends_at_once(tmp_path: Path) -> None:
    with CloudProcess(tmp_path) as cloud, ExitStack() as callers:
        for _ in range(250):  # a hundred are answered at once, and a hundred in each second from then on
            caller = callers.enter_context(socket.create_connection(("127.0.0.1", cloud.port), timeout=10))
            caller.sendall(b"GET /console/live HTTP/1.1\r\n" + _UPGRADE + _KEY + b"\r\n")
        began = time.monotonic()
        assert cloud.stop() == 0
        assert time.monotonic() - began < 9
        assert [line for line in cloud.logged() if line["level"] not in ("debug", "info", "warning")] == []
