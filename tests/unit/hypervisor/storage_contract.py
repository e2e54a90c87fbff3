"""What drivers promise of disks that come, go and grow, and of looking at layers. See `driver_contract`."""

from dataclasses import replace

import pytest
from contract_bench import MIB, Bench, overlay, up

from kumoniwa.hypervisor.driver import (
    DetachRefused,
    DriverError,
    GuestDisk,
    GuestLost,
    GuestState,
    KnownLayer,
    LayerDamaged,
)

SERIAL = "volplugged"


class StorageContract:
    """Each test is a sentence of the interface's docstrings."""

    async def test_a_disk_attached_to_a_running_guest_is_one_of_its_disks(self, bench: Bench) -> None:
        id, _ = await up(bench)
        disk = await _blank(bench)
        for _ in range(2):
            await bench.run(bench.driver.guest(id).ensure_attached(disk))
        assert await _has(bench, disk)
        cut = await overlay(bench, disk)
        await bench.run(bench.driver.guest(id).ensure_cut([cut]))
        assert await _has(bench, replace(disk, layer=cut.new))
        await bench.run(bench.driver.guest(id).ensure_off(deadline=300, skip_os_shutdown=True))
        assert not await _has(bench, replace(disk, layer=cut.new))

    async def test_attaching_to_an_absent_guest_does_nothing(self, bench: Bench) -> None:
        spec, disk = await bench.spec(), await _blank(bench)
        await bench.run(bench.driver.guest(spec.id).ensure_attached(disk))
        assert not await _has(bench, disk)
        assert await bench.driver.guest(spec.id).observe() is GuestState.ABSENT

    async def test_what_cannot_be_attached_is_refused_and_the_guest_goes_on(self, bench: Bench) -> None:
        id, spec = await up(bench)
        there = await _blank(bench)
        for disk in (
            GuestDisk(bench.layer(), SERIAL),  # there is no such layer
            replace(there, serial="vol,drive=x"),
            replace(there, serial=spec.disks[0].serial),
            replace(spec.disks[0], serial=SERIAL),  # the guest has it under another serial number
        ):
            with pytest.raises(DriverError):
                await bench.run(bench.driver.guest(id).ensure_attached(disk))
        assert not await _has(bench, there)
        await bench.run(bench.driver.guest(id).ensure_attached(there))
        assert await bench.driver.guest(id).observe() is GuestState.RUNNING

    async def test_a_guest_has_no_two_disks_of_one_serial_number(self, bench: Bench) -> None:
        spec = await bench.spec()
        twice = replace(await _blank(bench), serial=spec.disks[0].serial)
        with pytest.raises(DriverError):
            await bench.run(bench.driver.guest(spec.id).ensure_running(replace(spec, disks=(*spec.disks, twice))))
        assert await bench.driver.guest(spec.id).observe() is GuestState.ABSENT

    async def test_detaching_what_is_not_there_does_nothing(self, bench: Bench) -> None:
        absent, (id, spec) = await bench.spec(), await up(bench)
        for guest in (absent.id, id):
            await bench.run(bench.driver.guest(guest).ensure_detached("volnosuch", deadline=0, force=False))
        assert await bench.driver.guest(absent.id).observe() is GuestState.ABSENT
        assert await bench.driver.guest(id).observe() is GuestState.RUNNING
        assert await _has(bench, spec.disks[0])

    async def test_a_guest_that_does_not_let_a_disk_go_keeps_it_unless_it_is_taken(self, bench: Bench) -> None:
        id, spec = await up(bench, data_volumes=1)
        data, guest = spec.disks[1], bench.driver.guest(id)
        bench.hold_disk(id, data.serial)
        with pytest.raises(DetachRefused):
            await bench.run(guest.ensure_detached(data.serial, deadline=1, force=False))
        assert await _has(bench, data)
        for _ in range(2):
            await bench.run(guest.ensure_detached(data.serial, deadline=1, force=True))
        assert not await _has(bench, data)
        assert await guest.observe() is GuestState.RUNNING
        assert await _has(bench, spec.disks[0])

    async def test_a_guest_at_rest_is_not_asked_for_a_disk(self, bench: Bench) -> None:
        id, spec = await up(bench, data_volumes=1)
        bench.hold_disk(id, spec.disks[1].serial)
        await bench.run(bench.driver.guest(id).ensure_shut_down(deadline=300))
        await bench.run(bench.driver.guest(id).ensure_detached(spec.disks[1].serial, deadline=0, force=False))
        assert not await _has(bench, spec.disks[1])
        assert (await bench.run(bench.driver.guest(id).ensure_running(spec))).fresh

    async def test_a_disk_grows_under_its_guest_and_does_not_shrink(self, bench: Bench) -> None:
        id, spec = await up(bench)
        root, guest = spec.disks[0], bench.driver.guest(id)
        await bench.run(guest.ensure_grown(root, 16 * MIB))
        await bench.run(guest.ensure_grown(root, 12 * MIB))
        assert await guest.observe() is GuestState.RUNNING
        await bench.run(guest.ensure_off(deadline=300, skip_os_shutdown=False))
        assert await bench.run(guest.ensure_grown(root, 32 * MIB)) is False
        assert await _is_long(bench, root, 16 * MIB)

    async def test_a_disk_that_no_guest_has_grows_and_does_not_shrink(self, bench: Bench) -> None:
        disk = await _blank(bench)
        for size in (16 * MIB, 16 * MIB, 12 * MIB):
            await bench.driver.disks.ensure_size(disk.layer, size)
            assert await _is_long(bench, disk, 16 * MIB)
        with pytest.raises(DriverError):
            await bench.driver.disks.ensure_size(bench.layer(), 16 * MIB)

    @pytest.mark.parametrize("to_nothing", [False, True], ids=["onto a layer", "onto nothing"])
    async def test_a_compacted_disk_holds_what_it_held_and_stands_on_less(self, bench: Bench, to_nothing: bool) -> None:
        id, spec = await up(bench)
        guest, root = bench.driver.guest(id), spec.disks[0]
        await bench.write(id, "one")
        for text in ("two", "three"):
            cut = await overlay(bench, root)
            await bench.run(guest.ensure_cut([cut]))
            root = replace(root, layer=cut.new)
            await bench.write(id, text)
        onto = None if to_nothing else spec.disks[0].layer
        for _ in range(2):
            assert await bench.run(guest.ensure_compacted(root.layer, onto))
            assert await bench.driver.disks.parent(root.layer) == onto
        await bench.run(guest.ensure_cut([last := await overlay(bench, root)]))
        await bench.write(id, "four")
        await bench.run(guest.ensure_off(deadline=300, skip_os_shutdown=False))
        texts = ("one", "two", "three", "four")
        assert [await bench.holds(root.layer, text) for text in texts] == [True, True, True, False]
        assert [await bench.holds(cut.old, text) for text in texts] == [True, True, False, False]
        assert await bench.holds(last.new, "four")

    async def test_what_cannot_be_compacted_is_left(self, bench: Bench) -> None:
        id, spec = await up(bench)
        guest, absent = bench.driver.guest(id), await bench.spec()
        assert await bench.run(guest.ensure_compacted(absent.disks[0].layer, None)) is False
        assert await bench.run(bench.driver.guest(absent.id).ensure_compacted(absent.disks[0].layer, None)) is False
        with pytest.raises(DriverError):
            await bench.run(guest.ensure_compacted(spec.disks[0].layer, absent.disks[0].layer))
        assert await bench.driver.disks.parent(spec.disks[0].layer) is None

    async def test_a_display_is_seen_while_there_is_one(self, bench: Bench) -> None:
        id, _ = await up(bench)
        assert (await bench.run(bench.driver.guest(id).screenshot())).startswith(b"\x89PNG\r\n\x1a\n")
        await bench.run(bench.driver.guest(id).ensure_off(deadline=300, skip_os_shutdown=True))
        with pytest.raises(GuestLost):
            await bench.run(bench.driver.guest(id).screenshot())

    async def test_a_cut_with_file_systems_frozen_is_made_in_any_case_and_says_how(self, bench: Bench) -> None:
        id, spec = await up(bench)
        cut = await overlay(bench, spec.disks[0])
        made = await bench.run(bench.driver.guest(id).ensure_cut([cut], freeze=True))
        assert (made.frozen_seconds is None) == bool(made.not_frozen)
        assert (await bench.run(bench.driver.guest(id).ensure_cut([cut], freeze=True))).seconds == 0
        await bench.write(id, "after")
        await bench.run(bench.driver.guest(id).ensure_off(deadline=300, skip_os_shutdown=False))
        assert [await bench.holds(layer, "after") for layer in (cut.old, cut.new)] == [False, True]

    async def test_an_encrypted_copy_holds_what_its_source_holds_and_stands_on_nothing(self, bench: Bench) -> None:
        id, spec = await up(bench)
        await bench.write(id, "one")
        cut = await overlay(bench, spec.disks[0])
        await bench.run(bench.driver.guest(id).ensure_cut([cut]))
        await bench.write(id, "two")
        copy, told, disks = bench.layer(), list[int](), bench.driver.disks
        for _ in range(2):
            await bench.run(disks.ensure_encrypted_copy(copy, cut.old, 16 * MIB, told.append))
        assert told[-1] == 100
        assert await disks.parent(copy) is None
        assert [await bench.holds(copy, text) for text in ("one", "two")] == [True, False]
        assert await disks.faults(copy, KnownLayer(None, 16 * MIB), thorough=True) == []
        await disks.ensure_overlay(above := bench.layer(), copy, 16 * MIB)
        assert await bench.holds(above, "one")

    async def test_a_layer_says_what_it_stands_on(self, bench: Bench) -> None:
        disk = await _blank(bench)
        above = await overlay(bench, disk)
        assert await bench.driver.disks.parent(above.new) == disk.layer
        assert await bench.driver.disks.parent(disk.layer) is None
        with pytest.raises(LayerDamaged):
            await bench.driver.disks.parent(bench.layer())

    async def test_an_immutable_layer_is_measured_and_found_whole_as_long_as_it_is(self, bench: Bench) -> None:
        id, spec = await up(bench)
        await bench.write(id, "one")
        first = await overlay(bench, spec.disks[0])
        await bench.run(bench.driver.guest(id).ensure_cut([first]))
        await bench.write(id, "two")
        second = await overlay(bench, replace(spec.disks[0], layer=first.new))
        await bench.run(bench.driver.guest(id).ensure_cut([second]))
        disks = bench.driver.disks
        below, above = await disks.measure(first.old), await disks.measure(second.old)
        assert 0 < below.own_bytes == below.full_bytes
        assert 0 < above.own_bytes <= above.full_bytes
        assert await disks.measure(second.old) == above
        assert below.sha256 != above.sha256
        known = KnownLayer(first.old, 8 * MIB, above.file_bytes, above.sha256)
        for thorough in (False, True):
            assert await disks.faults(second.old, known, thorough=thorough) == []
            for wrong in (
                replace(known, parent=None),
                replace(known, size_bytes=9 * MIB),
                replace(known, sealed_bytes=above.file_bytes + 1),
            ):
                found = await disks.faults(second.old, wrong, thorough=thorough)
                assert len(found) == 1
                assert f"{second.old}.qcow2" in found[0]
        assert len(await disks.faults(second.old, replace(known, sealed_sha256=below.sha256), thorough=True)) == 1
        assert await disks.faults(second.new, KnownLayer(second.old, 8 * MIB), thorough=True) == []

    async def test_a_layer_that_is_not_there_is_damage(self, bench: Bench) -> None:
        missing = bench.layer()
        with pytest.raises(LayerDamaged, match=missing):
            await bench.driver.disks.measure(missing)
        found = await bench.driver.disks.faults(missing, KnownLayer(None, 8 * MIB), thorough=False)
        assert len(found) == 1
        assert f"{missing}.qcow2" in found[0]


async def _blank(bench: Bench) -> GuestDisk:
    disk = GuestDisk(bench.layer(), SERIAL)
    await bench.driver.disks.ensure_empty(disk.layer, 8 * MIB)
    return disk


async def _has(bench: Bench, disk: GuestDisk) -> bool:
    """Whether a guest has the disk: then nobody else may change its size."""
    try:
        await bench.driver.disks.ensure_size(disk.layer, 64 * MIB)
    except DriverError:
        return True
    return False


async def _is_long(bench: Bench, disk: GuestDisk, size_bytes: int) -> bool:
    return await bench.driver.disks.faults(disk.layer, KnownLayer(None, size_bytes), thorough=True) == []
