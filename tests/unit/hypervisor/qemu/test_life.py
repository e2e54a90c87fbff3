"""A guest's process: which of its ends are events, which are expected, and which phases follow each other."""

from collections.abc import Callable
from datetime import UTC, datetime
from ipaddress import IPv4Address
from pathlib import Path
from typing import Any

import pytest

from kumoniwa.clock import ManualClock
from kumoniwa.hypervisor.driver import DriverError, EventKind, GuestEvent, GuestId, GuestLost, GuestNic, GuestSpec
from kumoniwa.hypervisor.qemu.guest import life, resets
from kumoniwa.hypervisor.qemu.guest.life import Life, Phase
from kumoniwa.hypervisor.qemu.guest.process import record
from kumoniwa.hypervisor.qemu.guest.process.command_line import Accelerator, Host
from kumoniwa.hypervisor.qemu.guest.process.disk_devices import DiskIo
from kumoniwa.hypervisor.qemu.guest.process.machine import Hearing
from kumoniwa.hypervisor.qemu.guest.resets import Resets
from kumoniwa.hypervisor.qemu.guest.surroundings import Surroundings
from kumoniwa.hypervisor.qemu.host.disk_space import DiskSpace
from kumoniwa.tasks import Tasks

pytestmark = pytest.mark.anyio

ID = GuestId("i-1")
SPEC = GuestSpec(ID, "uuid", "t3.micro", 1, 128, (), (GuestNic("02:00:00:00:00:01", IPv4Address("172.31.0.4")),))
AT = datetime(2026, 1, 1, tzinfo=UTC)


class FakeMachine:
    """A QEMU that ends when it is told to, or when the test says."""

    refuses: Exception | None = None
    made: list[Any] = []  # noqa: RUF012  (emptied for each test)

    def __init__(self, hearing: Hearing) -> None:
        self.spec = SPEC
        self.alive = True
        self._hearing = hearing
        FakeMachine.made.append(self)

    @classmethod
    async def start(
        cls,
        folder: Path,
        spec: GuestSpec,
        chains: object,
        host: object,
        taps: object,
        hearing: Hearing,
        tasks: object,
        memory: object,
        *,
        incoming: bool,
        slots: object,
    ) -> Any:
        if cls.refuses is not None:
            raise cls.refuses
        return cls(hearing)

    @classmethod
    async def adopt(cls, folder: Path, noted: object, hearing: Hearing, tasks: object) -> Any:
        return cls(hearing)

    def end(self, status: int | None) -> None:
        self.alive = False
        self._hearing.on_end(status)

    async def ensure_quit(self) -> None:
        self.end(0)

    ensure_killed = ensure_quit

    async def release(self) -> None:
        pass

    async def status(self) -> str:
        return "running"


@pytest.fixture
def reported(monkeypatch: pytest.MonkeyPatch) -> list[GuestEvent]:
    """What the lives of a test report, whose QEMUs are fakes."""
    monkeypatch.setattr(life, "Machine", FakeMachine)
    monkeypatch.setattr(FakeMachine, "refuses", None)
    monkeypatch.setattr(FakeMachine, "made", [])
    return []


@pytest.fixture
def one(reported: list[GuestEvent], tmp_path: Path) -> Life:
    """The life of a guest that was never made."""
    around = Surroundings(
        ManualClock(AT),
        Host(Accelerator("tcg", ""), DiskIo("threads", "")),
        Tasks("test"),
        tmp_path / "layers",
        DiskSpace(tmp_path),
        reported.append,
        lambda id: None,
    )
    return Life(ID, tmp_path, around, lambda event: None, lambda: None)


async def _begun(one: Life) -> FakeMachine:
    one.begin(await one.make(SPEC, {}))
    machine: FakeMachine = FakeMachine.made[-1]
    return machine


async def test_the_end_of_a_guest_that_lives_is_an_event(one: Life, reported: list[GuestEvent]) -> None:
    machine = await _begun(one)
    assert await one.status() == "running"
    machine.end(139)
    assert reported == [GuestEvent(ID, EventKind.DIED, AT, "QEMU ended with status 139")]
    assert one.machine is None
    assert await one.status() is None


@pytest.mark.parametrize("end", [Life.ensure_quit, Life.ensure_killed])
async def test_an_end_that_was_asked_for_is_no_event(
    one: Life, reported: list[GuestEvent], end: Callable[[Life], Any]
) -> None:
    await _begun(one)
    for _ in range(2):
        await end(one)
    assert (reported, one.machine) == ([], None)


async def test_the_end_of_a_guest_that_never_ran_is_raised(one: Life, reported: list[GuestEvent]) -> None:
    machine = await one.make(SPEC, {})
    FakeMachine.made[-1].end(1)
    with pytest.raises(GuestLost, match="ended as soon as it ran"):
        one.begin(machine)
    assert (reported, one.machine) == ([], None)


async def test_a_guest_that_cannot_be_made_may_be_made_later(
    one: Life, reported: list[GuestEvent], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(FakeMachine, "refuses", DriverError("No.", way_out="Ask again."))
    with pytest.raises(DriverError, match="No"):
        await one.make(SPEC, {})
    monkeypatch.setattr(FakeMachine, "refuses", None)
    await _begun(one)
    assert (one.machine, reported) == (FakeMachine.made[-1], [])


async def test_a_guest_that_is_found_lives(one: Life, reported: list[GuestEvent], tmp_path: Path) -> None:
    assert await one.adopt() is None, "nothing was ever made here"
    record.write(tmp_path, record.GuestRecord(SPEC, None))
    assert [await one.adopt()] == FakeMachine.made
    await one.let_go()
    assert (reported, one.machine) == ([], None)
    await one.adopt()
    FakeMachine.made[-1].end(None)
    assert [event.kind for event in reported] == [EventKind.DIED]


async def test_phases_follow_each_other_only_as_they_may(one: Life) -> None:
    with pytest.raises(AssertionError):
        one._become(Phase.ENDING)
    await _begun(one)
    with pytest.raises(AssertionError):
        one._become(Phase.STARTING)


async def test_the_resets_of_the_firmware_are_no_boots(monkeypatch: pytest.MonkeyPatch) -> None:
    heard = Resets()
    assert heard.hear()
    assert not heard.hear(), "it follows at once"
    monkeypatch.setattr(resets, "_FIRMWARE_RESETS", 0.0)
    assert heard.hear()
    monkeypatch.undo()
    heard.expect()
    with pytest.raises(TimeoutError):
        await heard.wait(within=0)
    heard.begin_boot()
    assert not heard.hear(), "the boot began with what was asked for"
    await heard.wait(within=10)
