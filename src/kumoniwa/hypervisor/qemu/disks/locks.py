"""QEMU's locks on layers' files, seen from outside.

A QEMU that is killed while its disks are written by io_uring has ended before the kernel closes its files: for up to a
tenth of a second the next one would be refused them. What it wrote is whole by then: it ends after its last write.
"""

import asyncio
import fcntl
import os
import struct
from collections.abc import Sequence
from pathlib import Path

from kumoniwa.hypervisor.driver import GuestDisk, LayerId
from kumoniwa.hypervisor.qemu.disks.layer_checks import check_chain, path_of

_WITHIN = 2.0  # seconds
_LOOK_AGAIN = 0.01
_WRITES, _BEARS_NO_WRITER = 101, 201  # the bytes that QEMU locks (block/file-posix.c)
_FLOCK = struct.Struct("hhqqi0q")


async def free_chains(folder: Path, disks: Sequence[GuestDisk]) -> dict[LayerId, Sequence[LayerId]]:
    """Of each disk's layer, it and all that it stands on, top to bottom; after a quick look at each, and the wait of
    `ensure_released`. Raises `LayerDamaged`."""
    chains: dict[LayerId, Sequence[LayerId]] = {}
    for disk in disks:
        chain = await asyncio.to_thread(check_chain, folder, disk.layer)
        await ensure_released(folder, chain)
        chains[disk.layer] = chain
    return chains


async def ensure_released(folder: Path, chain: Sequence[LayerId]) -> None:
    """Wait until nobody writes to these layers, of which the first is to be written to, or a short time has passed.

    Then whoever opens them finds out, in QEMU's words.
    """
    try:
        async with asyncio.timeout(_WITHIN):
            while await asyncio.to_thread(_any_held, folder, chain):  # noqa: ASYNC110 - the kernel tells nobody
                await asyncio.sleep(_LOOK_AGAIN)
    except TimeoutError:
        return


def _any_held(folder: Path, chain: Sequence[LayerId]) -> bool:
    return any(_is_held(path_of(folder, layer), alone=index == 0) for index, layer in enumerate(chain))


def _is_held(path: Path, *, alone: bool) -> bool:
    """Whether another has the file open to write, or, `alone`, to read it while nobody writes."""
    try:
        file = os.open(path, os.O_RDONLY | os.O_CLOEXEC)
    except FileNotFoundError:
        return False
    try:
        return _is_locked(file, _WRITES) or (alone and _is_locked(file, _BEARS_NO_WRITER))
    finally:
        os.close(file)


def _is_locked(file: int, byte: int) -> bool:
    asked = _FLOCK.pack(fcntl.F_WRLCK, os.SEEK_SET, byte, 1, 0)
    kind, *_ = _FLOCK.unpack(fcntl.fcntl(file, fcntl.F_OFD_GETLK, asked))
    return bool(kind != fcntl.F_UNLCK)
