"""A session of the console that a test has begun on a running server, and what its browser would send."""

import json
import socket
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

from botocore.awsrequest import AWSRequest
from botocore.httpsession import URLLib3Session
from cloud_process import CloudProcess
from websockets.sync.client import ClientConnection, connect

SUBPROTOCOL = "kumoniwa"


class SerialConsolePage:
    """One who reads a serial console, and types on it by its connection."""

    def __init__(self, connection: ClientConnection) -> None:
        self.connection = connection
        self._unread = b""

    def said(self, until: bytes, within: float = 10) -> bytes:
        """What the guest says from where it was read last, up to and with `until`. It is silent for less than this."""
        while (at := self._unread.find(until)) < 0:
            more = self.connection.recv(timeout=within)
            if isinstance(more, bytes):
                self._unread += more
        end = at + len(until)
        heard, self._unread = self._unread[:end], self._unread[end:]
        return heard


@dataclass(frozen=True)
class SignedIn:
    """A session, by its two halves."""

    endpoint: str
    cookie: str
    half_b: str

    def ask(self, name: str, **body: Any) -> tuple[int, Any]:
        """A POST below `/console/api/`."""
        headers = {"Origin": self.endpoint, "Cookie": self.cookie, "X-Kumoniwa-Session": self.half_b}
        return _posted(self.endpoint, name, body, headers)[:2]

    def listen(self, path: str = "/console/live", **other: Any) -> ClientConnection:
        """The page's connection, with other values for what it sends."""
        sent: dict[str, Any] = {
            "origin": self.endpoint,
            "additional_headers": {"Cookie": self.cookie},
            "subprotocols": [SUBPROTOCOL, self.half_b],
            **other,
        }
        connection: ClientConnection = connect(f"{self.endpoint.replace('http', 'ws')}{path}", proxy=None, **sent)
        return connection

    def unread(self, path: str) -> socket.socket:
        """A page's connection, of which nothing is read once it is open."""
        place = self.endpoint.partition("//")[2]
        host, _, port = place.partition(":")
        connection = socket.create_connection((host, int(port)), timeout=30)
        head = (
            f"GET {path} HTTP/1.1\r\nHost: {place}\r\nOrigin: {self.endpoint}\r\nCookie: {self.cookie}\r\n"
            "Connection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\n"
            "Sec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==\r\n"
            f"Sec-WebSocket-Protocol: {SUBPROTOCOL}, {self.half_b}\r\n\r\n"
        )
        connection.sendall(head.encode())
        assert connection.recv(12) == b"HTTP/1.1 101"
        return connection

    @contextmanager
    def open_serial_console(self, instance_id: str, region: str = "us-east-1") -> Iterator[SerialConsolePage]:
        """A page with the serial console of an instance, to which the history comes now."""
        with self.listen(f"/console/serial?region={region}&instance={instance_id}") as connection:
            assert json.loads(connection.recv(timeout=10)) == {"listening": True}
            yield SerialConsolePage(connection)


def sign_in(cloud: CloudProcess) -> SignedIn:
    """Sign in by the address that `kumoniwa console --no-browser` prints."""
    place, _, code = cloud.console_address().partition("#code=")
    assert place == f"{cloud.endpoint}/console/"
    return begun(cloud.endpoint, code)


def begun(endpoint: str, code: str) -> SignedIn:
    """The session that a sign-in code begins."""
    status, told, cookie = _posted(endpoint, "sign-in", {"code": code}, {"Origin": endpoint})
    assert status == 200
    return SignedIn(endpoint, cookie.partition(";")[0], told["session"])


def _posted(endpoint: str, name: str, body: object, headers: dict[str, str]) -> tuple[int, Any, str]:
    request = AWSRequest("POST", f"{endpoint}/console/api/{name}", data=json.dumps(body).encode(), headers=headers)
    answer = URLLib3Session().send(request.prepare())
    return answer.status_code, json.loads(answer.content), answer.headers.get("Set-Cookie", "")
