"""Launching guests from memory: what goes wrong on the way, and that a launched guest is a guest like any other."""

import asyncio
import hashlib
import json
import os
import signal
import sys
from collections.abc import AsyncIterator
from dataclasses import replace
from ipaddress import IPv4Address
from pathlib import Path
from typing import Any

import pytest
from contract_bench import MIB, overlay
from memory_bench import ID, launched, prepared, refused, standing_on
from memory_sectors import APPLIED, PREPARED
from qemu_bench import QemuBench, identity_of, machine_of, qemu
from sampling import Sampling

from kumoniwa import run
from kumoniwa.deadlines import cut_short
from kumoniwa.hypervisor.driver import (
    DiskBus,
    DriverError,
    EventKind,
    GuestDisk,
    GuestNic,
    GuestSpec,
    GuestState,
    HostExhausted,
    RestoreFailed,
)
from kumoniwa.hypervisor.qemu.guest.drives import plugs
from kumoniwa.hypervisor.qemu.guest.memory import launching, prepared_machine
from kumoniwa.hypervisor.qemu.guest.memory.launch_port import LaunchPort
from kumoniwa.hypervisor.qemu.guest.process import migration, record
from kumoniwa.hypervisor.qemu.guest.process.host_process import Identity, find_in, identify
from kumoniwa.hypervisor.qemu.guest.process.machine import PROGRAM, Machine

pytestmark = [pytest.mark.anyio, pytest.mark.vm]


@pytest.fixture
async def bench(tmp_path: Path) -> AsyncIterator[QemuBench]:
    async with qemu(tmp_path, DiskBus.VIRTIO) as bench:
        yield bench


async def test_a_launched_guest_is_an_ordinary_one_to_a_later_server(bench: QemuBench) -> None:
    machine, layer = await prepared(bench)
    memory = bench.data_dir / "prepared" / ID / "memory"
    before = hashlib.sha256(memory.read_bytes()).hexdigest()
    spec = await standing_on(bench, layer, 16 * MIB)
    data = GuestDisk(bench.layer(), "voldata")
    await bench.driver.disks.ensure_empty(data.layer, 8 * MIB)
    spec = replace(spec, disks=(*spec.disks, data))
    await launched(bench, machine, spec)
    process = identity_of(bench, bench.driver.guest(spec.id))
    guest = (await bench.successor()).guest(spec.id)
    assert (await bench.event(EventKind.REACHABLE)).guest == spec.id
    assert await guest.observe() is GuestState.RUNNING
    plugged = GuestDisk(bench.layer(), "volplugged")
    await bench.driver.disks.ensure_empty(plugged.layer, 8 * MIB)
    await bench.run(guest.ensure_attached(plugged))
    await bench.run(guest.ensure_cut([await overlay(bench, disk) for disk in (*spec.disks, plugged)]))
    assert await bench.run(guest.ensure_grown(replace(plugged, layer=await _top(guest, plugged)), 16 * MIB))
    await bench.write(spec.id, "after")
    assert await bench.driver.prepared(ID).is_made()
    assert hashlib.sha256(memory.read_bytes()).hexdigest() == before, "the memory of a guest is its own"
    await bench.run(guest.ensure_shut_down(deadline=60))
    assert not (await bench.run(guest.ensure_running(spec))).restored
    await bench.event(EventKind.KERNEL_STARTED)
    assert identity_of(bench, guest) == process
    assert "launch" not in await machine_of(guest).human("info chardev")


async def test_the_interfaces_of_a_launched_guest_are_where_those_of_any_other_are(bench: QemuBench) -> None:
    machine, layer = await prepared(bench)
    first = GuestNic("02:00:00:00:00:01", IPv4Address("10.0.0.5"), bench.port())
    second, third = (
        replace(first, mac=f"02:00:00:00:00:0{n}", address=IPv4Address(f"10.0.0.{5 + n}"), port=bench.port())
        for n in (2, 3)
    )
    spec = replace(await standing_on(bench, layer), nics=(first, second))
    await launched(bench, machine, spec)
    guest = bench.driver.guest(spec.id)
    assert await bench.taps.taps() == {nic.port.name for nic in spec.nics if nic.port is not None}
    await bench.run(guest.ensure_nic_attached(third))
    await bench.run(guest.ensure_nic_detached(second.mac, deadline=0.1, force=True))
    assert await guest.nics() == (first, third)
    slots = [line for line in (await machine_of(guest).human("info pci")).splitlines() if "device" in line]
    assert any("device   2," in line for line in slots)


@pytest.mark.parametrize(
    ("says", "reason"),
    [
        (b"no JSON\n", "makes no sense"),
        (PREPARED, "it says that it is prepared, not applied"),
        (b'{"format":1,"state":"failed","why":"no \\u001b"}\n', r"it says that it failed: no \x1b"),
        (b"x", "did not say within 0 s who it is"),
    ],
)
async def test_a_guest_that_does_not_say_who_it_is_is_ended(
    bench: QemuBench, monkeypatch: pytest.MonkeyPatch, says: bytes, reason: str
) -> None:
    monkeypatch.setattr(launching, "_APPLIED_WITHIN", 60.0 if says.endswith(b"\n") else 0.4)
    machine, spec = bench.driver.prepared(ID), await bench.to_prepare(applied=says)
    await bench.run(machine.ensure_made(spec, deadline=60))
    guest = await standing_on(bench, spec.disks[0].layer)
    assert reason in await refused(bench, machine, guest, by_machine=True)
    assert await asyncio.to_thread(find_in, bench.data_dir / "guests" / guest.id, PROGRAM) is None
    assert "had it already" in await refused(bench, machine, guest, by_machine=False)
    fresh = await bench.spec()
    guest = replace(guest, disks=fresh.disks)
    assert not (await bench.run(bench.driver.guest(guest.id).ensure_running(guest))).restored
    assert (await bench.event_of({EventKind.REACHABLE, EventKind.KERNEL_STARTED})).kind is EventKind.KERNEL_STARTED


async def test_a_state_that_qemu_cannot_load_is_told_in_its_words(bench: QemuBench) -> None:
    machine, layer = await prepared(bench)
    folder = bench.data_dir / "prepared" / ID
    (folder / "state").chmod(0o600)
    os.truncate(folder / "state", 300_000)
    _renote(folder)
    assert await machine.is_made()
    said = await refused(bench, machine, await standing_on(bench, layer), by_machine=True)
    assert "load of migration failed" in said


async def test_a_qemu_that_is_killed_while_it_loads_leaves_no_guest(
    bench: QemuBench, monkeypatch: pytest.MonkeyPatch
) -> None:
    machine, layer = await prepared(bench)
    load = migration.load

    async def killed(loaded: Machine, *arguments: Any, **named: Any) -> None:
        os.kill(loaded.identity.pid, signal.SIGKILL)
        await load(loaded, *arguments, **named)

    monkeypatch.setattr(migration, "load", killed)
    spec = await standing_on(bench, layer)
    await refused(bench, machine, spec)
    monkeypatch.undo()
    await launched(bench, machine, await standing_on(bench, layer))


async def test_a_server_that_was_killed_during_a_launch_leaves_a_guest_that_the_next_one_ends(bench: QemuBench) -> None:
    machine, layer = await prepared(bench)
    spec = await standing_on(bench, layer)
    await launched(bench, machine, spec)
    process = identity_of(bench, bench.driver.guest(spec.id))
    launching.LaunchMark(bench.data_dir / "guests" / spec.id).begin()  # as it was before the guest had answered
    await bench.successor()
    assert await bench.driver.guest(spec.id).observe() is GuestState.ABSENT
    with pytest.raises(ProcessLookupError):
        os.kill(process.pid, 0)
    await refused(bench, bench.driver.prepared(ID), spec)


@pytest.mark.parametrize(
    ("says", "reason"),
    [
        (APPLIED, "it says that it is applied, not prepared.*on its console: Linux version"),
        (b"x" * 60 + b"\n", "makes no sense"),
        (b"x", "did not say within 1 s that it is prepared.*on its console: Linux version"),
    ],
)
async def test_of_a_machine_that_cannot_be_prepared_only_its_disk_is_left(
    bench: QemuBench, says: bytes, reason: str
) -> None:
    machine, spec = bench.driver.prepared(ID), await bench.to_prepare(prepared=says)
    with pytest.raises(DriverError, match=reason):
        await bench.run(machine.ensure_made(spec, deadline=60 if says.endswith(b"\n") else 1))
    assert await bench.driver.all_prepared() == frozenset()
    assert await bench.driver.disks.present([spec.disks[0].layer]) == {spec.disks[0].layer}
    await bench.run(machine.ensure_made(await bench.to_prepare(), deadline=60))


async def test_a_preparation_that_is_cut_short_ends_its_guest_and_leaves_only_the_disk(
    bench: QemuBench, monkeypatch: pytest.MonkeyPatch
) -> None:
    machine, spec = bench.driver.prepared(ID), await bench.to_prepare()
    left: list[object] = []
    scope = asyncio.timeout(None)

    async def not_wanted_any_more(port: LaunchPort, state: str) -> None:
        left.append(await asyncio.to_thread(find_in, bench.data_dir / "prepared" / ID, PROGRAM))
        cut_short(scope)
        await asyncio.Event().wait()

    monkeypatch.setattr(LaunchPort, "hear", not_wanted_any_more)
    with pytest.raises(TimeoutError):
        async with scope:
            await machine.ensure_made(spec, deadline=60)
    (process,) = left
    assert isinstance(process, Identity)
    assert identify(process.pid) is None
    assert await bench.driver.all_prepared() == frozenset()
    assert await bench.driver.disks.present([spec.disks[0].layer]) == {spec.disks[0].layer}


async def test_no_machine_is_prepared_where_its_memory_has_no_room(bench: QemuBench) -> None:
    spec = await bench.to_prepare()
    bench.free = (512 + spec.memory_mib) * MIB - 1
    with pytest.raises(HostExhausted, match="no room for 32 MiB"):
        await bench.run(bench.driver.prepared(ID).ensure_made(spec, deadline=60))


async def test_a_machine_whose_memory_finds_no_room_any_more_is_told_from_one_that_fails(
    bench: QemuBench, monkeypatch: pytest.MonkeyPatch
) -> None:
    hear = LaunchPort.hear

    async def full(port: LaunchPort, state: str) -> None:
        process = await asyncio.to_thread(find_in, bench.data_dir / "prepared" / ID, PROGRAM)
        assert process is not None
        bench.free = 0
        os.kill(process.pid, signal.SIGKILL)
        await hear(port, state)

    monkeypatch.setattr(LaunchPort, "hear", full)
    with pytest.raises(HostExhausted, match="became full while the machine was prepared"):
        await bench.run(bench.driver.prepared(ID).ensure_made(await bench.to_prepare(), deadline=60))
    assert await bench.driver.all_prepared() == frozenset()


async def test_what_a_server_that_was_killed_left_of_preparing_a_machine_is_ended_and_thrown_away(
    bench: QemuBench, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def killed(machine: Machine, path: Path) -> None:
        raise _KilledError(machine)

    async def nothing(self: object) -> None: ...

    monkeypatch.setattr(prepared_machine, "_save", killed)
    monkeypatch.setattr(Machine, "ensure_killed", nothing)
    monkeypatch.setattr(prepared_machine.QemuPreparedMachine, "_ensure_nothing_left", nothing)
    with pytest.raises(_KilledError):
        await bench.run(bench.driver.prepared(ID).ensure_made(await bench.to_prepare(), deadline=60))
    folder = bench.data_dir / "prepared" / ID
    monkeypatch.undo()
    left = await asyncio.to_thread(find_in, folder, PROGRAM)
    assert left is not None
    await bench.successor()
    assert await bench.driver.all_prepared() == frozenset()
    assert identify(left.pid) is None


async def test_a_server_that_is_killed_at_any_point_leaves_what_the_next_one_can_go_on_with(
    bench: QemuBench, sampling: Sampling
) -> None:
    """A machine is whole or gone; a guest is one that was told who it is, or gone."""
    for point in sampling.of(range(1, 70), 4):
        spec = await bench.to_prepare()
        guest_spec = await standing_on(bench, spec.disks[0].layer)
        await _killed_at(bench, spec, guest_spec, point)
        driver = await bench.successor()
        machine, guest = driver.prepared(ID), driver.guest(guest_spec.id)
        folders = bench.data_dir / "prepared" / ID, bench.data_dir / "guests" / guest_spec.id
        assert await asyncio.to_thread(find_in, folders[0], PROGRAM) is None
        assert await machine.is_made() == (await driver.all_prepared() == {ID})
        if await guest.observe() is GuestState.RUNNING:
            assert (await launched(bench, machine, guest_spec)).restored
            await bench.write(guest_spec.id, "after")
        else:
            assert await guest.observe() is GuestState.ABSENT
            assert await asyncio.to_thread(find_in, folders[1], PROGRAM) is None
            try:
                assert (await launched(bench, machine, guest_spec)).restored
            except RestoreFailed as failure:
                assert "had it already" in failure.what or not await machine.is_made()
        await bench.run(guest.ensure_off(deadline=0, skip_os_shutdown=True))
        await bench.run(machine.ensure_forgotten())


async def _killed_at(bench: QemuBench, machine: GuestSpec, guest: GuestSpec, point: int) -> None:
    """A server prepares the machine and launches the guest, and is killed at this point, or at the end."""
    arguments = [str(bench.data_dir)]
    for spec in (machine, guest):
        folder = bench.data_dir.with_name(f"{spec.id}-to-be")
        folder.mkdir()
        record.write(folder, record.GuestRecord(spec, None))
        arguments.append(str(folder))
    environment = {"PYTHONPATH": os.pathsep.join(sys.path)}
    program = [sys.executable, "-m", "killed_launch", *arguments, str(point)]
    with pytest.raises(run.ProgramFailed) as ended:
        await run.run(program, timeout=60, environment=environment)
    assert ended.value.status == -signal.SIGKILL, ended.value.stderr


async def test_a_machine_that_finds_no_room_for_its_state_goes_on(bench: QemuBench) -> None:
    spec = await bench.spec()
    guest = bench.driver.guest(spec.id)
    await bench.run(guest.ensure_running(spec))
    await bench.event(EventKind.KERNEL_STARTED)
    machine = machine_of(guest)
    await machine.execute("stop")
    full = os.open("/dev/full", os.O_WRONLY)
    with pytest.raises(migration.NotSaved, match="was not saved"):
        await bench.run(migration.save(machine, full, memory_aside=False, within=60))
    os.close(full)
    await machine.execute("cont")
    await bench.write(spec.id, "after")


class _KilledError(Exception):
    """The server is killed here."""


def _renote(folder: Path) -> None:
    """What is there is what was written there."""
    noted = json.loads((folder / "machine.json").read_text())
    state = (folder / "state").read_bytes()
    noted["sizes"]["state"], noted["state_sha256"] = len(state), hashlib.sha256(state).hexdigest()
    (folder / "machine.json").chmod(0o600)
    (folder / "machine.json").write_text(json.dumps(noted))


async def _top(guest: Any, disk: GuestDisk) -> Any:
    return await plugs.node_shown(machine_of(guest), disk.serial)
