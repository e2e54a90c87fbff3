"""Callers that turn to what is no HTTP in the middle of a request: they are refused once, and nothing breaks."""

import socket

import pytest
from cloud_process import CloudProcess

pytestmark = pytest.mark.clients

_HEAD = b"GET /_kumoniwa/health HTTP/1.1\r\nHost: 127.0.0.1\r\nTransfer-Encoding: chunked\r\n\r\n"
_NO_CHUNK = b"no chunk\r\n"


def _mistakes(cloud: CloudProcess) -> list[object]:
    return [line for line in cloud.logged() if line["level"] not in ("debug", "info", "warning")]


def _rest(connection: socket.socket) -> bytes:
    told = b""
    while piece := connection.recv(4096):
        told += piece
    return told


def test_a_request_that_breaks_before_it_is_answered_is_refused_once(cloud: CloudProcess) -> None:
    with socket.create_connection(("127.0.0.1", cloud.port), timeout=30) as caller:
        caller.sendall(_HEAD + _NO_CHUNK)
        told = _rest(caller)
    assert told.startswith(b"HTTP/1.1 400 ") and told.count(b"HTTP/1.1") == 1
    assert _mistakes(cloud) == []


def test_a_broken_request_for_a_head_alone_gets_no_body(cloud: CloudProcess) -> None:
    with socket.create_connection(("127.0.0.1", cloud.port), timeout=30) as caller:
        caller.sendall(_HEAD.replace(b"GET", b"HEAD") + _NO_CHUNK)
        assert b"\r\n\r\n" not in _rest(caller).removesuffix(b"\r\n\r\n")
    assert _mistakes(cloud) == []


def test_a_request_that_breaks_after_it_was_answered_ends_its_connection(cloud: CloudProcess) -> None:
    with socket.create_connection(("127.0.0.1", cloud.port), timeout=30) as caller:
        caller.sendall(_HEAD)
        told = caller.recv(4096)
        while b'"status": "ok"' not in told:
            told += caller.recv(4096)
        caller.sendall(_NO_CHUNK)
        assert _rest(caller) == b""
    assert _mistakes(cloud) == []
