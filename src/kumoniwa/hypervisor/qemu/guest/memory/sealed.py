"""A stream on the host's disk that only its key opens: encrypted, and known to be whole and unchanged when it is read.

The file begins with a random salt, by which no two files have one key, whatever they are sealed with. Chunks follow,
each encrypted and authenticated by AES-256-GCM under its number; the last one says that it is the last. So a chunk that
is changed, missing or in another's place does not open, and neither does the end of a file that is torn.

Both functions block, and are to be called in a thread. `stop` ends them from outside, for the other end of a pipe may
belong to a program that hangs.
"""

import hmac
import os
import select
import struct
from collections.abc import Callable
from threading import Event

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

CHUNK = 1024 * 1024  # bytes
KEY_BYTES = 32
_MAGIC = b"kumoniwa sealed 1\n"
_SALT = 16  # bytes
_LENGTH = struct.Struct(">I")
_TAG = 16  # bytes that GCM adds
_LOOK = 500  # milliseconds between looks at `stop`


class NotOpened(Exception):
    """A sealed stream is not what was written, or the key is another's. The text is the end of a sentence about it."""


class Stopped(Exception):
    """It was stopped from outside."""


def seal(
    key: bytes, head: bytes, source: int, target: int, *, stop: Event, check_room: Callable[[], None] = lambda: None
) -> int:
    """Seal `head`, then all that comes from the open file `source` until its end, into the open file `target`. Gives
    how many bytes the target has.

    `check_room` is called before each chunk; what it raises ends it. Raises `OSError`, `Stopped`.
    """
    salt = os.urandom(_SALT)
    cipher = _cipher(key, salt)
    written = _write_all(target, _MAGIC + salt)
    os.set_blocking(source, False)
    chunk, number = head, 0
    while True:
        following = _read_chunk(source, stop)
        check_room()
        is_last = not following
        sealed = cipher.encrypt(_nonce(number, is_last=is_last), chunk, None)
        written += _write_all(target, _LENGTH.pack(len(sealed)) + sealed)
        if is_last:
            return written
        chunk, number = following, number + 1


def read_head(key: bytes, source: int) -> bytes:
    """What was sealed first, from the open file's beginning. Raises `NotOpened`, `OSError`."""
    opened = _Opened(key, source)
    return opened.next()


def unseal(key: bytes, source: int, target: int, *, stop: Event) -> None:
    """Hand all that was sealed after the head over to the open file `target`, whose reader may go before its end.

    Raises `NotOpened`: what was handed over until then is as it was written, and not all of it. Raises `Stopped`.
    """
    opened = _Opened(key, source)
    opened.next()
    os.set_blocking(target, False)
    while not opened.is_at_end:
        try:
            _hand_over(target, opened.next(), stop)
        except BrokenPipeError:
            return


class _Opened:
    """A sealed file that is read chunk after chunk."""

    def __init__(self, key: bytes, source: int) -> None:
        self.is_at_end = False
        self._source = source
        self._number = 0
        os.lseek(source, 0, os.SEEK_SET)
        if self._exactly(len(_MAGIC)) != _MAGIC:
            raise NotOpened("is of another version of Kumoniwa, or no such file")
        self._cipher = _cipher(key, self._exactly(_SALT))

    def next(self) -> bytes:
        """The next chunk. Raises `NotOpened`."""
        (length,) = _LENGTH.unpack(self._exactly(_LENGTH.size))
        if not _TAG <= length <= CHUNK + _TAG:
            raise NotOpened("is not what was written there")
        sealed = self._exactly(length)
        for is_last in (False, True):
            try:
                chunk = self._cipher.decrypt(_nonce(self._number, is_last=is_last), sealed, None)
            except InvalidTag:
                continue
            self.is_at_end = is_last
            self._number += 1
            return chunk
        raise NotOpened("is not what was written there, or was encrypted with another key")

    def _exactly(self, count: int) -> bytes:
        parts = []
        while count:
            if not (part := os.read(self._source, count)):
                raise NotOpened("is torn: its end is missing")
            parts.append(part)
            count -= len(part)
        return b"".join(parts)


def _cipher(key: bytes, salt: bytes) -> AESGCM:
    return AESGCM(hmac.digest(key, salt, "sha256"))


def _nonce(number: int, *, is_last: bool) -> bytes:
    return number.to_bytes(11, "big") + (b"\1" if is_last else b"\0")


def _read_chunk(source: int, stop: Event) -> bytes:
    """A whole chunk; less at the end, where nothing follows."""
    parts, left = [], CHUNK
    while left:
        _wait(source, select.POLLIN, stop)
        try:
            part = os.read(source, left)
        except BlockingIOError:
            continue
        if not part:
            break
        parts.append(part)
        left -= len(part)
    return b"".join(parts)


def _hand_over(target: int, data: bytes, stop: Event) -> None:
    left = memoryview(data)
    while left:
        _wait(target, select.POLLOUT, stop)
        try:
            left = left[os.write(target, left) :]
        except BlockingIOError:
            continue


def _write_all(target: int, data: bytes) -> int:
    left = memoryview(data)
    while left:
        left = left[os.write(target, left) :]
    return len(data)


def _wait(file: int, until: int, stop: Event) -> None:
    """Return when the file can be read or written, or has no other end any more. Raises `Stopped`."""
    poll = select.poll()
    poll.register(file, until)
    while not poll.poll(_LOOK):
        if stop.is_set():
            raise Stopped
    if stop.is_set():
        raise Stopped
