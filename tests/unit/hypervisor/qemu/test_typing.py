"""What is typed on a console goes to QEMU by the one connection that there is, and a guest that reads nothing takes
nothing of the server."""

import asyncio
import socket
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from waiting import turns_until

from kumoniwa import sockets
from kumoniwa.hypervisor.driver import GuestLost, KeysNotRead, SerialConsole
from kumoniwa.hypervisor.qemu.guest.process.console import Console
from kumoniwa.tasks import Tasks

pytestmark = pytest.mark.anyio


class Line:
    """A console that is followed, and QEMU's end of it."""

    def __init__(self, folder: Path, ours: socket.socket, qemu: socket.socket, tasks: Tasks) -> None:
        self.qemu = qemu
        self.said = SerialConsole()
        self.console = Console(folder, lambda: None, self.said)
        self.following = tasks.start(self.console.follow(), "console")

    async def connected(self) -> None:
        await turns_until(lambda: self.console._connected is not None)


@pytest.fixture
async def line(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Line]:
    ours, qemu = socket.socketpair()
    ours.setblocking(False)
    monkeypatch.setattr(sockets, "connect", lambda _: ours)
    (tmp_path / "console.log").write_bytes(b"an earlier boot\r\n")
    tasks = Tasks("test")
    with qemu:
        yield Line(tmp_path, ours, qemu, tasks)
        await tasks.close()


async def test_readers_get_the_log_first_and_then_what_is_heard(line: Line) -> None:
    await line.connected()
    line.qemu.send(b"login: ")
    with line.said.follow() as reader:
        async with asyncio.timeout(10):
            heard = b""
            while not heard.endswith(b"login: "):
                said = await reader.next()
                assert said is not None
                heard += said.text
    assert heard == b"an earlier boot\r\nlogin: "


async def test_what_is_typed_reaches_qemu(line: Line) -> None:
    await line.connected()
    line.console.type_keys(b"root\r")
    assert line.qemu.recv(100) == b"root\r"


async def test_a_guest_that_does_not_read_takes_so_much_and_the_rest_is_refused(line: Line) -> None:
    await line.connected()
    taken = 0
    with pytest.raises(KeysNotRead, match="does not read"):
        while taken < 1 << 24:
            line.console.type_keys(b"x" * 1024)
            taken += 1024
    assert 0 < taken < 1 << 20
    line.qemu.send(b"still heard")
    await turns_until(lambda: line.said.said.endswith(b"still heard"))


async def test_nobody_reads_in_a_guest_that_is_gone(line: Line) -> None:
    await line.connected()
    line.qemu.shutdown(socket.SHUT_RD)
    with pytest.raises(GuestLost, match="gone"):
        line.console.type_keys(b"x")
    line.qemu.shutdown(socket.SHUT_WR)
    async with asyncio.timeout(10):
        await line.following
    with pytest.raises(GuestLost, match="not connected"):
        line.console.type_keys(b"x")
