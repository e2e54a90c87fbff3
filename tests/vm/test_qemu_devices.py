"""What the driver `qemu` promises of its devices beyond the contract: firmware, and disks after a crash."""

import contextlib
from collections.abc import AsyncIterator
from dataclasses import replace
from ipaddress import IPv4Address
from pathlib import Path

import efi_program
import pytest
from driver_contract import MIB
from qemu_bench import WITHIN, QemuBench, identity_of, machine_of, qemu

from kumoniwa import run
from kumoniwa.hypervisor.driver import DiskBus, DriverError, EventKind, Firmware, GuestDisk, GuestNic, GuestState
from kumoniwa.hypervisor.qemu.guest.drives import plugs
from kumoniwa.hypervisor.qemu.guest.process import firmware
from kumoniwa.hypervisor.qemu.guest.process.disk_devices import DiskIo, disk_node
from kumoniwa.hypervisor.qemu.guest.process.machine import Machine

pytestmark = [pytest.mark.anyio, pytest.mark.vm]


@pytest.fixture
async def bench(tmp_path: Path) -> AsyncIterator[QemuBench]:
    async with qemu(tmp_path) as bench:
        yield bench


async def test_a_guest_boots_by_uefi_again_and_again_with_variables_of_its_own(
    bench: QemuBench, tmp_path: Path
) -> None:
    spec = replace(await bench.spec(), firmware=Firmware.UEFI, memory_mib=256)
    disk = GuestDisk(bench.layer(), "volefi")
    source = await efi_program.make_disk(tmp_path, 64 * MIB)
    await bench.driver.disks.ensure_imported(disk.layer, source, "raw", lambda _: None)
    spec = replace(spec, disks=(disk,))
    guest = bench.driver.guest(spec.id)
    variables = bench.data_dir / "guests" / spec.id / "uefi-variables.fd"
    for _ in range(2):  # made, then reset in the same process
        assert (await bench.run(guest.ensure_running(spec))).fresh
        await bench.event(EventKind.KERNEL_STARTED)
        await bench.event(EventKind.SHUT_DOWN)
    kept = variables.stat()
    await bench.run(guest.ensure_off(deadline=0, skip_os_shutdown=True))
    found = (await bench.successor()).guest(spec.id)
    await bench.run(found.ensure_running(spec))
    await bench.event(EventKind.SHUT_DOWN)
    assert variables.stat().st_ino == kept.st_ino
    await found.ensure_forgotten()
    assert not variables.parent.exists()


async def test_a_host_without_the_firmware_says_which_package_brings_it(
    bench: QemuBench, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(firmware, "_CODE", tmp_path / "OVMF_CODE_4M.fd")
    spec = replace(await bench.spec(), firmware=Firmware.UEFI)
    with pytest.raises(DriverError, match="apt-get install ovmf"):
        await bench.run(bench.driver.guest(spec.id).ensure_running(spec))
    assert await bench.driver.guest(spec.id).observe() is GuestState.ABSENT


async def test_a_disk_taken_by_force_is_free_and_its_guest_forgets_it_when_it_is_reset(bench: QemuBench) -> None:
    guest, spec = await bench.up()
    disk = await _blank(bench)
    await bench.run(guest.ensure_attached(disk))
    driver = await bench.successor()  # which knows nothing of a plug but what QEMU tells
    found = driver.guest(spec.id)
    with pytest.raises(run.ProgramFailed):
        await _check(bench, disk)
    await bench.run(found.ensure_detached(disk.serial, deadline=0.2, force=True))
    await _check(bench, disk)
    with pytest.raises(DriverError, match="has not let go"):
        await bench.run(found.ensure_attached(disk))
    await bench.run(found.ensure_shut_down(deadline=WITHIN))
    process = identity_of(bench, found)
    await bench.run(found.ensure_running(spec))
    assert identity_of(bench, found) == process
    await bench.run(found.ensure_attached(disk))
    with pytest.raises(run.ProgramFailed):
        await _check(bench, disk)


async def test_a_network_interface_taken_by_force_comes_again_once_its_guest_was_reset(bench: QemuBench) -> None:
    port, further_port = bench.port(), bench.port()
    spec = await bench.spec()
    spec = replace(spec, nics=(replace(spec.nic, port=port),))
    further = GuestNic("02:00:00:00:01:01", IPv4Address("172.31.9.9"), further_port)
    guest = bench.driver.guest(spec.id)
    await bench.run(guest.ensure_running(spec))
    await bench.event(EventKind.KERNEL_STARTED)
    await bench.run(guest.ensure_nic_attached(further))
    found = (await bench.successor()).guest(spec.id)
    await bench.run(found.ensure_nic_attached(further))
    assert await bench.taps.taps() == {port.name, further_port.name}

    await bench.run(found.ensure_nic_detached(further.mac, deadline=0.2, force=True))
    assert await bench.taps.taps() == {port.name}, "it is cut off"
    for _ in range(2):
        with pytest.raises(DriverError, match="has not let go"):
            await bench.run(found.ensure_nic_attached(further))
        assert await found.nics() == spec.nics
    await bench.run(found.ensure_shut_down(deadline=WITHIN))
    await bench.run(found.ensure_running(spec))
    await bench.run(found.ensure_nic_attached(further))
    assert await bench.taps.taps() == {port.name, further_port.name}
    assert await found.nics() == (*spec.nics, further)


async def test_what_an_earlier_server_left_between_two_steps_of_a_detachment_is_found(bench: QemuBench) -> None:
    guest, spec = await bench.up()
    disk = await _blank(bench)
    await machine_of(guest).execute("blockdev-add", **disk_node([disk.layer], DiskIo("threads", "as before")))
    found = (await bench.successor()).guest(spec.id)
    await bench.run(found.ensure_detached(disk.serial, deadline=1, force=False))
    await _check(bench, disk)


@pytest.mark.parametrize("before", ["stop", "blockdev-add", "qom-set", "block_resize", "cont"])
async def test_a_server_that_dies_while_a_disk_grows_leaves_a_guest_that_goes_on(
    bench: QemuBench, before: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    guest, spec = await bench.up()
    disk = spec.disks[0]
    execute = Machine.execute

    async def dying(machine: Machine, command: str, **arguments: object) -> object:
        if command == before:
            monkeypatch.setattr(Machine, "execute", dead)
            raise _Died
        return await execute(machine, command, **arguments)

    async def dead(machine: Machine, command: str, **arguments: object) -> object:
        raise _Died

    monkeypatch.setattr(Machine, "execute", dying)
    with contextlib.suppress(_Died):
        await bench.run(guest.ensure_grown(disk, 16 * MIB))
    monkeypatch.undo()
    found = (await bench.successor()).guest(spec.id)
    assert await found.observe() is GuestState.RUNNING
    await bench.write(spec.id, "after")
    assert await bench.run(found.ensure_grown(disk, 16 * MIB)) is False
    process = identity_of(bench, found)
    await bench.run(found.ensure_shut_down(deadline=WITHIN))
    await bench.run(found.ensure_running(spec))  # only a new process shows a guest on NVMe how long its disk is
    assert identity_of(bench, found) != process
    assert await bench.run(found.ensure_grown(disk, 16 * MIB)) is True
    assert await bench.holds(disk.layer, "after")


async def test_a_disk_on_virtio_grows_at_once_and_needs_no_new_process(tmp_path: Path) -> None:
    async with qemu(tmp_path, DiskBus.VIRTIO) as bench:
        guest, spec = await bench.up()
        process, disk = identity_of(bench, guest), spec.disks[0]
        assert await bench.run(guest.ensure_grown(disk, 16 * MIB)) is True
        assert (await plugs.node_sizes(machine_of(guest)))[disk.layer] == 16 * MIB
        await bench.write(spec.id, "after")
        await bench.run(guest.ensure_shut_down(deadline=WITHIN))
        await bench.run(guest.ensure_running(spec))
        assert identity_of(bench, guest) == process
        assert await bench.holds(disk.layer, "after")


class _Died(BaseException):
    """What a killed server would not live to see."""


async def _blank(bench: QemuBench) -> GuestDisk:
    disk = GuestDisk(bench.layer(), "volplugged")
    await bench.driver.disks.ensure_empty(disk.layer, 8 * MIB)
    return disk


async def _check(bench: QemuBench, disk: GuestDisk) -> None:
    """Open the disk's file as one that nobody else has. Raises `ProgramFailed` where somebody has."""
    path = bench.data_dir / "layers" / f"{disk.layer}.qcow2"
    await run.run(["qemu-img", "check", "-q", "-f", "qcow2", str(path)], timeout=WITHIN)
