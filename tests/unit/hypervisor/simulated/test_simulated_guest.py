"""A simulated guest behaves as a small Linux does: it boots, logs, buffers writes, shuts down, crashes."""

import asyncio
from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import timedelta

import pytest
from simulated_bench import SimulatedBench, simulated

from kumoniwa.hypervisor.driver import Cut, EventKind, GuestDisk, GuestLost, GuestState, HostExhausted
from kumoniwa.hypervisor.simulated import FileSystem, Timing

pytestmark = pytest.mark.anyio

SYNCING = "systemd-shutdown[1]: Syncing filesystems and block devices."


@pytest.fixture
async def bench() -> AsyncIterator[SimulatedBench]:
    async with simulated() as bench:
        yield bench
        assert bench.world.layers.broken == []


@pytest.fixture
async def slow() -> AsyncIterator[SimulatedBench]:
    """Boots take ten seconds, shutdowns four."""
    async with simulated(Timing(boot=10, shutdown=4, cut=1)) as bench:
        yield bench
        assert bench.world.layers.broken == []


async def test_what_was_not_synced_is_lost_when_the_plug_is_pulled(bench: SimulatedBench) -> None:
    guest, spec = await bench.started()
    guest.write("/a", b"synced", sync=True)
    guest.write("/b", b"only in memory")
    assert guest.read("/b") == b"only in memory"
    await guest.ensure_off(deadline=0, skip_os_shutdown=True)
    await guest.ensure_running(spec)
    assert guest.read("/a") == b"synced"
    with pytest.raises(FileNotFoundError):
        guest.read("/b")


async def test_what_was_not_synced_is_lost_at_a_reset(bench: SimulatedBench) -> None:
    guest, spec = await bench.started()
    guest.write("/b", b"only in memory")
    guest.panic()
    await guest.ensure_running(spec)
    with pytest.raises(FileNotFoundError):
        guest.read("/b")


async def test_a_clean_shutdown_writes_what_was_in_memory(bench: SimulatedBench) -> None:
    guest, spec = await bench.started(data_volumes=1)
    guest.write("/b", b"only in memory", serial=spec.disks[1].serial)
    await guest.ensure_off(deadline=9, skip_os_shutdown=False)
    await guest.ensure_running(spec)
    assert guest.read("/b", serial=spec.disks[1].serial) == b"only in memory"


async def test_a_layer_cut_after_a_shutdown_is_at_rest_and_says_so_in_its_log(bench: SimulatedBench) -> None:
    guest, spec = await bench.started()
    guest.write("/b", b"only in memory")
    root = spec.disks[0].layer
    new = bench.layer()
    await guest.ensure_shut_down(deadline=9)
    await bench.driver.disks.ensure_overlay(new, root, 8 << 20)
    await guest.ensure_cut([Cut(root, new)])
    await guest.ensure_running(spec)
    assert bench.world.layers.filesystem(root) is FileSystem.CLEAN
    assert bench.world.layers.filesystem(new) is FileSystem.NEEDS_RECOVERY
    assert bench.world.layers.get(root, "/b") == b"only in memory"
    assert SYNCING in (bench.world.layers.get(root, "/var/log/messages") or b"").decode()
    assert "recovery complete" not in guest.messages()


async def test_a_layer_cut_from_a_running_guest_is_crash_consistent(bench: SimulatedBench) -> None:
    guest, spec = await bench.started()
    guest.write("/b", b"only in memory")
    root, new = spec.disks[0].layer, bench.layer()
    await bench.driver.disks.ensure_overlay(new, root, 8 << 20)
    await guest.ensure_cut([Cut(root, new)])
    guest.sync()
    assert bench.world.layers.filesystem(root) is FileSystem.NEEDS_RECOVERY
    assert bench.world.layers.get(root, "/b") is None
    assert bench.world.layers.get(new, "/b") == b"only in memory"


async def test_a_guest_on_an_overlay_of_a_crashed_disk_replays_its_journal(bench: SimulatedBench) -> None:
    guest, spec = await bench.started()
    await guest.ensure_off(deadline=0, skip_os_shutdown=True)
    copy = await bench.spec()
    overlay = GuestDisk(bench.layer(), "volcopy")
    await bench.driver.disks.ensure_overlay(overlay.layer, spec.disks[0].layer, 8 << 20)
    other = bench.guest(copy.id)
    await other.ensure_running(replace(copy, disks=(overlay,)))
    assert "EXT4-fs (serial volcopy): recovery complete" in other.messages()


async def test_a_data_volume_has_no_file_system_before_something_was_written_to_it(bench: SimulatedBench) -> None:
    guest, spec = await bench.started(data_volumes=1)
    data = spec.disks[1]
    assert bench.world.layers.filesystem(data.layer) is FileSystem.BLANK
    guest.write("/x", b"x", serial=data.serial, sync=True)
    assert bench.world.layers.filesystem(data.layer) is FileSystem.NEEDS_RECOVERY
    await guest.ensure_shut_down(deadline=9)
    assert bench.world.layers.filesystem(data.layer) is FileSystem.CLEAN


async def test_a_guest_that_powers_itself_off_waits_shut_down(bench: SimulatedBench) -> None:
    guest, _ = await bench.started()
    await bench.told()
    guest.power_off_from_inside()
    assert await guest.observe() is GuestState.SHUT_DOWN
    assert await bench.told() == [EventKind.SHUT_DOWN]


async def test_a_guest_that_reboots_itself_goes_on_running_with_another_boot_id(bench: SimulatedBench) -> None:
    guest, _ = await bench.started()
    await bench.told()
    before = guest.boot_id
    guest.reboot_from_inside()
    assert await guest.observe() is GuestState.RUNNING
    assert await bench.told() == [EventKind.RESET, EventKind.KERNEL_STARTED, EventKind.REACHABLE]
    assert guest.boot_id not in {None, before}
    assert guest.messages().count(SYNCING) == 1


async def test_a_panic_halts_the_guest_and_a_reset_revives_it(bench: SimulatedBench) -> None:
    guest, spec = await bench.started()
    await bench.told()
    guest.panic()
    assert await guest.observe() is GuestState.HALTED
    assert await bench.told() == [EventKind.PANICKED]
    assert b"Kernel panic" in await guest.console()
    assert (await guest.ensure_running(spec)).fresh


async def test_a_process_that_dies_leaves_the_guest_absent_and_unclean(bench: SimulatedBench) -> None:
    guest, _ = await bench.started()
    await bench.told()
    guest.die()
    assert await guest.observe() is GuestState.ABSENT
    assert await bench.told() == [EventKind.DIED]
    assert not (await guest.ensure_shut_down(deadline=9)).clean


async def test_ending_a_process_on_purpose_is_no_event(bench: SimulatedBench) -> None:
    guest, _ = await bench.started()
    await bench.told()
    await guest.ensure_off(deadline=0, skip_os_shutdown=True)
    assert await bench.told() == []


async def test_nobody_can_act_inside_a_guest_that_does_not_run(bench: SimulatedBench) -> None:
    guest = bench.guest((await bench.spec()).id)
    for act in (guest.power_off_from_inside, guest.panic, guest.die, guest.sync, guest.messages):
        with pytest.raises(GuestLost):
            act()


async def test_a_guest_is_reachable_when_its_boot_is_over_and_not_before(slow: SimulatedBench) -> None:
    guest, _ = await slow.started()
    await slow.pass_time(9.9)
    assert await slow.told() == [EventKind.KERNEL_STARTED]
    assert b"login:" not in await guest.console()
    await slow.pass_time(0.1)
    assert await slow.told() == [EventKind.REACHABLE]
    assert b"login:" in await guest.console()


async def test_a_shutdown_tells_when_it_was_asked_for_and_when_the_disks_were_at_rest(slow: SimulatedBench) -> None:
    guest, _ = await slow.started()
    await slow.pass_time(10)
    asked = slow.clock.now()
    shutdown = await slow.run(guest.ensure_shut_down(deadline=60))
    assert shutdown.clean
    assert (shutdown.requested_at, shutdown.at_rest_at) == (asked, asked + timedelta(seconds=4))


async def test_a_guest_whose_button_is_pressed_while_it_boots_shuts_down_once_it_is_up(slow: SimulatedBench) -> None:
    guest, _ = await slow.started()
    shutdown = await slow.run(guest.ensure_shut_down(deadline=60))
    assert shutdown.at_rest_at == shutdown.requested_at + timedelta(seconds=14)


async def test_a_guest_that_goes_down_too_slowly_is_cut_off_at_the_deadline(slow: SimulatedBench) -> None:
    guest, spec = await slow.started()
    await slow.pass_time(10)
    assert not (await slow.run(guest.ensure_shut_down(deadline=3))).clean
    await slow.pass_time(60)
    assert await guest.observe() is GuestState.HALTED
    assert slow.world.layers.filesystem(spec.disks[0].layer) is FileSystem.NEEDS_RECOVERY


async def test_a_guest_that_dies_on_its_way_down_is_absent_and_unclean(slow: SimulatedBench) -> None:
    guest, _ = await slow.started()
    await slow.pass_time(10)
    going_down = asyncio.create_task(guest.ensure_shut_down(deadline=60))
    await slow.pass_time(1)
    guest.die()
    assert not (await going_down).clean
    assert await guest.observe() is GuestState.ABSENT


async def test_a_guest_paused_for_want_of_space_goes_on_by_itself_and_loses_nothing(slow: SimulatedBench) -> None:
    guest, _ = await slow.started()
    guest.write("/b", b"only in memory")
    await slow.told()
    guest.run_out_of_space()
    assert await guest.observe() is GuestState.HALTED
    await slow.pass_time(3600)
    assert await slow.told() == [EventKind.OUT_OF_SPACE]
    guest.find_space()
    await slow.pass_time(10)  # its boot was under way
    assert await slow.told() == [EventKind.RESUMED, EventKind.REACHABLE]
    assert guest.read("/b") == b"only in memory"


async def test_a_new_server_is_told_of_a_guest_that_waits_for_space_and_starts_it_where_it_stood(
    bench: SimulatedBench,
) -> None:
    guest, spec = await bench.started()
    guest.write("/b", b"only in memory")
    guest.run_out_of_space()
    await bench.told()
    guest, bench.world.room = (await bench.successor()).guest(spec.id), 0
    assert await bench.told() == [EventKind.OUT_OF_SPACE]
    with pytest.raises(HostExhausted):
        await guest.ensure_running(spec)
    bench.world.room = 1
    assert not (await guest.ensure_running(spec)).fresh
    assert guest.read("/b") == b"only in memory"
    await bench.told()
    await bench.successor()
    assert await bench.told() == [EventKind.REACHABLE]


async def test_a_guest_cut_off_while_it_waited_for_space_does_not_resume(slow: SimulatedBench) -> None:
    guest, _ = await slow.started()
    guest.run_out_of_space()
    await slow.run(guest.ensure_shut_down(deadline=5))
    guest.find_space()
    assert await guest.observe() is GuestState.HALTED


async def test_the_log_and_the_console_keep_their_last_64_kib(bench: SimulatedBench) -> None:
    guest, _ = await bench.started()
    for _ in range(200):
        guest.reboot_from_inside()
    assert len(await guest.console()) == len(guest.messages().encode()) == 64 << 10
    assert (await guest.console()).endswith(b"login: ")
