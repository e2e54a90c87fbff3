"""What is said at a launch port: whatever the guest says is the one line that is awaited, or ends the conversation."""

import asyncio
import base64
import json
import socket
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from fake_qemu import SPEC
from hypothesis import given
from hypothesis import strategies as st
from memory_bench import IDENTITY

from kumoniwa import sockets
from kumoniwa.hypervisor.driver import HostExhausted, Launch, PreparedId
from kumoniwa.hypervisor.qemu.guest.memory import launch_port
from kumoniwa.hypervisor.qemu.guest.memory.launch_port import APPLIED, LaunchPort, NotAsAwaited, check_said, told
from kumoniwa.hypervisor.qemu.guest.memory.prepared_machine import hear_with_room
from kumoniwa.hypervisor.qemu.guest.process.monitor import MonitorEvent
from kumoniwa.hypervisor.qemu.host.disk_space import DiskSpace
from kumoniwa.hypervisor.qemu.untrusted import Value

pytestmark = pytest.mark.anyio

AT = datetime(2026, 1, 1, tzinfo=UTC)
WITHIN = 10.0


def test_a_guest_is_told_all_that_it_is_to_be_in_a_line() -> None:
    line = told(SPEC, IDENTITY, AT)
    said = json.loads(line)
    assert line.count(b"\n") == 1
    assert line.endswith(b"\n")
    assert len(base64.b64decode(said.pop("entropy"))) == 512
    assert said == {
        "format": 1,
        "time": AT.timestamp(),
        "instance_id": IDENTITY.instance_id,
        "hostname": IDENTITY.hostname,
        "uuid": SPEC.uuid,
        "product": SPEC.product,
        "asset_tag": SPEC.id,
        "machine_id": IDENTITY.machine_id,
        "host_keys": {"ed25519": "a key"},
        "authorized_keys": ["ssh-ed25519 AAAA"],
        "cloud_init_first": False,
    }


def test_no_two_guests_are_given_the_same_entropy_and_no_log_has_their_keys() -> None:
    first, second = (json.loads(told(SPEC, IDENTITY, AT))["entropy"] for _ in range(2))
    assert first != second
    assert "a key" not in repr(Launch(PreparedId("machine-1"), IDENTITY))


def test_a_guest_that_says_what_is_awaited_is_understood() -> None:
    check_said(b'{"format":1,"state":"applied"}\n', APPLIED)


@pytest.mark.parametrize(
    ("line", "why"),
    [
        (b"\n", "makes no sense"),
        (b"[]\n", "makes no sense"),
        (b'{"format":2,"state":"applied"}\n', "another version"),
        (b'{"state":"applied"}\n', "makes no sense"),
        (b'{"format":1,"state":"prepared"}\n', "it says that it is prepared, not applied"),
        (b'{"format":1,"state":"failed","why":"\\u001b[2J no"}\n', r"it failed: \\x1b\[2J no"),
        (b'{"format":1,"state":"failed"}\n', "makes no sense"),
        (b'{"format":1,"state":' + b"[" * 10 + b"\n", "nested"),
        (b'{"format":1,"state":"' + b"x" * 20_000 + b'"}\n', "more than 16384 bytes"),
    ],
    ids=lambda value: "",
)
def test_a_guest_that_says_something_else_is_told_from_one_that_does(line: bytes, why: str) -> None:
    with pytest.raises(NotAsAwaited, match=why) as refusal:
        check_said(line, APPLIED)
    assert refusal.value.what.isprintable()
    assert len(refusal.value.what) < 500


@given(st.binary(max_size=200) | st.text(max_size=100).map(str.encode))
def test_whatever_is_said_is_no_other_error(line: bytes) -> None:
    with pytest.raises(NotAsAwaited):
        check_said(line, APPLIED)


async def test_a_guest_that_says_megabytes_is_not_listened_to_for_long(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with _port(tmp_path, monkeypatch) as (port, guest):
        with pytest.raises(BlockingIOError):
            for _ in range(1000):
                guest.send(bytes(65536))
        with pytest.raises(NotAsAwaited, match="more than 16384 bytes"):
            async with asyncio.timeout(WITHIN):
                await port.hear(APPLIED)


async def test_a_machine_that_is_being_prepared_is_given_up_where_the_host_has_no_room_any_more(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Other guests pause then; this one would take what is left."""
    room = 1 << 40
    space = DiskSpace(tmp_path, lambda _: room)
    async with _port(tmp_path, monkeypatch) as (port, guest), asyncio.timeout(WITHIN):
        hearing = asyncio.ensure_future(hear_with_room(port, space))
        guest.send(b'{"format":1,"state":')
        assert not (await asyncio.wait([hearing], timeout=0.7))[0], "it was looked at the room, and half a line stays"
        guest.send(b'"prepared"}\n')
        await hearing
        room = 0
        with pytest.raises(HostExhausted, match="became full while the machine was prepared"):
            await hear_with_room(port, space)


@pytest.mark.parametrize("half", [b"", b'{"format":1,"state":"applied"}'])
async def test_a_qemu_that_ends_ends_the_conversation(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, half: bytes
) -> None:
    async with _port(tmp_path, monkeypatch) as (port, guest):
        guest.send(half)
        guest.close()
        with pytest.raises(NotAsAwaited, match="its QEMU went away"):
            async with asyncio.timeout(WITHIN):
                await port.hear(APPLIED)


@pytest.mark.parametrize(
    ("event", "data", "why"),
    [
        ("SHUTDOWN", {"guest": True}, "it powered itself off"),
        ("GUEST_PANICKED", {}, "its kernel panicked"),
        ("BLOCK_IO_ERROR", {"action": "stop"}, "its disk could not be written to"),
    ],
)
async def test_a_guest_that_will_not_say_anything_any_more_is_not_waited_for(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, event: str, data: dict[str, Any], why: str
) -> None:
    async with _port(tmp_path, monkeypatch) as (port, _):
        port.end_with(MonitorEvent("RTC_CHANGE", Value({}, "an event")))
        port.end_with(MonitorEvent("BLOCK_IO_ERROR", Value({"action": "report"}, "an event")))
        await port.tell(b"who you are\n")
        port.end_with(MonitorEvent(event, Value(data, "an event")))
        with pytest.raises(NotAsAwaited, match=why):
            async with asyncio.timeout(WITHIN):
                await port.hear(APPLIED)


async def test_a_port_that_is_not_there_is_no_conversation(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(path: Path) -> socket.socket:
        raise ConnectionRefusedError(111, "Connection refused")

    monkeypatch.setattr(sockets, "connect", refuse)
    with pytest.raises(NotAsAwaited, match="its launch port cannot be reached: Connection refused"):
        async with launch_port.connected(tmp_path):
            pass


@asynccontextmanager
async def _port(folder: Path, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[tuple[LaunchPort, socket.socket]]:
    """A conversation, and the guest's end of it."""
    ours, guest = socket.socketpair()
    for each in (ours, guest):
        each.setblocking(False)
    monkeypatch.setattr(sockets, "connect", lambda path: ours)
    with guest:
        async with launch_port.connected(folder) as port:
            yield port, guest
