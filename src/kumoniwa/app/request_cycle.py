"""One request to an application, and its answer, as ASGI has it: the bytes of an answer are written here.

The head of an answer waits for the first piece of its body, so that both leave together.
"""

import asyncio
import logging
import re
from http import HTTPStatus
from typing import Protocol

from starlette.types import ASGIApp, Message, Scope

from kumoniwa.app.flow import Flow
from kumoniwa.log_lines import write_what_waits

log = logging.getLogger("kumoniwa.http")

CLOSE_HEADER = (b"connection", b"close")
_CONTROLS = re.compile(rb"[\x00-\x08\x0a-\x1f\x7f]")
_STATUS_LINES = {status.value: f"HTTP/1.1 {status.value} {status.phrase}".encode() for status in HTTPStatus}
_WITHOUT_BODY = frozenset({HTTPStatus.NO_CONTENT, HTTPStatus.NOT_MODIFIED})
_MISTAKE = b"Internal Server Error"
_MOST_UNTAKEN = 64 * 1024  # bytes of a request's body that the application has not taken: then its caller waits
_JOINED = 64 * 1024  # bytes of an answer's body that are copied behind its head rather than written beside it


class Connection(Protocol):
    """Where a request came from."""

    transport: asyncio.Transport
    flow: Flow

    def default_headers(self) -> list[tuple[bytes, bytes]]:
        """What each answer has before its own headers."""
        ...

    async def turn(self, scope: Scope) -> None:
        """Wait until an answer may be sent that closes the connection, or the caller is gone."""
        ...

    def on_response_complete(self) -> None:
        """The answer is written."""
        ...


class RequestCycle:
    """A request whose head has come. `keeps`: its connection may go on after the answer."""

    def __init__(self, connection: Connection, scope: Scope, *, keeps: bool, expects: bool) -> None:
        self.scope = scope
        self.keeps = keeps
        self.disconnected = False
        self.response_started = False
        """Whether something of the answer was written."""
        self.response_complete = False
        self._connection = connection
        self._expects = expects  # leave to send the body
        self._body, self._more_body = b"", True
        self._news = asyncio.Event()
        self._head: bytes | None = None  # of the answer
        self._left: int | None = None  # bytes of the answer's body that are not given yet; None: nobody said how many

    def take(self, piece: bytes, *, more: bool) -> None:
        """The caller has sent this of the request's body. After the answer it is of no use."""
        if self.response_complete or (more and not piece):
            return
        self._body += piece
        self._more_body, self._expects = more, False
        if len(self._body) > _MOST_UNTAKEN:
            self._connection.flow.pause_reading()
        self._news.set()

    def disconnect(self) -> None:
        """The caller is gone, or is answered otherwise."""
        self.disconnected = True
        self._news.set()

    async def run(self, application: ASGIApp) -> None:
        """Have the application answer. What it raises is logged, and answered where nothing was."""
        try:
            await application(self.scope, self.receive, self.send)
            if not self.response_complete and not self.disconnected:
                raise RuntimeError("the application gave no whole answer")
        except Exception:
            log.exception("an application failed")
            if not self.response_started:
                self._head = None
                headers = [(b"content-type", b"text/plain; charset=utf-8"), (b"content-length", b"%d" % len(_MISTAKE))]
                await self.send({"type": "http.response.start", "status": 500, "headers": [*headers, CLOSE_HEADER]})
                await self.send({"type": "http.response.body", "body": _MISTAKE})
        finally:
            if not self.response_complete and not self.disconnected:
                self._connection.transport.close()

    async def receive(self) -> Message:
        """More of the request's body, once it has come; that the caller is gone, or was answered."""
        if self._expects and not self._connection.transport.is_closing():
            self._connection.transport.write(b"HTTP/1.1 100 Continue\r\n\r\n")
            self._expects = False
        if not self.disconnected and not self.response_complete:
            self._connection.flow.resume_reading()
            await self._news.wait()
            self._news.clear()
        if self.disconnected or self.response_complete:
            return {"type": "http.disconnect"}
        body, self._body = self._body, b""
        return {"type": "http.request", "body": body, "more_body": self._more_body}

    async def send(self, message: Message) -> None:
        """Write a part of the answer, when what was written before is taken. Nothing of it to who is gone."""
        if self._connection.flow.write_paused and not self.disconnected:
            await self._connection.flow.drain()
        if self._head is None:
            if message["type"] != "http.response.start":
                raise RuntimeError(f"an answer begins with http.response.start, and not with {message['type']}")
            if CLOSE_HEADER in message["headers"]:
                self.keeps = False
                self._body = b""  # those who wait for their turns may be many
                await self._connection.turn(self.scope)
            self._head = self._written_head(message["status"], message["headers"])
            return
        if message["type"] != "http.response.body" or self.response_complete:
            raise RuntimeError(f"after what was sent of an answer comes no {message['type']}")
        if not self.disconnected:
            self._write(self._head, message.get("body", b""), more=message.get("more_body", False))

    def _written_head(self, status: int, headers: list[tuple[bytes, bytes]]) -> bytes:
        lines = [name + b": " + value for name, value in (*self._connection.default_headers(), *headers)]
        length = next((value for name, value in headers if name == b"content-length"), None)
        if length is not None:
            self._left = int(length)
        elif status in _WITHOUT_BODY:
            self._left = 0
        else:
            self.keeps = False  # the end of the connection is the end of the answer
        if not self.keeps and CLOSE_HEADER not in headers:
            lines.append(b"connection: close")
        if _CONTROLS.search(b"".join(lines)):
            raise RuntimeError("a header of an answer has a control character")
        return b"\r\n".join((_STATUS_LINES[status], *lines, b"", b""))

    def _write(self, head: bytes, body: bytes, *, more: bool) -> None:
        transport = self._connection.transport
        if self.scope["method"] == "HEAD":
            body = b""
        elif self._left is not None:
            self._left -= len(body)
            if self._left < 0 or (self._left > 0 and not more):
                raise RuntimeError("an answer is not as long as it says")
        if not self.response_started:
            write_what_waits()
            self.response_started = True
            if len(body) <= _JOINED:
                transport.write(head + body)
            else:
                transport.writelines((head, body))
        elif body:
            transport.write(body)
        if not more:
            self.response_complete = True
            self._news.set()
            if not self.keeps:
                transport.close()
            self._connection.on_response_complete()
