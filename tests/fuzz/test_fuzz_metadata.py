"""What a guest may send to its metadata service: it answers the next good request, and logs no error."""

import asyncio
from collections import Counter
from collections.abc import AsyncIterator, Callable
from contextlib import suppress
from pathlib import Path
from random import Random
from typing import Any

import pytest
from broken_http import bent
from example_guest import INSTANCE, write_example
from judge import Fault, watched
from rounds import Rounds
from wire import statuses

from kumoniwa.clock import ManualClock
from kumoniwa.imds.server import MetadataService
from kumoniwa.imds.tree import VERSIONS
from kumoniwa.sockets import connect
from kumoniwa.store.engines import open_database

pytestmark = [pytest.mark.anyio, pytest.mark.timeout(0)]

_CONVERSATIONS = 800
_PATIENCE = 20  # seconds, on a busy host
_ID = b"GET /latest/meta-data/instance-id HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n"
_TOKEN = b"PUT /latest/api/token HTTP/1.1\r\nHost: x\r\nX-aws-ec2-metadata-token-ttl-seconds: 60\r\n\r\n"
_PARTS = (
    "meta-data", "dynamic", "user-data", "api", "token", "instance-identity", "document", "network", "interfaces",
    "macs", "tags", "instance", "Name", "public-keys", "0", "0=my-key", "openssh-key", "placement", "region",
    "block-device-mapping", "ami", "services", "", ".", "..", "%2e%2e", "%00", "%ff", "%E2%98%83", "*",
    "a key with spaces", "x" * 300,
)  # fmt: skip


@pytest.fixture
async def channel(tmp_path: Path) -> AsyncIterator[Path]:
    """The socket of the example guest's metadata service."""
    database = open_database(tmp_path)
    await database.write(write_example)
    service = MetadataService(database, ManualClock())
    await service.open()
    path = tmp_path / "imds.sock"
    await service.ensure_open(INSTANCE.id, path)
    yield path
    await service.close()
    await database.close()


async def test_a_guest_that_sends_anything_is_answered_and_breaks_nothing(
    rounds: Rounds, channel: Path, record_property: Callable[[str, Any], None]
) -> None:
    told, conversations = Counter[int](), 0
    with watched() as watch:
        for number, random in rounds(_CONVERSATIONS):
            with rounds.of(number):
                sent = _request(random)
                try:
                    with watch.quick():
                        told.update(statuses(await _converse(channel, sent, random)))
                    if number % 10 == 0:
                        answer = await _converse(channel, _ID, Random(0))
                        assert statuses(answer) == [200] and answer.endswith(INSTANCE.id.encode())
                except Exception as failure:
                    failure.add_note(f"It was sent {sent[:2000]!r}")
                    raise
                conversations += 1
    print(told.most_common())
    record_property("fuzzed conversations", conversations)


def _request(random: Random) -> bytes:
    good = _TOKEN if random.random() < 0.2 else _reading(random)
    return good if random.random() < 0.3 else bent(good, random)


def _reading(random: Random) -> bytes:
    """A request for a path that is there, or nearly."""
    path = "/".join(("", random.choice(VERSIONS), *random.choices(_PARTS, k=random.randrange(7))))
    method = random.choice(("GET",) * 6 + ("HEAD", "OPTIONS", "POST", "DELETE"))
    return f"{method} {path.replace(' ', '%20')} HTTP/1.1\r\nHost: 169.254.169.254\r\n\r\n".encode()


async def _converse(channel: Path, sent: bytes, random: Random) -> bytes:
    """Send it in pieces, say that this was all, and give what is answered."""
    reader, writer = await asyncio.open_unix_connection(sock=connect(channel))
    size = random.choice((len(sent) + 1, len(sent) + 1, 1 + len(sent) // 3))
    told = b""
    try:
        async with asyncio.timeout(_PATIENCE):
            with suppress(ConnectionError):  # what was refused need not be read to its end
                for at in range(0, len(sent), size):
                    writer.write(sent[at : at + size])
                    await writer.drain()
                if writer.can_write_eof():
                    writer.write_eof()
            with suppress(ConnectionError):
                while piece := await reader.read(65_536):
                    told += piece
    except TimeoutError:
        raise Fault(f"after {_PATIENCE} s the conversation went on; it was answered {told[:500]!r}") from None
    finally:
        writer.transport.abort()
    return told
