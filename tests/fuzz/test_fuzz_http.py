"""Bytes that are no HTTP, or hardly, to a server's own port: it answers who speaks well, and its log stays readable."""

import json
import socket
import struct
from collections import Counter, deque
from collections.abc import Callable, Iterator
from contextlib import suppress
from datetime import UTC, datetime
from pathlib import Path
from random import Random
from typing import Any

import pytest
from broken_http import bent
from judge import Fault
from rounds import Rounds
from server import Server
from signing import FORM, Plan
from wire import statuses

from kumoniwa.client.access import Access, find_cloud

pytestmark = pytest.mark.timeout(0)

_CONNECTIONS = 400
_HELD = 30  # connections that are left open
_PATIENCE = 20  # seconds for an answer: what takes a tenth of one on a quiet machine may take many on a busy one
_UNREADABLE = {chr(code) for code in (*range(32), 127, *range(128, 160))} - {"\n"}
_HEALTH = b"GET /_kumoniwa/health HTTP/1.1\r\nHost: 127.0.0.1\r\nConnection: close\r\n\r\n"


@pytest.fixture
def server(tmp_path: Path) -> Iterator[Server]:
    server = Server(tmp_path / "cloud", "simulated", tmp_path)
    try:
        server.start()
        yield server
    finally:
        server.end()


def test_a_server_outlives_whatever_is_sent(
    rounds: Rounds, server: Server, tmp_path: Path, record_property: Callable[[str, Any], None]
) -> None:
    access = find_cloud(server.data_dir)
    told = Counter[int]()
    held: deque[socket.socket] = deque()
    connections = 0
    try:
        for number, random in rounds(_CONNECTIONS):
            with rounds.of(number):
                sent = bent(_good(access, random), random)
                try:
                    told.update(_send(access, sent, random, held))
                    if number % 4 == 0:
                        assert statuses(_answer(access, _HEALTH)) == [200]
                except Exception as failure:
                    failure.add_note(f"It was sent {sent[:2000]!r}")
                    raise
                connections += 1
        assert statuses(_answer(access, _signed(access, presigned=False))) == [200], "it still is a cloud"
    finally:
        for one in held:
            one.close()
    print(told.most_common())
    _check_log((tmp_path / "server.log").read_bytes(), connections)
    record_property("fuzzed connections", connections)


def _check_log(log: bytes, connections: int) -> None:
    """Nothing in it is an error or unreadable, and nobody can fill a disk with it."""
    text = log.decode("ascii")
    assert "Traceback" not in text
    assert _UNREADABLE.isdisjoint(text)
    lines = [json.loads(line) for line in text.splitlines()]
    assert [line for line in lines if line["level"] not in ("debug", "info", "warning") or "exception" in line] == []
    assert max(len(line) for line in text.splitlines()) < 2000
    assert len(lines) < 100 + 10 * connections


def _good(access: Access, random: Random) -> bytes:
    if random.random() < 0.3:
        return _HEALTH.replace(b"Connection: close\r\n", b"")
    return _signed(access, presigned=random.random() < 0.4)


def _signed(access: Access, *, presigned: bool) -> bytes:
    """A request that is granted. Its connection ends after it."""
    host = access.endpoint.removeprefix("http://")
    asked = [("Action", "DescribeRegions"), ("Version", "2016-11-15")]
    plan = Plan(access.access_key_id, access.secret_access_key, datetime.now(UTC), presigned)
    plan.headers = [("Host", host), ("Connection", "close")]
    if presigned:
        plan.method, plan.query = "GET", asked
    else:
        plan.headers += [("Content-Type", FORM), ("Content-Length", "41")]
        plan.body = "&".join(f"{name}={value}" for name, value in asked).encode()
        plan.headers[-1] = ("Content-Length", str(len(plan.body)))
    written = plan.written()
    head = [
        f"{written.method} {written.target} HTTP/1.1",
        *(f"{name}: {value}" for name, value in written.headers),
        "",
        "",
    ]
    return "\r\n".join(head).encode() + written.body


def _connected(access: Access) -> socket.socket:
    host, _, port = access.endpoint.removeprefix("http://").rpartition(":")
    return socket.create_connection((host, int(port)), timeout=_PATIENCE)


def _answer(access: Access, request: bytes) -> bytes:
    with _connected(access) as connection:
        connection.sendall(request)
        return _rest(connection)


def _send(access: Access, sent: bytes, random: Random, held: deque[socket.socket]) -> list[int]:
    """Send it in pieces, and end in one of several ways; gives the statuses of what was answered."""
    connection = _connected(access)
    size = random.choice((len(sent) + 1, len(sent) + 1, 1 + len(sent) // 3, 100_000))
    pieces = [sent[at : at + size] for at in range(0, len(sent), size)]
    with suppress(ConnectionError):  # the server need not read to its end what it has refused
        for piece in pieces:
            connection.sendall(piece)
    match random.randrange(4):
        case 0:
            connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))  # a reset
            connection.close()
        case 1:
            held.append(connection)
            if len(held) > _HELD:
                with held.popleft() as oldest:
                    oldest.settimeout(0)
                    return statuses(_rest(oldest))
        case _:
            with connection:
                with suppress(OSError):
                    connection.shutdown(socket.SHUT_WR)
                return statuses(_rest(connection))
    return []


def _rest(connection: socket.socket) -> bytes:
    """All that comes until the other side ends, or until nothing is there of a connection that does not wait."""
    told = b""
    while True:
        try:
            piece = connection.recv(65_536)
        except (BlockingIOError, ConnectionError):
            return told
        except TimeoutError:
            raise Fault(f"after {_PATIENCE} s the connection was still open; it was answered {told[:500]!r}") from None
        if not piece:
            return told
        told += piece
