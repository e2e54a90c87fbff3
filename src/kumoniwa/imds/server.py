"""The metadata service: one unix socket for each guest, which is how it knows who asks.

Nothing in a request says whose metadata is wanted; no guest can ask for another's.
"""

import asyncio
import secrets
import socket
from collections.abc import Awaitable, Callable
from dataclasses import replace
from functools import partial
from http import HTTPStatus
from pathlib import Path

import structlog
from sqlalchemy import Connection
from sqlalchemy.exc import SQLAlchemyError

from kumoniwa.clock import Clock, http_date
from kumoniwa.imds.answers import Answer, Request, answer, refusal
from kumoniwa.imds.facts import gather
from kumoniwa.imds.tokens import Tokens
from kumoniwa.pace import Pace
from kumoniwa.sockets import listen
from kumoniwa.store import facts
from kumoniwa.store.database import Database, DatabaseUnavailable
from kumoniwa.tasks import Tasks

log = structlog.get_logger(__name__)

MOST_CONNECTIONS = 32  # of one guest at once; more wait until one ends, as silent ones do after 10 s
AT_ONCE = 500  # requests and connections of one guest; cloud-init reads all there is with some hundred
A_SECOND = 50
_RETRY_SECONDS = 1.0
_SECRET = "imds_token_secret"

Respond = Callable[[Request], Awaitable[Answer]]


class MetadataService:
    """Answers the guests of one cloud from its database. Implements `workflows.world.MetadataChannels`.

    `on_request` is called with the instance's id after its guest was answered, whatever it asked: a sign of life.
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
            channel.open(socket)
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
        except DatabaseUnavailable as failure:
            log.warning("metadata cannot be read now", instance=instance_id, reason=str(failure))
            response = refusal(HTTPStatus.SERVICE_UNAVAILABLE)
        except SQLAlchemyError as failure:
            log.error("metadata could not be read", instance=instance_id, exc_info=failure)
            response = refusal(HTTPStatus.SERVICE_UNAVAILABLE)
        else:
            response = answer(request, guest, self._tokens, now)
        log.debug("metadata asked", instance=instance_id, target=request.target, status=response.status.value)
        return replace(response, headers={**response.headers, "Date": http_date(now)})

    async def _answered(self, instance_id: str) -> None:
        if self._on_request is not None:
            await self._on_request(instance_id)


class _Channel:
    """The listening socket of one guest, and the conversations that come by it."""

    def __init__(self, instance_id: str, respond: Respond, answered: Callable[[], Awaitable[None]]) -> None:
        self._instance_id = instance_id
        self._respond = respond
        self._answered = answered
        self._tasks = Tasks(f"metadata of {instance_id}")
        self._free = asyncio.Semaphore(MOST_CONNECTIONS)
        self._pace = Pace(at_once=AT_ONCE, a_second=A_SECOND)
        self._listening: socket.socket | None = None
        self._path = Path()
        self._inode = 0

    def open(self, path: Path) -> None:
        path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        self._listening = listen(path, backlog=MOST_CONNECTIONS)
        self._path, self._inode = path, path.stat().st_ino
        self._tasks.start(self._accept(self._listening), "accept")

    def listens_at(self, path: Path) -> bool:
        """Whether who connects to this path still reaches us: its file may have been removed, or replaced."""
        try:
            return path == self._path and path.stat().st_ino == self._inode
        except FileNotFoundError:
            return False

    async def close(self) -> None:
        await self._tasks.close()
        if self._listening is not None:
            self._listening.close()
        if self.listens_at(self._path):
            self._path.unlink()

    async def _accept(self, listening: socket.socket) -> None:
        """Accept connections, no more than a guest may have at once: the next wait in the socket's queue.

        Between a connection's accepting and its conversation nothing is awaited, so that none is lost when this ends;
        `asyncio.start_server` neither serves nor closes what it accepts at that moment (Python 3.11).
        """
        while True:
            await self._free.acquire()
            await _readable(listening)
            await self._pace.take()
            try:
                connection, _ = listening.accept()
            except BlockingIOError:  # who wanted to connect is gone
                self._free.release()
            except OSError as failure:  # our process can open no more files; some are given back sooner or later
                log.error("a metadata connection waits", instance=self._instance_id, reason=str(failure))
                self._free.release()
                await asyncio.sleep(_RETRY_SECONDS)
            else:
                connection.setblocking(False)
                conversation = self._tasks.start(self._converse(connection), "conversation")
                conversation.add_done_callback(partial(self._ended, connection))

    async def _converse(self, connection: socket.socket) -> None:
        from kumoniwa.imds.conversation import converse  # with it comes h11, and simulated guests ask nothing

        reader, writer = await asyncio.open_connection(sock=connection)
        await converse(reader, writer, self._respond_in_time, self._answered)

    async def _respond_in_time(self, request: Request) -> Answer:
        """EC2 throttles an instance's requests too: the answer comes later, and is none the worse."""
        await self._pace.take()
        return await self._respond(request)

    def _ended(self, connection: socket.socket, _: asyncio.Task[object]) -> None:
        connection.close()  # a conversation that was cancelled before its first turn did not
        self._free.release()


async def _readable(listening: socket.socket) -> None:
    """Wait until there is a connection to accept."""
    loop = asyncio.get_running_loop()
    readable = asyncio.Event()
    loop.add_reader(listening, readable.set)
    try:
        await readable.wait()
    finally:
        loop.remove_reader(listening)


def _secret(connection: Connection) -> str:
    secret = facts.get(connection, _SECRET)
    if secret is None:
        secret = secrets.token_hex(32)
        facts.put(connection, _SECRET, secret)
    return str(secret)
