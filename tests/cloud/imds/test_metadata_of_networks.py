"""The metadata service out of a network that carries packets: who asks is known by the address of the connection.

The loopback network stands for the VPC's: whoever connects chooses an address of it.
"""

import asyncio
import contextlib
import socket
import struct
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from functools import partial
from pathlib import Path

import pytest
from example_guest import INSTANCE, INTERFACE, write_example
from quick_database import lay_schema
from sqlalchemy import Connection
from structlog.testing import capture_logs
from waiting import turns_until

from kumoniwa.clock import ManualClock
from kumoniwa.imds import channels
from kumoniwa.imds.answers import Answer, Request
from kumoniwa.imds.server import MetadataService
from kumoniwa.store import instances, network_interfaces
from kumoniwa.store.database import Database
from kumoniwa.store.engines import open_database
from kumoniwa.store.new_state import DATABASE_FILE

pytestmark = pytest.mark.anyio

_ADDRESS, _NOBODYS = "127.31.12.19", "127.31.12.20"
_ID = "GET /latest/meta-data/instance-id HTTP/1.1\r\nhost: imds\r\n\r\n"
_TOKEN = "PUT /latest/api/token HTTP/1.1\r\nhost: imds\r\nx-aws-ec2-metadata-token-ttl-seconds: 60\r\n\r\n"


class Network:
    """A VPC's network, whose metadata the service answers."""

    def __init__(self, service: MetadataService, database: Database) -> None:
        self.service = service
        self.database = database
        self.place = ("", 0)

    async def open(self) -> None:
        listening = socket.socket()
        listening.setblocking(False)
        listening.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listening.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEPORT, 1)
        listening.bind(("127.0.0.1", self.place[1]))
        listening.listen(200)
        self.place = listening.getsockname()
        await self.service.open_network(INTERFACE.vpc_id, listening)

    @asynccontextmanager
    async def connected(self, address: str) -> AsyncIterator[tuple[asyncio.StreamReader, asyncio.StreamWriter]]:
        async with asyncio.timeout(20):
            reader, writer = await asyncio.open_connection(*self.place, local_addr=(address, 0))
            try:
                yield reader, writer
            finally:
                writer.close()

    async def ask(self, request: str, address: str = _ADDRESS) -> bytes:
        """What is answered to a request from an address."""
        async with self.connected(address) as (reader, writer):
            writer.write(request.replace("\r\n\r\n", "\r\nconnection: close\r\n\r\n").encode())
            return await reader.read()


@pytest.fixture
async def network(tmp_path: Path) -> AsyncIterator[Network]:
    database = open_database(tmp_path, lay_schema(tmp_path / DATABASE_FILE))

    def write(connection: Connection) -> None:
        write_example(connection)
        network_interfaces.change(connection, INTERFACE, private_ip=_ADDRESS)

    await database.write(write)
    service = MetadataService(database, ManualClock())
    await service.open()
    made = Network(service, database)
    await made.open()
    yield made
    await service.close()
    await database.close()


async def test_a_guest_is_known_by_its_address(network: Network) -> None:
    assert (await network.ask(_ID)).endswith(f"\r\n\r\n{INSTANCE.id}".encode())


async def test_nobody_is_closed_without_a_word(network: Network) -> None:
    with contextlib.suppress(ConnectionResetError):  # our request was not read
        assert await network.ask(_ID, _NOBODYS) == b""


async def test_a_guest_with_too_many_connections_is_closed_the_next_and_keeps_nobody_else_waiting(
    network: Network, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(channels, "MOST_CONNECTIONS", 2)
    monkeypatch.setattr(channels, "_MOST_WAITING", 1)
    move = partial(network_interfaces.change, interface=INTERFACE, private_ip=_NOBODYS)
    async with network.connected(_ADDRESS), network.connected(_ADDRESS), network.connected(_ADDRESS):
        async with network.connected(_ADDRESS) as (reader, _):
            assert await reader.read() == b""
        await network.database.write(move)
        assert INSTANCE.id.encode() in await network.ask(_ID, _NOBODYS)


async def test_a_socket_takes_the_place_of_the_one_before(network: Network) -> None:
    await network.open()
    assert INSTANCE.id.encode() in await network.ask(_ID)


async def test_the_answer_to_a_token_request_travels_no_further_than_the_hop_limit(
    network: Network, monkeypatch: pytest.MonkeyPatch
) -> None:
    limit = partial(instances.change, instance_id=INSTANCE.id, metadata_hop_limit=3)
    await network.database.write(limit)
    seen: list[int] = []
    respond = MetadataService._respond

    async def noted(self: MetadataService, instance_id: str, request: Request) -> Answer:
        answer = await respond(self, instance_id, request)
        seen.append(answer.hops or channels._HOPS)
        return answer

    monkeypatch.setattr(MetadataService, "_respond", noted)
    await network.open()
    async with network.connected(_ADDRESS) as (reader, writer):
        for request in (_TOKEN, _ID):
            writer.write(request.encode())
            head = await reader.readuntil(b"\r\n\r\n")
            length = next(line for line in head.lower().split(b"\r\n") if line.startswith(b"content-length"))
            await reader.readexactly(int(length.split(b":")[1]))
    assert seen == [3, 64]


async def test_a_guest_that_resets_its_connection_before_the_answer_fails_nothing(
    network: Network, monkeypatch: pytest.MonkeyPatch
) -> None:
    accepted: list[socket.socket] = []
    callers: list[channels._Caller] = []
    asked = asyncio.Event()
    converse, respond = channels.NetworkChannel._converse, MetadataService._respond

    async def noted(
        self: channels.NetworkChannel, connection: socket.socket, address: str, caller: channels._Caller
    ) -> None:
        accepted.append(connection)
        callers.append(caller)
        await converse(self, connection, address, caller)

    async def late(self: MetadataService, instance_id: str, request: Request) -> Answer:
        asked.set()
        await turns_until(lambda: accepted[0].fileno() < 0)
        return await respond(self, instance_id, request)

    monkeypatch.setattr(channels.NetworkChannel, "_converse", noted)
    monkeypatch.setattr(MetadataService, "_respond", late)
    await network.open()
    with capture_logs() as logged:
        async with network.connected(_ADDRESS) as (_, writer):
            writer.write(_ID.encode())
            await asyncio.wait_for(asked.wait(), 10)
            reset_at_close = struct.pack("ii", 1, 0)
            writer.get_extra_info("socket").setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, reset_at_close)
        await turns_until(lambda: callers[0].connections == 0)
    assert [line for line in logged if line["log_level"] in ("warning", "error")] == []


async def test_a_guest_is_known_by_its_further_addresses_too_and_reads_of_them(network: Network) -> None:
    def add(connection: Connection) -> None:
        network_interfaces.add_addresses(connection, INTERFACE, [_NOBODYS])

    await network.database.write(add)
    assert (await network.ask(_ID, _NOBODYS)).endswith(f"\r\n\r\n{INSTANCE.id}".encode())
    asked = _ID.replace("instance-id", f"network/interfaces/macs/{INTERFACE.mac}/local-ipv4s")
    assert (await network.ask(asked)).endswith(f"\r\n\r\n{_ADDRESS}\n{_NOBODYS}".encode())
