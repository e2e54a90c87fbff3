"""A connection to QEMU's monitor (QMP)."""

import asyncio
import contextlib
from collections.abc import Callable, Mapping
from pathlib import Path

from qemu.qmp import ExecuteError, QMPClient, QMPError, Runstate
from qemu.qmp.events import EventListener
from qemu.qmp.message import Message

from kumoniwa import sockets
from kumoniwa.hypervisor.driver import DriverError, GuestLost

_ANSWER_WITHIN = 60.0  # seconds; a command of ours takes milliseconds, a flush of much data may take longer


class CommandRefused(DriverError):
    """QEMU understood a command and refused it. The text is QEMU's."""


class Monitor:
    """One connection, from `connect` until `close` or until QEMU ends it. QEMU serves one connection at a time."""

    def __init__(self, name: str, on_event: Callable[[Mapping[str, object]], None]) -> None:
        self._name = name
        self._closing = asyncio.Lock()
        self._client = QMPClient(name)
        self._client.events.event_filter = lambda event: False  # the default listener keeps every event for ever
        self._client.register_listener(_EventReporter(on_event))

    async def connect(self, path: Path, *, within: float) -> None:
        """Connect, wait for the greeting and agree. Raises `GuestLost`."""
        try:
            async with asyncio.timeout(within):
                await self._client.connect(sockets.connect(path))
        except (QMPError, OSError, EOFError, TimeoutError) as failure:
            raise GuestLost(f"the monitor of {self._name} does not answer: {failure or 'time is up'}") from failure

    async def execute(self, command: str, **arguments: object) -> object:
        """Run a command; gives what it returns. Underscores in names of arguments stand for dashes.

        Raises `CommandRefused`, and `GuestLost` when no answer came: then it is not known whether it was done.
        """
        named = {name.replace("_", "-"): value for name, value in arguments.items()}
        try:
            async with asyncio.timeout(_ANSWER_WITHIN):
                return await self._client.execute(command, named or None)
        except ExecuteError as refusal:
            raise CommandRefused(f"{command}: {refusal}") from refusal
        except (QMPError, OSError, EOFError, TimeoutError) as failure:
            raise GuestLost(f"{self._name} does not answer {command}: {failure or 'time is up'}") from failure

    async def hand_over(self, file: int, name: str) -> None:
        """Give QEMU a copy of an open file, under a name for the commands that take one. Raises as `execute` does."""
        try:
            self._client.send_fd_scm(file)
        except (QMPError, OSError) as failure:
            raise GuestLost(f"{self._name} takes no open file: {failure}") from failure
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
            with contextlib.suppress(QMPError, OSError, EOFError):
                await self._client.disconnect()


class _EventReporter(EventListener):
    """Reports an event as it comes, in order and at once, instead of keeping it in a queue."""

    def __init__(self, report: Callable[[Mapping[str, object]], None]) -> None:
        super().__init__()
        self._report = report

    async def put(self, event: Message) -> None:
        self._report(event)
