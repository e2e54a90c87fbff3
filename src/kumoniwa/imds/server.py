"""The metadata service: one unix socket for each guest, which is how it knows who asks.

Nothing in a request says whose metadata is wanted; no guest can ask for another's.
"""

import asyncio
import secrets
import socket
from collections.abc import Awaitable, Callable
from dataclasses import replace
from email.utils import format_datetime
from functools import partial
from http import HTTPStatus
from pathlib import Path

import structlog
from sqlalchemy import Connection
from sqlalchemy.exc import SQLAlchemyError

from kumoniwa.clock import Clock
from kumoniwa.imds.answers import Answer, Request, answer, refusal
from kumoniwa.imds.conversation import converse
from kumoniwa.imds.facts import gather
from kumoniwa.imds.tokens import Tokens
from kumoniwa.sockets import listen
from kumoniwa.store import facts
from kumoniwa.store.database import Database
from kumoniwa.tasks import Tasks

log = structlog.get_logger(__name__)

MOST_CONNECTIONS = 32  # at once, of one guest
_SECRET = "imds_token_secret"

Respond = Callable[[Request], Awaitable[Answer]]


class MetadataService:
    """Answers the guests of one cloud from its database. Implements `workflows.world.MetadataChannels`.

    `on_request` is told the instance's id after its guest was answered, whatever it asked: a sign of life.
    """

    def __init__(
        self, database: Database, clock: Clock, *, on_request: Callable[[str], Awaitable[None]] | None = None
    ) -> None:
        self._database = database
        self._clock = clock
        self._on_request = on_request
        self._channels: dict[str, _Channel] = {}
        self._changing = asyncio.Lock()
        self._tokens: Tokens | None = None

    async def open(self) -> None:
        """Learn this cloud's secret, making it the first time. To be called before any channel is opened."""
        self._tokens = Tokens(bytes.fromhex(await self._database.write(_secret)))

    async def ensure_open(self, instance_id: str, socket: Path) -> None:
        """Afterwards metadata requests of this instance's guest, which arrive at this unix socket, are answered.

        A socket file that a killed server left there is replaced. Raises `OSError` where none can be made.
        """
        async with self._changing:
            channel = self._channels.get(instance_id)
            if channel is not None:
                if channel.listens_at(socket):
                    return
                await self._end(instance_id)
            channel = _Channel(instance_id, partial(self._respond, instance_id), partial(self._answered, instance_id))
            await channel.open(socket)
            self._channels[instance_id] = channel

    async def ensure_closed(self, instance_id: str) -> None:
        """Afterwards they are not, and the socket is gone."""
        async with self._changing:
            await self._end(instance_id)

    async def close(self) -> None:
        """End every channel. The guests run on, and are answered again once their channels are opened again."""
        async with self._changing:
            for instance_id in list(self._channels):
                await self._end(instance_id)

    async def _end(self, instance_id: str) -> None:
        channel = self._channels.pop(instance_id, None)
        if channel is not None:
            await channel.close()

    async def _respond(self, instance_id: str, request: Request) -> Answer:
        assert self._tokens is not None, "the service was not opened"
        now = self._clock.now()
        try:
            guest = await self._database.read(lambda connection: gather(connection, instance_id))
        except SQLAlchemyError as failure:
            log.error("metadata could not be read", instance=instance_id, exc_info=failure)
            response = refusal(HTTPStatus.SERVICE_UNAVAILABLE)
        else:
            response = answer(request, guest, self._tokens, now)
        log.debug("metadata asked", instance=instance_id, target=request.target, status=response.status.value)
        return replace(response, headers={**response.headers, "Date": format_datetime(now, usegmt=True)})

    async def _answered(self, instance_id: str) -> None:
        if self._on_request is not None:
            await self._on_request(instance_id)


class _Channel:
    """The listening socket of one guest, and the conversations that came by it."""

    def __init__(self, instance_id: str, respond: Respond, answered: Callable[[], Awaitable[None]]) -> None:
        self._instance_id = instance_id
        self._respond = respond
        self._answered = answered
        self._conversations = Tasks(f"metadata of {instance_id}")
        self._count = 0
        self._path = Path()
        self._inode = 0
        self._server: asyncio.Server | None = None

    async def open(self, path: Path) -> None:
        # Not start_unix_server: since Python 3.13 that one looks for the socket by its address, which is short-lived.
        self._server = await asyncio.start_server(self._accepted, sock=self._listen(path))

    def _listen(self, path: Path) -> socket.socket:
        path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        listening = listen(path, backlog=MOST_CONNECTIONS)
        self._path, self._inode = path, path.stat().st_ino
        return listening

    def listens_at(self, path: Path) -> bool:
        """Whether who connects to this path still reaches us: its file may have been removed, or replaced."""
        try:
            return path == self._path and path.stat().st_ino == self._inode
        except FileNotFoundError:
            return False

    async def close(self) -> None:
        if self._server is not None:
            self._server.close()
            await self._conversations.close()
            await self._server.wait_closed()
            if self.listens_at(self._path):
                self._path.unlink()

    def _accepted(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        if self._count >= MOST_CONNECTIONS:
            log.warning("a guest has too many metadata connections open", instance=self._instance_id)
            writer.transport.abort()
            return
        self._count += 1
        conversation = converse(reader, writer, self._respond, self._answered)
        self._conversations.start(conversation, "conversation").add_done_callback(self._ended)

    def _ended(self, _: asyncio.Task[object]) -> None:
        self._count -= 1


def _secret(connection: Connection) -> str:
    secret = facts.get(connection, _SECRET)
    if secret is None:
        secret = secrets.token_hex(32)
        facts.put(connection, _SECRET, secret)
    return str(secret)
