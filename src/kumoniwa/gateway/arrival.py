"""The arrival of a request: what is refused before anything of it is interpreted.

The `Host` must be ours (a rebound DNS name is not), and sizes are limited before memory or time is spent on them. The
signed API answers no browser (no `Origin`); the console has a door of its own.
"""

import asyncio
import ipaddress
import re
from collections.abc import Collection
from dataclasses import replace
from http import HTTPStatus

from starlette.requests import Request

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


def arrived(request: Request, hosts: Collection[str]) -> SignedRequest:
    """A request whose body is not read yet. `hosts` are the names we answer to besides the loopback ones.

    Raises `InvalidRequest`.
    """
    if request.method not in ("GET", "POST"):
        raise InvalidRequest(
            "only GET and POST are answered", HTTPStatus.METHOD_NOT_ALLOWED, way_out="Use POST, as AWS's clients do."
        )
    path: bytes = request.scope.get("raw_path") or request.scope["path"].encode()
    query: bytes = request.scope["query_string"]
    raw: list[tuple[bytes, bytes]] = request.scope["headers"]
    if len(path) + len(query) > MAX_TARGET:
        raise InvalidRequest(
            "its address is too long", HTTPStatus.REQUEST_URI_TOO_LONG, way_out="Send the parameters in a POST's body."
        )
    if len(raw) > MAX_HEADER_COUNT or sum(len(name) + len(value) for name, value in raw) > MAX_HEADERS:
        raise InvalidRequest(
            "its headers are too large",
            HTTPStatus.REQUEST_HEADER_FIELDS_TOO_LARGE,
            way_out=f"They may have {MAX_HEADERS} bytes, and be {MAX_HEADER_COUNT}: leave out what EC2 does not read.",
        )
    headers = tuple((name.decode("latin-1").lower(), value.decode("latin-1")) for name, value in raw)
    _check_host(headers, hosts)
    _check_length(request)
    return SignedRequest(request.method, path, query, headers, b"")


async def whole(request: Request, head: SignedRequest, *, most: int = MAX_BODY) -> SignedRequest:
    """A request with its body, of at most so many bytes. Memory is spent here: callers are known before.

    Raises `InvalidRequest`; starlette's `ClientDisconnect` where the caller has gone.
    """
    body = bytearray()
    try:
        async with asyncio.timeout(BODY_DEADLINE):
            async for chunk in request.stream():
                body += chunk
                if len(body) > most:
                    raise _too_large(most)
    except TimeoutError:
        raise InvalidRequest(
            "its body took too long to arrive",
            HTTPStatus.REQUEST_TIMEOUT,
            way_out=f"Send it within {BODY_DEADLINE:.0f} seconds.",
        ) from None
    return replace(head, body=bytes(body))


def is_large(request: Request) -> bool:
    """Whether the body of a request that has arrived may be so large that reading and hashing it holds up others."""
    return "transfer-encoding" in request.headers or int(request.headers.get("content-length", "0")) > _LARGE


async def beginning(request: Request, head: SignedRequest) -> SignedRequest:
    """A request with so much of its body as has come by now: that of a caller nobody knows is not waited for."""
    try:
        async with asyncio.timeout(_BEGINNING_DEADLINE):
            async for chunk in request.stream():
                return replace(head, body=chunk)
    except TimeoutError:
        pass
    return head


def answers_to(host: str, hosts: Collection[str]) -> bool:
    """Whether a `Host` header names this cloud: a loopback address or name, or a configured name; any port."""
    if (parted := _HOST.fullmatch(host.strip().lower())) is None:
        return False
    name = parted["address"] or parted["name"] or ""
    if name == "localhost" or name.endswith(".localhost") or name in hosts:
        return True
    try:
        return ipaddress.ip_address(name).is_loopback
    except ValueError:
        return False


def refuse_browsers(head: SignedRequest) -> None:
    """Raises `InvalidRequest` for a request that a web page made."""
    if head.header("origin") is not None:
        raise InvalidRequest(
            "web pages may not call this cloud",
            HTTPStatus.FORBIDDEN,
            way_out="Call it from a program, without the header Origin.",
        )


def _check_host(headers: tuple[tuple[str, str], ...], hosts: Collection[str]) -> None:
    named = [value for name, value in headers if name == "host"]
    if len(named) != 1 or not answers_to(named[0], hosts):
        raise InvalidRequest(
            "its Host is not a name of this cloud",
            HTTPStatus.FORBIDDEN,
            way_out="Use the endpoint that kumoniwa env prints; a server on another address is started with --host.",
        )


def _check_length(request: Request) -> None:
    announced = request.headers.get("content-length", "0")
    if len(announced) > 12 or not announced.isdecimal() or int(announced) > MAX_BODY:
        raise _too_large(MAX_BODY)


def _too_large(most: int) -> InvalidRequest:
    return InvalidRequest(
        f"its body is larger than {most} bytes",
        HTTPStatus.REQUEST_ENTITY_TOO_LARGE,
        way_out="Ask for less in one request.",
    )
