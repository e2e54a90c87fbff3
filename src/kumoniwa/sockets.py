"""Sockets: why the host refuses one; and unix sockets whose path may be longer than their address (107 bytes) can hold.

The folder is opened and the socket named through it: `/proc/self/fd/7/qmp.sock` is short wherever the folder is.
"""

import contextlib
import errno
import os
import socket
from collections.abc import Iterator
from ipaddress import IPv4Address
from pathlib import Path

_REASONS = {
    errno.EADDRINUSE: "another program listens there",
    errno.EACCES: "this user may not listen on a port below net.ipv4.ip_unprivileged_port_start",
    errno.EADDRNOTAVAIL: "the host has no such address",
}


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


def why_not(protocol: str, address: IPv4Address, port: int) -> str | None:
    """Why this port of the host, of `tcp` or `udp`, cannot be had, found by trying. None: nothing is wrong."""
    kind = socket.SOCK_STREAM if protocol == "tcp" else socket.SOCK_DGRAM
    try:
        with socket.socket(socket.AF_INET, kind) as trial:
            if protocol == "tcp":  # what lingers of a connection is in nobody's way; two of UDP would share the port
                trial.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            trial.bind((str(address), port))
            if protocol == "tcp":
                trial.listen(1)
    except OSError as refusal:
        return _REASONS.get(refusal.errno or 0, os.strerror(refusal.errno or 0))
    return None
