"""A guest's serial console in the browser: one WebSocket for each page, on which it reads and types.

Binary messages are what the guest says and what is typed, text is JSON about it: `listening` once, then `skipped`
(bytes that the page did not read in time) and `unread` (what was typed is lost, for the guest does not read). The
history comes first. A connection stays open while its guest reboots; it ends, with a code that says why, when the
instance is stopped or terminated, or the session has ended.
"""

import asyncio
import json
import math
from dataclasses import dataclass, field

import structlog
from starlette.websockets import WebSocket, WebSocketDisconnect, WebSocketState

from kumoniwa.api.call import Call
from kumoniwa.api.cloud import Cloud
from kumoniwa.api.ec2.instances.serial_console_access import is_enabled
from kumoniwa.api.ec2.kinds import INSTANCE
from kumoniwa.api.ec2.named.lookup import named
from kumoniwa.api.ec2.named.region_lookup import check_region
from kumoniwa.console.changes import (
    NOT_SPOKEN,
    SEND_DEADLINE,
    SESSION_ENDED,
    SUBPROTOCOL,
    TOO_MANY_PAGES,
    Listener,
    LiveChanges,
)
from kumoniwa.console.sessions import Session
from kumoniwa.errors import Ec2Error
from kumoniwa.hypervisor.driver import ConsoleReader, Guest, GuestId, GuestLost, KeysNotRead, Said, TooManyReaders
from kumoniwa.model.instances import InstanceState
from kumoniwa.pace import Pace
from kumoniwa.store.database import DatabaseUnavailable

log = structlog.get_logger(__name__)

NOT_ALLOWED, NOT_FOUND, NOT_RUNNING, TERMINATED, CANNOT_TELL = 4403, 4404, 4409, 4410, 1011
"""Why a serial console's connection is closed, beside what closes every connection of a page."""
MOST_CONSOLES = 64
"""Pages with a serial console, of all guests; a guest's own limit is the driver's."""
_TOLD_AT_ONCE, _TOLD_A_SECOND = 1024 * 1024, 512 * 1024  # bytes; what a guest says beyond that is skipped
_TYPED_AT_ONCE, _TYPED_A_SECOND = 64 * 1024, 32 * 1024  # bytes; who types more waits
_LEAST = 64  # bytes that a message counts for at least
_SAID_AGAIN = 1.0  # seconds between two words about keys that are lost
_LONGEST_REASON = 123  # bytes, of a close frame


class _Over(Exception):
    """The connection is to be closed, with this code and reason."""

    def __init__(self, code: int, reason: str) -> None:
        super().__init__(reason)
        self.code = code
        self.reason = reason.encode()[:_LONGEST_REASON].decode(errors="ignore")


@dataclass(slots=True)
class _Page:
    """One page with a serial console: whose it is, what it shows, and why it will be closed."""

    websocket: WebSocket
    session: Session
    call: Call
    instance_id: str
    listener: Listener
    ending: _Over = field(default_factory=lambda: _Over(TERMINATED, "The instance is terminated."))
    """Why its reader comes to an end; where nobody says so, nothing is left of the guest."""


class SerialConsoles:
    """The serial consoles of a cloud's guests, for its pages."""

    def __init__(self, cloud: Cloud, changes: LiveChanges) -> None:
        self._cloud = cloud
        self._changes = changes
        self._open = 0

    async def serve(self, websocket: WebSocket, session: Session, call: Call, instance_id: str) -> None:
        """Show a page the serial console of an instance that `call` may see, until it leaves or must."""
        page = _Page(websocket, session, call, instance_id, Listener(self._cloud.world.clock))
        session.on_end.add(page.listener.end)  # before anything is waited for: it may end at any time
        self._open += 1
        try:
            await websocket.accept(SUBPROTOCOL)
            with self._changes.heard_by(page.listener):  # before the instance is looked at: nothing is missed
                await self._show(page)
        except* WebSocketDisconnect:
            pass
        except* _Over as over:
            await _close(websocket, _first(over))
        finally:
            self._open -= 1
            session.on_end.discard(page.listener.end)

    async def _show(self, page: _Page) -> None:
        if self._open > MOST_CONSOLES:
            raise _Over(TOO_MANY_PAGES, "Too many serial consoles are open.")
        await self._check(page)
        guest = self._cloud.world.driver.guest(GuestId(page.instance_id))
        try:
            reader = await guest.follow_console()
        except TooManyReaders as refusal:
            raise _Over(TOO_MANY_PAGES, str(refusal)) from None
        whose = {
            "account": page.call.account,
            "region": page.call.region,
            "access_key": page.call.principal,
            "by": page.call.caller.arn,
        }
        log.info("a serial console is opened", instance=page.instance_id, **whose)
        try:
            with reader:
                await page.websocket.send_text(json.dumps({"listening": True}))
                async with asyncio.TaskGroup() as all_three:
                    all_three.create_task(self._tell(page, reader))
                    all_three.create_task(self._watch(page, reader))
                    await self._take(page, guest)
        finally:
            log.info("a serial console is closed", instance=page.instance_id, **whose)

    async def _check(self, page: _Page) -> None:
        """Raises `_Over` unless the instance has a guest, or is about to."""
        scope, instance_id = page.call.scope, page.instance_id
        try:
            check_region(page.call.region)
            instance, is_allowed = await self._cloud.read(
                lambda connection: (
                    named(connection, scope, INSTANCE, instance_id),
                    is_enabled(connection, scope),
                )
            )
        except Ec2Error as refusal:
            raise _Over(NOT_FOUND, refusal.message) from None
        except DatabaseUnavailable as hindered:
            raise _Over(CANNOT_TELL, f"Kumoniwa's database cannot be used now ({hindered}).") from None
        if not is_allowed:
            raise _Over(NOT_ALLOWED, "Serial console access is disabled in this region: EnableSerialConsoleAccess.")
        if instance.state is InstanceState.STOPPED:
            raise _Over(NOT_RUNNING, "The instance is stopped.")
        if instance.state is InstanceState.TERMINATED:
            raise _Over(TERMINATED, "The instance is terminated.")

    async def _tell(self, page: _Page, reader: ConsoleReader) -> None:
        """Send what the guest says, as fast as it is read and no faster than a page is for."""
        pace = Pace(at_once=_TOLD_AT_ONCE, a_second=_TOLD_A_SECOND)
        try:
            while (said := await reader.next()) is not None:
                self._check_session(page)
                async with asyncio.timeout(SEND_DEADLINE):
                    await _send(page.websocket, said)
                await pace.take(len(said.text))
        except TimeoutError:
            log.info("a page with a serial console no longer reads, and is let go", instance=page.instance_id)
            raise WebSocketDisconnect from None
        raise page.ending

    async def _take(self, page: _Page, guest: Guest) -> None:
        """Hand the guest what is typed."""
        pace = Pace(at_once=_TYPED_AT_ONCE, a_second=_TYPED_A_SECOND)
        loop, told_at = asyncio.get_running_loop(), -math.inf
        while (message := await page.websocket.receive())["type"] == "websocket.receive":
            if (keys := message.get("bytes")) is None:
                raise _Over(NOT_SPOKEN, "What is typed comes in binary messages.")
            self._check_session(page)
            page.session.used_at = self._cloud.world.clock.now()
            try:
                await guest.type_on_console(keys)
            except (KeysNotRead, GuestLost):
                if loop.time() - told_at >= _SAID_AGAIN:
                    told_at = loop.time()
                    await page.websocket.send_text(json.dumps({"unread": True}))
            await pace.take(max(_LEAST, len(keys)))
        raise WebSocketDisconnect

    async def _watch(self, page: _Page, reader: ConsoleReader) -> None:
        """See to it that the connection ends with its session, and with the guest once all that it said was sent."""
        while (changed := await page.listener.next()) is not None:
            self._check_session(page)
            ids = changed.get("instances", ())
            if ids is None or page.instance_id in ids or "account_settings" in changed:
                try:
                    await self._check(page)
                except _Over as over:
                    page.ending = over
                    reader.end()
        raise _session_ended()

    def _check_session(self, page: _Page) -> None:
        if page.session.is_idle(self._cloud.world.clock.now()):
            raise _session_ended()


def _session_ended() -> _Over:
    return _Over(SESSION_ENDED, "The session has ended.")


async def _send(websocket: WebSocket, said: Said) -> None:
    if said.skipped:
        await websocket.send_text(json.dumps({"skipped": said.skipped}))
    await websocket.send_bytes(said.text)


async def _close(websocket: WebSocket, over: _Over) -> None:
    if websocket.application_state is not WebSocketState.CONNECTED:
        return  # it left in the same moment
    try:
        async with asyncio.timeout(SEND_DEADLINE):
            await websocket.close(over.code, over.reason)
    except (TimeoutError, WebSocketDisconnect):
        log.info("a page with a serial console was gone before it was told why", reason=over.reason)


def _first(group: BaseExceptionGroup[_Over]) -> _Over:
    """One of several reasons: they came in the same moment."""
    first = group.exceptions[0]
    return _first(first) if isinstance(first, BaseExceptionGroup) else first
