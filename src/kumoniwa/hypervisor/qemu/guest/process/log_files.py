"""The logs that a guest's QEMU writes by itself, kept from growing for ever.

QEMU holds them open, so they cannot be replaced, and what it writes while one copies the end and truncates would be
lost. The room of all but the end is given back: a hole is punched.
"""

import asyncio
import os
from pathlib import Path

import structlog

from kumoniwa import run
from kumoniwa.clock import Clock

log = structlog.get_logger(__name__)

CONSOLE = "console.log"
QEMU = "qemu.log"
KEPT = 64 * 1024  # bytes at the end of a log that stay at least; GetConsoleOutput gives as many
MOST = 4 * 1024 * 1024  # bytes on the host's disk, from which on a log is trimmed
_EVERY = 10.0  # seconds between looks: a guest can make QEMU complain as fast as it likes


async def watch(clock: Clock, guests: Path) -> None:
    """Trim the logs of all guests again and again, whether or not their consoles are listened to. Never returns."""
    while True:
        await trim_all(guests)
        await clock.sleep(_EVERY)


async def trim_all(guests: Path) -> None:
    """Afterwards no log below this folder of guests' folders takes much more than 4 MiB of the disk."""
    for path in await asyncio.to_thread(_large, guests):
        await trim(path)


async def trim(path: Path) -> None:
    """Give back the room of all but the end of a log."""
    if (spare := _spare(path)) <= 0:
        return
    try:
        await run.run(["fallocate", "--punch-hole", "--offset", "0", "--length", str(spare), str(path)], timeout=30)
    except (run.ProgramFailed, run.ProgramMissing, TimeoutError) as failure:
        log.warning("a log of a guest cannot be trimmed", path=str(path), reason=str(failure))


def end_of(path: Path, most: int) -> bytes:
    """The end of a log, which may be long beyond measure; nothing where there is none."""
    try:
        with path.open("rb") as file:
            file.seek(max(0, file.seek(0, os.SEEK_END) - most))
            return file.read(most)
    except FileNotFoundError:
        return b""


def _spare(path: Path) -> int:
    """How much of a log's beginning may go, in whole blocks."""
    try:
        return (path.stat().st_size - 2 * KEPT) // 4096 * 4096
    except FileNotFoundError:
        return 0  # the guest was forgotten meanwhile


def _large(guests: Path) -> list[Path]:
    """The logs that take more room than they may. Their length tells nothing of that: it has holes."""
    found = []
    try:
        folders = [entry.path for entry in os.scandir(guests)]
    except OSError as failure:
        log.warning("the logs of guests cannot be looked at", folder=str(guests), reason=str(failure))
        return []
    for folder in folders:
        for name in (CONSOLE, QEMU):
            path = Path(folder) / name
            try:
                if path.stat().st_blocks * 512 > MOST:
                    found.append(path)
            except OSError:
                continue  # no such log, or the guest was forgotten meanwhile
    return found
