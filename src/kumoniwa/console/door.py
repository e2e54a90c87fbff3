"""The console's door: static files for anybody on this host, and the cloud's actions for a browser that is signed in.

Every request below `/console/api/` is a POST of JSON. In this order: Host and sizes, Origin and Sec-Fetch-Site, both
halves of the session, and only then its body. What a call means is decided by the same dispatcher as for the signed
API; here it is read from JSON and answered in JSON.
"""

import asyncio
import gzip
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass, replace
from functools import cached_property, partial
from http import HTTPStatus
from typing import Any

import structlog
from starlette.requests import Request
from starlette.responses import PlainTextResponse, RedirectResponse, Response
from starlette.types import Receive, Scope, Send
from starlette.websockets import WebSocket

from kumoniwa.api.call import Arrival, Call
from kumoniwa.clock import Clock
from kumoniwa.console.changes import SUBPROTOCOL, LiveChanges
from kumoniwa.console.json_text import given_text, read_json, written_json
from kumoniwa.console.same_origin import HALF_B, check_same_origin, cookie_name, half_a
from kumoniwa.console.serial import SerialConsoles
from kumoniwa.console.sessions import NotSignedIn, Session, Sessions
from kumoniwa.console.static_files import StaticFile
from kumoniwa.console.way_in import PREFIX
from kumoniwa.credentials.known import KnownCredentials
from kumoniwa.errors import ActionNotBuilt, Ec2Error, InvalidRequest, NothingThere, OtherMethod
from kumoniwa.gateway import form, routes
from kumoniwa.gateway.arrival import arrived, source_of, whole
from kumoniwa.gateway.dispatch import Dispatcher
from kumoniwa.gateway.exchange import Conclusion
from kumoniwa.gateway.routes import Extensions
from kumoniwa.gateway.sigv4 import SignedRequest
from kumoniwa.ids import new_request_id

log = structlog.get_logger(__name__)

API = "/console/api/"
LIVE = "/console/live"
SERIAL = "/console/serial"

_MOST_OF_A_CODE = 1024  # bytes of the one body that is read of a caller nobody knows
_WORTH_COMPRESSING = 64 * 1024  # bytes
_DOCUMENT = "index.html"
_POLICY = (
    "default-src 'none'; script-src 'self'; style-src {styles}; img-src 'self' data:; font-src 'self';"
    " connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none';"
    " require-trusted-types-for 'script'"
)
_POLICIES = {"serial.html": _POLICY.format(styles="'self' 'unsafe-inline'")}
"""Of the one page that needs another: its terminal writes rules of style for its cells."""
_HEADERS = {
    "Content-Security-Policy": _POLICY.format(styles="'self'"),
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Referrer-Policy": "no-referrer",
    "X-Content-Type-Options": "nosniff",
}


@dataclass(slots=True)
class _Exchange:
    """One request on its way."""

    request_id: str
    what: str
    known: bool = False
    """Whether it is of a session."""
    accepts: str = ""
    """The encodings in which its caller takes an answer."""
    source: str = ""
    """The address that it came from."""
    agent: str = ""
    """What its browser calls itself."""
    size: int = 0
    """Bytes of its body."""


class Console:
    """The ASGI application below `/console/`.

    `credentials` end the sessions of keys that are no more. `about` is what pages may know of the cloud beside EC2's
    answers. `hosts` are the names that it may be called by
    besides the loopback ones.
    """

    def __init__(
        self,
        dispatcher: Dispatcher,
        extensions: Extensions,
        sessions: Sessions,
        credentials: KnownCredentials,
        changes: LiveChanges,
        serial: SerialConsoles,
        clock: Clock,
        *,
        files: Callable[[], Mapping[str, StaticFile]],
        about: Mapping[str, Any],
        hosts: Collection[str] = (),
    ) -> None:
        self._dispatcher = dispatcher
        self._extensions = extensions
        self._sessions, self._credentials = sessions, credentials
        self._changes = changes
        self._serial = serial
        self._clock, self._conclusion = clock, Conclusion(clock)
        self._read_files = files
        self._about = about
        self._hosts = frozenset(host.lower() for host in hosts)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one HTTP request, or speak on one WebSocket."""
        exchange = _Exchange(new_request_id(), scope["path"][:200])
        with structlog.contextvars.bound_contextvars(request=exchange.request_id):
            if scope["type"] == "websocket":
                await self._speak(WebSocket(scope, receive, send), exchange)
                return
            request = Request(scope, receive)
            answer = self._api if scope["path"].startswith(API) else self._file

            async def respond(response: Response) -> None:
                for name, value in _HEADERS.items():
                    response.headers.setdefault(name, value)
                if not exchange.known:
                    response.headers["Connection"] = "close"  # and it waits for its turn (`app.connections`)
                await response(scope, receive, send)

            await self._conclusion.of(exchange, partial(answer, request, exchange), _refusal(exchange), respond)

    @cached_property
    def _files(self) -> Mapping[str, StaticFile]:
        """Read when a browser first asks for one: a server that none asks needs none of them."""
        return self._read_files()

    async def _file(self, request: Request, exchange: _Exchange) -> Response:
        head = arrived(request.scope, self._hosts)
        if request.scope["path"] == PREFIX.rstrip("/"):
            return RedirectResponse(PREFIX, HTTPStatus.PERMANENT_REDIRECT)
        name = request.scope["path"].removeprefix(PREFIX) or _DOCUMENT
        if (file := self._files.get(name)) is not None and head.method == "GET":
            response = file.response(head.header("accept-encoding") or "")
            if (policy := _POLICIES.get(name)) is not None:
                response.headers["Content-Security-Policy"] = policy
            return response
        if name == _DOCUMENT and not self._files:
            missing = "The console is not part of this installation. From a copy of the sources: scripts/console\n"
            return PlainTextResponse(missing, HTTPStatus.NOT_FOUND)
        raise NothingThere(f"The console has nothing at {exchange.what}.", way_out=f"It begins at {PREFIX}.")

    async def _api(self, request: Request, exchange: _Exchange) -> Response:
        head = arrived(request.scope, self._hosts)
        if head.method != "POST":
            raise OtherMethod("The console's API takes POST alone.", way_out="Ask it with POST.")
        check_same_origin(head)
        name = request.scope["path"].removeprefix(API)
        await self._end_those_of_deleted_keys()
        if name == "sign-in":
            return self._sign_in(await whole(request.receive, head, most=_MOST_OF_A_CODE), exchange)
        session = self._sessions.find(half_a(head), head.header(HALF_B) or "")
        exchange.known = True
        exchange.accepts = head.header("accept-encoding") or ""
        exchange.source, exchange.agent = source_of(request.scope), head.header("user-agent") or ""
        body = (await whole(request.receive, head)).body
        exchange.size = len(body)
        asked = read_json(body)
        await self._end_those_of_deleted_keys()
        if session.ended:  # while the body came
            raise NotSignedIn
        match name:
            case "call":
                return await self._call(session, asked, exchange)
            case "evidence":
                return await self._evidence(session, asked, exchange)
            case "about":
                return _answered({**self._about, "account": session.signer.principal.account}, exchange)
            case "sign-out":
                self._sessions.end(half_a(head))
                return _with_cookie(_answered({}, exchange), head, "", "; Max-Age=0")
        raise NothingThere(f"The console has nothing at {exchange.what}.", way_out=f"It begins at {PREFIX}.")

    async def _end_those_of_deleted_keys(self) -> None:
        """Afterwards there is no session of an access key that signs nothing any more."""
        if self._credentials.is_stale:
            await self._credentials.refresh()

    def _sign_in(self, read: SignedRequest, exchange: _Exchange) -> Response:
        _, halves = self._sessions.begin(given_text(read_json(read.body), "code"))
        exchange.known = True
        return _with_cookie(_answered({"session": halves.b}, exchange), read, halves.a)

    async def _call(self, session: Session, asked: Mapping[str, Any], exchange: _Exchange) -> Response:
        """Carry out an action: `{"service": …, "action": …, "region": …, "parameters": {…}}`."""
        named, action = given_text(asked, "service"), given_text(asked, "action")
        exchange.what = action[:128]
        if (service := self._dispatcher.services.get(named)) is None:
            raise ActionNotBuilt(f"the service {named[:64]}")
        parameters = asked.get("parameters", {})
        if not isinstance(parameters, dict):
            raise InvalidRequest("its parameters are not an object", way_out="Send them by the names of their members.")
        written = service.codec.written(action, parameters)
        call = self._call_of(session, asked, exchange)
        came = Arrival(named, exchange.source, exchange.agent, by_console=True, size=exchange.size)
        answer = await self._dispatcher.dispatch(service, replace(call, action=action, came=came), written)
        return await _compressed(_answered(answer, exchange), exchange.accepts)

    async def _evidence(self, session: Session, asked: Mapping[str, Any], exchange: _Exchange) -> Response:
        """What EC2 hides: `{"region": …, "path": "instances/i-…/boots"}`, of the routes that change nothing.

        A path may end with a query, as in `reach?from=…`.
        """
        path, _, query = given_text(asked, "path").partition("?")
        pattern, extension, named = self._extensions.find("GET", routes.PREFIX + path)
        exchange.what = pattern
        call = self._call_of(session, asked, exchange)
        parameters = dict(form.texts(form.pairs(query.encode())))
        answer = await extension(replace(call, action=pattern), {**parameters, **named})
        return _json(routes.written(answer), exchange)

    def _call_of(self, session: Session, asked: Mapping[str, Any], exchange: _Exchange) -> Call:
        key, whose = session.signer.access_key, session.signer.principal
        region = given_text(asked, "region")
        return Call("", whose.account, region, exchange.request_id, key, self._clock.now(), identity=whose)

    async def _speak(self, websocket: WebSocket, exchange: _Exchange) -> None:
        """Half B comes as a subprotocol: a page can give its WebSocket no header of its own."""
        path = websocket.scope["path"]
        try:
            if path not in (LIVE, SERIAL):
                way_out = f"Pages listen at {LIVE}, and show serial consoles at {SERIAL}."
                raise InvalidRequest("no WebSocket is spoken there", HTTPStatus.NOT_FOUND, way_out=way_out)
            head = arrived(websocket.scope, self._hosts)
            check_same_origin(head)
            protocol, *others = websocket.scope["subprotocols"] or [""]
            if protocol != SUBPROTOCOL or len(others) != 1:
                raise NotSignedIn
            await self._end_those_of_deleted_keys()
            session = self._sessions.find(half_a(head), others[0])
            asked = dict(websocket.query_params)
            call = self._call_of(session, asked, exchange) if path == SERIAL else None
            instance_id = given_text(asked, "instance") if path == SERIAL else ""
        except Ec2Error as error:
            log.info("a WebSocket was refused", code=error.code, reason=error.message)
            await websocket.close()  # before it was accepted: the browser gets 403
            return
        if call is None:
            await self._changes.listen(websocket, session)
        else:
            await self._serial.serve(websocket, session, call, instance_id)


def _refusal(exchange: _Exchange) -> Callable[[Ec2Error], Response]:
    def refused(error: Ec2Error) -> Response:
        return _json(routes.refusal(error, exchange.request_id), exchange, int(error.status))

    return refused


def _answered(answer: Mapping[str, Any] | None, exchange: _Exchange) -> Response:
    return _json(written_json(answer or {}), exchange)


async def _compressed(response: Response, accepted: str) -> Response:
    """An answer that is worth it, compressed: a listing of a thousand resources becomes a fortieth."""
    if len(response.body) >= _WORTH_COMPRESSING and "gzip" in accepted:
        response.body = await asyncio.to_thread(gzip.compress, bytes(response.body), 1, mtime=0)
        response.headers["Content-Length"] = str(len(response.body))
        response.headers["Content-Encoding"] = "gzip"
    return response


def _json(body: bytes, exchange: _Exchange, status: int = HTTPStatus.OK) -> Response:
    headers = {"x-amzn-RequestId": exchange.request_id, "Cache-Control": "no-store"}
    return Response(body, status, headers, media_type="application/json")


def _with_cookie(response: Response, head: SignedRequest, value: str, more: str = "") -> Response:
    cookie = f"{cookie_name(head)}={value}; HttpOnly; SameSite=Strict; Path={PREFIX}{more}"
    response.headers["Set-Cookie"] = cookie
    return response
