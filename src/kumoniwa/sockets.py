"""Unix sockets in folders whose path may be longer than a socket's address (107 bytes) can hold.

The folder is opened and the socket named through it: `/proc/self/fd/7/qmp.sock` is short wherever the folder is.
"""

import contextlib
import os
import socket
from collections.abc import Iterator
from pathlib import Path


@contextlib.contextmanager
def short_address(path: Path) -> Iterator[str]:
    """An address for the socket at `path`, of any length, good while the block lasts. The folder must exist."""
    folder = os.open(path.parent, os.O_PATH | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        yield f"/proc/self/fd/{folder}/{path.name}"
    finally:
        os.close(folder)


def connect(path: Path) -> socket.socket:
    """A non-blocking stream socket connected to the one at `path`. Raises `OSError` when no process listens there."""
    connected = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
    try:
        connected.setblocking(False)
        with short_address(path) as address:
            connected.connect(address)  # on a unix socket this is done at once, or fails at once
    except OSError:
        connected.close()
        raise
    return connected


def listen(path: Path, *, backlog: int = 16) -> socket.socket:
    """A non-blocking stream socket that listens at `path`, for its owner only; a socket left there is replaced."""
    listening = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
    try:
        listening.setblocking(False)
        path.unlink(missing_ok=True)
        with short_address(path) as address:
            listening.bind(address)
        path.chmod(0o600)
        listening.listen(backlog)
    except OSError:
        listening.close()
        raise
    return listening
