"""Callers that send half of a request, more of them than the server may open files."""

import json
import resource
import socket
import urllib.request
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest
from cloud_process import KUMONIWA, CloudProcess

pytestmark = pytest.mark.clients

FILES = 256
HALF = b"POST / HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Len"
SIGN_IN = (
    b"POST /console/api/sign-in HTTP/1.1\r\nHost: 127.0.0.1\r\nOrigin: http://127.0.0.1\r\nContent-Length: 60\r\n\r\n{"
)


@pytest.fixture
def small(tmp_path: Path) -> Iterator[CloudProcess]:
    """A server that may open few files."""
    program = tmp_path / "kumoniwa"
    program.write_text(f'#!/bin/sh\nulimit -n {FILES}\nexec "{KUMONIWA}" "$@"\n')
    program.chmod(0o700)
    with CloudProcess(tmp_path, program=program) as cloud:
        yield cloud


def hold_half_sent(cloud: CloudProcess, half: bytes, held: ExitStack) -> socket.socket:
    """More connections than it may open files, each with half of a request; gives the last."""
    for _ in range(FILES + 50):
        caller = held.enter_context(socket.create_connection(("127.0.0.1", cloud.port), timeout=30))
        caller.sendall(half)
    return caller


def see_others_answered(cloud: CloudProcess) -> None:
    for _ in range(5):
        with urllib.request.urlopen(f"{cloud.endpoint}/_kumoniwa/health", timeout=5) as answer:
            assert json.load(answer)["status"] == "ok"
    assert "layers" in cloud.evidence("storage")


def test_half_sent_requests_keep_nobody_else_from_being_answered(small: CloudProcess) -> None:
    assert small.process is not None
    assert resource.prlimit(small.process.pid, resource.RLIMIT_NOFILE) == (FILES, FILES)
    with ExitStack() as held:
        caller = hold_half_sent(small, HALF, held)
        see_others_answered(small)
        assert caller.recv(1) == b"", "a head has a deadline"
    assert small.log.stat().st_size < 20_000
    assert {line["level"] for line in small.logged()} <= {"info"}


def test_half_sent_codes_keep_nobody_else_from_being_answered(small: CloudProcess) -> None:
    with ExitStack() as held:
        hold_half_sent(small, SIGN_IN, held)
        see_others_answered(small)
    assert {line["level"] for line in small.logged()} <= {"info"}
