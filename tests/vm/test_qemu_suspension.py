"""The driver `qemu` keeps every promise of suspending guests; and what hinders it leaves a guest that runs, is
suspended, or can boot."""

import json
import os
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest
from memory_bench import launched, prepared, standing_on
from qemu_bench import PLENTY, QemuBench, identity_of, machine_of, qemu
from suspension_contract import SuspensionContract
from waiting import eventually_async

from kumoniwa.hypervisor.driver import (
    DiskBus,
    DriverError,
    GuestSpec,
    GuestState,
    HostExhausted,
    MemoryUnusable,
)
from kumoniwa.hypervisor.qemu.guest.drives import freeze, stream
from kumoniwa.hypervisor.qemu.guest.memory import resuming, suspended, suspending
from kumoniwa.hypervisor.qemu.guest.memory.suspended import SuspendedFile
from kumoniwa.hypervisor.qemu.guest.process import migration
from kumoniwa.hypervisor.qemu.guest.process.host_process import identify
from kumoniwa.hypervisor.qemu.guest.qemu_guest import QemuGuest

pytestmark = [pytest.mark.anyio, pytest.mark.vm]

_KEY = b"k" * 32


@pytest.fixture
async def bench(tmp_path: Path) -> AsyncIterator[QemuBench]:
    async with qemu(tmp_path, DiskBus.VIRTIO) as bench:
        yield bench


class TestQemuSuspension(SuspensionContract):
    """All of them."""


def _file(bench: QemuBench, guest: QemuGuest) -> SuspendedFile:
    return SuspendedFile(bench.data_dir / "guests" / guest.id)


async def _reacts(bench: QemuBench, guest: QemuGuest) -> None:
    assert await guest.observe() is GuestState.RUNNING
    await bench.press(guest.id, "g")


async def _runs(guest: QemuGuest) -> bool | None:
    return await guest.observe() is GuestState.RUNNING or None


async def test_a_file_that_is_not_as_it_was_written_is_not_gone_on_with(bench: QemuBench) -> None:
    guest, spec = await bench.up()
    await guest.ensure_suspended(_KEY)
    path = _file(bench, guest).path
    whole = path.read_bytes()
    assert path.stat().st_mode & 0o077 == 0
    middle = len(whole) // 2
    flipped = bytes([whole[middle] ^ 1])
    for torn, why in (
        (whole[:-1], "is torn"),
        (whole[:100], "is torn"),
        (b"", "is torn"),
        (whole[:middle] + flipped + whole[middle + 1 :], "is not what was written there"),
        (b"x" + whole[1:], "no such file"),
    ):
        path.write_bytes(torn)
        with pytest.raises(MemoryUnusable, match=why):
            await guest.ensure_resumed(spec, _KEY)
        assert await guest.observe() is GuestState.ABSENT
        assert not path.exists(), "it is not tried again"
    path.write_bytes(whole)
    assert (await guest.ensure_resumed(spec, _KEY)).restored
    await _reacts(bench, guest)


async def test_what_another_host_saved_is_not_gone_on_with(bench: QemuBench, monkeypatch: pytest.MonkeyPatch) -> None:
    guest, spec = await bench.up()
    as_bytes = suspended.Head.as_bytes

    def by_another(head: suspended.Head) -> bytes:
        told = json.loads(as_bytes(head))
        told["made_by"]["qemu"] = "QEMU emulator version 99"
        return json.dumps(told).encode()

    monkeypatch.setattr(suspended.Head, "as_bytes", by_another)
    await guest.ensure_suspended(_KEY)
    with pytest.raises(MemoryUnusable, match="It was saved by another QEMU: QEMU emulator version 99"):
        await guest.ensure_resumed(spec, _KEY)


async def test_without_room_for_its_memory_it_runs_on(bench: QemuBench, monkeypatch: pytest.MonkeyPatch) -> None:
    guest, spec = await bench.up()
    bench.free = 1
    with pytest.raises(HostExhausted):
        await guest.ensure_suspended(_KEY)
    bench.free = PLENTY
    await eventually_async(lambda: _runs(guest), within=10)  # it was paused for want of room too
    await _reacts(bench, guest)
    assert not list((bench.data_dir / "guests" / guest.id).glob("suspended*"))
    monkeypatch.setattr(os, "fsync", _full)
    with pytest.raises(HostExhausted):
        await guest.ensure_suspended(_KEY)
    monkeypatch.undo()
    await _reacts(bench, guest)
    monkeypatch.setattr(SuspendedFile, "begin", _full)
    with pytest.raises(HostExhausted):
        await guest.ensure_suspended(_KEY)
    monkeypatch.undo()
    await _reacts(bench, guest)
    await guest.ensure_suspended(_KEY)
    assert (await guest.ensure_resumed(spec, _KEY)).restored


def _full(_: object) -> None:
    raise OSError(28, os.strerror(28))


async def test_a_server_that_is_killed_while_it_suspends_leaves_a_guest_that_is_or_can_be(bench: QemuBench) -> None:
    guest, spec = await bench.up()
    _file(bench, guest).begin()
    await machine_of(guest).execute("stop")  # and is killed
    guest = (await bench.successor()).guest(spec.id)
    assert await guest.observe() is GuestState.RUNNING
    await guest.ensure_suspended(_KEY)
    assert (await guest.ensure_resumed(spec, _KEY)).restored
    await suspending.save(machine_of(guest), _file(bench, guest), _KEY, guest._around)  # and is killed
    process = identity_of(bench, guest)
    guest = (await bench.successor()).guest(spec.id)
    assert await guest.observe() is GuestState.ABSENT
    assert identify(process.pid) is None
    assert (await guest.ensure_suspended(_KEY)).size_bytes > 0
    assert (await guest.ensure_resumed(spec, _KEY)).restored
    await _reacts(bench, guest)


async def test_a_server_that_is_killed_while_it_resumes_leaves_a_guest_that_goes_on(bench: QemuBench) -> None:
    guest, spec = await bench.up()
    await guest.ensure_suspended(_KEY)
    await _load(guest, spec)  # and is killed
    guest = (await bench.successor()).guest(spec.id)
    assert await guest.observe() is GuestState.ABSENT, "what was loaded is in the file still"
    await _load(guest, spec)
    _file(bench, guest).use()  # and is killed
    guest = (await bench.successor()).guest(spec.id)
    assert await guest.observe() is GuestState.HALTED
    assert (await guest.ensure_resumed(spec, _KEY)).restored
    await _reacts(bench, guest)
    assert not (await guest.ensure_resumed(spec, _KEY)).restored, "it runs"


async def _load(guest: QemuGuest, spec: GuestSpec) -> None:
    """As far as before the file is used."""
    power = guest._power
    head, chains = await resuming.usable(power._file, _KEY, spec, guest._around)
    machine = await power.life.make(spec, chains, incoming=True, slots=head.slots)
    await suspending.load(machine, power._file, _KEY, head, spec)


async def test_a_guest_that_goes_down_before_it_is_saved_is_not_saved(
    bench: QemuBench, monkeypatch: pytest.MonkeyPatch
) -> None:
    guest, _ = await bench.up()

    async def goes_down(*_: object) -> None:
        await guest.ensure_shut_down(deadline=60)

    monkeypatch.setattr(stream, "ensure_given_up", goes_down)
    with pytest.raises(DriverError, match="does not run any more: its QEMU says shutdown"):
        await guest.ensure_suspended(_KEY)
    assert await guest.observe() is GuestState.SHUT_DOWN
    assert not list((bench.data_dir / "guests" / guest.id).glob("suspended*"))


async def test_room_on_the_host_s_disk_has_no_guest_go_on_that_is_being_saved(
    bench: QemuBench, monkeypatch: pytest.MonkeyPatch
) -> None:
    guest, spec = await bench.up()
    save = migration.save

    async def saved(*what: Any, **how: Any) -> None:
        await save(*what, **how)
        guest._power._waiting.is_on = True  # it was to be paused just before
        await guest.go_on()
        assert await guest.observe() is GuestState.HALTED

    monkeypatch.setattr(migration, "save", saved)
    await guest.ensure_suspended(_KEY)
    assert (await guest.ensure_resumed(spec, _KEY)).restored
    await _reacts(bench, guest)


async def test_file_systems_that_were_frozen_are_to_be_thawed_once_it_goes_on(bench: QemuBench) -> None:
    guest, spec = await bench.up()
    mark = bench.data_dir / "guests" / guest.id / freeze._MARK
    mark.touch()
    await guest.ensure_suspended(_KEY)
    assert (await guest.ensure_resumed(spec, _KEY)).restored
    assert mark.exists(), "no agent has thawed them yet"
    await guest.ensure_off(deadline=0, skip_os_shutdown=True)
    await guest.ensure_running(spec)
    assert not mark.exists(), "another kernel has frozen nothing"


async def test_a_guest_whose_process_dies_while_it_is_saved_is_lost(bench: QemuBench) -> None:
    guest, spec = await bench.up()
    machine = machine_of(guest)
    execute = machine.execute

    async def dies(command: str, **arguments: object) -> object:
        if command == "migrate":
            await machine.ensure_killed()
        return await execute(command, **arguments)

    machine.execute = dies  # type: ignore[method-assign, assignment]
    with pytest.raises(DriverError):
        await guest.ensure_suspended(_KEY)
    assert await guest.observe() is GuestState.ABSENT
    with pytest.raises(DriverError):
        await guest.ensure_suspended(_KEY)
    assert (await guest.ensure_running(spec)).fresh


async def test_a_guest_that_was_launched_from_memory_is_suspended_as_any_other(bench: QemuBench) -> None:
    machine, layer = await prepared(bench)
    spec = await standing_on(bench, layer)
    await launched(bench, machine, spec)
    guest = bench.driver.guest(spec.id)
    await guest.ensure_suspended(_KEY)
    assert (await guest.ensure_resumed(spec, _KEY)).restored
    await bench.write(spec.id, "after")
