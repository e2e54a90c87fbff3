"""Closing a connection whose caller still sends.

The kernel resets a connection that is closed with bytes unread, and a caller that is told of the reset may never see
the answer before it. So the answer's end is sent, and what still comes is let in, and thrown away, until the caller has
closed it too. How long that may last is the owner's to say.
"""

import asyncio
from collections.abc import Callable
from typing import Any


class LingeringTransport:
    """A transport whose `close` lingers where `is_sent_to`; `on_linger` is called then."""

    def __init__(
        self, transport: asyncio.Transport, is_sent_to: Callable[[], bool], on_linger: Callable[[], None]
    ) -> None:
        self._transport = transport
        self._is_sent_to = is_sent_to
        self._on_linger = on_linger
        self._lingers = False

    def __getattr__(self, name: str) -> Any:
        return getattr(self._transport, name)

    def close(self) -> None:
        """Write what is left to write, then close. Called again, it does not linger."""
        if self._lingers or self._transport.is_closing() or not self._is_sent_to():
            self._transport.close()
            return
        self._lingers = True
        try:
            if self._transport.get_write_buffer_size() == 0:  # else its length tells the caller where the answer ends
                self._transport.write_eof()
        except OSError:  # the caller has reset the connection
            self._transport.abort()
            return
        self._transport.resume_reading()
        self._on_linger()

    def is_closing(self) -> bool:
        return self._lingers or self._transport.is_closing()
