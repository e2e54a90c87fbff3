"""The visible chain of one request: head → caller → body → authenticate → parse → DryRun, ClientToken → action → write.

Errors are raised wherever a request is found wanting and become an answer here and nowhere else.
"""

import asyncio
import dataclasses
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import replace
from functools import partial
from http import HTTPStatus
from typing import Any, Protocol

import structlog
from starlette.types import Receive, Scope, Send

from kumoniwa import __version__
from kumoniwa.api.call import Arrival, Call
from kumoniwa.clock import Clock
from kumoniwa.credentials.credential import Credential
from kumoniwa.errors import (
    ActionNotBuilt,
    Ec2Error,
    InvalidRequest,
    MissingAuthenticationToken,
    MissingParameter,
    NoSuchVersion,
)
from kumoniwa.gateway import form, routes
from kumoniwa.gateway.arrival import arrived, beginning, is_large, refuse_browsers, source_of, whole
from kumoniwa.gateway.dispatch import Dispatcher
from kumoniwa.gateway.exchange import Conclusion
from kumoniwa.gateway.protocols import json
from kumoniwa.gateway.protocols.answers import PROLOG
from kumoniwa.gateway.protocols.codec import Codec
from kumoniwa.gateway.protocols.json import JsonCodec
from kumoniwa.gateway.protocols.query import refusal
from kumoniwa.gateway.routes import Extensions
from kumoniwa.gateway.services import STS_NAMESPACE, Service, by_scope
from kumoniwa.gateway.sigv4 import Claim, SignedRequest, claim_of, unknown_to, verify
from kumoniwa.ids import new_request_id
from kumoniwa.values import dataclass

HEALTH = "/_kumoniwa/health"
_XML, _JSON, _JSON_1_1 = b"text/xml;charset=UTF-8", b"application/json", json.CONTENT_TYPE.encode()
_FORM = "application/x-www-form-urlencoded"
_COMMON = ("Action", "Version")  # parameters of every call
_OF_VERSION_2 = frozenset(
    ("AWSAccessKeyId", "Expires", "SecurityToken", "Signature", "SignatureMethod", "SignatureVersion", "Timestamp")
)
"""What carries signatures of version 2. AWS's SDK for Ruby 1 sends some of it beside a signature of version 4, which
alone is believed."""
_SENT_AT_ONCE = 192  # parts of an answer: of a large listing some 256 KB, which the caller reads while more is joined
_LARGE_AT_ONCE = 4  # bodies that are read and hashed before it is known whether their signature is right


class Credentials(Protocol):
    """Which credentials sign requests now (`kumoniwa.credentials.known`)."""

    @property
    def is_stale(self) -> bool: ...

    async def refresh(self) -> None: ...

    def find(self, access_key_id: str, session_token: str | None = None) -> Credential | None: ...


@dataclasses.dataclass(slots=True)
class _Exchange:
    """One request on its way: how it is to be answered becomes clearer as it goes."""

    request_id: str
    what: str = "?"  # for the log: the action, or the path
    service: str = "ec2"
    meant: Service | None = None  # which of those of that name
    extension: bool = False
    json: bool = False  # whether the caller's protocol is JSON 1.1
    known: bool = False  # who the caller is: its signature was right
    source: str = ""  # the address that it came from

    def answered(self, *parts: bytes, status: int = HTTPStatus.OK) -> "_Answer":
        """An answer whose body is those parts."""
        headers = [
            (b"x-amzn-requestid", self.request_id.encode()),
            (b"cache-control", b"no-store"),
            (b"content-type", _JSON if self.extension else _JSON_1_1 if self.json else _XML),
            (b"content-length", b"%d" % sum(map(len, parts))),
        ]
        if not self.known:
            headers.append((b"connection", b"close"))  # what else is sent on it is not looked at (`app.connections`)
        return _Answer(int(status), headers, parts)


@dataclass(frozen=True, slots=True)
class _Answer:
    status_code: int
    headers: list[tuple[bytes, bytes]]
    body: Sequence[bytes]


class Gateway:
    """The ASGI application of the signed API, in front of a cloud's actions.

    `dispatcher` carries out calls. `credentials` are what requests are signed with. `extensions` are our own routes, by
    path pattern. `health` gives what everybody may know, key or not. `hosts` are the names that callers may use for
    this cloud besides the loopback ones. `callers_clock` is what callers sign by, where it is not the cloud's.
    """

    def __init__(
        self,
        dispatcher: Dispatcher,
        credentials: Credentials,
        clock: Clock,
        *,
        extensions: Extensions | None = None,
        health: Callable[[], Mapping[str, Any]] = dict,
        hosts: Collection[str] = (),
        callers_clock: Clock | None = None,
    ) -> None:
        self._dispatcher, self._services = dispatcher, by_scope(dispatcher.services)
        self._credentials = credentials
        self._clock, self._conclusion = clock, Conclusion(clock)
        self._callers_clock = callers_clock or clock
        self._extensions = extensions or Extensions({})
        self._health = health
        self._hosts = frozenset(host.lower() for host in hosts)
        self._large_bodies = asyncio.Semaphore(_LARGE_AT_ONCE)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one HTTP request. Connections of other kinds are not spoken here."""
        if scope["type"] != "http":
            raise RuntimeError(f"the gateway speaks HTTP, not {scope['type']}")
        exchange = _Exchange(new_request_id())
        bound = structlog.contextvars.bind_contextvars(request=exchange.request_id)
        try:
            await self._conclusion.of(
                exchange,
                partial(self._answer, scope, receive, exchange),
                partial(self._refusal, exchange=exchange),
                partial(_sent, send=send),
            )
        finally:
            structlog.contextvars.reset_contextvars(**bound)

    async def _answer(self, scope: Scope, receive: Receive, exchange: _Exchange) -> _Answer:
        path: str = scope["path"]
        exchange.extension = path.startswith(routes.PREFIX)
        exchange.what = path[:200]
        exchange.source = source_of(scope)
        exchange.json = not exchange.extension and _names_target(scope)
        head = arrived(scope, self._hosts)
        refuse_browsers(head)
        if path == HEALTH:
            return exchange.answered(routes.written({"status": "ok", "version": __version__, **self._health()}))
        try:
            claim = claim_of(head)
        except MissingAuthenticationToken:
            claim_of(await beginning(receive, head))  # older signatures are in the body, and are told apart
            raise
        self._check_service(claim, head, exchange)
        await self._credential(claim)  # who signs with what we do not know is refused before its body is read
        read, call = await self._read(receive, head, claim, exchange)
        exchange.known = True
        if exchange.extension:
            return await self._extension(path, read, call, exchange)
        if path not in ("", "/"):
            raise InvalidRequest(
                f"there is nothing at {exchange.what}",
                HTTPStatus.NOT_FOUND,
                way_out="Actions are asked at the path /, Kumoniwa's own routes below /_kumoniwa/.",
            )
        return exchange.answered(*await self._act(self._services[claim.service], read, call, exchange))

    def _first(self, scope: str) -> Service | None:
        """The service of that name; the first, where there are several."""
        return next(iter(self._services.get(scope, ())), None)

    def _check_service(self, claim: Claim, read: SignedRequest, exchange: _Exchange) -> None:
        """Say so where another service is meant, before its signature (S3's differs) is looked at."""
        exchange.service = claim.service
        exchange.meant = service = self._first(claim.service)
        exchange.json = not exchange.extension and (
            _speaks_json(service) if service is not None else "json" in (read.header("content-type") or "")
        )
        if claim.service not in (routes.SERVICES if exchange.extension else self._services):
            raise ActionNotBuilt(
                f"the service {claim.service}",
                way_out=f"It has {', '.join(self._services)}: set its endpoint for these alone (AWS_ENDPOINT_URL_EC2).",
            )

    async def _read(
        self, receive: Receive, head: SignedRequest, claim: Claim, exchange: _Exchange
    ) -> tuple[SignedRequest, Call]:
        """A request with its body, and its caller. Large ones are read a few at a time, and not hashed on the loop."""
        if not is_large(head):
            read = await whole(receive, head)
            return read, self._authenticated(read, claim, await self._credential(claim), exchange)
        async with self._large_bodies:
            read = await whole(receive, head)
            credential = await self._credential(claim)
            return read, await asyncio.to_thread(self._authenticated, read, claim, credential, exchange)

    async def _credential(self, claim: Claim) -> Credential:
        """What a request says it is signed with. Raises the refusal of what signs nothing, or nothing any more."""
        if self._credentials.is_stale:
            await self._credentials.refresh()
        if (found := self._credentials.find(claim.access_key, claim.session_token)) is None:
            raise unknown_to(claim.service)
        return found

    def _authenticated(self, read: SignedRequest, claim: Claim, credential: Credential, exchange: _Exchange) -> Call:
        now = self._clock.now()
        identity = verify(read, claim, credential, now, signed_by=self._callers_clock.now())
        by, whose = identity.access_key, credential.principal
        return Call("", whose.account, identity.region, exchange.request_id, by, now, identity=whose)

    async def _extension(self, path: str, read: SignedRequest, call: Call, exchange: _Exchange) -> _Answer:
        pattern, extension, named = self._extensions.find(read.method, path)
        exchange.what = pattern
        parameters = _once(form.texts(form.pairs(read.query)))
        return exchange.answered(
            routes.written(await extension(replace(call, action=pattern), {**parameters, **named}))
        )

    async def _act(self, named: Sequence[Service], read: SignedRequest, call: Call, exchange: _Exchange) -> list[bytes]:
        given: Iterable[tuple[str, Any]]
        service = named[0]
        if isinstance(service.codec, JsonCodec):
            exchange.what, asked = service.codec.asked(read.header("x-amz-target"), read.body)
            write, given = service.codec.result, asked.items()
        else:
            exchange.what, version, given = _action(_parameters(read))
            exchange.meant, codec = _speaking(version, named)
            service, write = exchange.meant, partial(codec.result, version=version)
        came = Arrival(exchange.service, exchange.source, read.header("user-agent") or "", size=len(read.body))
        output = await self._dispatcher.dispatch(service, replace(call, action=exchange.what, came=came), given)
        return write(exchange.what, output, call.request_id)

    def _refusal(self, error: Ec2Error, exchange: _Exchange) -> _Answer:
        if exchange.extension:
            body = routes.refusal(error, exchange.request_id)
        elif exchange.json:
            return exchange.answered(json.refusal(error), status=json.status(error))
        elif (meant := exchange.meant or self._first(exchange.service)) is not None:
            body = meant.codec.error(error, exchange.request_id)
        else:  # most services of AWS read this envelope
            body = f"{PROLOG}{refusal(error, exchange.request_id, STS_NAMESPACE)}".encode()
        return exchange.answered(body, status=error.status)


def _names_target(scope: Scope) -> bool:
    """Whether a request names its action as JSON 1.1 does: its refusal is to be JSON whatever else is wrong with it."""
    headers = dict(scope["headers"])
    return b"x-amz-target" in headers and b"x-amz-json" in headers.get(b"content-type", b"")


def _speaks_json(service: Service) -> bool:
    return isinstance(service.codec, JsonCodec)


async def _sent(answer: _Answer, send: Send) -> None:
    await send({"type": "http.response.start", "status": answer.status_code, "headers": answer.headers})
    parts, end = answer.body, len(answer.body)
    for begin in range(0, end, _SENT_AT_ONCE):
        body = b"".join(parts[begin : begin + _SENT_AT_ONCE])
        await send({"type": "http.response.body", "body": body, "more_body": begin + _SENT_AT_ONCE < end})


def _parameters(read: SignedRequest) -> list[tuple[str, str]]:
    """The parameters of query and body, without those that carry a signature."""
    kind = (read.header("content-type") or "").partition(";")[0].strip().lower()
    if read.body and kind not in ("", _FORM):
        raise InvalidRequest("its body is not a form", way_out=f"Send it as {_FORM}.")
    given = form.texts(form.pairs(read.body))
    if read.query:
        given = form.texts(form.pairs(read.query)) + given
    return [pair for pair in given if not pair[0].startswith("X-Amz-") and pair[0] not in _OF_VERSION_2]


def _once(parameters: list[tuple[str, str]]) -> dict[str, str]:
    by_name = dict(parameters)
    if len(by_name) != len(parameters):
        raise InvalidRequest("a parameter was given twice", way_out="Give each one once.")
    return {name: value for name, value in by_name.items() if not name.startswith("X-Amz-")}


def _action(parameters: list[tuple[str, str]]) -> tuple[str, str, list[tuple[str, str]]]:
    """The action, the version of the API, and the parameters that are the action's own. Raises `Ec2Error`."""
    common, rest = list[tuple[str, str]](), list[tuple[str, str]]()
    for pair in parameters:
        (common if pair[0] in _COMMON else rest).append(pair)
    said = _once(common)
    for name in _COMMON:
        if not said.get(name):
            raise MissingParameter(name)
    return said["Action"][:128], said["Version"], rest


def _speaking(version: str, named: Sequence[Service]) -> tuple[Service, Codec]:
    """Which of the services of a name has this version of its API, and how it speaks. Raises `NoSuchVersion`."""
    for service in named:
        if isinstance(service.codec, Codec) and service.codec.speaks(version):
            return service, service.codec
    raise NoSuchVersion(version[:32], named[0].title or "AmazonEC2")
