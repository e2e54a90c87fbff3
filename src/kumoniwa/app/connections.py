"""How many connections are held, and for how long, until a request is on them, and until its answer is taken.

uvicorn limits requests, which it answers with 503 once their head has come, and waits for ever for a head that does not
come, and for a caller that does not read its answer. Here both have a deadline, and where there are too many
connections, one on which no whole request has come is closed, or one that is refused, the oldest first: a caller that
sends its request is not hindered by those that send half of one.

An answer that closes its connection is, in this server, one to a caller whom nobody knows (`gateway.chain`,
`console.door`). It has to wait for its turn (`Strangers`), and what its caller still sends is not read until then, and
thrown away after. A WebSocket waits before its head is looked at.

And where a caller turns to what is no HTTP in the middle of a request, uvicorn would refuse that beside the answer that
is under way, which breaks both; here the connection gets one answer, or ends.
"""

import asyncio
import resource
from collections.abc import Callable
from functools import partial
from typing import Any, cast

import h11
from starlette.types import Message, Receive, Scope, Send
from uvicorn.protocols.http.flow_control import CLOSE_HEADER
from uvicorn.protocols.http.h11_impl import H11Protocol
from uvicorn.protocols.websockets.websockets_sansio_impl import WebSocketsSansIOProtocol
from websockets.frames import Frame

from kumoniwa.app.lingering import LingeringTransport
from kumoniwa.app.strangers import Strangers
from kumoniwa.gateway.arrival import MAX_BODY

MOST_OF_A_MESSAGE = 1024
"""Bytes of a message on a WebSocket: pages say no more than what is typed on a serial console."""
MOST_PIECES = 256
"""Pieces in which such a message may come: empty ones count as no bytes."""
MOST_UNTAKEN = 64 * 1024
"""Bytes of answers to pings that a page may leave unread. Browsers send no pings."""
HEAD_DEADLINE = 10.0
"""Seconds that the head of a request may take to come in, or a connection may wait for its next request."""
ANSWER_DEADLINE = 30.0
"""Seconds that a caller may take to read what is written to it."""
TURN_DEADLINE = 30.0
"""Seconds that a caller whom nobody knows waits to be answered; then its connection is closed without an answer."""
LINGERS = 5.0
"""Seconds for which a caller that was refused may go on sending, until it has seen that."""
MOST_UNREAD = MAX_BODY + 64 * 1024
"""Bytes that it may still send: then its connection is reset."""
_MOST_OPEN_FILES = 65_536  # more than any cloud needs; programs that close all they could have would take long
_MOST_CONNECTIONS = 1024
_MOST_BACKLOG = 512
_ACCEPTED_AT_ONCE = 16  # connections: those that have a request are not to wait for a crowd that comes

_READ = 64 * 1024
_INPUT = memoryview(bytearray(256 * 1024))  # of all connections: what was read is taken out before anything else is


def ensure_open_files() -> int:
    """Raise the limit of open files as far as it may be raised and is of use; gives how many connections may use."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    most = _MOST_OPEN_FILES if hard == resource.RLIM_INFINITY else min(hard, _MOST_OPEN_FILES)
    if soft != resource.RLIM_INFINITY and soft < most:
        resource.setrlimit(resource.RLIMIT_NOFILE, (most, hard))
        soft = most
    # A quarter for connections, another for those that are accepted, or closed, before that is known of here (see
    # `accepted_at_once`); half is left to guests, disks and programs.
    return _MOST_CONNECTIONS if soft == resource.RLIM_INFINITY else min(_MOST_CONNECTIONS, soft // 4)


def backlog(most: int) -> int:
    """How many connections may wait to be accepted by a server that holds `most`."""
    return min(_MOST_BACKLOG, most // 2)


def accepted_at_once(most: int) -> int:
    """How many of them are accepted in one go, before any of them counts: they must not use up the open files."""
    return min(_ACCEPTED_AT_ONCE, most // 2)


class GuardedProtocol(H11Protocol, asyncio.BufferedProtocol):
    """A connection; see the module. `most` is set by whoever serves."""

    most = _MOST_CONNECTIONS
    waiting: "dict[GuardedProtocol, None]"  # those that may be closed for others, the oldest first; of one server
    strangers: Strangers

    def __init__(self, *given: Any, **named: Any) -> None:
        super().__init__(*given, **named)
        self._gateway: Any = self.app
        self.app = cast("Any", self._answer)
        self._deadline: asyncio.TimerHandle | None = None
        self._answer_deadline: asyncio.TimerHandle | None = None
        self._refused = False
        self._upgrades = False
        self._unread = 0  # bytes that came while it lingered

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        transport.set_write_buffer_limits(high=0)  # `pause_writing` says that anything is not taken yet
        lingering = LingeringTransport(transport, self._is_sent_to, self._linger)
        super().connection_made(cast("asyncio.Transport", lingering))
        self._wait(HEAD_DEADLINE)
        if len(self.connections) > self.most:
            next(iter(self.waiting)).close_now()

    def connection_lost(self, exc: Exception | None) -> None:
        self._stop_waiting()
        self.resume_writing()
        self.strangers.leave(self)
        super().connection_lost(exc)

    def get_buffer(self, sizehint: int) -> memoryview:
        return _INPUT if self.transport.is_closing() else _INPUT[:_READ]

    def buffer_updated(self, nbytes: int) -> None:
        if not self.transport.is_closing():
            self.data_received(bytes(_INPUT[:nbytes]))
        elif (unread := self._unread + nbytes) <= MOST_UNREAD:
            self._unread = unread
        else:
            self.close_now()

    def data_received(self, data: bytes) -> None:
        super().data_received(data)
        self._stop_waiting_if_it_serves()

    def on_response_complete(self) -> None:
        if not self.transport.is_closing():
            self._wait(HEAD_DEADLINE)
        super().on_response_complete()  # a request that came meanwhile is begun here
        self._stop_waiting_if_it_serves()

    def pause_writing(self) -> None:
        super().pause_writing()
        self._answer_deadline = self.loop.call_later(ANSWER_DEADLINE, self.close_now)

    def resume_writing(self) -> None:
        super().resume_writing()
        if self._answer_deadline is not None:
            self._answer_deadline.cancel()
            self._answer_deadline = None

    def handle_websocket_upgrade(self, event: h11.Request) -> None:
        self._upgrades = True
        self.flow.pause_reading()
        self._wait_for_turn(1, partial(self._upgrade, event))

    def _upgrade(self, event: h11.Request) -> None:
        if self.transport.is_closing():
            return
        self._stop_waiting()  # from here on it is another protocol's connection
        self.flow.resume_reading()
        super().handle_websocket_upgrade(event)
        if not getattr(self.transport.get_protocol(), "handshake_initiated", False):
            self.transport.close()  # its head is none of a WebSocket, and that protocol would wait for another

    def send_400_response(self, msg: str) -> None:
        """Refuse what is not HTTP, when it is its turn; nothing more of it is read until then."""
        self.flow.pause_reading()
        self._wait_for_turn(1, partial(self._refuse, msg))

    def _refuse(self, msg: str) -> None:
        if self.transport.is_closing():
            return
        may_have_body = True
        if self.cycle is not None and not self.cycle.response_complete:
            self.cycle.disconnected = True  # its request will never be whole, and this is the answer to it
            self.cycle.message_event.set()
            may_have_body = self.cycle.scope["method"] != "HEAD"
        if may_have_body and self.conn.our_state in (h11.IDLE, h11.SEND_RESPONSE):
            super().send_400_response(msg)
        else:  # most often, an answer was begun, or given, before the request was whole
            self.transport.close()

    def shutdown(self) -> None:
        if self._upgrades:
            self.close_now()
        else:
            self.strangers.leave(self)
            super().shutdown()

    def close_now(self) -> None:
        """Close this connection, whatever was not read or written yet."""
        self._stop_waiting()
        self.connections.discard(self)  # it is lost a moment later; until then it must not count
        self.transport.abort()

    async def _answer(self, scope: Scope, receive: Receive, send: Send) -> None:
        async def send_in_turn(message: Message) -> None:
            if message["type"] == "http.response.start" and CLOSE_HEADER in message["headers"]:
                await self._turn(_turns(scope))
            await send(message)

        await self._gateway(scope, receive, send_in_turn)

    async def _turn(self, turns: int) -> None:
        """Wait until a caller whom nobody knows may be answered, or is gone."""
        turn = asyncio.Event()
        if self._is_sent_to():
            self.flow.pause_reading()
        self.cycle.body = bytearray()
        self._wait_for_turn(turns, turn.set)
        await turn.wait()

    def _wait_for_turn(self, turns: int, then: Callable[[], None]) -> None:
        self._refused = True
        self._wait(TURN_DEADLINE)
        self.strangers.wait(self, turns, then)

    def _is_sent_to(self) -> bool:
        """Whether there may be more of the request than was read, so that a close would reset the connection."""
        return self.conn.their_state in (h11.SEND_BODY, h11.ERROR)

    def _linger(self) -> None:
        """The last answer is written: let what still comes pass by for a while."""
        if self.cycle is not None and not self.cycle.response_complete:  # refused in the middle of its body
            self.cycle.disconnected = True
            self.cycle.message_event.set()
        self._wait(LINGERS)

    def _wait(self, seconds: float) -> None:
        """Nobody known is served here from now on: close it when that has lasted so long, or room is needed."""
        self._stop_waiting()
        self.waiting[self] = None
        self._deadline = self.loop.call_later(seconds, self._waited, seconds)

    def _waited(self, seconds: float) -> None:
        if self.flow.write_paused:  # an answer is still being read, and has a deadline of its own
            self._wait(seconds)
        else:
            self.close_now()

    def _stop_waiting_if_it_serves(self) -> None:
        if self._refused or self.cycle is None or self.cycle.response_complete:
            return
        if self.conn.their_state is h11.SEND_BODY:  # its deadline is that of bodies, and it may still be closed
            self._end_deadline()
        else:
            self._stop_waiting()

    def _stop_waiting(self) -> None:
        self.waiting.pop(self, None)
        self._end_deadline()

    def _end_deadline(self) -> None:
        if self._deadline is not None:
            self._deadline.cancel()
            self._deadline = None


def _turns(scope: Scope) -> int:
    """How many turns the answer to a request takes whose caller nobody knows: one, and one for each piece it sends."""
    headers: dict[bytes, bytes] = dict(scope["headers"])
    length = headers.get(b"content-length", b"0")
    whole = b"transfer-encoding" in headers or len(length) > 12 or not length.isdigit()
    return 1 + (MAX_BODY if whole else min(int(length), MAX_BODY)) // _READ


class PageConnection(WebSocketsSansIOProtocol):
    """A WebSocket of the console. Where its end comes and its reader has not read, nothing is waited for."""

    def data_received(self, data: bytes) -> None:
        if not self.transport.is_closing():  # the rest of what was refused is thrown away, not refused once more
            super().data_received(data)

    def handle_ping(self) -> None:
        """Answer a ping, where the answers before are taken: who sends them and reads nothing would fill the memory."""
        if self.transport.get_write_buffer_size() > MOST_UNTAKEN:
            self.transport.abort()
        if not self.transport.is_closing():
            super().handle_ping()

    def handle_cont(self, event: Frame) -> None:
        if len(self.frames) >= MOST_PIECES:
            self.frames = []
            self.transport.abort()
        if not self.transport.is_closing():
            super().handle_cont(event)

    def shutdown(self) -> None:
        if not self.handshake_complete:  # what is being decided about it would be a second answer beside uvicorn's
            self.transport.abort()
            return
        super().shutdown()
        self._close_unread()

    def on_task_complete(self, task: asyncio.Task[None]) -> None:
        super().on_task_complete(task)
        self._close_unread()

    def _close_unread(self) -> None:
        if self.transport.get_write_buffer_size() > 0:
            self.transport.abort()


def guarded(most: int) -> type[GuardedProtocol]:
    """The protocol of one server that holds at most so many connections. Within its event loop."""
    return type("Guarded", (GuardedProtocol,), {"most": most, "waiting": {}, "strangers": Strangers()})
