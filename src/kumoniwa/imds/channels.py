"""How the metadata requests of guests come in: by a unix socket of one guest, or out of a network of many."""

import asyncio
import socket
from collections.abc import Awaitable, Callable
from functools import partial
from pathlib import Path

import structlog
from sqlalchemy.exc import SQLAlchemyError

from kumoniwa.imds.answers import Answer, Request
from kumoniwa.pace import Pace
from kumoniwa.sockets import listen
from kumoniwa.tasks import Tasks

log = structlog.get_logger(__name__)

MOST_CONNECTIONS = 32  # of one guest at once; more wait until one ends, as silent ones do after 10 s
AT_ONCE = 500  # requests and connections of one guest; cloud-init reads all there is with some hundred
A_SECOND = 50
_MOST_WAITING = 32  # connections of one guest of a network, beside those that are served; further ones are closed
_MOST_GUESTS = 1000  # of a network that are remembered while they have no connection
_RETRY_SECONDS = 1.0
_HOPS = 64  # that an answer may travel where nothing else is said

Respond = Callable[[Request], Awaitable[Answer]]
Answered = Callable[[], Awaitable[None]]


class GuestChannel:
    """The listening socket of one guest, and the conversations that come by it."""

    def __init__(self, instance_id: str, respond: Respond, answered: Answered) -> None:
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


class _Caller:
    """A guest of a network, as far as it is bounded."""

    def __init__(self) -> None:
        self.connections = 0
        self.free = asyncio.Semaphore(MOST_CONNECTIONS)
        self.pace = Pace(at_once=AT_ONCE, a_second=A_SECOND)


class NetworkChannel:
    """The listening socket of a network, and the conversations with its guests.

    Who asks is known by the address of the connection: the network lets no guest use another's. A guest that has too
    many connections is closed the next one, and holds up nobody else.
    """

    def __init__(
        self,
        network: str,
        listening: socket.socket,
        who: Callable[[str, str], Awaitable[str | None]],
        respond: Callable[[str, Request], Awaitable[Answer]],
        answered: Callable[[str], Awaitable[None]],
    ) -> None:
        self._network = network
        self._listening = listening
        self._who = who
        self._respond = respond
        self._answered = answered
        self._callers: dict[str, _Caller] = {}
        self._tasks = Tasks(f"metadata of {network}")
        self._tasks.start(self._accept(), "accept")

    async def close(self) -> None:
        """End it. The socket goes on where others have it too."""
        await self._tasks.close()
        self._listening.close()

    async def _accept(self) -> None:
        while True:
            await _readable(self._listening)
            try:
                connection, (address, _) = self._listening.accept()
            except BlockingIOError:  # who wanted to connect is gone
                continue
            except OSError as failure:  # our process can open no more files; some are given back sooner or later
                log.error("metadata connections wait", network=self._network, reason=str(failure))
                await asyncio.sleep(_RETRY_SECONDS)
                continue
            caller = self._caller(address)
            if caller.connections >= MOST_CONNECTIONS + _MOST_WAITING:
                connection.close()
                continue
            caller.connections += 1
            connection.setblocking(False)
            conversation = self._tasks.start(self._converse(connection, address, caller), "conversation")
            conversation.add_done_callback(partial(self._ended, connection, caller))

    def _caller(self, address: str) -> _Caller:
        if address not in self._callers and len(self._callers) >= _MOST_GUESTS:
            self._callers = {known: caller for known, caller in self._callers.items() if caller.connections}
        return self._callers.setdefault(address, _Caller())

    async def _converse(self, connection: socket.socket, address: str, caller: _Caller) -> None:
        from kumoniwa.imds.conversation import converse

        async with caller.free:
            await caller.pace.take()
            try:
                instance_id = await self._who(self._network, address)
            except SQLAlchemyError as failure:
                log.warning("it cannot be read who asks for metadata", network=self._network, reason=str(failure))
                return
            if instance_id is None:
                log.warning("metadata asked by nobody", network=self._network, address=address)
                return

            async def respond(request: Request) -> Answer:
                await caller.pace.take()
                answer = await self._respond(instance_id, request)
                if connection.fileno() < 0:  # it was reset, and is closed
                    raise ConnectionResetError("it was reset before its answer")
                connection.setsockopt(socket.IPPROTO_IP, socket.IP_TTL, answer.hops or _HOPS)
                return answer

            reader, writer = await asyncio.open_connection(sock=connection)
            await converse(reader, writer, respond, partial(self._answered, instance_id))

    def _ended(self, connection: socket.socket, caller: _Caller, _: asyncio.Task[object]) -> None:
        connection.close()
        caller.connections -= 1


async def _readable(listening: socket.socket) -> None:
    """Wait until there is a connection to accept."""
    loop = asyncio.get_running_loop()
    readable = asyncio.Event()
    loop.add_reader(listening, readable.set)
    try:
        await readable.wait()
    finally:
        loop.remove_reader(listening)
