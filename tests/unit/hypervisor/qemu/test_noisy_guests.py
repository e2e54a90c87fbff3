"""What a guest can say as fast as it likes costs the server a bounded amount, and other guests nothing."""

import asyncio
import socket
import struct
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from fake_qemu import SPEC, qcow2
from waiting import let_others_run, turns_until

from kumoniwa import sockets
from kumoniwa.clock import ManualClock
from kumoniwa.hypervisor.driver import GuestId, GuestLost, LayerDamaged, SerialConsole
from kumoniwa.hypervisor.driver.serial_console import KEPT, MOST_READERS, MOST_WAITING
from kumoniwa.hypervisor.qemu.disks.qcow2 import read_header
from kumoniwa.hypervisor.qemu.guest import translations
from kumoniwa.hypervisor.qemu.guest.drives import freeze
from kumoniwa.hypervisor.qemu.guest.process import console
from kumoniwa.hypervisor.qemu.guest.process.console import Console
from kumoniwa.hypervisor.qemu.guest.process.host_process import Identity
from kumoniwa.hypervisor.qemu.guest.process.log_files import end_of
from kumoniwa.hypervisor.qemu.guest.process.machine import Hearing, Machine
from kumoniwa.hypervisor.qemu.host import disk_space
from kumoniwa.hypervisor.qemu.host.disk_space import DiskSpace
from kumoniwa.tasks import Tasks

pytestmark = pytest.mark.anyio


@pytest.fixture
async def tasks() -> AsyncIterator[Tasks]:
    made = Tasks("test")
    yield made
    await made.close()


@pytest.fixture
def machine(tmp_path: Path, tasks: Tasks, monkeypatch: pytest.MonkeyPatch) -> Machine:
    """A machine whose process is gone."""
    hearing = Hearing(lambda _: None, lambda: None, lambda _: None, lambda _: None, SerialConsole())
    return Machine(tmp_path, SPEC, Identity(1 << 22, 1, "boot"), hearing, tasks)


async def test_a_console_that_never_stops_leaves_the_event_loop_to_others(
    tmp_path: Path, tasks: Tasks, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As long as there is something to read, the loop's `sock_recv` gives it without letting anything else run."""
    ours, theirs = socket.socketpair()
    read, kernels = 0, 0

    async def always_more(_: socket.socket, most: int) -> bytes:
        nonlocal read
        assert read < 100 * console._A_SECOND, "nothing else gets to run"
        read += most
        return b"Linux version ".ljust(most, b"\x1b")

    def count() -> None:
        nonlocal kernels
        kernels += 1

    monkeypatch.setattr(sockets, "connect", lambda _: ours)
    monkeypatch.setattr(asyncio.get_running_loop(), "sock_recv", always_more)
    said = SerialConsole()
    idle = [said.follow() for _ in range(MOST_READERS)]
    tasks.start(Console(tmp_path, count, said).follow(), "console")
    with theirs:
        await let_others_run(500)
        assert console._A_SECOND <= read <= 2 * console._A_SECOND
        assert kernels == 1, "only a boot that was expected begins"
        assert {len(reader._waiting) for reader in idle} == {MOST_WAITING}, "what nobody reads is not kept"
        assert len(said.said) == KEPT
        await tasks.close()


@pytest.mark.parametrize("at", range(len(b"Linux version ") + 1))
async def test_a_kernels_first_line_is_heard_wherever_it_is_split(
    tmp_path: Path, tasks: Tasks, monkeypatch: pytest.MonkeyPatch, at: int
) -> None:
    """And without an end of line, among what is no text."""
    ours, theirs = socket.socketpair()
    ours.setblocking(False)
    heard = asyncio.Event()
    monkeypatch.setattr(sockets, "connect", lambda _: ours)
    tasks.start(Console(tmp_path, heard.set, SerialConsole()).follow(), "console")
    said = b"\xff\x00\x1b]0;x\x07" * 100 + b"Linux version "
    cut = len(said) - at
    with theirs:
        theirs.send(said[:cut])
        await let_others_run(5)
        assert heard.is_set() is (at == 0)
        theirs.send(said[cut:])
        async with asyncio.timeout(10):
            await heard.wait()
        await tasks.close()


def test_of_a_log_beyond_measure_only_the_end_is_read(tmp_path: Path) -> None:
    """Its beginning is a hole: it takes no room on the disk, and would take all of the memory."""
    with (tmp_path / "qemu.log").open("wb") as file:
        file.seek(1 << 42)
        file.write(b"the end")
    assert end_of(tmp_path / "qemu.log", 7) == b"the end"
    assert end_of(tmp_path / "nothing", 7) == b""


@pytest.mark.parametrize(
    ("at", "value", "what"),
    [(36, struct.pack(">I", 1 << 28), "table of clusters"), (56, struct.pack(">I", 1 << 30), "table of references")],
)
def test_a_header_with_a_table_that_takes_all_of_the_memory_is_damage(
    tmp_path: Path, at: int, value: bytes, what: str
) -> None:
    path = tmp_path / "layer.qcow2"
    path.write_bytes(qcow2(None))
    assert read_header(path).backing is None
    with path.open("r+b") as file:
        file.seek(at)
        file.write(value)
        file.truncate(1 << 42)  # a hole: as long as its tables need
    with pytest.raises(LayerDamaged, match=f"its {what} cannot be"):
        read_header(path)


def test_a_header_with_a_part_that_ends_beyond_it_is_damage(tmp_path: Path) -> None:
    path = tmp_path / "layer.qcow2"
    path.write_bytes(qcow2("below.qcow2").replace(struct.pack(">II", 0xE2792ACA, 5), struct.pack(">II", 1, 1 << 31)))
    with pytest.raises(LayerDamaged, match="ends beyond it"):
        read_header(path)


async def test_a_debugger_interface_that_says_too_much_is_not_listened_to() -> None:
    ours, theirs = socket.socketpair()
    with ours, theirs:
        theirs.send(b"x" * (translations._MOST_HEARD + 1))
        with pytest.raises(EOFError, match="too much"):
            await translations._step(ours)


async def test_a_guest_whose_file_systems_cannot_be_thawed_has_one_task_that_tries_seldom(
    tmp_path: Path, machine: Machine, tasks: Tasks, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Each cut began another task before, and each tried every five seconds."""
    waits: list[float] = []

    async def sleep(seconds: float) -> None:
        waits.append(seconds)
        if len(waits) > freeze._TOLD_AFTER:
            await asyncio.Event().wait()

    def connect(_: Path) -> socket.socket:
        raise ConnectionRefusedError(111, "there is no such channel")

    monkeypatch.setattr(sockets, "connect", connect)
    monkeypatch.setattr(Machine, "alive", True)
    monkeypatch.setattr(asyncio, "sleep", sleep)
    (tmp_path / freeze._MARK).touch()
    for _ in range(50):
        assert await freeze.ensure_thawed(machine, tmp_path) is None
    assert len(tasks._tasks) == 1
    while len(waits) <= freeze._TOLD_AFTER:
        await asyncio.wait(tasks._tasks, timeout=0.01)
    assert waits[-1] == freeze._THAW_RARELY


class Pausable:
    def __init__(self, id: str, *, silent: bool = False, refuses: bool = False) -> None:
        self.id = GuestId(id)
        self.paused = 0
        self._silent, self._refuses = silent, refuses

    async def pause_for_room(self) -> None:
        self.paused += 1
        if self._silent:
            await asyncio.Event().wait()
        if self._refuses:
            raise GuestLost("what it answers makes no sense")

    async def go_on(self) -> None:
        self.paused = 0


async def test_a_guest_whose_qemu_is_silent_keeps_no_other_from_being_paused(tmp_path: Path, tasks: Tasks) -> None:
    """The others would have filled the host's disk meanwhile, and lost what they wrote then."""
    guests = [Pausable("i-silent", silent=True), Pausable("i-refuses", refuses=True), Pausable("i-honest")]
    clock, free = ManualClock(), [0]
    tasks.start(disk_space.watch(DiskSpace(tmp_path, lambda _: free[0]), clock, lambda: guests), "watch")
    await turns_until(lambda: guests[2].paused == 1)
    for _ in range(10):
        await clock.advance(disk_space._EVERY)
    assert guests[0].paused == 1, "it is not asked again before it has answered"
    assert guests[2].paused == 11
    free[0] = 1 << 40
    await clock.advance(disk_space._EVERY)
    assert guests[2].paused == 0
    await tasks.close()
