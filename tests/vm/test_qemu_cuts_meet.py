"""Cuts of real guests' disks that meet something else that is done with these disks."""

import asyncio
from collections.abc import AsyncIterator
from dataclasses import replace
from pathlib import Path

import pytest
from contract_bench import overlay
from qemu_bench import QemuBench, machine_of, qemu

from kumoniwa.hypervisor.driver import Cut, DetachRefused, EventKind
from kumoniwa.hypervisor.qemu.guest.drives import stream

pytestmark = [pytest.mark.anyio, pytest.mark.vm]


@pytest.fixture
async def bench(tmp_path: Path) -> AsyncIterator[QemuBench]:
    async with qemu(tmp_path) as bench:
        yield bench


async def test_a_compaction_that_begins_with_a_cut_neither_stops_it_nor_touches_what_it_cut(bench: QemuBench) -> None:
    guest, spec = await bench.up()
    root = spec.disks[0]
    await bench.write(guest.id, "first")
    chain = [root.layer]
    for _ in range(6):
        cuts = [await overlay(bench, replace(root, layer=chain[-1]))]
        given_up = None
        if len(chain) > 2:
            cutting, compacting = guest.ensure_cut(cuts), guest.ensure_compacted(chain[-1], chain[0])
            _, given_up = await bench.run(asyncio.gather(cutting, compacting))
        else:
            await bench.run(guest.ensure_cut(cuts))
        chain.append(cuts[0].new)
        before = (bench.data_dir / "layers" / f"{chain[-2]}.qcow2").read_bytes()
        stands_on = await bench.driver.disks.parent(chain[-2])
        assert stands_on == (chain[0] if given_up else chain[-3] if len(chain) > 2 else None)
        await bench.write(guest.id, "second")
        assert (bench.data_dir / "layers" / f"{chain[-2]}.qcow2").read_bytes() == before, "it is immutable now"
        if given_up:
            chain = [chain[0], *chain[-2:]]
    assert await bench.holds(chain[-1], "first")


async def test_a_disk_that_the_guest_let_go_of_late_keeps_no_cut_from_being_made(bench: QemuBench) -> None:
    guest, spec = await bench.up(data_volumes=1)
    root, data = spec.disks
    with pytest.raises(DetachRefused):
        await bench.run(guest.ensure_detached(data.serial, deadline=0, force=False))
    await bench.run(guest.ensure_shut_down(deadline=60))
    await bench.run(guest.ensure_running(spec))  # its reset lets the disk go
    assert (await bench.event(EventKind.DISK_LET_GO)).detail == data.serial
    cuts = [await overlay(bench, root), await overlay(bench, data)]
    await bench.run(guest.ensure_cut(cuts))
    assert await _on_top(bench, guest.id) == {cuts[0].new}


async def test_a_cut_that_was_made_is_not_refused_though_one_of_its_disks_is_gone_since(bench: QemuBench) -> None:
    guest, spec = await bench.up(data_volumes=1)
    cuts = [await overlay(bench, disk) for disk in spec.disks]
    with pytest.raises(DetachRefused):
        await bench.run(guest.ensure_detached(spec.disks[1].serial, deadline=0, force=False))
    await bench.run(guest.ensure_cut(cuts))
    await bench.run(guest.ensure_shut_down(deadline=60))
    await bench.run(guest.ensure_running(spec))
    guest = (await bench.successor()).guest(spec.id)
    assert (await bench.run(guest.ensure_cut(cuts))).seconds == 0
    assert await _on_top(bench, guest.id) == {cuts[0].new}
    assert (await bench.run(guest.ensure_cut([Cut(cuts[0].old, cuts[0].new)]))).seconds == 0


async def _on_top(bench: QemuBench, id: str) -> set[str]:
    machine = machine_of(bench.driver.guest(id))  # type: ignore[arg-type]
    return set(stream.nodes_on_top(await machine.execute("query-block")))
