"""A guest's display, seen by screenshots only. The guest sets how large it is, and QEMU writes the file."""

import asyncio
import os
import secrets
import stat
import struct
from pathlib import Path

from kumoniwa.hypervisor.driver import START_ANEW, GuestLost
from kumoniwa.hypervisor.qemu.guest.process.machine import Machine
from kumoniwa.hypervisor.qemu.guest.process.monitor import CommandRefused

_MOST_BYTES = 32 * 1024 * 1024
_MOST_PIXELS = 16 * 1024 * 1024  # a display's memory of 4 MiB holds four million at most (command_line)
_LONGEST_SIDE = 16_384
_HEAD = struct.Struct(">8sI4sII")  # the signature, and the first chunk's length, name, width and height
_SIGNATURE = b"\x89PNG\r\n\x1a\n"


async def screenshot(machine: Machine, folder: Path) -> bytes:
    """See `Guest.screenshot`."""
    name = f"screen-{secrets.token_hex(4)}.png"
    try:
        await machine.execute("screendump", filename=name, format="png")
        return await asyncio.to_thread(_picture, machine.name, folder / name)
    except CommandRefused as refusal:  # a machine that an earlier version made has no display
        raise GuestLost(f"{machine.name} has no display to look at: {refusal.what}", way_out=START_ANEW) from refusal
    finally:
        (folder / name).unlink(missing_ok=True)


def _picture(guest: str, path: Path) -> bytes:
    """The file, where it is a PNG of a display that can be. Raises `GuestLost`."""
    try:
        file = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC)
    except OSError as failure:
        raise GuestLost(f"{guest} wrote no picture of its display: {failure.strerror}.") from failure
    with os.fdopen(file, "rb") as opened:
        is_file = stat.S_ISREG(os.fstat(file).st_mode)
        picture = opened.read(_MOST_BYTES + 1) if is_file else b""
    if not is_display(picture):
        raise GuestLost(f"{guest} wrote a picture of its display that makes no sense.")
    return picture


def is_display(picture: bytes) -> bool:
    """Whether this begins as a PNG that is no larger than a display can be."""
    if not _HEAD.size <= len(picture) <= _MOST_BYTES:
        return False
    signature, _, name, width, height = _HEAD.unpack(picture[: _HEAD.size])
    fits: bool = 0 < width <= _LONGEST_SIDE and 0 < height <= _LONGEST_SIDE and width * height <= _MOST_PIXELS
    return fits and (signature, name) == (_SIGNATURE, b"IHDR")
