"""How many connections are held, and for how long, until a request is on them.

uvicorn limits requests, which it answers with 503 once their head has come, and waits for ever for a head that does not
come. Here a connection without a request has a deadline, and where there are too many connections, the one that has
waited longest without a request is closed: a caller that sends its request is not hindered by those that do not.
And where a caller turns to what is no HTTP in the middle of a request, uvicorn would refuse that beside the answer that
is under way, which breaks both; here the connection gets one answer, or ends.
"""

import asyncio
import resource
from typing import Any

import h11
from uvicorn.protocols.http.h11_impl import H11Protocol
from uvicorn.protocols.websockets.websockets_sansio_impl import WebSocketsSansIOProtocol

MOST_OF_A_MESSAGE = 1024
"""Bytes of a message on a WebSocket: pages listen, and say nothing."""
HEAD_DEADLINE = 10.0
"""Seconds that the head of a request may take to come in, or a connection may wait for its next request."""
_MOST_OPEN_FILES = 65_536  # more than any cloud needs; programs that close all they could have would take long
_MOST_CONNECTIONS = 1024
_MOST_BACKLOG = 128


def ensure_open_files() -> int:
    """Raise the limit of open files as far as it may be raised and is of use; gives how many connections may use."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    most = _MOST_OPEN_FILES if hard == resource.RLIM_INFINITY else min(hard, _MOST_OPEN_FILES)
    if soft != resource.RLIM_INFINITY and soft < most:
        resource.setrlimit(resource.RLIMIT_NOFILE, (most, hard))
        soft = most
    # A quarter for connections, another for those that are accepted, or closed, before that is known of here (see
    # `backlog`); half is left to guests, disks and programs.
    return _MOST_CONNECTIONS if soft == resource.RLIM_INFINITY else min(_MOST_CONNECTIONS, soft // 4)


def backlog(most: int) -> int:
    """How many connections may wait to be accepted by a server that holds `most`.

    asyncio accepts as many in one go, before any of them counts: they must not use up the open files.
    """
    return min(_MOST_BACKLOG, most // 2)


class GuardedProtocol(H11Protocol):
    """A connection; see the module. `most` is set by whoever serves."""

    most = _MOST_CONNECTIONS
    waiting: "dict[GuardedProtocol, None]"  # those without a request, the longest waiting first; of one server

    def __init__(self, *given: Any, **named: Any) -> None:
        super().__init__(*given, **named)
        self._head_deadline: asyncio.TimerHandle | None = None

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        super().connection_made(transport)
        self._wait_for_head()
        if len(self.connections) > self.most:
            next(iter(self.waiting)).close_now()

    def connection_lost(self, exc: Exception | None) -> None:
        self._stop_waiting()
        super().connection_lost(exc)

    def data_received(self, data: bytes) -> None:
        super().data_received(data)
        if self.cycle is not None and not self.cycle.response_complete:
            self._stop_waiting()

    def on_response_complete(self) -> None:
        if not self.transport.is_closing():
            self._wait_for_head()
        super().on_response_complete()  # a request that came meanwhile is begun here
        if self.cycle is not None and not self.cycle.response_complete:
            self._stop_waiting()

    def handle_websocket_upgrade(self, event: h11.Request) -> None:
        self._stop_waiting()  # from here on it is another protocol's connection
        super().handle_websocket_upgrade(event)
        if not getattr(self.transport.get_protocol(), "handshake_initiated", False):
            self.transport.close()  # its head is none of a WebSocket, and that protocol would wait for another

    def send_400_response(self, msg: str) -> None:
        may_have_body = True
        if self.cycle is not None and not self.cycle.response_complete:
            self.cycle.disconnected = True  # its request will never be whole, and this is the answer to it
            self.cycle.message_event.set()
            may_have_body = self.cycle.scope["method"] != "HEAD"
        if may_have_body and self.conn.our_state in (h11.IDLE, h11.SEND_RESPONSE):
            super().send_400_response(msg)
        else:  # most often, an answer was begun, or given, before the request was whole
            self.transport.close()

    def close_now(self) -> None:
        """Close this connection, whatever was not read or written yet."""
        self._stop_waiting()
        self.connections.discard(self)  # it is lost a moment later; until then it must not count
        self.transport.abort()

    def _wait_for_head(self) -> None:
        self._stop_waiting()
        self.waiting[self] = None
        self._head_deadline = self.loop.call_later(HEAD_DEADLINE, self.close_now)

    def _stop_waiting(self) -> None:
        self.waiting.pop(self, None)
        if self._head_deadline is not None:
            self._head_deadline.cancel()
            self._head_deadline = None


class PageConnection(WebSocketsSansIOProtocol):
    """A WebSocket of the console. Where its end comes and its reader has not read, nothing is waited for."""

    def shutdown(self) -> None:
        super().shutdown()
        self._close_unread()

    def on_task_complete(self, task: asyncio.Task[None]) -> None:
        super().on_task_complete(task)
        self._close_unread()

    def _close_unread(self) -> None:
        if self.transport.get_write_buffer_size() > 0:
            self.transport.abort()


def guarded(most: int) -> type[GuardedProtocol]:
    """The protocol of one server that holds at most so many connections."""
    return type("Guarded", (GuardedProtocol,), {"most": most, "waiting": {}})
