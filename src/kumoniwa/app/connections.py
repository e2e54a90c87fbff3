"""How many connections are held, and for how long, until a request is on them, and until its answer is taken.

A head has a deadline, and so has a caller that does not read its answer. Where there are too many connections, one on
which no whole request has come is closed, or one that is refused, the oldest first: a caller that sends its request is
not hindered by those that send half of one. Requests on one connection are answered one after another: what comes
behind one that is not answered yet is neither read nor looked at, past what was read with it.

An answer that closes its connection is, in this server, one to a caller whom nobody knows (`gateway.chain`,
`console.door`). It has to wait for its turn (`Strangers`), and what its caller still sends is not read until then, and
thrown away after. A WebSocket waits before its head is looked at.

Where a caller turns to what is no HTTP in the middle of a request, its connection gets one answer, or ends.
"""

import asyncio
import logging
import resource
from collections.abc import Callable
from functools import partial
from typing import cast
from urllib.parse import unquote

from starlette.types import Scope

from kumoniwa.app.flow import Flow
from kumoniwa.app.lingering import LingeringTransport
from kumoniwa.app.request_cycle import RequestCycle
from kumoniwa.app.request_reader import Head, NotHttp, Reading, RequestReader
from kumoniwa.app.server import Server
from kumoniwa.gateway.arrival import MAX_BODY

log = logging.getLogger("kumoniwa.http")

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

_NO_HTTP = (
    b"HTTP/1.1 400 Bad Request\r\ncontent-type: text/plain; charset=utf-8\r\ncontent-length: 30\r\n"
    b"connection: close\r\n\r\nInvalid HTTP request received."
)
_READ = 64 * 1024
_INPUT = memoryview(bytearray(256 * 1024))  # of all connections: what was read is taken out before anything else is


def ensure_open_files() -> int:
    """Raise the limit of open files as far as it may be raised and is of use; gives how many connections may use."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    most = _MOST_OPEN_FILES if hard == resource.RLIM_INFINITY else min(hard, _MOST_OPEN_FILES)
    if soft != resource.RLIM_INFINITY and soft < most:
        resource.setrlimit(resource.RLIMIT_NOFILE, (most, hard))
        soft = most
    # A quarter for connections, another for those that are accepted, or closed, before that is known of here; half is
    # left to guests, disks and programs.
    return _MOST_CONNECTIONS if soft == resource.RLIM_INFINITY else min(_MOST_CONNECTIONS, soft // 4)


class GuardedProtocol(asyncio.BufferedProtocol):
    """A connection; see the module."""

    def __init__(self, server: Server) -> None:
        self.server = server
        self.loop = asyncio.get_running_loop()
        self.cycle: RequestCycle | None = None
        self.transport: asyncio.Transport
        self.flow: Flow
        self._reader = RequestReader()
        self._held = b""  # what came after a request that is not answered yet
        self._deadline: asyncio.TimerHandle | None = None
        self._answer_deadline: asyncio.TimerHandle | None = None
        self._refused = False
        self._is_broken = False  # what came is no HTTP
        self._upgrades = False
        self._unread = 0  # bytes that came while it lingered
        self._caller: tuple[str, int] | None = None  # address and port

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        transport.set_write_buffer_limits(high=0)  # `pause_writing` says that anything is not taken yet
        self.transport = cast("asyncio.Transport", LingeringTransport(transport, self._is_sent_to, self._linger))
        self.flow = Flow(self.transport)
        self.server.connections.add(self)
        if (peer := transport.get_extra_info("peername")) and isinstance(peer, tuple):
            self._caller = (str(peer[0]), int(peer[1]))
        self._wait(HEAD_DEADLINE)
        if len(self.server.connections) > self.server.most:
            next(iter(self.server.waiting)).close_now()

    def connection_lost(self, exc: Exception | None) -> None:
        self._stop_waiting()
        self.resume_writing()
        self.server.strangers.leave(self)
        self.server.lost(self)
        if self.cycle is not None and not self.cycle.response_complete:
            self.cycle.disconnect()

    def eof_received(self) -> None:
        """The caller sends no more: the connection is closed, whatever is under way."""

    def get_buffer(self, sizehint: int) -> memoryview:
        return _INPUT if self.transport.is_closing() else _INPUT[:_READ]

    def buffer_updated(self, nbytes: int) -> None:
        if not self.transport.is_closing():
            self._read(bytes(_INPUT[:nbytes]))
            self._stop_waiting_if_it_serves()
        elif (unread := self._unread + nbytes) <= MOST_UNREAD:
            self._unread = unread
        else:
            self.close_now()

    def default_headers(self) -> list[tuple[bytes, bytes]]:
        """See `request_cycle.Connection`."""
        return self.server.headers()

    def on_response_complete(self) -> None:
        """Wait for the next request, or go on with what of it has come."""
        if self.transport.is_closing() or self._is_broken:
            return
        self._wait(HEAD_DEADLINE)
        self.flow.resume_reading()
        if self._reader.reading is Reading.WHOLE:
            self._reader.next()
            held, self._held = self._held, b""
            self._read(held)
            self._stop_waiting_if_it_serves()

    def pause_writing(self) -> None:
        self.flow.pause_writing()
        self._answer_deadline = self.loop.call_later(ANSWER_DEADLINE, self.close_now)

    def resume_writing(self) -> None:
        self.flow.resume_writing()
        if self._answer_deadline is not None:
            self._answer_deadline.cancel()
            self._answer_deadline = None

    def _read(self, data: bytes) -> None:
        """Take from what came what belongs to one request; the rest waits until that is answered."""
        reader = self._reader
        try:
            while data and not self._upgrades and not self._is_broken:
                if reader.reading is Reading.WHOLE:
                    self._held += data
                    self.flow.pause_reading()
                    return
                was_in_body = reader.reading is Reading.BODY
                data = reader.read(data)
                if reader.reading is not Reading.HEAD:
                    self._go_on(None if was_in_body else reader.head)
        except NotHttp:
            log.warning("Invalid HTTP request received.")
            self._is_broken = True
            self.flow.pause_reading()
            self._wait_for_turn(1, self._refuse)

    def _go_on(self, head: Head | None) -> None:
        """A head has come, or more of a body."""
        if head is not None and not self._begin(head):
            return
        assert self.cycle is not None
        is_whole = self._reader.reading is Reading.WHOLE
        self.cycle.take(self._reader.taken(), more=not is_whole)
        if is_whole and self._reader.ends:
            self.cycle.keeps = False
        if is_whole and self.cycle.response_complete:  # it was answered before it had come whole
            if self.cycle.keeps:
                self._reader.next()
            else:
                self.transport.close()

    def _begin(self, head: Head) -> bool:
        """Hand a request to the application; False for a WebSocket."""
        if head.offers == b"websocket":
            self._upgrades = True
            self.flow.pause_reading()
            self._wait_for_turn(1, partial(self._upgrade, head))
            return False
        raw_path, _, query = head.target.partition(b"?")
        scope = {
            "type": "http",
            "asgi": {"version": "3.0", "spec_version": "2.3"},
            "http_version": head.version,
            "scheme": "http",
            "method": head.method,
            "root_path": "",
            "path": unquote(raw_path.decode("ascii")),
            "raw_path": raw_path,
            "query_string": query,
            "headers": head.headers,
            "client": self._caller,
        }
        self.cycle = RequestCycle(self, scope, keeps=head.keeps, expects=head.expects)
        task = self.loop.create_task(self.cycle.run(self.server.application))
        self.server.tasks.add(task)
        task.add_done_callback(self.server.tasks.discard)
        return True

    def _upgrade(self, head: Head) -> None:
        if self.transport.is_closing():
            return
        # With it come 2 MB of websockets, and few servers are asked for one.
        from kumoniwa.app.page_connection import page_connection

        self._stop_waiting()  # from here on it is another protocol's connection
        self.flow.resume_reading()
        self.server.connections.discard(self)
        page = page_connection(self.server)
        page.connection_made(self.transport)
        page.data_received(head.written())
        self.transport.set_protocol(page)
        if not page.handshake_initiated:
            self.transport.close()  # its head is none of a WebSocket, and that protocol would wait for another

    def _refuse(self) -> None:
        """Answer what is no HTTP, where that is no second answer."""
        if self.transport.is_closing():
            return
        may_answer = self._reader.reading is not Reading.BODY
        if self.cycle is not None and not self.cycle.response_complete:
            self.cycle.disconnect()  # its request will never be whole, and this is the answer to it
            may_answer = not self.cycle.response_started and self.cycle.scope["method"] != "HEAD"
        if may_answer:
            self.transport.write(_NO_HTTP)
        self.transport.close()

    def shutdown(self) -> None:
        """Take no more requests: the server ends."""
        if self._upgrades:
            self.close_now()
            return
        self.server.strangers.leave(self)
        if self.cycle is None or self.cycle.response_complete:
            self.transport.close()
        else:
            self.cycle.keeps = False

    def close_now(self) -> None:
        """Close this connection, whatever was not read or written yet."""
        self._stop_waiting()
        self.server.connections.discard(self)  # it is lost a moment later; until then it must not count
        self.transport.abort()

    async def turn(self, scope: Scope) -> None:
        """Wait until a caller whom nobody knows may be answered, or is gone."""
        turn = asyncio.Event()
        if self._is_sent_to():
            self.flow.pause_reading()
        self._held = b""  # no other request on this connection is answered
        self._wait_for_turn(_turns(scope), turn.set)
        await turn.wait()

    def _wait_for_turn(self, turns: int, then: Callable[[], None]) -> None:
        self._refused = True
        self._wait(TURN_DEADLINE)
        self.server.strangers.wait(self, turns, then)

    def _is_sent_to(self) -> bool:
        """Whether there may be more of the request than was read, so that a close would reset the connection."""
        return self._is_broken or self._reader.reading is Reading.BODY

    def _linger(self) -> None:
        """The last answer is written: let what still comes pass by for a while."""
        if self.cycle is not None and not self.cycle.response_complete:  # refused in the middle of its body
            self.cycle.disconnect()
        self._wait(LINGERS)

    def _wait(self, seconds: float) -> None:
        """Nobody known is served here from now on: close it when that has lasted so long, or room is needed."""
        self._stop_waiting()
        self.server.waiting[self] = None
        self._deadline = self.loop.call_later(seconds, self._waited, seconds)

    def _waited(self, seconds: float) -> None:
        if self.flow.write_paused:  # an answer is still being read, and has a deadline of its own
            self._wait(seconds)
        else:
            self.close_now()

    def _stop_waiting_if_it_serves(self) -> None:
        if self._refused or self.cycle is None or self.cycle.response_complete:
            return
        if self._reader.reading is Reading.BODY:  # its deadline is that of bodies, and it may still be closed
            self._end_deadline()
        else:
            self._stop_waiting()

    def _stop_waiting(self) -> None:
        self.server.waiting.pop(self, None)
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
