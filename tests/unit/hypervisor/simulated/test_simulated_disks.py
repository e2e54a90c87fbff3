"""Disks of a simulated guest come, go and grow as a real one's: what its Linux sees of it, and what damage does."""

import asyncio
import errno
from collections.abc import AsyncIterator, Sized
from dataclasses import replace

import pytest
from contract_bench import MIB, overlay
from simulated_bench import SimulatedBench, simulated

from kumoniwa.hypervisor.driver import (
    DetachRefused,
    DiskBus,
    DriverError,
    GuestDisk,
    GuestLost,
    KnownLayer,
    LayerDamaged,
)
from kumoniwa.hypervisor.simulated import FileSystem, SimulatedGuest, WorldBroken, linux

pytestmark = pytest.mark.anyio


@pytest.fixture
async def bench() -> AsyncIterator[SimulatedBench]:
    async with simulated() as bench:
        yield bench
        assert bench.world.layers.broken == []


async def test_a_running_guest_sees_a_disk_appear_and_uses_it(bench: SimulatedBench) -> None:
    guest, _ = await bench.started()
    disk = await _plugged(bench, guest)
    assert f"kernel: nvme nvme1: pci function 0000:00:05.0, serial {disk.serial}\n" in guest.messages()
    guest.write("/x", b"x", serial=disk.serial, sync=True)
    assert guest.read("/x", serial=disk.serial) == bench.world.layers.get(disk.layer, "/x") == b"x"


async def test_a_guest_on_virtio_speaks_of_its_disks_by_their_names_there(bench: SimulatedBench) -> None:
    spec = replace(await bench.spec(), bus=DiskBus.VIRTIO)
    guest = bench.driver.guest(spec.id)
    await guest.ensure_running(spec)
    disk = await _plugged(bench, guest)
    assert await guest.ensure_grown(disk, 16 * MIB)
    await guest.ensure_detached(disk.serial, deadline=0, force=True)
    said = guest.messages()
    assert "kernel: EXT4-fs (vda1): mounted filesystem" in said
    assert f"[vdb] serial {disk.serial}" in said
    assert "vdb: detected capacity change from 16384 to 32768" in said
    assert "nvme" not in said


@pytest.mark.parametrize(("slot", "name"), [(0, "vda"), (25, "vdz"), (26, "vdaa")])
def test_disks_on_virtio_have_letters(slot: int, name: str) -> None:
    assert linux.disk_name(DiskBus.VIRTIO, slot) == name


async def test_a_place_that_became_free_is_taken_again(bench: SimulatedBench) -> None:
    guest, spec = await bench.started(data_volumes=2)
    await guest.ensure_detached(spec.disks[1].serial, deadline=9, force=False)
    disk = await _plugged(bench, guest)
    assert f"nvme1: pci function 0000:00:05.0, serial {disk.serial}" in guest.messages()


async def test_a_disk_that_is_let_go_holds_all_that_was_written_and_is_clean(bench: SimulatedBench) -> None:
    guest, _ = await bench.started()
    disk = await _plugged(bench, guest)
    guest.write("/x", b"only in memory", serial=disk.serial)
    await guest.ensure_detached(disk.serial, deadline=9, force=False)
    assert bench.world.layers.get(disk.layer, "/x") == b"only in memory"
    assert bench.world.layers.filesystem(disk.layer) is FileSystem.CLEAN
    with pytest.raises(GuestLost):
        guest.read("/x", serial=disk.serial)
    other, _ = await bench.started()
    await other.ensure_attached(disk)
    assert other.read("/x", serial=disk.serial) == b"only in memory"


async def test_a_busy_disk_is_let_go_when_it_is_released_before_the_deadline(bench: SimulatedBench) -> None:
    guest, spec = await bench.started(data_volumes=1)
    serial = spec.disks[1].serial
    guest.holds_disk(serial)
    letting_go = asyncio.create_task(guest.ensure_detached(serial, deadline=60, force=False))
    await bench.pass_time(59)
    guest.releases_disk(serial)
    await bench.pass_time(1)
    await letting_go
    assert not bench.world.layers.is_open(spec.disks[1].layer)


async def test_a_refused_detachment_waits_for_its_deadline_and_loses_nothing(bench: SimulatedBench) -> None:
    guest, spec = await bench.started(data_volumes=1)
    serial, began = spec.disks[1].serial, bench.clock.now()
    guest.holds_disk(serial)
    guest.write("/x", b"only in memory", serial=serial)
    with pytest.raises(DetachRefused, match=serial):
        await bench.run(guest.ensure_detached(serial, deadline=60, force=False))
    assert (bench.clock.now() - began).total_seconds() == pytest.approx(60, abs=0.2)
    assert guest.read("/x", serial=serial) == b"only in memory"


async def test_a_disk_taken_by_force_lost_what_was_in_memory_and_fails(bench: SimulatedBench) -> None:
    guest, spec = await bench.started(data_volumes=1)
    data = spec.disks[1]
    guest.write("/x", b"synced", serial=data.serial, sync=True)
    guest.write("/y", b"only in memory", serial=data.serial)
    guest.holds_disk(data.serial)
    await bench.run(guest.ensure_detached(data.serial, deadline=9, force=True))
    assert [bench.world.layers.get(data.layer, path) for path in ("/x", "/y")] == [b"synced", None]
    assert bench.world.layers.filesystem(data.layer) is FileSystem.NEEDS_RECOVERY
    for use in (lambda: guest.read("/x", serial=data.serial), lambda: guest.write("/x", b"", serial=data.serial)):
        with pytest.raises(OSError) as failed:
            use()
        assert failed.value.errno == errno.EIO
    assert "nvme1n1" in guest.messages()


async def test_a_disk_taken_by_force_comes_back_after_a_reset_and_not_before(bench: SimulatedBench) -> None:
    guest, spec = await bench.started(data_volumes=1)
    data = spec.disks[1]
    guest.holds_disk(data.serial)
    await bench.run(guest.ensure_detached(data.serial, deadline=9, force=True))
    with pytest.raises(DriverError, match="has not let go"):
        await guest.ensure_attached(data)
    guest.reboot_from_inside()
    await guest.ensure_attached(data)
    guest.write("/x", b"x", serial=data.serial, sync=True)


async def test_a_guest_that_hangs_is_not_asked_and_one_that_waits_for_room_keeps_its_disks(
    bench: SimulatedBench,
) -> None:
    guest, spec = await bench.started(data_volumes=2)
    guest.run_out_of_space()
    with pytest.raises(DetachRefused):
        await bench.run(guest.ensure_detached(spec.disks[1].serial, deadline=1, force=False))
    guest.find_space()
    guest.panic()
    began = bench.clock.now()
    await guest.ensure_detached(spec.disks[1].serial, deadline=60, force=False)
    assert bench.clock.now() == began


async def test_a_guest_has_room_for_27_disks(bench: SimulatedBench) -> None:
    guest, _ = await bench.started(data_volumes=26)
    with pytest.raises(DriverError, match="at most 27"):
        await _plugged(bench, guest)


async def test_a_guest_sees_its_disk_grow_once(bench: SimulatedBench) -> None:
    guest, spec = await bench.started()
    for _ in range(2):
        assert await guest.ensure_grown(spec.disks[0], 16 * MIB)
    assert guest.messages().count("kernel: nvme0n1: detected capacity change from 16384 to 32768\n") == 1
    assert bench.world.layers[spec.disks[0].layer].size_bytes == 16 * MIB


async def test_a_layer_that_something_stands_on_is_not_resized(bench: SimulatedBench) -> None:
    spec = await bench.spec()
    await overlay(bench, spec.disks[0])
    with pytest.raises(WorldBroken):
        await bench.driver.disks.ensure_size(spec.disks[0].layer, 16 * MIB)
    bench.world.layers.broken.clear()


async def test_what_stands_on_a_torn_layer_cannot_be_used_and_the_layer_is_named(bench: SimulatedBench) -> None:
    spec = await bench.spec()
    torn = spec.disks[0].layer
    above = await overlay(bench, spec.disks[0])
    bench.world.layers.tear(torn)
    on_top = replace(spec, disks=(replace(spec.disks[0], layer=above.new),))
    for call in (
        bench.driver.disks.ensure_overlay(bench.layer(), above.new, MIB),
        bench.driver.disks.measure(above.new),
        bench.driver.disks.parent(torn),
        bench.guest(spec.id).ensure_running(on_top),
    ):
        with pytest.raises(LayerDamaged, match=f"{torn}.qcow2"):
            await call
    (said,) = await bench.driver.disks.faults(torn, KnownLayer(None, 8 * MIB), thorough=False)
    assert f"{torn}.qcow2" in said
    assert await bench.driver.disks.faults(above.new, KnownLayer(torn, 8 * MIB), thorough=True) == []
    for layer in (above.new, torn):
        await bench.driver.disks.ensure_deleted(layer)
    await bench.driver.disks.ensure_empty(torn, MIB)
    assert await bench.driver.disks.parent(torn) is None


async def test_a_layer_that_is_deleted_leaves_nothing_behind(bench: SimulatedBench) -> None:
    guest, _ = await bench.started()
    layers = bench.world.layers
    held = [value for value in vars(layers).values() if isinstance(value, Sized)]
    before = [len(value) for value in held]
    disk = await _plugged(bench, guest)
    await guest.ensure_detached(disk.serial, deadline=0, force=True)
    await bench.driver.disks.ensure_deleted(disk.layer)
    assert [len(value) for value in held] == before


async def _plugged(bench: SimulatedBench, guest: SimulatedGuest) -> GuestDisk:
    """A new disk of the guest."""
    disk = GuestDisk(bench.layer(), "volplugged")
    await bench.driver.disks.ensure_empty(disk.layer, 8 * MIB)
    await guest.ensure_attached(disk)
    return disk


async def test_a_disk_that_was_mounted_was_written_to(bench: SimulatedBench) -> None:
    guest, spec = await bench.started()
    await guest.ensure_off(deadline=9, skip_os_shutdown=False)
    above = await overlay(bench, spec.disks[0])
    disks = bench.driver.disks
    before = await disks.measure(above.new)
    assert (before.own_bytes, before.full_bytes) == (0, (await disks.measure(above.old)).full_bytes)
    bench.world.layers.put(above.new, {}, FileSystem.NEEDS_RECOVERY)
    after = await disks.measure(above.new)
    assert after.own_bytes > 0
    assert after.sha256 != before.sha256
