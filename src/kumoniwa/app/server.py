"""One server: the connections that it holds, the requests under way, and its end."""

import asyncio
import logging
import socket
from collections.abc import Callable
from typing import Any, Protocol

from starlette.types import ASGIApp

from kumoniwa.app.strangers import Strangers
from kumoniwa.clock import SystemClock, http_date

log = logging.getLogger("kumoniwa.http")

LAST_ANSWERS = 10.0
"""Seconds that requests may take which are under way when the server ends."""
_MOST_BACKLOG = 512


class Held(Protocol):
    """A connection that a server holds."""

    transport: asyncio.Transport

    def shutdown(self) -> None:
        """Take no more requests, and end when what is under way is answered."""
        ...


class Server:
    """An application on a socket, which holds at most so many connections. It is made within its event loop."""

    def __init__(self, application: ASGIApp, most: int) -> None:
        self.application = application
        self.most = most
        self.connections: set[Held] = set()
        self.waiting: dict[Any, None] = {}
        """Those connections that may be closed for others, the oldest first."""
        self.strangers = Strangers()
        self.tasks: set[asyncio.Task[None]] = set()
        """The requests under way."""
        self._loop = asyncio.get_running_loop()
        self._ends, self._left = asyncio.Event(), asyncio.Event()
        self._headers: list[tuple[bytes, bytes]] = []
        self._headers_until = 0.0

    def headers(self) -> list[tuple[bytes, bytes]]:
        """What every answer begins with: the date, which is at most a second old."""
        if (now := self._loop.time()) >= self._headers_until:
            self._headers = [(b"date", http_date(SystemClock().now()).encode())]
            self._headers_until = now + 1
        return self._headers

    def lost(self, connection: Held) -> None:
        """This connection is no more."""
        self.connections.discard(connection)
        self._left.set()

    def end(self) -> None:
        """Have `serve` end."""
        self._ends.set()

    async def serve(self, listener: socket.socket, connected: Callable[["Server"], asyncio.BaseProtocol]) -> None:
        """Accept connections, each with a protocol of its own, until `end`; then let what is under way be answered."""
        # uvloop accepts one in each of its turns, so that those that have a request do not wait for a crowd that comes.
        backlog = min(_MOST_BACKLOG, self.most // 2)
        accepting = await self._loop.create_server(lambda: connected(self), sock=listener, backlog=backlog)
        await self._ends.wait()
        accepting.close()
        for connection in list(self.connections):
            connection.shutdown()
        try:
            async with asyncio.timeout(LAST_ANSWERS):
                while self.connections:
                    self._left.clear()
                    await self._left.wait()
                if self.tasks:
                    await asyncio.wait(self.tasks)
        except TimeoutError:
            log.error("requests that take too long are ended with the server: %d", len(self.tasks))
            for task in self.tasks:
                task.cancel()
            for connection in self.connections:
                connection.transport.abort()
