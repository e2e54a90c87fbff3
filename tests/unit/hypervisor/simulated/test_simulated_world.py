"""The simulated host: layers that keep their word, what survives a server, faults on demand, many guests."""

import asyncio
from collections.abc import AsyncIterator
from dataclasses import replace
from pathlib import Path

import pytest
from simulated_bench import SimulatedBench, simulated

from kumoniwa.clock import ManualClock
from kumoniwa.hypervisor.driver import (
    Cut,
    CutRefused,
    DriverError,
    EventKind,
    GuestState,
    HostExhausted,
    LayerId,
)
from kumoniwa.hypervisor.simulated import SimulatedDriver, SimulatedWorld, Timing, WorldBroken

pytestmark = pytest.mark.anyio
MIB = 1 << 20


@pytest.fixture
async def bench() -> AsyncIterator[SimulatedBench]:
    async with simulated() as bench:
        yield bench


async def test_a_guest_may_not_write_where_a_snapshot_stands(bench: SimulatedBench) -> None:
    spec = await bench.spec()
    await bench.driver.disks.ensure_overlay(bench.layer(), spec.disks[0].layer, MIB)
    with pytest.raises(WorldBroken):
        await bench.guest(spec.id).ensure_running(spec)
    assert len(bench.world.layers.broken) == 1
    assert await bench.guest(spec.id).observe() is GuestState.ABSENT


async def test_a_guest_may_go_on_writing_below_an_overlay_it_has_not_cut_to(bench: SimulatedBench) -> None:
    guest, spec = await bench.started()
    await bench.driver.disks.ensure_overlay(bench.layer(), spec.disks[0].layer, MIB)
    guest.write("/a", b"a", sync=True)
    assert bench.world.layers.broken == []


async def test_a_guest_may_not_boot_from_what_was_cut(bench: SimulatedBench) -> None:
    guest, spec = await bench.started()
    old, new = spec.disks[0].layer, bench.layer()
    await bench.driver.disks.ensure_overlay(new, old, MIB)
    await guest.ensure_cut([Cut(old, new)])
    await guest.ensure_off(deadline=9, skip_os_shutdown=False)
    with pytest.raises(WorldBroken):
        await guest.ensure_running(spec)
    await guest.ensure_running(replace(spec, disks=(replace(spec.disks[0], layer=new),)))


async def test_what_something_stands_on_may_not_be_deleted(bench: SimulatedBench) -> None:
    below, above = bench.layer(), bench.layer()
    await bench.driver.disks.ensure_empty(below, MIB)
    await bench.driver.disks.ensure_overlay(above, below, MIB)
    with pytest.raises(WorldBroken):
        await bench.driver.disks.ensure_deleted(below)


async def test_what_a_guest_has_open_may_not_be_deleted(bench: SimulatedBench) -> None:
    _, spec = await bench.started()
    with pytest.raises(WorldBroken):
        await bench.driver.disks.ensure_deleted(spec.disks[0].layer)


async def test_two_guests_may_not_write_to_one_layer(bench: SimulatedBench) -> None:
    _, spec = await bench.started()
    other = await bench.spec()
    with pytest.raises(DriverError, match="open for writing"):
        await bench.guest(other.id).ensure_running(replace(other, disks=(other.disks[0], spec.disks[0])))
    await bench.guest(other.id).ensure_running(other)  # nothing of the first attempt stayed open


async def test_a_cut_to_a_layer_that_stands_elsewhere_is_refused(bench: SimulatedBench) -> None:
    guest, spec = await bench.started()
    elsewhere = bench.layer()
    await bench.driver.disks.ensure_empty(elsewhere, MIB)
    with pytest.raises(CutRefused):
        await guest.ensure_cut([Cut(spec.disks[0].layer, elsewhere)])


async def test_a_layer_is_not_moved_onto_another_one(bench: SimulatedBench) -> None:
    one, other, above = bench.layer(), bench.layer(), bench.layer()
    for layer in (one, other):
        await bench.driver.disks.ensure_empty(layer, MIB)
    await bench.driver.disks.ensure_overlay(above, one, MIB)
    with pytest.raises(DriverError, match="stands on"):
        await bench.driver.disks.ensure_overlay(above, other, MIB)


async def test_a_layers_name_must_serve_as_a_node_name(bench: SimulatedBench) -> None:
    for name in ("", "0layer", "l" * 32):
        with pytest.raises(DriverError):
            await bench.driver.disks.ensure_empty(LayerId(name), MIB)


async def test_a_qcow2_file_is_imported_with_its_virtual_size(bench: SimulatedBench, tmp_path: Path) -> None:
    source, layer = tmp_path / "disk.qcow2", bench.layer()
    source.write_bytes(_qcow2(virtual_bytes=20 * MIB))
    await bench.run(bench.driver.disks.ensure_imported(layer, source, "qcow2", lambda _: None))
    assert bench.world.layers[layer].size_bytes == 20 * MIB
    assert bench.world.layers[layer].origin.startswith("disk.qcow2, qcow2, 512 bytes, sha256 ")


async def test_a_qcow2_file_that_stands_on_another_is_refused(bench: SimulatedBench, tmp_path: Path) -> None:
    source = tmp_path / "disk.qcow2"
    source.write_bytes(_qcow2(virtual_bytes=20 * MIB, backing_offset=200))
    with pytest.raises(DriverError, match="stands on a backing file"):
        await bench.run(bench.driver.disks.inspect(source, "qcow2"))


async def test_guests_go_on_while_one_server_is_replaced_by_the_next(bench: SimulatedBench) -> None:
    guest, _ = await bench.started()
    boot_id = guest.boot_id
    successor = await bench.successor()
    assert await successor.guest(guest.id).observe() is GuestState.RUNNING
    assert successor.guest(guest.id).boot_id == boot_id
    await bench.told()
    successor.guest(guest.id).power_off_from_inside()
    assert await bench.told() == [EventKind.SHUT_DOWN]


async def test_an_earlier_driver_that_closes_late_does_not_deafen_its_successor(bench: SimulatedBench) -> None:
    guest, _ = await bench.started()
    earlier = bench.driver
    await bench.successor()
    await earlier.close()
    await bench.told()
    guest.power_off_from_inside()
    assert await bench.told() == [EventKind.SHUT_DOWN]


async def test_a_shutdown_that_no_server_saw_is_clean_at_an_unknown_time(bench: SimulatedBench) -> None:
    guest, _ = await bench.started()
    await bench.driver.close()
    guest.power_off_from_inside()
    await bench.clock.advance(60)
    successor = await bench.successor()
    shutdown = await successor.guest(guest.id).ensure_shut_down(deadline=9)
    assert (shutdown.clean, shutdown.at_rest_at) == (True, None)


async def test_layers_in_a_file_survive_the_process_and_guests_do_not(tmp_path: Path) -> None:
    path = tmp_path / "simulated.db"
    async with simulated(world=SimulatedWorld.load(path)) as bench:
        guest, spec = await bench.started(data_volumes=1)
        old, new = spec.disks[0].layer, bench.layer()
        await bench.driver.disks.ensure_overlay(new, old, MIB)
        await guest.ensure_cut([Cut(old, new)])
        guest.write("/kept", b"yes", sync=True)
        guest.write("/lost", b"in memory")
        # The first world is still open: what the second one reads is what a killed process leaves.
        async with simulated(world=SimulatedWorld.load(path)) as later:
            assert await later.driver.disks.all_layers() == await bench.driver.disks.all_layers()
            assert all(later.world.layers[id] == bench.world.layers[id] for id in (old, new, spec.disks[1].layer))
            assert await later.guest(guest.id).observe() is GuestState.ABSENT
            disks = (replace(spec.disks[0], layer=new), spec.disks[1])
            await later.guest(guest.id).ensure_running(replace(spec, disks=disks))
            assert later.guest(guest.id).read("/kept") == b"yes"
            assert "recovery complete" in later.guest(guest.id).messages()
            with pytest.raises(FileNotFoundError):
                later.guest(guest.id).read("/lost")


async def test_a_deleted_layer_is_gone_from_the_file(tmp_path: Path) -> None:
    path = tmp_path / "simulated.db"
    async with simulated(world=SimulatedWorld.load(path)) as bench:
        guest, spec = await bench.started()
        await guest.ensure_forgotten()
        await bench.driver.disks.ensure_deleted(spec.disks[0].layer)
    async with simulated(world=SimulatedWorld.load(path)) as later:
        assert await later.driver.disks.all_layers() == frozenset()


async def test_a_failure_on_demand_happens_once_and_changes_nothing(bench: SimulatedBench) -> None:
    spec = await bench.spec()
    bench.driver.fail_next("ensure_running", HostExhausted("no memory", way_out="Ask again."))
    with pytest.raises(HostExhausted, match="no memory"):
        await bench.guest(spec.id).ensure_running(spec)
    assert await bench.guest(spec.id).observe() is GuestState.ABSENT
    assert (await bench.guest(spec.id).ensure_running(spec)).fresh


async def test_a_start_that_fails_half_way_leaves_no_process(bench: SimulatedBench) -> None:
    spec = await bench.spec()
    guest = bench.guest(spec.id)

    async def fail_once_the_process_is_there(method: str) -> None:
        if state_now() is GuestState.HALTED:
            raise HostExhausted("no memory", way_out="Ask again.")

    def state_now() -> GuestState:
        machine = bench.world.machines.get(spec.id)
        return GuestState.ABSENT if machine is None else machine.state

    bench.driver.faults.hook = fail_once_the_process_is_there
    with pytest.raises(HostExhausted):
        await guest.ensure_running(spec)
    assert state_now() is GuestState.ABSENT


async def test_a_port_that_the_host_refuses_is_given_back_with_the_reason(bench: SimulatedBench) -> None:
    guest, _ = await bench.started()
    refused, open = bench.forward(), bench.forward()
    bench.world.ports.refused[refused.host_port] = "Permission denied"
    assert await guest.ensure_forwards([refused, open]) == {refused: "Permission denied"}
    assert guest.forwards == (open,)


async def test_guests_at_rest_cost_no_task() -> None:
    async with simulated(Timing()) as bench:
        before = len(asyncio.all_tasks())
        for _ in range(300):
            await bench.started()
        await bench.pass_time(10)
        assert len(asyncio.all_tasks()) == before
        assert (await bench.told()).count(EventKind.REACHABLE) == 300


async def test_a_driver_ends_the_world_that_it_made_itself() -> None:
    clock = ManualClock()
    driver = SimulatedDriver(clock)
    await driver.open()
    await driver.close()
    assert [event async for event in driver.events()] == []
    assert driver.describe()["layers"] == "forgotten when the server ends"


def _qcow2(virtual_bytes: int, backing_offset: int = 0) -> bytes:
    header = b"QFI\xfb" + (3).to_bytes(4, "big") + backing_offset.to_bytes(8, "big") + bytes(8)
    return (header + virtual_bytes.to_bytes(8, "big")).ljust(512, b"\0")
