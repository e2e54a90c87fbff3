"""Runs inside a guest: writes or reads one of its disks past the page cache, and tells how long each request took.

    guest_disk.py write DEVICE SECONDS MIB    random 4k writes within the first MIB; one JSON line at the end
    guest_disk.py read DEVICE MIB PASSES      sequential 1 MiB reads, from the start again for each pass; the same

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


def write(device: str, seconds: float, mib: int) -> None:
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


def read(device: str, mib: int, passes: int) -> None:
    """Read the first MIB in order, again and again, and tell the seconds that each pass took."""
    chunk = mmap.mmap(-1, _CHUNK)
    disk = os.open(device, os.O_RDONLY | os.O_DIRECT)
    taken = []
    print("begun", flush=True)
    for _ in range(passes):
        begun = time.monotonic()
        for number in range(mib):
            os.preadv(disk, [chunk], number * _CHUNK)
        taken.append(round(time.monotonic() - begun, 6))
    print(json.dumps(taken), flush=True)


if __name__ == "__main__":
    what, path, *numbers = sys.argv[1:]
    exercises: dict[str, Callable[..., None]] = {"write": write, "read": read}
    exercises[what](path, *map(int, numbers))
