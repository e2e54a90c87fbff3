"""A server that is killed anywhere within a call, and whose successor calls again, ends where the first call ended."""

import asyncio
import re
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from pathlib import Path

import pytest
from contract_bench import forward
from simulated_bench import SimulatedBench, simulated

from kumoniwa.hypervisor.driver import Cut, GuestDisk, GuestSpec, GuestState, LayerId
from kumoniwa.hypervisor.simulated import SimulatedWorld, Timing

pytestmark = pytest.mark.anyio
MIB = 1 << 20
OVERLAYS = (LayerId("overlay1"), LayerId("overlay2"))

Call = Callable[[SimulatedBench, GuestSpec], Awaitable[object]]


@dataclass(frozen=True)
class Story:
    """A world to begin with, and the call that is cut short in it."""

    name: str
    before: tuple[Call, ...]
    call: Call


async def _start(bench: SimulatedBench, spec: GuestSpec) -> object:
    return await bench.run(bench.guest(spec.id).ensure_running(spec))


async def _shut_down(bench: SimulatedBench, spec: GuestSpec) -> object:
    return await bench.run(bench.guest(spec.id).ensure_shut_down(deadline=60))


async def _off(bench: SimulatedBench, spec: GuestSpec) -> object:
    return await bench.run(bench.guest(spec.id).ensure_off(deadline=60, skip_os_shutdown=False))


async def _unplug(bench: SimulatedBench, spec: GuestSpec) -> object:
    return await bench.run(bench.guest(spec.id).ensure_off(deadline=60, skip_os_shutdown=True))


async def _ignore(bench: SimulatedBench, spec: GuestSpec) -> None:
    bench.ignore_power_button(spec.id)


async def _overlay(bench: SimulatedBench, spec: GuestSpec) -> None:
    for disk, new in zip(spec.disks, OVERLAYS, strict=True):
        await bench.driver.disks.ensure_overlay(new, disk.layer, 8 * MIB)


async def _cut(bench: SimulatedBench, spec: GuestSpec) -> object:
    cuts = [Cut(disk.layer, new) for disk, new in zip(spec.disks, OVERLAYS, strict=True)]
    return await bench.run(bench.guest(spec.id).ensure_cut(cuts))


async def _cut_frozen(bench: SimulatedBench, spec: GuestSpec) -> object:
    cuts = [Cut(disk.layer, new) for disk, new in zip(spec.disks, OVERLAYS, strict=True)]
    return await bench.run(bench.guest(spec.id).ensure_cut(cuts, freeze=True))


async def _attach(bench: SimulatedBench, spec: GuestSpec) -> object:
    return await bench.run(bench.guest(spec.id).ensure_attached(GuestDisk(OVERLAYS[0], "volplugged")))


async def _detach(bench: SimulatedBench, spec: GuestSpec) -> object:
    return await bench.run(bench.guest(spec.id).ensure_detached(spec.disks[1].serial, deadline=60, force=False))


async def _take(bench: SimulatedBench, spec: GuestSpec) -> object:
    return await bench.run(bench.guest(spec.id).ensure_detached(spec.disks[1].serial, deadline=60, force=True))


async def _hold(bench: SimulatedBench, spec: GuestSpec) -> None:
    bench.hold_disk(spec.id, spec.disks[1].serial)


async def _write(bench: SimulatedBench, spec: GuestSpec) -> None:
    for disk in spec.disks:
        bench.guest(spec.id).write("/a", b"only in memory", serial=disk.serial)


async def _grow(bench: SimulatedBench, spec: GuestSpec) -> object:
    return await bench.run(bench.guest(spec.id).ensure_grown(spec.disks[1], 16 * MIB))


async def _lengthen(bench: SimulatedBench, spec: GuestSpec) -> object:
    return await bench.run(bench.driver.disks.ensure_size(OVERLAYS[0], 16 * MIB))


async def _compact(bench: SimulatedBench, spec: GuestSpec) -> object:
    return await bench.run(bench.guest(spec.id).ensure_compacted(OVERLAYS[1], None))


async def _forward(bench: SimulatedBench, spec: GuestSpec) -> object:
    return await bench.run(bench.guest(spec.id).ensure_forwards([forward(2222), forward(8080)]))


async def _forget(bench: SimulatedBench, spec: GuestSpec) -> object:
    return await bench.run(bench.guest(spec.id).ensure_forgotten())


async def _empty(bench: SimulatedBench, spec: GuestSpec) -> object:
    return await bench.run(bench.driver.disks.ensure_empty(OVERLAYS[0], MIB))


async def _delete(bench: SimulatedBench, spec: GuestSpec) -> object:
    return await bench.run(bench.driver.disks.ensure_deleted(OVERLAYS[0]))


STORIES = [
    Story("start", (), _start),
    Story("start after a shutdown", (_start, _shut_down), _start),
    Story("start what was cut off", (_start, _ignore, _off), _start),
    Story("shut down", (_start,), _shut_down),
    Story("shut down a guest that ignores it", (_start, _ignore), _shut_down),
    Story("turn off", (_start,), _off),
    Story("turn off a guest that ignores it", (_start, _ignore), _off),
    Story("pull the plug", (_start,), _unplug),
    Story("cut while it runs", (_start, _overlay), _cut),
    Story("cut at rest", (_start, _shut_down, _overlay), _cut),
    Story("cut an absent guest", (_overlay,), _cut),
    Story("cut while it is frozen", (_start, _write, _overlay), _cut_frozen),
    Story("attach", (_start, _empty), _attach),
    Story("detach", (_start, _write), _detach),
    Story("detach from a guest at rest", (_start, _write, _shut_down), _detach),
    Story("take what a guest holds", (_start, _write, _hold), _take),
    Story("grow under a guest", (_start,), _grow),
    Story("grow", (_empty,), _lengthen),
    Story("compact", (_start, _write, _overlay, _cut, _write), _compact),
    Story("open forwards", (_start,), _forward),
    Story("make overlays", (_start,), _overlay),
    Story("forget", (_start,), _forget),
    Story("make a layer", (), _empty),
    Story("delete a layer", (_empty,), _delete),
]


@pytest.mark.parametrize("timing", [Timing(), Timing.instant()], ids=["taking its time", "instant"])
@pytest.mark.parametrize("story", STORIES, ids=lambda story: story.name)
async def test_a_call_cut_short_anywhere_ends_in_the_same_place_when_it_is_made_again(
    story: Story, timing: Timing, tmp_path: Path
) -> None:
    await _cut_short_anywhere(story, timing, tmp_path)


async def test_an_import_cut_short_anywhere_ends_in_the_same_place_when_it_is_made_again(tmp_path: Path) -> None:
    source = tmp_path / "disk.raw"
    source.write_bytes(bytes(MIB))

    async def take_in(bench: SimulatedBench, spec: GuestSpec) -> object:
        return await bench.run(bench.driver.disks.ensure_imported(OVERLAYS[0], source, "raw", lambda _: None))

    await _cut_short_anywhere(Story("import", (), take_in), Timing(), tmp_path)


async def _cut_short_anywhere(story: Story, timing: Timing, tmp_path: Path) -> None:
    points, expected = await _play(story, timing, tmp_path / "whole.db", crash_at=None)
    assert points > 0
    for crash_at in range(points):
        _, end = await _play(story, timing, tmp_path / f"{crash_at}.db", crash_at)
        assert end == expected, f"killed at point {crash_at} of {points}"


async def _play(story: Story, timing: Timing, path: Path, crash_at: int | None) -> tuple[int, object]:
    async with simulated(timing, SimulatedWorld.load(path)) as bench:
        spec = await bench.spec(data_volumes=1)
        for step in story.before:
            await step(bench, spec)
        await bench.pass_time(10)
        points = 0

        async def count_or_crash(method: str) -> None:
            nonlocal points
            points += 1
            if points - 1 == crash_at:
                raise asyncio.CancelledError

        bench.driver.faults.hook = count_or_crash
        if crash_at is None:
            await story.call(bench, spec)
        else:
            with pytest.raises(asyncio.CancelledError):
                await story.call(bench, spec)
            await bench.successor()
            await story.call(bench, spec)
        await bench.pass_time(10)
        assert bench.world.layers.broken == []
        end = _seen(bench, spec)
        async with simulated(timing, SimulatedWorld.load(path)) as later:
            assert _disks(later) == _disks(bench)
        return points, end


def _seen(bench: SimulatedBench, spec: GuestSpec) -> object:
    machine = bench.world.machines.get(spec.id)
    guest = None if machine is None else (machine.state, machine.drives.layers, machine.at_rest_at is not None)
    return guest or GuestState.ABSENT, bench.world.ports.of(spec.id), _disks(bench)


def _disks(bench: SimulatedBench) -> object:
    layers = bench.world.layers
    return {
        id: (layers[id], layers.filesystem(id), _without_times(layers.get(id, "/var/log/messages") or b""))
        for id in layers.ids()
    }


def _without_times(log: bytes) -> str:
    return re.sub(r"Boot ID is \S+|\d\d:\d\d:\d\d", "", log.decode())


@pytest.mark.parametrize("seconds", [0.25, 1.0, 2.25, 3.0])
async def test_a_wait_for_a_shutdown_that_is_cancelled_leaves_the_guest_to_go_down(seconds: float) -> None:
    async with simulated(Timing(boot=2, shutdown=0.5)) as bench:
        guest, _ = await bench.started()
        waiting = asyncio.create_task(guest.ensure_off(deadline=60, skip_os_shutdown=False))
        await bench.pass_time(seconds)
        waiting.cancel()
        await asyncio.wait([waiting])
        successor = await bench.successor()
        assert (await bench.run(successor.guest(guest.id).ensure_off(deadline=60, skip_os_shutdown=False))).clean
        assert await guest.observe() is GuestState.ABSENT
