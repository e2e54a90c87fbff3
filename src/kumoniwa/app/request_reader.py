"""HTTP/1.1 requests out of a connection's bytes, one after another. What is none, or has two meanings, is refused.

llhttp parses them (through httptools). It would read on into the next request, hold a head of any size, and take
versions and framings that are not spoken here. So it is given a head up to its end, then as much as the body has, and
what it found is looked at again: two programs that read the same bytes differently are how a request is smuggled past
the one that checks it.
"""

from enum import Enum

import httptools

from kumoniwa.values import dataclass

MOST_OF_A_HEAD = 64 * 1024
"""Bytes of a head. In a body of chunks, bytes in a row that bring nothing of the body."""
_MOST_DIGITS = 20  # of a length
_END = b"\r\n\r\n"
_HOSTS = {"1.0": (0, 1), "1.1": (1,)}  # by version, how many headers name the host


class NotHttp(Exception):
    """What came is no request as it is understood here."""


class Reading(Enum):
    """How much of a request was read."""

    NOTHING = "nothing"
    HEAD = "a part of its head"
    BODY = "its head"
    WHOLE = "all of it"


@dataclass(frozen=True, slots=True)
class Head:
    """A request without its body. Names of headers are in lower case; values have no spaces around them."""

    method: str
    target: bytes
    version: str
    headers: list[tuple[bytes, bytes]]
    keeps: bool
    """Whether its connection may go on after the answer."""

    expects: bool
    """Whether its caller waits for leave to send the body."""
    offers: bytes
    """The protocol that its caller would turn to, in lower case; empty where it offers none."""

    def written(self) -> bytes:
        """The head as it could have come."""
        lines = [b"%s %s HTTP/%s" % (self.method.encode(), self.target, self.version.encode())]
        return b"\r\n".join([*lines, *(b"%s: %s" % header for header in self.headers), b"", b""])


class RequestReader:
    """Reads the requests of one connection. After `NotHttp` it is of no more use."""

    def __init__(self) -> None:
        self.reading = Reading.NOTHING
        self.head: Head
        """Of the request that is read, once it has come."""
        self.ends = False
        """Whether nothing can be read after this request: what followed it is lost."""
        self._headers: list[tuple[bytes, bytes]]
        self._pieces: list[bytes]
        self._left: int | None  # bytes of the body that are still to come; None: it comes in chunks
        self._begin()

    def read(self, data: bytes) -> bytes:
        """Read on, to the end of the head or of the request at most; gives what was not read. Raises `NotHttp`.

        There are some `data`, and the request that is read is not whole: `next` is called before another one.
        """
        return self._read_body(data) if self.reading is Reading.BODY else self._read_head(data)

    def taken(self) -> bytes:
        """What was read of the body since the last time."""
        pieces = self._pieces
        self._pieces = []
        return pieces[0] if len(pieces) == 1 else b"".join(pieces)

    def next(self) -> None:
        """Another request may come: this one is whole."""
        self.reading = Reading.NOTHING
        self._clear()

    def _begin(self) -> None:
        self._parser = httptools.HttpRequestParser(self)
        self._clear()

    def _clear(self) -> None:
        self._has_begun = self._has_head = self._is_whole = False
        self._method, self._version, self._keeps = "", "", False
        self._target = b""
        self._headers = []
        self._pieces = []
        self._left = None
        self._idle = 0  # bytes of the head, or those in a row that brought nothing of the body
        self._line = b""  # the first of the head, and what came with its end
        self._tail = b""  # the last bytes of the head until now: its end may have begun

    def _read_head(self, data: bytes) -> bytes:
        if self.reading is Reading.NOTHING:
            if data[0] <= 0x20:  # no request begins so; the parser would skip any number of empty lines
                raise NotHttp
            self.reading = Reading.HEAD
        at = (self._tail + data).find(_END)
        size = len(data) if at < 0 else at + len(_END) - len(self._tail)
        self._idle += size
        if self._idle > MOST_OF_A_HEAD:
            raise NotHttp
        if b"\n" not in self._line:
            self._line += data[:size]
        if at >= 0 and not self._line.partition(b"\r\n")[0].rpartition(b" ")[2].startswith(b"HTTP/"):
            raise NotHttp  # the parser takes RTSP and ICE as well, and does not tell
        self._parse(data[:size])
        if self._has_head is (at < 0):  # the parser sees another end than we do
            raise NotHttp
        if at < 0:
            self._tail = (self._tail + data)[1 - len(_END) :]
            return b""
        self.head = self._checked_head()
        self._idle = 0
        self.reading = Reading.WHOLE if self._is_whole else Reading.BODY
        return data[size:]

    def _read_body(self, data: bytes) -> bytes:
        piece, before = data if self._left is None else data[: self._left], len(self._pieces)
        self._parse(piece)
        if self._left is not None:
            self._left -= len(piece)
        elif len(self._pieces) > before:
            self._idle = 0
        elif (idle := self._idle + len(piece)) <= MOST_OF_A_HEAD:
            self._idle = idle
        else:  # an extension of a chunk, or trailers
            raise NotHttp
        if self._is_whole:
            self.reading = Reading.WHOLE
        elif self._left == 0:
            raise NotHttp
        return data[len(piece) :]

    def _checked_head(self) -> Head:
        names = [name for name, _ in self._headers]
        if self._version not in _HOSTS or names.count(b"host") not in _HOSTS[self._version]:
            raise NotHttp
        by_name = dict(self._headers)
        if names.count(b"transfer-encoding") > 1:  # the parser looks at the last alone
            raise NotHttp
        if (length := by_name.get(b"content-length")) is not None:
            if len(length) > _MOST_DIGITS:  # the parser reads any number of zeros before a length, and Python does not
                raise NotHttp
            self._left = int(length)
        elif (coding := by_name.get(b"transfer-encoding")) is None:
            self._left = 0
        elif coding.lower() != b"chunked":
            raise NotHttp
        expects = self._version == "1.1" and by_name.get(b"expect", b"").lower() == b"100-continue"
        offers = by_name.get(b"upgrade", b"").lower()
        if offers and b"upgrade" not in [
            token.strip() for token in by_name.get(b"connection", b"").lower().split(b",")
        ]:
            offers = b""
        return Head(self._method, self._target, self._version, self._headers, self._keeps, expects, offers)

    def _parse(self, piece: bytes) -> None:
        try:
            self._parser.feed_data(piece)
        except httptools.HttpParserUpgrade:
            self._parse_as_no_upgrade()
        except httptools.HttpParserError:
            if not self._is_whole:
                raise NotHttp from None
            self.ends = True  # of a body of chunks the end is not known before it is parsed

    def _parse_as_no_upgrade(self) -> None:
        """Have the head parsed as what it is to whoever does not speak the protocol that it offers to turn to.

        The parser takes all that follows for that other protocol, the body of the request included.
        """
        method, target, version, headers = self._method, self._target, self._version, self._headers
        if method == "CONNECT":
            raise NotHttp
        kept = [b"%s: %s\r\n" % header for header in headers if header[0] != b"upgrade"]
        self._begin()
        self._parse(b"%s %s HTTP/%s\r\n%s\r\n" % (method.encode(), target, version.encode(), b"".join(kept)))
        self._headers = headers

    # What the parser calls. Nothing but NotHttp is raised here: it would come out as an error of the request.

    def on_message_begin(self) -> None:
        if self._has_begun:
            raise NotHttp
        self._has_begun = True

    def on_url(self, url: bytes) -> None:
        self._target += url

    def on_header(self, name: bytes, value: bytes) -> None:
        if not self._has_head:  # else it is a trailer, and those have no say
            self._headers.append((name.lower(), value.strip(b" \t")))

    def on_headers_complete(self) -> None:
        self._has_head = True
        self._method, self._version = self._parser.get_method().decode(), self._parser.get_http_version()
        self._keeps = self._version == "1.1" and self._parser.should_keep_alive()

    def on_body(self, piece: bytes) -> None:
        self._pieces.append(piece)

    def on_message_complete(self) -> None:
        self._is_whole = True
