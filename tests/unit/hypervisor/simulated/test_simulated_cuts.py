"""Simulated guests are frozen for a cut, and their disks' chains of layers are shortened while they write."""

import asyncio
from collections.abc import AsyncIterator
from dataclasses import replace
from pathlib import Path

import pytest
from contract_bench import MIB, overlay
from simulated_bench import SimulatedBench, simulated

from kumoniwa.hypervisor.driver import (
    Cut,
    DriverError,
    GuestLost,
    GuestSpec,
    HostExhausted,
    LayerId,
)
from kumoniwa.hypervisor.simulated import FileSystem, SimulatedGuest, SimulatedWorld, Timing

pytestmark = pytest.mark.anyio


@pytest.fixture
async def bench() -> AsyncIterator[SimulatedBench]:
    async with simulated() as bench:
        yield bench
        assert bench.world.layers.broken == []


@pytest.fixture
async def slow() -> AsyncIterator[SimulatedBench]:
    """A boot takes ten seconds, a freeze or a thaw two, a cut one, a compaction six."""
    async with simulated(Timing(boot=10, shutdown=4, cut=1, freeze=2, compaction=6)) as bench:
        yield bench
        assert bench.world.layers.broken == []


async def test_a_layer_cut_with_file_systems_frozen_is_consistent(slow: SimulatedBench) -> None:
    guest, _, cut = await _to_freeze(slow)
    made = await slow.run(guest.ensure_cut([cut], freeze=True))
    assert (made.seconds, made.frozen_seconds, made.not_frozen) == (1, 3, "")
    assert slow.world.layers.get(cut.old, "/b") == b"only in memory"
    assert slow.world.layers.filesystem(cut.old) is FileSystem.CLEAN
    assert slow.world.layers.filesystem(cut.new) is FileSystem.NEEDS_RECOVERY
    assert not guest.is_frozen


async def test_a_frozen_guest_writes_into_memory_until_it_is_thawed(slow: SimulatedBench) -> None:
    guest, _, cut = await _to_freeze(slow)
    cutting = asyncio.create_task(guest.ensure_cut([cut], freeze=True))
    await slow.pass_time(2.5)
    assert guest.is_frozen
    guest.write("/c", b"while it was frozen")
    with pytest.raises(GuestLost, match="frozen"):
        guest.sync()
    await slow.run(cutting)
    guest.sync()
    assert slow.world.layers.get(cut.old, "/c") is None
    assert slow.world.layers.get(cut.new, "/c") == b"while it was frozen"


@pytest.mark.parametrize("why", ["it boots", "its agent does not answer"])
async def test_a_guest_that_cannot_freeze_is_cut_as_it_is(slow: SimulatedBench, why: str) -> None:
    guest, spec = await slow.started()
    if why != "it boots":
        await slow.pass_time(10)
        guest.agent_answers = False
    cut = await overlay(slow, spec.disks[0])
    made = await slow.run(guest.ensure_cut([cut], freeze=True))
    assert made.frozen_seconds is None
    assert "agent does not answer" in made.not_frozen
    assert slow.world.layers.filesystem(cut.old) is FileSystem.NEEDS_RECOVERY


async def test_a_guest_that_rebooted_while_it_was_frozen_was_not_frozen_for_the_cut(slow: SimulatedBench) -> None:
    guest, spec, cut = await _to_freeze(slow)
    cutting = asyncio.create_task(guest.ensure_cut([cut], freeze=True))
    await slow.pass_time(2.5)
    guest.panic()
    await guest.ensure_running(spec)
    made = await slow.run(cutting)
    assert (made.frozen_seconds, bool(made.not_frozen)) == (None, True)
    assert not guest.is_frozen


async def test_a_guest_is_thawed_when_its_cut_is_refused_after_all(slow: SimulatedBench) -> None:
    guest, _, cut = await _to_freeze(slow)
    cutting = asyncio.create_task(guest.ensure_cut([cut], freeze=True))
    await slow.pass_time(2.5)
    await slow.driver.disks.ensure_deleted(cut.new)
    with pytest.raises(DriverError):
        await slow.run(cutting)
    assert not guest.is_frozen


async def test_the_next_server_thaws_what_the_last_one_left_frozen(slow: SimulatedBench) -> None:
    guest, _, cut = await _to_freeze(slow)
    cutting = asyncio.create_task(guest.ensure_cut([cut], freeze=True))
    await slow.pass_time(2.5)
    cutting.cancel()
    await asyncio.wait([cutting])
    was_frozen = guest.is_frozen
    await slow.successor()
    assert (was_frozen, guest.is_frozen) == (True, False)
    guest.sync()
    assert slow.world.layers.filesystem(cut.old) is FileSystem.NEEDS_RECOVERY


@pytest.mark.parametrize("disturbance", ["a cut", "a detachment", "a detachment and back", "its end", "a new process"])
async def test_a_disturbed_compaction_is_given_up_and_changes_nothing(slow: SimulatedBench, disturbance: str) -> None:
    guest, spec, chain = await _chain(slow)
    disk = replace(spec.disks[1], layer=chain[-1])
    last = await overlay(slow, disk)
    held = _held(slow, chain)
    compacting = asyncio.create_task(guest.ensure_compacted(chain[-1], chain[0]))
    await slow.pass_time(2)
    if disturbance == "a cut":
        cutting = asyncio.create_task(guest.ensure_cut([last]))
        await slow.pass_time(1)
        await cutting
    elif disturbance.startswith("a detachment"):
        await guest.ensure_detached(disk.serial, deadline=0, force=False)
        if disturbance.endswith("back"):
            await guest.ensure_attached(disk)
    else:
        await guest.ensure_off(deadline=0, skip_os_shutdown=True)
        if disturbance == "a new process":
            await guest.ensure_running(replace(spec, disks=(spec.disks[0], disk)))
    assert await slow.run(compacting) is False
    assert _held(slow, chain) == held


async def test_a_guest_writes_while_its_disk_is_compacted(slow: SimulatedBench) -> None:
    guest, spec, chain = await _chain(slow)
    below = _held(slow, chain[:-1])
    compacting = asyncio.create_task(guest.ensure_compacted(chain[-1], chain[0]))
    await slow.pass_time(2)
    for path in ("/0", "/1"):
        guest.write(path, b"meanwhile", serial=spec.disks[1].serial, sync=True)
    assert await slow.run(compacting)
    assert [guest.read(f"/{n}", serial=spec.disks[1].serial) for n in range(4)] == [b"meanwhile"] * 2 + [b"2", b"3"]
    assert set(slow.world.layers.own(chain[-1])) == {"/0", "/1", "/2", "/3"}
    assert _held(slow, chain[:-1]) == below


async def test_a_compaction_whose_server_dies_has_changed_nothing(slow: SimulatedBench) -> None:
    guest, _, chain = await _chain(slow)
    held = _held(slow, chain)
    compacting = asyncio.create_task(guest.ensure_compacted(chain[-1], None))
    await slow.pass_time(5)
    compacting.cancel()
    await asyncio.wait([compacting])
    await slow.pass_time(60)
    assert _held(slow, chain) == held


async def test_a_compaction_for_which_there_is_no_room_is_not_begun(bench: SimulatedBench) -> None:
    guest, _, chain = await _chain(bench)
    held, bench.world.room = _held(bench, chain), 1
    with pytest.raises(HostExhausted):
        await guest.ensure_compacted(chain[-1], chain[0])
    assert _held(bench, chain) == held


async def test_layers_that_grew_and_were_compacted_are_so_for_the_next_process(tmp_path: Path) -> None:
    path = tmp_path / "simulated.db"
    async with simulated(world=SimulatedWorld.load(path)) as bench:
        guest, spec, chain = await _chain(bench)
        await guest.ensure_compacted(chain[-1], None)
        await guest.ensure_grown(replace(spec.disks[1], layer=chain[-1]), 32 * MIB)
        await bench.driver.disks.ensure_size(unused := (await bench.spec()).disks[0].layer, 64 * MIB)
        async with simulated(world=SimulatedWorld.load(path)) as later:
            top = later.world.layers[chain[-1]]
            assert (top.parent, top.size_bytes, top) == (None, 32 * MIB, bench.world.layers[chain[-1]])
            assert later.world.layers.shown(chain[-1]) == {f"/{n}": str(n).encode() for n in range(4)}
            assert later.world.layers[unused].size_bytes == 64 * MIB


async def _to_freeze(bench: SimulatedBench) -> tuple[SimulatedGuest, GuestSpec, Cut]:
    """A guest that is up and has written something into memory, and the cut to make."""
    guest, spec = await bench.started()
    await bench.pass_time(10)
    guest.write("/b", b"only in memory")
    return guest, spec, await overlay(bench, spec.disks[0])


async def _chain(bench: SimulatedBench) -> tuple[SimulatedGuest, GuestSpec, list[LayerId]]:
    """A guest whose data volume was cut three times, in each of its layers the file of its number."""
    guest, spec = await bench.started(data_volumes=1)
    disk = spec.disks[1]
    chain = [disk.layer]
    guest.write("/0", b"0", serial=disk.serial, sync=True)
    for number in range(1, 4):
        cut = await overlay(bench, replace(disk, layer=chain[-1]))
        await bench.run(guest.ensure_cut([cut]))
        chain.append(cut.new)
        guest.write(f"/{number}", str(number).encode(), serial=disk.serial, sync=True)
    return guest, spec, chain


def _held(bench: SimulatedBench, layers: list[LayerId]) -> object:
    """What each layer stands on and what was written to it."""
    return [(bench.world.layers[one].parent, dict(bench.world.layers.own(one))) for one in layers]
