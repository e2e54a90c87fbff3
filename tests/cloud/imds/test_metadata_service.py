"""The metadata service over its sockets, as a guest's programs use it."""

import asyncio
import json
import socket
import stat
import urllib.request
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path

import pytest
from botocore.utils import InstanceMetadataFetcher, InstanceMetadataRegionFetcher
from example_guest import GROUPS, INSTANCE, INTERFACE, KEY_PAIR, TAGS, USER_DATA, write_example, write_neighbour
from quick_database import lay_schema
from sqlalchemy import Connection

from kumoniwa.clock import ManualClock
from kumoniwa.credentials.session_tokens import SessionTokens, key_of_tokens
from kumoniwa.imds import channels
from kumoniwa.imds.channels import MOST_CONNECTIONS
from kumoniwa.imds.conversation import LARGEST_BODY, LARGEST_HEAD
from kumoniwa.imds.facts import gather
from kumoniwa.imds.server import MetadataService
from kumoniwa.model.roles import InstanceProfile, ProfileAssociation, Role
from kumoniwa.sockets import connect
from kumoniwa.store import instance_profiles, instances, roles
from kumoniwa.store.database import Database
from kumoniwa.store.engines import open_database
from kumoniwa.store.new_state import DATABASE_FILE

pytestmark = pytest.mark.anyio

TOKENS = SessionTokens(bytes(32))
_NEIGHBOUR = "i-0fedcba9876543210"
_ID = "/latest/meta-data/instance-id"


@dataclass
class Cloud:
    database: Database
    clock: ManualClock
    service: MetadataService
    socket: Path
    asked: list[str] = field(default_factory=list)
    life: asyncio.Event = field(default_factory=asyncio.Event)

    async def saw(self, instance_id: str) -> None:
        self.asked.append(instance_id)
        self.life.set()


@pytest.fixture
async def cloud(tmp_path: Path) -> AsyncIterator[Cloud]:
    """The example instance with its channel open, in a folder that is too long for a socket's address."""
    database = open_database(tmp_path, lay_schema(tmp_path / DATABASE_FILE))
    await database.write(write_example)
    clock = ManualClock()

    async def saw(instance_id: str) -> None:
        await made.saw(instance_id)

    service = MetadataService(database, clock, on_request=saw)
    made = Cloud(database, clock, service, tmp_path / ("long" * 40) / INSTANCE.id / "imds.sock")
    await service.open()
    await service.ensure_open(INSTANCE.id, made.socket)
    yield made
    await service.close()
    await database.close()


@asynccontextmanager
async def connected(path: Path) -> AsyncIterator[tuple[asyncio.StreamReader, asyncio.StreamWriter]]:
    reader, writer = await asyncio.open_unix_connection(sock=connect(path))
    try:
        async with asyncio.timeout(20):
            yield reader, writer
    finally:
        writer.close()


async def read_answer(reader: asyncio.StreamReader) -> tuple[int, dict[str, str], bytes]:
    head = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1").split("\r\n")
    headers = {name.lower(): value for name, _, value in (line.partition(": ") for line in head[1:] if line)}
    return int(head[0].split()[1]), headers, await reader.readexactly(int(headers["content-length"]))


async def ask(path: Path, method: str = "GET", target: str = _ID, **headers: str) -> tuple[int, dict[str, str], bytes]:
    async with connected(path) as (reader, writer):
        lines = [f"{name.replace('_', '-')}: {value}" for name, value in {"host": "imds", **headers}.items()]
        writer.write("\r\n".join([f"{method} {target} HTTP/1.1", *lines, "", ""]).encode())
        status, told, body = await read_answer(reader)
        return status, told, body


async def has_ended(reader: asyncio.StreamReader) -> bool:
    """Wait for the other side's end, which is rough where it did not read all that was sent."""
    try:
        return await reader.read() == b""
    except ConnectionResetError:
        return True


async def token(path: Path, seconds: int = 60) -> str:
    status, _, body = await ask(path, "PUT", "/latest/api/token", x_aws_ec2_metadata_token_ttl_seconds=str(seconds))
    assert status == 200
    return body.decode()


async def change(cloud: Cloud, **columns: object) -> None:
    await cloud.database.write(lambda connection: instances.change(connection, INSTANCE.id, **columns))


@asynccontextmanager
async def at_an_address(path: Path) -> AsyncIterator[str]:
    """The socket at an address of TCP, as QEMU's network has it for a guest."""

    async def relay(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        async with connected(path) as (inner_reader, inner_writer), asyncio.TaskGroup() as both:
            both.create_task(pump(reader, inner_writer))
            both.create_task(pump(inner_reader, writer))

    async def pump(source: asyncio.StreamReader, sink: asyncio.StreamWriter) -> None:
        try:
            while data := await source.read(4096):
                sink.write(data)
        except ConnectionError:
            pass
        sink.close()

    server = await asyncio.start_server(relay, "127.0.0.1", 0)
    async with server:
        host, port = server.sockets[0].getsockname()
        yield f"http://{host}:{port}"


async def test_a_guest_reads_its_own_metadata(cloud: Cloud) -> None:
    status, headers, body = await ask(cloud.socket)
    assert (status, body) == (200, INSTANCE.id.encode())
    assert headers["server"] == "EC2ws" and headers["content-type"] == "text/plain"
    assert headers["date"] == "Thu, 01 Jan 2026 00:00:00 GMT"


async def test_the_facts_are_gathered_from_the_rows(cloud: Cloud) -> None:
    facts = await cloud.database.read(lambda connection: gather(connection, INSTANCE.id, TOKENS, cloud.clock.now()))
    assert facts is not None
    assert facts.groups == GROUPS
    assert [each.device for each in facts.attachments] == ["/dev/xvda", "/dev/sdf", "/dev/sdg"]
    assert facts.tags == TAGS
    assert facts.instance.public_key == KEY_PAIR.public_key


async def test_what_changes_in_the_cloud_changes_for_the_guest_at_once(cloud: Cloud) -> None:
    assert (await ask(cloud.socket, target="/latest/meta-data/tags/instance/Name"))[0] == 200
    await change(cloud, metadata_tags=False)
    assert (await ask(cloud.socket, target="/latest/meta-data/tags/instance/Name"))[0] == 404
    await change(cloud, metadata_endpoint=False)
    assert (await ask(cloud.socket))[0] == 403


async def test_a_token_is_good_until_its_time_is_over(cloud: Cloud) -> None:
    await change(cloud, metadata_tokens_required=True)
    assert (await ask(cloud.socket))[0] == 401
    session = await token(cloud.socket, 60)
    await cloud.clock.advance(59)
    assert (await ask(cloud.socket, x_aws_ec2_metadata_token=session))[0] == 200
    await cloud.clock.advance(1)
    assert (await ask(cloud.socket, x_aws_ec2_metadata_token=session))[0] == 401


async def test_a_token_outlives_a_restart_of_the_server(cloud: Cloud) -> None:
    session = await token(cloud.socket)
    await cloud.service.close()
    again = MetadataService(cloud.database, cloud.clock)
    await again.open()
    await again.ensure_open(INSTANCE.id, cloud.socket)
    assert (await ask(cloud.socket, x_aws_ec2_metadata_token=session))[0] == 200
    await again.close()


async def test_a_guest_can_use_no_other_guests_token(cloud: Cloud, tmp_path: Path) -> None:
    await cloud.database.write(lambda connection: write_neighbour(connection, _NEIGHBOUR))
    await cloud.service.ensure_open(_NEIGHBOUR, tmp_path / "neighbour.sock")
    assert (await ask(tmp_path / "neighbour.sock"))[2] == _NEIGHBOUR.encode()
    session = await token(tmp_path / "neighbour.sock")
    assert (await ask(cloud.socket, x_aws_ec2_metadata_token=session))[0] == 401


async def test_asking_is_a_sign_of_life(cloud: Cloud) -> None:
    await ask(cloud.socket, target="/nothing/here")
    async with asyncio.timeout(20):
        await cloud.life.wait()
    assert cloud.asked == [INSTANCE.id]


async def test_a_database_that_fails_is_said_to_be_unavailable_and_asked_again(cloud: Cloud) -> None:
    await cloud.database.write(lambda connection: connection.exec_driver_sql("ALTER TABLE instances RENAME TO gone"))
    assert (await ask(cloud.socket))[0] == 503
    await cloud.database.write(lambda connection: connection.exec_driver_sql("ALTER TABLE gone RENAME TO instances"))
    assert (await ask(cloud.socket))[0] == 200


async def test_one_connection_carries_many_requests(cloud: Cloud) -> None:
    async with connected(cloud.socket) as (reader, writer):
        writer.write(f"GET {_ID} HTTP/1.1\r\nHost: x\r\n\r\nHEAD {_ID} HTTP/1.1\r\nHost: x\r\n\r\n".encode())
        assert (await read_answer(reader))[2] == INSTANCE.id.encode()
        head = await reader.readuntil(b"\r\n\r\n")
        assert b"200 OK" in head and f"Content-Length: {len(INSTANCE.id)}".encode() in head
        writer.write(b"PUT / HTTP/1.1\r\nHost: x\r\nContent-Length: 2\r\n\r\nhiGET /latest/user-data HTTP/1.0\r\n\r\n")
        assert (await read_answer(reader))[0] == 405
        assert (await read_answer(reader))[2] == USER_DATA
        assert await reader.read() == b""  # HTTP/1.0 ends after one


async def test_a_client_that_ends_its_side_after_asking_is_answered(cloud: Cloud) -> None:
    async with connected(cloud.socket) as (reader, writer):
        writer.write(f"GET {_ID} HTTP/1.1\r\nHost: x\r\n\r\n".encode())
        writer.write_eof()
        assert (await read_answer(reader))[2] == INSTANCE.id.encode()
        assert await reader.read() == b""


@pytest.mark.parametrize(
    ("sent", "status"),
    [
        (b"GET / HTTP/1.1\r\nHost: x\r\nX: " + b"x" * LARGEST_HEAD, 431),
        (b"PUT / HTTP/1.1\r\nHost: x\r\nContent-Length: 99999\r\n\r\n" + b"x" * (LARGEST_BODY + 1), 413),
        (b"GET / HTTP/1.1\r\n\r\n", 400),  # no Host
        (b"HEAD / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\nno chunk\r\n", 400),
        (b"\x16\x03\x01 this is TLS\r\n\r\n", 400),
    ],
)
async def test_what_is_too_large_or_no_http_is_refused_and_the_connection_closed(
    cloud: Cloud, sent: bytes, status: int
) -> None:
    async with connected(cloud.socket) as (reader, writer):
        writer.write(sent)
        assert (await read_answer(reader))[0] == status
        assert await has_ended(reader)


async def test_a_guest_with_too_many_connections_waits_until_it_ends_one(cloud: Cloud) -> None:
    async with AsyncExitStack() as open_connections:
        for _ in range(MOST_CONNECTIONS):
            first = await open_connections.enter_async_context(connected(cloud.socket))
            await answers_on(first)
        async with connected(cloud.socket) as (reader, writer):
            writer.write(b"GET / HTTP/1.1\r\nHost: x\r\n\r\n")
            waiting = asyncio.create_task(read_answer(reader))
            await answers_on(first)  # a whole round trip in which the waiting one could have been answered
            assert not waiting.done()
            first[1].close()
            assert (await waiting)[0] == 200


async def test_a_guest_that_asks_without_end_is_answered_at_a_pace(
    cloud: Cloud, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(channels, "AT_ONCE", 4)
    monkeypatch.setattr(channels, "A_SECOND", 20)
    await cloud.service.ensure_open(_NEIGHBOUR, tmp_path / "paced.sock")
    began = asyncio.get_running_loop().time()
    async with connected(tmp_path / "paced.sock") as (reader, writer):
        writer.write(b"GET / HTTP/1.1\r\nHost: x\r\n\r\n" * 10)
        for _ in range(10):
            assert (await read_answer(reader))[0] == 404
    assert asyncio.get_running_loop().time() - began > 0.3


async def answers_on(connection: tuple[asyncio.StreamReader, asyncio.StreamWriter]) -> None:
    reader, writer = connection
    writer.write(f"GET {_ID} HTTP/1.1\r\nHost: x\r\n\r\n".encode())
    assert (await read_answer(reader))[0] == 200


async def test_a_socket_left_by_a_killed_server_is_replaced(cloud: Cloud, tmp_path: Path) -> None:
    left = tmp_path / "left.sock"
    with socket.socket(socket.AF_UNIX) as dead:
        dead.bind(str(left))
    await cloud.service.ensure_open(_NEIGHBOUR, left)
    assert (await ask(left))[0] == 404  # there is no such instance


async def test_opening_twice_keeps_the_channel_and_its_connections(cloud: Cloud) -> None:
    async with connected(cloud.socket) as (reader, writer):
        await cloud.service.ensure_open(INSTANCE.id, cloud.socket)
        writer.write(f"GET {_ID} HTTP/1.1\r\nHost: x\r\n\r\n".encode())
        assert (await read_answer(reader))[0] == 200


async def test_a_channel_whose_socket_was_removed_is_made_again(cloud: Cloud) -> None:
    cloud.socket.unlink()
    await cloud.service.ensure_open(INSTANCE.id, cloud.socket)
    assert (await ask(cloud.socket))[0] == 200


async def test_only_the_owner_may_use_the_socket(cloud: Cloud) -> None:
    assert stat.S_IMODE(cloud.socket.stat().st_mode) == 0o600


async def test_closing_ends_conversations_and_removes_the_socket(cloud: Cloud) -> None:
    async with connected(cloud.socket) as known, connected(cloud.socket) as just_come:
        await answers_on(known)
        await cloud.service.ensure_closed(INSTANCE.id)
        await cloud.service.ensure_closed(INSTANCE.id)
        assert await has_ended(known[0]) and await has_ended(just_come[0])
    assert not cloud.socket.exists()


async def test_closing_ends_a_connection_that_nobody_accepted_yet(cloud: Cloud) -> None:
    async with connected(cloud.socket) as (reader, _):
        await cloud.service.ensure_closed(INSTANCE.id)
        assert await has_ended(reader)


async def test_botocore_finds_its_region_and_no_credentials(cloud: Cloud) -> None:
    await change(cloud, metadata_tokens_required=True)
    async with at_an_address(cloud.socket) as address:
        region = await asyncio.to_thread(InstanceMetadataRegionFetcher(base_url=address, timeout=5).retrieve_region)
        assert region == INSTANCE.region
        fetcher = InstanceMetadataFetcher(base_url=address, timeout=5)
        assert await asyncio.to_thread(fetcher.retrieve_iam_role_credentials) == {}


def _with_profile(connection: Connection) -> None:
    """Give the example instance a profile, whose role is `web`."""
    at = datetime(2025, 12, 31, tzinfo=UTC)
    roles.add(connection, Role("AROAEXAMPLE", INSTANCE.account, "web", "/", "{}", None, 3600, at, {}))
    profile = InstanceProfile("AIPAEXAMPLE", INSTANCE.account, "own", "/x/", "AROAEXAMPLE", at, {})
    instance_profiles.add(connection, profile)
    made = ("iip-assoc-0123456789abcdef0", INSTANCE.account, INSTANCE.region, INSTANCE.id, profile.id, profile.arn, at)
    instance_profiles.associate(connection, ProfileAssociation(*made))


async def test_botocore_finds_the_credentials_of_the_instances_role(cloud: Cloud) -> None:
    await cloud.database.write(_with_profile)
    tokens = SessionTokens(await cloud.database.write(key_of_tokens))
    async with at_an_address(cloud.socket) as address:
        fetcher = InstanceMetadataFetcher(base_url=address, timeout=5)
        found = await asyncio.to_thread(fetcher.retrieve_iam_role_credentials)
        walked = await asyncio.to_thread(walk, f"{address}/latest/meta-data/iam/")
    assert found["role_name"] == "web"
    known = tokens.read(found["access_key"], found["token"])
    assert known is not None and known.secret == found["secret_key"]
    assert known.principal.arn == f"arn:aws:sts::{INSTANCE.account}:assumed-role/web/{INSTANCE.id}"
    info = json.loads(walked[f"{address}/latest/meta-data/iam/info"])
    assert info == {
        "Code": "Success",
        "LastUpdated": "2026-01-01T00:00:00Z",
        "InstanceProfileArn": f"arn:aws:iam::{INSTANCE.account}:instance-profile/x/own",
        "InstanceProfileId": "AIPAEXAMPLE",
    }


async def test_credentials_are_the_same_for_an_hour_and_new_long_before_they_expire(cloud: Cloud) -> None:
    await cloud.database.write(_with_profile)

    async def credentials() -> dict[str, str]:
        _, _, body = await ask(cloud.socket, target="/latest/meta-data/iam/security-credentials/web")
        found: dict[str, str] = json.loads(body)
        return found

    first = await credentials()
    assert (first["Code"], first["Type"], first["Expiration"]) == ("Success", "AWS-HMAC", "2026-01-01T06:00:00Z")
    await cloud.clock.advance(3599)
    assert await credentials() == first
    await cloud.clock.advance(1)
    second = await credentials()
    assert second["AccessKeyId"] != first["AccessKeyId"] and second["Expiration"] == "2026-01-01T07:00:00Z"
    assert second["LastUpdated"] == "2026-01-01T01:00:00Z"


async def test_credentials_are_gone_with_the_role_the_profile_and_the_association(cloud: Cloud) -> None:
    iam, of_role = "/latest/meta-data/iam/", "/latest/meta-data/iam/security-credentials/web"
    assert (await ask(cloud.socket, target=iam))[0] == 404
    await cloud.database.write(_with_profile)
    assert (await ask(cloud.socket, target=iam))[2] == b"info\nsecurity-credentials/"
    write = cloud.database.write
    await write(lambda connection: instance_profiles.change(connection, "AIPAEXAMPLE", {"role_id": None}))
    assert (await ask(cloud.socket, target=of_role))[0] == 404
    assert (await ask(cloud.socket, target=iam))[2] == b"info"
    await write(lambda connection: instance_profiles.delete(connection, "AIPAEXAMPLE"))
    info = json.loads((await ask(cloud.socket, target=f"{iam}info"))[2])
    assert info["Code"] == "InstanceProfileNotFound"
    await write(lambda connection: instance_profiles.disassociate(connection, INSTANCE.id))
    assert (await ask(cloud.socket, target=iam))[0] == 404


async def test_cloud_init_reads_every_directory_to_its_end(cloud: Cloud) -> None:
    async with at_an_address(cloud.socket) as address:
        found = await asyncio.to_thread(walk, f"{address}/2021-03-23/meta-data/")
        identity = await asyncio.to_thread(walk, f"{address}/2021-03-23/dynamic/instance-identity")
    assert found[f"{address}/2021-03-23/meta-data/public-keys/0/openssh-key"].startswith("ssh-ed25519 ")
    assert f"{address}/2021-03-23/meta-data/network/interfaces/macs/{INTERFACE.mac}/subnet-id" in found
    assert len(found) > 40 and len(identity) == 1


def walk(directory: str) -> dict[str, str]:
    """Read as cloud-init does: a slash marks a directory, `0=name` a key, the rest are leaves. None may be missing."""
    found: dict[str, str] = {}
    base = directory if directory.endswith("/") else f"{directory}/"
    for name in fetch(directory).splitlines():
        if name.endswith("/"):
            found |= walk(base + name)
        else:
            number, is_key, _ = name.partition("=")
            leaf = f"{base}{number}/openssh-key" if is_key else base + name
            found[leaf] = fetch(leaf)
    return found


def fetch(address: str) -> str:
    with urllib.request.urlopen(address, timeout=20) as answer:
        return str(answer.read().decode())
