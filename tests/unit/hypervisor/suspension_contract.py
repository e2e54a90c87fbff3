"""The promises of suspending a guest, as tests that every driver must pass. Its `bench` makes guests on virtio."""

import os
from dataclasses import replace

import pytest
from contract_bench import MIB, Bench, overlay, up

from kumoniwa.hypervisor.driver import (
    DriverError,
    EventKind,
    GuestId,
    GuestSpec,
    GuestState,
    MemoryUnusable,
)

_KEY = b"k" * 32


async def _suspended(bench: Bench, data_volumes: int = 0) -> tuple[GuestId, GuestSpec]:
    """A suspended guest that ignores its power button, which only its memory knows."""
    id, spec = await up(bench, data_volumes)
    bench.ignore_power_button(id)
    await bench.write(id, "written before")
    await bench.run(bench.driver.guest(id).ensure_suspended(_KEY))
    return id, spec


async def _goes_on(bench: Bench, spec: GuestSpec) -> None:
    """It runs on as what it was, reacts, and takes writes."""
    guest = bench.driver.guest(spec.id)
    started = await bench.run(guest.ensure_resumed(spec, _KEY))
    assert (started.fresh, started.restored) == (False, True)
    assert await guest.observe() is GuestState.RUNNING
    await bench.write(spec.id, "written after")
    assert not (await bench.run(guest.ensure_shut_down(deadline=1))).clean, "it still ignores its power button"


async def _boots(bench: Bench, spec: GuestSpec) -> None:
    """Nothing is left of what it was, and it boots as any other."""
    guest = bench.driver.guest(spec.id)
    with pytest.raises(MemoryUnusable):
        await bench.run(guest.ensure_resumed(spec, _KEY))
    assert await guest.observe() is GuestState.ABSENT
    with pytest.raises(MemoryUnusable):
        await bench.run(guest.ensure_resumed(spec, _KEY))
    assert (await bench.run(guest.ensure_running(spec))).fresh


class SuspensionContract:
    """Each test is a sentence of the interface's docstrings."""

    async def test_a_suspended_guest_is_absent_and_goes_on_where_it_stood(self, bench: Bench) -> None:
        id, spec = await _suspended(bench)
        assert await bench.driver.guest(id).observe() is GuestState.ABSENT
        assert await bench.holds(spec.disks[0].layer, "written before")
        await _goes_on(bench, spec)

    async def test_suspended_again_with_its_key_it_is_left_as_it_is(self, bench: Bench) -> None:
        id, spec = await up(bench)
        guest = bench.driver.guest(id)
        first = await bench.run(guest.ensure_suspended(_KEY))
        assert first.size_bytes > 0
        assert await bench.run(guest.ensure_suspended(_KEY)) == first
        with pytest.raises(DriverError):
            await bench.run(guest.ensure_suspended(os.urandom(32)))
        assert (await bench.run(guest.ensure_resumed(spec, _KEY))).restored

    async def test_resuming_a_guest_that_runs_does_nothing(self, bench: Bench) -> None:
        id, spec = await up(bench)
        started = await bench.run(bench.driver.guest(id).ensure_resumed(spec, _KEY))
        assert (started.fresh, started.restored) == (False, False)

    async def test_one_that_went_on_and_down_is_left_as_it_is(self, bench: Bench) -> None:
        id, spec = await up(bench)
        guest = bench.driver.guest(id)
        await bench.run(guest.ensure_suspended(_KEY))
        assert (await bench.run(guest.ensure_resumed(spec, _KEY))).restored
        await bench.run(guest.ensure_shut_down(deadline=300))
        started = await bench.run(guest.ensure_resumed(spec, _KEY))
        assert (started.fresh, started.restored) == (False, False)
        assert await guest.observe() is GuestState.SHUT_DOWN

    async def test_what_was_saved_is_used_once(self, bench: Bench) -> None:
        id, spec = await _suspended(bench)
        guest = bench.driver.guest(id)
        await bench.run(guest.ensure_resumed(spec, _KEY))
        await bench.run(guest.ensure_off(deadline=0, skip_os_shutdown=True))
        await _boots(bench, spec)

    async def test_a_guest_that_booted_meanwhile_does_not_go_on(self, bench: Bench) -> None:
        id, spec = await _suspended(bench)
        guest = bench.driver.guest(id)
        assert (await bench.run(guest.ensure_running(spec))).fresh
        await bench.run(guest.ensure_off(deadline=0, skip_os_shutdown=True))
        await _boots(bench, spec)

    async def test_with_another_key_it_cannot_go_on(self, bench: Bench) -> None:
        id, spec = await _suspended(bench)
        with pytest.raises(MemoryUnusable):
            await bench.run(bench.driver.guest(id).ensure_resumed(spec, os.urandom(32)))
        await _boots(bench, spec)

    async def test_what_is_dropped_is_gone(self, bench: Bench) -> None:
        id, spec = await _suspended(bench)
        await bench.run(bench.driver.guest(id).ensure_memory_dropped())
        await _boots(bench, spec)

    async def test_a_forgotten_guest_leaves_nothing_to_go_on_with(self, bench: Bench) -> None:
        id, spec = await _suspended(bench)
        await bench.run(bench.driver.guest(id).ensure_forgotten())
        await _boots(bench, spec)

    async def test_as_another_machine_it_cannot_go_on(self, bench: Bench) -> None:
        _, spec = await _suspended(bench)
        await _boots(bench, replace(spec, memory_mib=2 * spec.memory_mib))

    async def test_it_goes_on_above_snapshots_that_were_cut_meanwhile_and_longer_disks(self, bench: Bench) -> None:
        _, spec = await _suspended(bench, data_volumes=1)
        cut = await overlay(bench, spec.disks[0])
        await bench.driver.disks.ensure_size(spec.disks[1].layer, 16 * MIB)
        root = replace(spec.disks[0], layer=cut.new)
        await _goes_on(bench, replace(spec, disks=(root, *spec.disks[1:])))
        assert not await bench.holds(cut.old, "written after")
        assert await bench.holds(cut.new, "written after")

    async def test_disks_that_came_and_went_are_where_they_were(self, bench: Bench) -> None:
        id, spec = await up(bench, data_volumes=2)
        guest, (root, first, second) = bench.driver.guest(id), spec.disks
        await bench.run(guest.ensure_shut_down(deadline=300))
        await bench.run(guest.ensure_detached(first.serial, deadline=0, force=True))
        await bench.run(guest.ensure_running(replace(spec, disks=(root, second))))
        await bench.event(EventKind.REACHABLE)
        third = replace(first, layer=bench.layer(), serial="plugged")
        await bench.driver.disks.ensure_empty(third.layer, 8 * MIB)
        await bench.run(guest.ensure_attached(third))
        bench.ignore_power_button(id)
        await bench.run(guest.ensure_suspended(_KEY))
        await _goes_on(bench, replace(spec, disks=(root, second, third)))

    async def test_a_guest_that_keeps_a_disk_taken_from_it_is_not_suspended_and_runs_on(self, bench: Bench) -> None:
        id, spec = await up(bench, data_volumes=1)
        guest, serial = bench.driver.guest(id), spec.disks[1].serial
        bench.hold_disk(id, serial)
        await bench.run(guest.ensure_detached(serial, deadline=0, force=True))
        with pytest.raises(DriverError):
            await bench.run(guest.ensure_suspended(_KEY))
        assert await guest.observe() is GuestState.RUNNING

    async def test_only_a_guest_that_runs_can_be_suspended(self, bench: Bench) -> None:
        id, _ = await up(bench)
        guest = bench.driver.guest(id)
        await bench.run(guest.ensure_shut_down(deadline=300))
        with pytest.raises(DriverError):
            await bench.run(guest.ensure_suspended(_KEY))
        assert await guest.observe() is GuestState.SHUT_DOWN
        await bench.run(guest.ensure_off(deadline=0, skip_os_shutdown=True))
        with pytest.raises(DriverError):
            await bench.run(guest.ensure_suspended(_KEY))
