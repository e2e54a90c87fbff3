"""The WebSockets of the console's pages: what a page may cost the server."""

import asyncio
from collections.abc import Callable

from uvicorn import Config
from uvicorn.protocols.websockets.websockets_sansio_impl import WebSocketsSansIOProtocol
from uvicorn.server import ServerState
from websockets.frames import Frame

from kumoniwa.app.server import Server

MOST_OF_A_MESSAGE = 1024
"""Bytes of a message: pages say no more than what is typed on a serial console."""
MOST_PIECES = 256
"""Pieces in which such a message may come: empty ones count as no bytes."""
MOST_UNTAKEN = 64 * 1024
"""Bytes of answers to pings that a page may leave unread. Browsers send no pings."""


def page_connection(server: Server) -> "PageConnection":
    """A WebSocket among the connections of this server, for its application."""
    settings = Config(
        server.application,
        http=asyncio.Protocol,  # none of uvicorn's own is loaded
        ws="none",
        ws_max_size=MOST_OF_A_MESSAGE,
        ws_per_message_deflate=False,  # a guest that never stops would have the server compress it, for each reader
        lifespan="off",
        interface="asgi3",
        proxy_headers=False,  # nobody stands before it whose word on a caller's address counts
        log_config=None,
        access_log=False,
        server_header=False,
    )
    state = ServerState()
    state.connections, state.tasks = server.connections, server.tasks  # type: ignore[assignment]
    state.default_headers = server.headers()
    page = PageConnection(settings, state, {})
    page.on_loss = server.lost
    return page


class PageConnection(WebSocketsSansIOProtocol):
    """A WebSocket of the console. Where its end comes and its reader has not read, nothing is waited for."""

    on_loss: Callable[["PageConnection"], None]

    def connection_lost(self, exc: Exception | None) -> None:
        super().connection_lost(exc)
        self.on_loss(self)

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
