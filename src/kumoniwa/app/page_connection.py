"""The WebSockets of the console's pages: what a page may cost the server."""

import asyncio

from uvicorn.protocols.websockets.websockets_sansio_impl import WebSocketsSansIOProtocol
from websockets.frames import Frame

MOST_PIECES = 256
"""Pieces in which such a message may come: empty ones count as no bytes."""
MOST_UNTAKEN = 64 * 1024
"""Bytes of answers to pings that a page may leave unread. Browsers send no pings."""


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
