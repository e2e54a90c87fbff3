"""Closing a connection whose caller still sends."""

import asyncio
import errno

from kumoniwa.app.lingering import LingeringTransport


class _Reset(asyncio.Transport):
    """A connection that its caller reset a moment ago."""

    aborted = False

    def is_closing(self) -> bool:
        return self.aborted

    def get_write_buffer_size(self) -> int:
        return 0

    def write_eof(self) -> None:
        raise OSError(errno.ENOTCONN, "Transport endpoint is not connected")

    def abort(self) -> None:
        self.aborted = True


def test_a_connection_that_was_reset_meanwhile_is_no_error() -> None:
    reset, lingered = _Reset(), list[str]()
    transport = LingeringTransport(reset, lambda: True, lambda: lingered.append("lingers"))
    transport.close()
    assert reset.aborted and transport.is_closing()
    assert lingered == []
