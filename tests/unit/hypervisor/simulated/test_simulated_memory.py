"""What simulated guests take of the server's memory: there may be a hundred thousand."""

import gc
import tracemalloc
from dataclasses import replace
from pathlib import Path

import pytest
from simulated_bench import SimulatedBench, simulated

from kumoniwa.hypervisor.driver import GuestDisk
from kumoniwa.hypervisor.simulated import SimulatedWorld

pytestmark = pytest.mark.anyio

_GUESTS = 300
_AT_MOST = 2400
"""Bytes for each guest. 1,800 were seen, of which its console has 370; with a set of its own for whatever may be of a
guest, and what it wrote in memory too, there were 4,700."""


async def test_a_running_guest_takes_little_memory(tmp_path: Path) -> None:
    async with simulated(world=SimulatedWorld.load(tmp_path / "simulated.db")) as bench:
        await _start(bench, 10)  # what is made once is made
        gc.collect()
        tracemalloc.start()
        try:
            await _start(bench, _GUESTS)
            gc.collect()
            taken, _ = tracemalloc.get_traced_memory()
        finally:
            tracemalloc.stop()
        assert taken / _GUESTS < _AT_MOST


async def _start(bench: SimulatedBench, count: int) -> None:
    """Guests on an image of all, as most are."""
    image = bench.layer()
    await bench.driver.disks.ensure_empty(image, 1 << 33)
    for _ in range(count):
        spec = await bench.spec()
        (disk,) = spec.disks
        head = bench.layer()
        await bench.driver.disks.ensure_overlay(head, image, 1 << 33)
        guest = bench.guest(spec.id)
        await guest.ensure_running(replace(spec, disks=(GuestDisk(head, disk.serial),)))
    await bench.told()
