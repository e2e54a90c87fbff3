"""The port at which a machine says that it is prepared, and a guest launched from it learns who it is: the host's end.

Each side says lines of JSON. Whoever is root in the guest may be what speaks: what is not the one line that is awaited
ends the conversation.
"""

import asyncio
import base64
import contextlib
import json
import secrets
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import datetime
from pathlib import Path

from kumoniwa import sockets
from kumoniwa.hypervisor.driver import DriverError, GuestSpec, Identity
from kumoniwa.hypervisor.qemu.guest.process.machine import LAUNCH_SOCKET
from kumoniwa.hypervisor.qemu.guest.process.monitor import MonitorEvent
from kumoniwa.hypervisor.qemu.untrusted import Limits, NotJson, Value, parsed, shown

PREPARED = "prepared"
"""All is up that does not depend on who the guest will be."""
APPLIED = "applied"
"""It is who it was told to be."""
_FAILED = "failed"
_FORMAT = 1
_LIMITS = Limits(bytes=16 * 1024, nested=4, parts=16)
_ENTROPY = 512  # bytes
_SEE_GUEST = "The image may be older than this server: build it anew."


class NotAsAwaited(DriverError):
    """A guest did not say what it was to say at its launch port."""

    def __init__(self, what: str) -> None:
        super().__init__(what, way_out=_SEE_GUEST)


class LaunchPort:
    """A conversation; see `connected`."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._reader = reader
        self._writer = writer
        self._ended_by = ""

    async def tell(self, identity: bytes) -> None:
        """Tell the guest who it is (`told`). Raises `NotAsAwaited`."""
        try:
            self._writer.write(identity)
            await self._writer.drain()
        except OSError as gone:
            raise NotAsAwaited(self._ended_by or "its QEMU went away") from gone

    async def hear(self, state: str) -> None:
        """Return when the guest has said that it is in this state. Raises `NotAsAwaited`."""
        try:
            line = await self._reader.readline()
        except ValueError as endless:
            raise NotAsAwaited(f"it said more than {_LIMITS.bytes} bytes at its launch port") from endless
        except OSError as gone:
            raise NotAsAwaited(self._ended_by or "its QEMU went away") from gone
        if not line.endswith(b"\n"):
            raise NotAsAwaited(self._ended_by or "its QEMU went away")
        check_said(line, state)

    def end_with(self, event: MonitorEvent) -> None:
        """End the conversation where the guest will not say what is awaited any more, by what QEMU tells of it."""
        if (why := _why_it_is_over(event)) is not None:
            self._ended_by = self._ended_by or why
            self._writer.transport.abort()


@asynccontextmanager
async def connected(folder: Path) -> AsyncIterator[LaunchPort]:
    """The launch port of the machine in this folder, whose QEMU was just made. Raises `NotAsAwaited`."""
    try:
        socket = sockets.connect(folder / LAUNCH_SOCKET)
        reader, writer = await asyncio.open_unix_connection(sock=socket, limit=_LIMITS.bytes)
    except OSError as gone:
        raise NotAsAwaited(f"its launch port cannot be reached: {gone.strerror}") from gone
    try:
        yield LaunchPort(reader, writer)
    finally:
        writer.close()
        with contextlib.suppress(OSError):  # it is closed, whatever was left to say
            await writer.wait_closed()


def _why_it_is_over(event: MonitorEvent) -> str | None:
    match event.name:
        case "SHUTDOWN":
            return "it powered itself off"
        case "GUEST_PANICKED":
            return "its kernel panicked"
        case "BLOCK_IO_ERROR" if event.data["action"].text() == "stop":
            return "its disk could not be written to"
    return None


def told(spec: GuestSpec, identity: Identity, at: datetime) -> bytes:
    """What a guest is told of itself, in a line: first what makes its secrets its own, then who it is."""
    line = {
        "format": _FORMAT,
        "entropy": base64.b64encode(secrets.token_bytes(_ENTROPY)).decode(),
        "time": at.timestamp(),
        "instance_id": identity.instance_id,
        "hostname": identity.hostname,
        "uuid": spec.uuid,
        "product": spec.product,
        "asset_tag": spec.id,
        "machine_id": identity.machine_id,
        "host_keys": dict(identity.host_keys),
        "authorized_keys": list(identity.authorized_keys),
        "cloud_init_first": identity.cloud_init_first,
    }
    return json.dumps(line).encode() + b"\n"


def check_said(line: bytes, state: str) -> None:
    """Raises `NotAsAwaited` where this line does not say that the guest is in this state."""
    what = "what it says at its launch port"
    try:
        said = Value(parsed(line, _LIMITS), what, NotAsAwaited)
    except NotJson as garbage:
        raise NotAsAwaited(f"{what} makes no sense: {garbage}") from garbage
    if said["format"].count() != _FORMAT:
        raise NotAsAwaited("it speaks as another version of Kumoniwa would")
    if (heard := said["state"].text()) == _FAILED:
        raise NotAsAwaited(f"it says that it failed: {shown(said['why'].page())}")
    if heard != state:
        raise NotAsAwaited(f"it says that it is {shown(heard)}, not {state}")
