"""What a test may do to its own cloud: begin it anew, move its time, wait until nothing goes on.

`POST /_kumoniwa/reset`, `POST /_kumoniwa/time?advance=SECONDS` and `POST /_kumoniwa/settled?within=SECONDS`, only of a
server that was started for tests. They are not signed, so that every language asks them easily: the token of the line
that the server prints goes into `Authorization: Bearer TOKEN`. Web pages and other users do not have it.
"""

import asyncio
import hmac
import secrets
from collections.abc import Awaitable, Callable, Mapping
from http import HTTPStatus
from typing import Any, Protocol
from urllib.parse import parse_qsl

import structlog
from starlette.types import Receive, Scope, Send

from kumoniwa.app.cloud import Running
from kumoniwa.clock import MovableClock, precise
from kumoniwa.gateway.routes import PREFIX, written
from kumoniwa.refusal import Refusal

log = structlog.get_logger(__name__)

_WITHIN = 30.0  # seconds that a test waits where it does not say how long
_A_STOP_AT_MOST = 1.0  # seconds of the host's time for what a moment brings about, while time is moved


class Clouds(Protocol):
    """The cloud that is controlled, and the ASGI application that it is."""

    clock: MovableClock
    running: Running

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None: ...

    async def renew(self) -> None: ...


class ControlRefused(Refusal):
    """A request that these routes do not take."""

    def __init__(self, status: HTTPStatus, what: str, *, way_out: str) -> None:
        super().__init__(what, way_out=way_out)
        self.status = status


class Controls:
    """The routes of a test's own, in front of everything else that the cloud answers (an ASGI application).

    `token` is what a request is believed for.
    """

    def __init__(self, clouds: Clouds) -> None:
        self._clouds = clouds
        self.token = secrets.token_urlsafe(24)
        self._in_turn = asyncio.Lock()
        self._routes: Mapping[str, Callable[[Mapping[str, str]], Awaitable[Mapping[str, Any]]]] = {
            f"{PREFIX}reset": self._reset,
            f"{PREFIX}time": self._time,
            f"{PREFIX}settled": self._settled,
        }

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http" or (route := self._routes.get(scope["path"])) is None:
            return await self._clouds(scope, receive, send)
        try:
            self._check(scope)
            given = dict(parse_qsl(scope["query_string"].decode("latin-1")))
            async with self._in_turn:
                answer, status = await route(given), HTTPStatus.OK
            log.info("a test has controlled its cloud", call=scope["path"])
        except ControlRefused as refused:
            answer, status = {"code": refused.status.phrase, "message": str(refused)}, refused.status
        await _send(send, status, written(answer))

    def _check(self, scope: Scope) -> None:
        headers = dict(scope["headers"])
        given = headers.get(b"authorization", b"")
        if not hmac.compare_digest(given, f"Bearer {self.token}".encode()):
            raise ControlRefused(
                HTTPStatus.UNAUTHORIZED,
                "The token of this server is missing.",
                way_out="Send `Authorization: Bearer` with the control_token of its first line.",
            )
        if scope["method"] != "POST":
            raise ControlRefused(
                HTTPStatus.METHOD_NOT_ALLOWED, f"{scope['path']} takes POST alone.", way_out="Ask it with POST."
            )

    async def _reset(self, _given: Mapping[str, str]) -> Mapping[str, Any]:
        """A new cloud in the place of this one."""
        await self._clouds.renew()
        return self._now()

    async def _time(self, given: Mapping[str, str]) -> Mapping[str, Any]:
        """Make time pass, and what is due in it happen; without `advance`, say what time it is."""
        if (asked := given.get("advance")) is not None:
            try:
                await self._clouds.clock.advance(float(asked), self._settle_for_a_moment)
            except ValueError:
                raise ControlRefused(
                    HTTPStatus.BAD_REQUEST,
                    f"advance={asked[:64]} is no number of seconds that can pass.",
                    way_out="Time goes forward only, and within the calendar.",
                ) from None
            # What time alone brings about is looked at once a minute; whoever moved it is not to wait for that.
            await self._clouds.running.housekeeping.go_round()
            await self._settle_for_a_moment()
        return self._now()

    async def _settled(self, given: Mapping[str, str]) -> Mapping[str, Any]:
        """Wait until nothing goes on in the cloud: no workflow, and nothing that guests did is still to be followed."""
        try:
            within = float(given.get("within", _WITHIN))
        except ValueError:
            raise ControlRefused(
                HTTPStatus.BAD_REQUEST, "within is no number.", way_out="Give it in seconds."
            ) from None
        return {"settled": await self._settle(within), **self._now()}

    async def _settle_for_a_moment(self) -> None:
        await self._settle(_A_STOP_AT_MOST)

    async def _settle(self, within: float) -> bool:
        engine, follower = self._clouds.running.cloud.engine, self._clouds.running.follower
        interruptions = self._clouds.running.interruptions
        database = self._clouds.running.cloud.world.database
        try:
            async with asyncio.timeout(within):
                while True:
                    await database.write(lambda _: None, patient=True)  # who was woken writes before it
                    await follower.caught_up()
                    await interruptions.caught_up()
                    if engine.is_idle:
                        return True
                    await engine.idle(within)
        except TimeoutError:
            return False

    def _now(self) -> Mapping[str, Any]:
        return {"now": precise(self._clouds.clock.now())}


async def _send(send: Send, status: HTTPStatus, body: bytes) -> None:
    headers = [(b"content-type", b"application/json"), (b"content-length", b"%d" % len(body))]
    if status == HTTPStatus.UNAUTHORIZED:
        headers.append((b"connection", b"close"))  # to a caller whom nobody knows (`app.connections`)
    await send({"type": "http.response.start", "status": int(status), "headers": headers})
    await send({"type": "http.response.body", "body": body})
