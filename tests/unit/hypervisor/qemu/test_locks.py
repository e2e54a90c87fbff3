"""Waiting for a QEMU that has ended to let go of layers' files."""

import asyncio
import fcntl
import os
import struct
from pathlib import Path

import pytest

from kumoniwa.hypervisor.driver import LayerId
from kumoniwa.hypervisor.qemu.disks import locks

pytestmark = pytest.mark.anyio

TOP, BELOW = LayerId("top"), LayerId("below")
READS, WRITES, BEARS_NO_WRITER = 100, 101, 201


class Holder:
    """Holds a layer's file as QEMU does, by locks of the open file on single bytes."""

    def __init__(self, folder: Path, layer: LayerId, *bytes: int) -> None:
        self._file = os.open(folder / f"{layer}.qcow2", os.O_RDWR | os.O_CREAT)
        for byte in bytes:
            fcntl.fcntl(self._file, fcntl.F_OFD_SETLK, struct.pack("hhqqi0q", fcntl.F_RDLCK, os.SEEK_SET, byte, 1, 0))

    def let_go(self) -> None:
        os.close(self._file)


@pytest.fixture(autouse=True)
def patience(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(locks, "_WITHIN", 60.0)


@pytest.mark.parametrize(
    ("layer", "held"), [(TOP, [READS, WRITES, BEARS_NO_WRITER]), (TOP, [READS, BEARS_NO_WRITER]), (BELOW, [WRITES])]
)
async def test_what_is_held_is_waited_for(tmp_path: Path, layer: LayerId, held: list[int]) -> None:
    for each in (TOP, BELOW):
        Holder(tmp_path, each).let_go()
    holder = Holder(tmp_path, layer, *held)
    waiting = asyncio.create_task(locks.ensure_released(tmp_path, [TOP, BELOW]))
    done, _ = await asyncio.wait([waiting], timeout=0.1)
    assert not done
    holder.let_go()
    await waiting


async def test_a_layer_that_others_stand_on_as_well_is_not_waited_for(tmp_path: Path) -> None:
    Holder(tmp_path, TOP).let_go()
    other_guest = Holder(tmp_path, BELOW, READS, BEARS_NO_WRITER)
    try:
        await locks.ensure_released(tmp_path, [TOP, BELOW])
    finally:
        other_guest.let_go()


async def test_one_that_stays_held_is_left_to_whoever_opens_it(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(locks, "_WITHIN", 0.05)
    running = Holder(tmp_path, TOP, READS, WRITES)
    try:
        await locks.ensure_released(tmp_path, [TOP])
    finally:
        running.let_go()


async def test_one_that_is_not_there_is_held_by_nobody(tmp_path: Path) -> None:
    await locks.ensure_released(tmp_path, [TOP])
