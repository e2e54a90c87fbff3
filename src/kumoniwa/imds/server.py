"""The metadata service. How a request comes says who asks: by the unix socket of one guest, or out of a network that
carries the guest's packets, where its address is its own.

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
from kumoniwa.credentials.session_tokens import SessionTokens, key_of_tokens
from kumoniwa.imds.answers import Answer, Request, answer, refusal
from kumoniwa.imds.channels import GuestChannel, NetworkChannel
from kumoniwa.imds.facts import gather
from kumoniwa.imds.tokens import Tokens
from kumoniwa.store import facts, network_interfaces
from kumoniwa.store.database import Database, DatabaseUnavailable

log = structlog.get_logger(__name__)

_SECRET = "imds_token_secret"


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
        self._channels: dict[str, GuestChannel] = {}
        self._networks: dict[str, NetworkChannel] = {}
        self._changing = asyncio.Lock()
        self._tokens: Tokens | None = None
        self._sessions: SessionTokens | None = None

    async def open(self) -> None:
        """Learn this cloud's secrets, making them the first time. To be called before any channel is opened."""
        secret, key = await self._database.write(lambda connection: (_secret(connection), key_of_tokens(connection)))
        self._tokens, self._sessions = Tokens(bytes.fromhex(secret)), SessionTokens(key)

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
            channel = GuestChannel(
                instance_id, partial(self._respond, instance_id), partial(self._answered, instance_id)
            )
            channel.open(socket)
            self._channels[instance_id] = channel

    async def ensure_closed(self, instance_id: str) -> None:
        """Afterwards they are not, and the socket is gone."""
        async with self._changing:
            await self._end(instance_id)

    async def open_network(self, vpc_id: str, listening: socket.socket) -> None:
        """Answer from now on the guests of a VPC whose packets arrive at this socket; the one before, if there was one,
        is closed."""
        async with self._changing:
            before = self._networks.pop(vpc_id, None)
            channel = NetworkChannel(vpc_id, listening, self._who, self._respond, self._answered)
            self._networks[vpc_id] = channel
            if before is not None:
                await before.close()

    async def close_network(self, vpc_id: str) -> None:
        """Answer the guests of a VPC no more: there is none."""
        async with self._changing:
            if (channel := self._networks.pop(vpc_id, None)) is not None:
                await channel.close()

    async def close(self) -> None:
        """End every channel. The guests run on, and are answered again once their channels are opened again."""
        async with self._changing:
            for vpc_id in list(self._networks):
                await self._networks.pop(vpc_id).close()
            for instance_id in list(self._channels):
                await self._end(instance_id)

    async def _end(self, instance_id: str) -> None:
        channel = self._channels.pop(instance_id, None)
        if channel is not None:
            await channel.close()

    async def _who(self, vpc_id: str, address: str) -> str | None:
        """The instance whose guest has this private address. A network lets nobody use another's."""
        return await self._database.read(partial(network_interfaces.instance_at, vpc_id=vpc_id, private_ip=address))

    async def _respond(self, instance_id: str, request: Request) -> Answer:
        assert self._tokens is not None, "the service was not opened"
        sessions, now = self._sessions, self._clock.now()
        assert sessions is not None
        try:
            guest = await self._database.read(lambda connection: gather(connection, instance_id, sessions, now))
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


def _secret(connection: Connection) -> str:
    secret = facts.get(connection, _SECRET)
    if secret is None:
        secret = secrets.token_hex(32)
        facts.put(connection, _SECRET, secret)
    return str(secret)
