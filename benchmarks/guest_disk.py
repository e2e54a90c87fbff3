"""Runs inside a guest: writes or reads one of its disks past the page cache, and tells how long each request took.

    guest_disk.py write SECONDS MIB DEVICE      random 4k writes within the first MIB; one JSON line at the end
    guest_disk.py turns PASSES MIB DEVICE...    the same to each in turns, so many at once; a line a pass
    guest_disk.py read PASSES MIB DEVICE...     sequential 1 MiB reads of the first MIB of each in turns; a line a pass

Times are seconds since the program said `begun`, so that whoever started it can tell what went on elsewhere then.
"""

import json
import mmap
import os
import random
import sys
import time
from collections.abc import Callable

_BLOCK = 4096
_CHUNK = 1 << 20
WRITES = 256  # of a turn


def write(seconds: int, mib: int, device: str) -> None:
    """Write random blocks for so long, and tell when each was asked for and how long it took."""
    block = mmap.mmap(-1, _BLOCK)
    block.write(os.urandom(_BLOCK))
    disk = os.open(device, os.O_WRONLY | os.O_DIRECT)
    choose, blocks = random.Random(4), mib * _CHUNK // _BLOCK
    taken = []
    print("begun", flush=True)
    begun = time.monotonic()
    while (asked := time.monotonic()) - begun < seconds:
        os.pwrite(disk, block, choose.randrange(blocks) * _BLOCK)
        taken.append((round(asked - begun, 4), round(time.monotonic() - asked, 6)))
    print(json.dumps(taken), flush=True)


def turns(passes: int, mib: int, *devices: str) -> None:
    """Write as many random blocks to one device after the other and again, and tell the seconds of each turn."""
    block = mmap.mmap(-1, _BLOCK)
    block.write(os.urandom(_BLOCK))
    disks = [os.open(device, os.O_WRONLY | os.O_DIRECT) for device in devices]
    choose, blocks = random.Random(4), mib * _CHUNK // _BLOCK
    print("begun", flush=True)
    for _ in range(passes):
        places = [choose.randrange(blocks) * _BLOCK for _ in range(WRITES)]
        for disk in disks:
            begun = time.monotonic()
            for place in places:
                os.pwrite(disk, block, place)
            print(round(time.monotonic() - begun, 6), flush=True)


def read(passes: int, mib: int, *devices: str) -> None:
    """Read the first MIB of each device in order, one after the other and again, and tell the seconds of each pass."""
    chunk = mmap.mmap(-1, _CHUNK)
    disks = [os.open(device, os.O_RDONLY | os.O_DIRECT) for device in devices]
    print("begun", flush=True)
    for disk in disks * passes:
        begun = time.monotonic()
        for number in range(mib):
            os.preadv(disk, [chunk], number * _CHUNK)
        print(round(time.monotonic() - begun, 6), flush=True)


if __name__ == "__main__":
    what, most, of, *which = sys.argv[1:]
    exercises: dict[str, Callable[..., None]] = {"write": write, "turns": turns, "read": read}
    exercises[what](int(most), int(of), *which)
