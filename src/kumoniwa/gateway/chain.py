"""The visible chain of one request: head → caller → body → authenticate → parse → DryRun, ClientToken → action → write.

Errors are raised wherever a request is found wanting and become an answer here and nowhere else.
"""

import asyncio
import hashlib
import json
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass, field, replace
from http import HTTPStatus
from typing import Any
from weakref import WeakValueDictionary

import structlog
from starlette.requests import ClientDisconnect, Request
from starlette.responses import Response
from starlette.types import Receive, Scope, Send

from kumoniwa import __version__
from kumoniwa.api.call import Answer, Call, Parameters, Token
from kumoniwa.api.client_tokens import TokenStore
from kumoniwa.api.ec2.named.region_lookup import check_region
from kumoniwa.api.registry import BoundAction
from kumoniwa.clock import Clock
from kumoniwa.errors import (
    ActionNotBuilt,
    AuthFailure,
    DryRunOperation,
    Ec2Error,
    InternalError,
    InvalidParameterValue,
    InvalidRequest,
    MissingAuthenticationToken,
    MissingParameter,
    Unavailable,
)
from kumoniwa.gateway import form, routes
from kumoniwa.gateway.arrival import arrived, beginning, is_large, whole
from kumoniwa.gateway.protocols.answers import PROLOG
from kumoniwa.gateway.protocols.query import refusal
from kumoniwa.gateway.routes import Extension, Extensions
from kumoniwa.gateway.services import STS_NAMESPACE, Service
from kumoniwa.gateway.sigv4 import Claim, SignedRequest, claim_of, verify
from kumoniwa.ids import new_request_id
from kumoniwa.store.database import DatabaseUnavailable

log = structlog.get_logger(__name__)

HEALTH = "/_kumoniwa/health"
_XML, _JSON = "text/xml;charset=UTF-8", "application/json"
_FORM = "application/x-www-form-urlencoded"
_TOKEN_LENGTH = 64
_LARGE_AT_ONCE = 4  # bodies that are read and hashed before it is known whether their signature is right


@dataclass(frozen=True, slots=True)
class Credential:
    """What an access key stands for."""

    secret: str = field(repr=False)
    account: str


@dataclass(slots=True)
class _Exchange:
    """One request on its way: how it is to be answered becomes clearer as it goes."""

    request_id: str
    what: str = "?"  # for the log: the action, or the path
    service: str = "ec2"
    extension: bool = False
    json: bool = False  # the caller's protocol, where it is of a service that is not ours
    known: bool = False  # who the caller is: its signature was right

    def answered(self, body: bytes, status: int = HTTPStatus.OK) -> Response:
        headers = {"x-amzn-RequestId": self.request_id, "Cache-Control": "no-store"}
        if not self.known:
            headers["Connection"] = "close"  # what else is sent on it is not looked at (`app.connections`)
        return Response(body, int(status), headers, media_type=_JSON if self.extension or self.json else _XML)


class Gateway:
    """The ASGI application in front of a cloud's actions.

    `services` are those that answer, by the name that credential scopes give them. `credentials` gives what an access
    key stands for, None for one that is not ours. `extensions` are our own routes, by path pattern. `health` gives what
    everybody may know, key or not. `hosts` are the names that callers may use for this cloud besides the loopback ones.
    """

    def __init__(
        self,
        services: Mapping[str, Service],
        credentials: Callable[[str], Credential | None],
        clock: Clock,
        tokens: TokenStore,
        *,
        extensions: Mapping[str, Extension] | None = None,
        health: Callable[[], Mapping[str, Any]] = dict,
        hosts: Collection[str] = (),
    ) -> None:
        self._services = services
        self._credentials = credentials
        self._clock = clock
        self._tokens = tokens
        self._extensions = Extensions(extensions or {})
        self._health = health
        self._hosts = frozenset(host.lower() for host in hosts)
        self._large_bodies = asyncio.Semaphore(_LARGE_AT_ONCE)
        self._turns: WeakValueDictionary[tuple[str, ...], asyncio.Lock] = WeakValueDictionary()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one HTTP request. Connections of other kinds are not spoken here."""
        if scope["type"] != "http":
            raise RuntimeError(f"the gateway speaks HTTP, not {scope['type']}")
        exchange = _Exchange(new_request_id())
        begun = self._clock.monotonic()
        with structlog.contextvars.bound_contextvars(request=exchange.request_id):
            try:
                response = await self._answer(Request(scope, receive), exchange)
                code = "ok"
            except ClientDisconnect:
                log.info("the caller left before its request was read")
                return
            except Ec2Error as error:
                response, code = self._refusal(error, exchange), error.code
            except DatabaseUnavailable as failure:
                refused = Unavailable(
                    f"Kumoniwa's database cannot be used now ({failure})",
                    way_out="Try again; where it stays so, kumoniwa doctor shows how much room its disk has.",
                )
                response, code = self._refusal(refused, exchange), refused.code
            except Exception:
                log.exception("an unexpected error", call=exchange.what)
                response, code = self._refusal(InternalError(), exchange), "InternalError"
            seconds = round(self._clock.monotonic() - begun, 6)
            log.info("answered", call=exchange.what, code=code, status=response.status_code, seconds=seconds)
            await response(scope, receive, send)

    async def _answer(self, request: Request, exchange: _Exchange) -> Response:
        path = request.scope["path"]
        exchange.extension = path.startswith(routes.PREFIX)
        exchange.what = path[:200]
        head = arrived(request, self._hosts)
        if path == HEALTH:
            return exchange.answered(routes.written({"status": "ok", "version": __version__, **self._health()}))
        try:
            claim = claim_of(head)
        except MissingAuthenticationToken:
            claim_of(await beginning(request, head))  # older signatures are in the body, and are told apart
            raise
        self._check_service(claim, head, exchange)
        if self._credentials(claim.access_key) is None:
            verify(head, claim, lambda _: None, self._clock.now())  # refuses it before its body is read
        read, call = await self._read(request, head, claim, exchange)
        exchange.known = True
        if exchange.extension:
            return await self._extension(path, read, call, exchange)
        if path not in ("", "/"):
            raise InvalidRequest(
                f"there is nothing at {exchange.what}",
                HTTPStatus.NOT_FOUND,
                way_out="Actions are asked at the path /, Kumoniwa's own routes below /_kumoniwa/.",
            )
        return exchange.answered(await self._act(self._services[claim.service], _parameters(read), call, exchange))

    def _check_service(self, claim: Claim, read: SignedRequest, exchange: _Exchange) -> None:
        """Say so where another service is meant, before its signature (S3's differs) is looked at."""
        exchange.service = claim.service
        if claim.service not in (routes.SERVICES if exchange.extension else self._services):
            exchange.json = "json" in (read.header("content-type") or "")
            raise ActionNotBuilt(
                f"the service {claim.service}",
                way_out="It is an EC2 with STS: set its endpoint for these alone (AWS_ENDPOINT_URL_EC2).",
            )

    async def _read(
        self, request: Request, head: SignedRequest, claim: Claim, exchange: _Exchange
    ) -> tuple[SignedRequest, Call]:
        """A request with its body, and its caller. Large ones are read a few at a time, and not hashed on the loop."""
        if not is_large(request):
            read = await whole(request, head)
            return read, self._authenticated(read, claim, exchange)
        async with self._large_bodies:
            read = await whole(request, head)
            return read, await asyncio.to_thread(self._authenticated, read, claim, exchange)

    def _authenticated(self, read: SignedRequest, claim: Claim, exchange: _Exchange) -> Call:
        now = self._clock.now()
        credential = self._credentials(claim.access_key)
        identity = verify(read, claim, lambda _: credential.secret if credential else None, now)
        if credential is None:  # verify refuses these
            raise AuthFailure()
        return Call("", credential.account, identity.region, exchange.request_id, identity.access_key, now)

    async def _extension(self, path: str, read: SignedRequest, call: Call, exchange: _Exchange) -> Response:
        pattern, extension, named = self._extensions.find(read.method, path)
        exchange.what = pattern
        parameters = _once(form.texts(form.pairs(read.query)))
        return exchange.answered(routes.written(await extension(_named(call, pattern), {**parameters, **named})))

    async def _act(self, service: Service, parameters: list[tuple[str, str]], call: Call, exchange: _Exchange) -> bytes:
        if service.is_regional:
            check_region(call.region)
        action, rest = _action(parameters, service.codec.version)
        traits = service.codec.traits(action)
        exchange.what = action
        if (run := service.actions.get(action)) is None:
            raise ActionNotBuilt(f"the action {action}" + (f" of {service.title}" if service.title else ""))
        parsed = service.codec.parse(action, rest)
        dry_run = bool(traits.dry_run and parsed.pop("DryRun", False))
        token = _token(parsed) if traits.client_token else None
        if dry_run:
            # An action that changes something raises it itself, and takes back what it did; one that reads returns.
            await run(replace(_named(call, action), dry_run=True), parsed)
            raise DryRunOperation()
        call = _named(call, action, token)
        output = await (run(call, parsed) if token is None else self._once_per_token(run, call, parsed))
        return service.codec.result(action, output, call.request_id)

    async def _once_per_token(self, run: BoundAction, call: Call, parameters: Parameters) -> Answer:
        """Run an action unless its token has been answered before; twins wait for each other.

        The answer is recorded by the action, in its own transaction: here it is only looked up.
        """
        assert call.token is not None
        key = (call.account, call.region, call.action, call.token.value)
        turn = self._turns.setdefault(key, asyncio.Lock())
        async with turn:
            earlier = await self._tokens.find(call)
            return earlier if earlier is not None else await run(call, parameters)

    def _refusal(self, error: Ec2Error, exchange: _Exchange) -> Response:
        if exchange.extension:
            body = routes.refusal(error, exchange.request_id)
        elif exchange.json:
            body = routes.written({"__type": error.code, "message": error.message})
        elif (service := self._services.get(exchange.service)) is not None:
            body = service.codec.error(error, exchange.request_id)
        else:  # most services of AWS read this envelope
            body = f"{PROLOG}{refusal(error, exchange.request_id, STS_NAMESPACE)}".encode()
        return exchange.answered(body, error.status)


def _parameters(read: SignedRequest) -> list[tuple[str, str]]:
    """The parameters of query and body, without those that carry the signature."""
    kind = (read.header("content-type") or "").partition(";")[0].strip().lower()
    if read.body and kind not in ("", _FORM):
        raise InvalidRequest("its body is not a form", way_out=f"Send it as {_FORM}.")
    given = form.texts(form.pairs(read.query)) + form.texts(form.pairs(read.body))
    return [(name, value) for name, value in given if not name.startswith("X-Amz-")]


def _once(parameters: list[tuple[str, str]]) -> dict[str, str]:
    by_name = dict(parameters)
    if len(by_name) != len(parameters):
        raise InvalidRequest("a parameter was given twice", way_out="Give each one once.")
    return {name: value for name, value in by_name.items() if not name.startswith("X-Amz-")}


def _action(parameters: list[tuple[str, str]], api_version: str) -> tuple[str, list[tuple[str, str]]]:
    """The action, and the parameters that are its own. Raises `Ec2Error`."""
    common = _once([(name, value) for name, value in parameters if name in ("Action", "Version")])
    for name in ("Action", "Version"):
        if not common.get(name):
            raise MissingParameter(name)
    if common["Version"] != api_version:
        version = common["Version"][:32]
        raise InvalidParameterValue(f"Value ({version}) for parameter Version is invalid. It has to be {api_version}.")
    return common["Action"][:128], [pair for pair in parameters if pair[0] not in ("Action", "Version")]


def _token(parsed: dict[str, Any]) -> Token | None:
    """The ClientToken of a request, taken out of it, with a fingerprint of what is left."""
    if (value := parsed.pop("ClientToken", None)) is None:
        return None
    if len(value) > _TOKEN_LENGTH or not value.isascii():
        raise InvalidParameterValue(
            f"Value ({value[:200]}) for parameter ClientToken is invalid. It may have {_TOKEN_LENGTH} ASCII characters."
        )
    canonical = json.dumps(parsed, sort_keys=True, default=str).encode()
    return Token(value, hashlib.sha256(canonical).hexdigest())


def _named(call: Call, action: str, token: Token | None = None) -> Call:
    return Call(action, call.account, call.region, call.request_id, call.principal, call.at, token)
