"""A connection to QEMU's monitor (QMP).

A guest that broke out of its machine speaks here as QEMU. So what is said is bounded, and read as `untrusted.Value`;
and who speaks too fast is listened to at a pace that leaves the server to others.
"""

import asyncio
import contextlib
import os
import socket
from collections.abc import Callable
from pathlib import Path

import structlog
from qemu.qmp import ExecuteError, QMPClient, QMPError, Runstate
from qemu.qmp.error import ProtocolError
from qemu.qmp.events import EventListener
from qemu.qmp.message import Message

from kumoniwa import sockets
from kumoniwa.hypervisor.driver import AGAIN, DriverError, GuestLost
from kumoniwa.hypervisor.qemu.untrusted import Limits, NotJson, Value, parsed, shown
from kumoniwa.pace import Pace
from kumoniwa.values import dataclass

log = structlog.get_logger(__name__)

_ANSWER_WITHIN = 60.0  # seconds; a command of ours takes milliseconds, a flush of much data may take longer
_CLOSED_WITHIN = 5.0
# A node takes some 900 bytes of an answer, and 27 disks of 16 layers have 864. A chain's layers stand in each other.
_LIMITS = Limits(bytes=4 * 1024 * 1024, nested=512, parts=250_000)
_LONGEST_ID = 64  # characters; ours have a dozen
_FAILURES = (QMPError, OSError, EOFError, TimeoutError)


class CommandRefused(DriverError):
    """QEMU understood a command and refused it. The text is QEMU's, made safe to show."""

    def __init__(self, what: str) -> None:
        super().__init__(what, way_out=AGAIN)


@dataclass(frozen=True, slots=True)
class MonitorEvent:
    """What QEMU says happened. Its data is read as what it should be, and raises `GuestLost` where it is not."""

    name: str
    data: Value


class Monitor:
    """One connection, from `connect` until `close` or until QEMU ends it. QEMU serves one connection at a time."""

    def __init__(self, name: str, on_event: Callable[[MonitorEvent], None]) -> None:
        self._name = name
        self._closing = asyncio.Lock()
        self._client = _Client(name)
        self._client.events.event_filter = lambda event: False  # the default listener keeps every event for ever
        self._client.register_listener(_EventReporter(name, on_event))

    async def connect(self, path: Path, *, within: float) -> None:
        """Connect, wait for the greeting and agree. Raises `GuestLost`."""
        try:
            connected = sockets.connect(path)
            try:
                async with asyncio.timeout(within):
                    await self._client.connect(connected)
            except BaseException:  # the client closes it only where it came as far as to own it
                connected.close()
                raise
        except _FAILURES as failure:
            raise GuestLost(f"The monitor of {self._name} does not answer: {_why(failure)}") from failure

    async def execute(self, command: str, **arguments: object) -> Value:
        """Run a command; gives what it returns. Underscores in names of arguments stand for dashes, but in a device's
        properties.

        Raises `CommandRefused`, and `GuestLost` when no answer came: then it is not known whether it was done.
        """
        between = "_" if command == "device_add" else "-"
        named = {name.replace("_", between): value for name, value in arguments.items()}
        try:
            async with asyncio.timeout(_ANSWER_WITHIN):
                returned = await self._client.execute(command, named or None)
        except ExecuteError as refusal:
            raise CommandRefused(f"QEMU refused {command}: {shown(str(refusal))}") from refusal
        except _FAILURES as failure:
            raise GuestLost(f"{self._name} does not answer {command}: {_why(failure)}") from failure
        return Value(returned, f"What {self._name} answers to {command}")

    async def hand_over(self, file: int, name: str) -> None:
        """Give QEMU a copy of an open file, under a name for the commands that take one. Raises as `execute` does."""
        try:
            self._client.send_file(file)
        except (QMPError, OSError) as failure:
            raise GuestLost(f"{self._name} takes no open file: {_why(failure)}") from failure
        await self.execute("getfd", fdname=name)

    async def lost(self) -> None:
        """Return once the connection has ended, and tidy up after it."""
        while self._client.runstate is Runstate.RUNNING:
            await self._client.runstate_changed()
        await self.close()

    async def close(self) -> None:
        """Close the connection. QEMU goes on, and takes another."""
        async with self._closing:
            if self._client.runstate is Runstate.IDLE:
                return
            # How a connection ended that QEMU closed first is raised here once more: nothing is lost with it.
            with contextlib.suppress(*_FAILURES):
                async with asyncio.timeout(_CLOSED_WITHIN):
                    await self._client.disconnect()
            self._client.abort()


class _Client(QMPClient):
    """The library's client, with bounds on what it reads. Whatever goes beyond them ends the connection."""

    def __init__(self, name: str) -> None:
        super().__init__(name, readbuflen=_LIMITS.bytes)
        self._messages = Pace(at_once=4000, a_second=2000)  # that nobody asked for
        self._bytes = Pace(at_once=4 * _LIMITS.bytes, a_second=4 * _LIMITS.bytes)

    async def _do_recv(self) -> Message:
        try:
            line = await self._readline()
        except ValueError as endless:
            raise ProtocolError(f"QEMU said a line of more than {_LIMITS.bytes} bytes") from endless
        message = _Message(line)
        waiting = self._waiting_for(message)
        await self._bytes.take(len(line))
        if waiting is None:
            await self._messages.take()
        elif waiting.full():
            raise ProtocolError("QEMU answered twice")
        return message

    def send_file(self, file: int) -> None:
        """Send an open file, which QEMU takes with the next command that needs one. Raises `QMPError` and `OSError`.

        The library's own way is through what only asyncio's transports have, and uvloop's have not.
        """
        if self._writer is None or self.runstate is not Runstate.RUNNING:
            raise ProtocolError("the connection has ended")
        of_the_loop: int = self._writer.transport.get_extra_info("socket").fileno()
        with socket.socket(fileno=os.dup(of_the_loop)) as ours:
            socket.send_fds(ours, [b" "], [file])

    def abort(self) -> None:
        """Drop the connection, if it could not be closed in order: QEMU may not read what we say."""
        if self._writer is not None:
            self._writer.transport.abort()

    def _waiting_for(self, message: Message) -> asyncio.Queue[object] | None:
        """Where the answer to one of our commands goes; None for what nobody waits for."""
        if "event" in message or "id" not in message:
            return None
        if not isinstance(id := message["id"], str) or len(id) > _LONGEST_ID:
            raise ProtocolError("QEMU answers a command of which nobody knows")
        return self._pending.get(id)  # type: ignore[return-value]


class _Message(Message):
    """A message from QEMU, within the limits."""

    def __str__(self) -> str:
        return f"a message of {len(bytes(self))} bytes"  # the library's form is made even where nobody logs it

    @classmethod
    def _deserialize(cls, data: bytes) -> dict[str, object]:
        try:
            value = parsed(data, _LIMITS)
        except NotJson as garbage:
            raise ProtocolError(f"QEMU said what makes no sense: {garbage}") from garbage
        if not isinstance(value, dict):
            raise ProtocolError("QEMU said what makes no sense: it is no object")
        return value


class _EventReporter(EventListener):
    """Reports an event as it comes, in order and at once, instead of keeping it in a queue."""

    def __init__(self, name: str, report: Callable[[MonitorEvent], None]) -> None:
        super().__init__()
        self._name = name
        self._report = report

    async def put(self, event: Message) -> None:
        said = Value(event.get("data", {}), f"An event of {self._name}")
        try:
            self._report(MonitorEvent(Value(event["event"], said.what).text(), said))
        except DriverError as nonsense:  # the other events still count
            log.debug("an event is passed over", guest=self._name, reason=str(nonsense))


def _why(failure: BaseException) -> str:
    return shown(str(failure)) or "time is up"
