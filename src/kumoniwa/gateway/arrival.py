"""The arrival of a request: what is refused before anything of it is interpreted.

The `Host` must be ours (a rebound DNS name is not), and sizes are limited before memory or time is spent on them. The
signed API answers no browser (no `Origin`); the console has a door of its own.
"""

import asyncio
import ipaddress
import re
from collections.abc import Collection
from functools import lru_cache
from http import HTTPStatus
from itertools import chain

from starlette.types import Receive, Scope

from kumoniwa.errors import InvalidRequest
from kumoniwa.gateway.sigv4 import SignedRequest

MAX_BODY = 1024 * 1024  # bytes
MAX_TARGET = 64 * 1024  # bytes of path and query
MAX_HEADERS = 32 * 1024  # bytes of names and values
MAX_HEADER_COUNT = 100
BODY_DEADLINE = 30.0  # seconds that a body may take to come in
_LARGE = 64 * 1024  # bytes
_HOST = re.compile(r"(\[(?P<address>[^\[\]]+)\]|(?P<name>[^:\[\]]+))(:[0-9]*)?")
_BEGINNING_DEADLINE = 1.0  # seconds that its beginning may take


class CallerLeft(Exception):
    """The caller has closed its connection, and waits for no answer."""


def arrived(scope: Scope, hosts: Collection[str]) -> SignedRequest:
    """A request whose body is not read yet. `hosts` are the names we answer to besides the loopback ones.

    Raises `InvalidRequest`.
    """
    method: str = scope.get("method", "GET")  # a WebSocket begins with GET
    if method not in ("GET", "POST"):
        raise InvalidRequest(
            "only GET and POST are answered", HTTPStatus.METHOD_NOT_ALLOWED, way_out="Use POST, as AWS's clients do."
        )
    path: bytes = scope.get("raw_path") or scope["path"].encode()
    query: bytes = scope["query_string"]
    raw: list[tuple[bytes, bytes]] = scope["headers"]
    if len(path) + len(query) > MAX_TARGET:
        raise InvalidRequest(
            "its address is too long", HTTPStatus.REQUEST_URI_TOO_LONG, way_out="Send the parameters in a POST's body."
        )
    if len(raw) > MAX_HEADER_COUNT or sum(map(len, chain.from_iterable(raw))) > MAX_HEADERS:
        raise InvalidRequest(
            "its headers are too large",
            HTTPStatus.REQUEST_HEADER_FIELDS_TOO_LARGE,
            way_out=f"They may have {MAX_HEADERS} bytes, and be {MAX_HEADER_COUNT}: leave out what EC2 does not read.",
        )
    headers = tuple([(name.decode("latin-1"), value.decode("latin-1")) for name, value in raw])
    head = SignedRequest(method, path, query, headers, b"")
    _check_host(head, hosts)
    _check_length(head)
    return head


def source_of(scope: Scope) -> str:
    """The address that a request came from; empty where its connection has none."""
    client = scope.get("client")
    return str(client[0]) if client else ""


async def whole(receive: Receive, head: SignedRequest, *, most: int = MAX_BODY) -> SignedRequest:
    """A request with its body, of at most so many bytes. Memory is spent here: callers are known before.

    Raises `InvalidRequest`, and `CallerLeft`.
    """
    pieces, size, more = list[bytes](), 0, True
    try:
        async with asyncio.timeout(BODY_DEADLINE):
            while more:
                piece, more = await _piece(receive)
                pieces.append(piece)
                size += len(piece)
                if size > most:
                    raise _too_large(most)
    except TimeoutError:
        raise InvalidRequest(
            "its body took too long to arrive",
            HTTPStatus.REQUEST_TIMEOUT,
            way_out=f"Send it within {BODY_DEADLINE:.0f} seconds.",
        ) from None
    return head.with_body(b"".join(pieces))


def is_large(head: SignedRequest) -> bool:
    """Whether the body of a request that has arrived may be so large that reading and hashing it holds up others."""
    return bool(head.values("transfer-encoding")) or int(_announced(head)) > _LARGE


async def beginning(receive: Receive, head: SignedRequest) -> SignedRequest:
    """A request with so much of its body as has come by now: that of a caller nobody knows is not waited for."""
    try:
        async with asyncio.timeout(_BEGINNING_DEADLINE):
            more = True
            while more:
                piece, more = await _piece(receive)
                if piece:
                    return head.with_body(piece)
    except TimeoutError:
        pass
    return head


async def _piece(receive: Receive) -> tuple[bytes, bool]:
    """More of a body, and whether that is not its end."""
    message = await receive()
    if message["type"] == "http.disconnect":
        raise CallerLeft
    return message.get("body", b""), message.get("more_body", False)


def answers_to(host: str, hosts: Collection[str]) -> bool:
    """Whether a `Host` header names this cloud: a loopback address or name, or a configured name; any port."""
    name, is_loopback = _named(host)
    return is_loopback or name in hosts


@lru_cache(maxsize=64)
def _named(host: str) -> tuple[str | None, bool]:
    """The name or address in a `Host` header, None where it has none, and whether it is of the loopback."""
    if (parted := _HOST.fullmatch(host.strip().lower())) is None:
        return None, False
    name = parted["address"] or parted["name"] or ""
    if name == "localhost" or name.endswith(".localhost"):
        return name, True
    try:
        return name, ipaddress.ip_address(name).is_loopback
    except ValueError:
        return name, False


def refuse_browsers(head: SignedRequest) -> None:
    """Raises `InvalidRequest` for a request that a web page made."""
    if head.header("origin") is not None:
        raise InvalidRequest(
            "web pages may not call this cloud",
            HTTPStatus.FORBIDDEN,
            way_out="Call it from a program, without the header Origin.",
        )


def _check_host(head: SignedRequest, hosts: Collection[str]) -> None:
    named = head.values("host")
    if len(named) != 1 or not answers_to(named[0], hosts):
        raise InvalidRequest(
            "its Host is not a name of this cloud",
            HTTPStatus.FORBIDDEN,
            way_out="Use the endpoint that kumoniwa env prints; a server on another address is started with --host.",
        )


def _check_length(head: SignedRequest) -> None:
    announced = _announced(head)
    if len(announced) > 12 or not announced.isdecimal() or int(announced) > MAX_BODY:
        raise _too_large(MAX_BODY)


def _announced(head: SignedRequest) -> str:
    return (head.values("content-length") or ["0"])[0]


def _too_large(most: int) -> InvalidRequest:
    return InvalidRequest(
        f"its body is larger than {most} bytes",
        HTTPStatus.REQUEST_ENTITY_TOO_LARGE,
        way_out="Ask for less in one request.",
    )
