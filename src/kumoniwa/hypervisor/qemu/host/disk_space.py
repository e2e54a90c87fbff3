"""Watching the host's disk, so that guests pause before it is full and go on when there is room again.

QEMU's own answer (`werror=enospc`) exists for virtio disks only; an NVMe disk would hand the error to the guest, whose
file system then loses data. No event reports free space, so it is looked at regularly.
"""

import asyncio
import shutil
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Protocol

import structlog

from kumoniwa.clock import Clock
from kumoniwa.hypervisor.driver import DriverError, GuestId
from kumoniwa.tasks import Tasks

log = structlog.get_logger(__name__)

FLOOR = 512 * 1024 * 1024  # bytes; guests pause with less: what they can write between two looks must fit in it
_EVERY = 0.5  # seconds between looks


def free_bytes(folder: Path) -> int:
    """What an ordinary user can still write on a folder's file system."""
    return shutil.disk_usage(folder).free


class DiskSpace:
    """The space on the file system of a folder, as `free` reads it. Its methods raise `OSError`."""

    def __init__(self, folder: Path, free: Callable[[Path], int] = free_bytes) -> None:
        self.folder = folder
        self._free = free

    def free(self) -> int:
        """How many bytes an ordinary user can still write."""
        return self._free(self.folder)

    def spare(self) -> int:
        """How many bytes are free beyond the reserve; negative where it is used already."""
        return self.free() - FLOOR

    def has_room(self) -> bool:
        """Whether guests may write."""
        return self.free() >= FLOOR


class Pausable(Protocol):
    """A guest, as far as it is paused for want of room."""

    @property
    def id(self) -> GuestId: ...

    async def pause_for_room(self) -> None:
        """Afterwards its vCPUs stand still, if it ran."""
        ...

    async def go_on(self) -> None:
        """Afterwards it runs, if it stood still for want of room."""
        ...


async def watch(space: DiskSpace, clock: Clock, guests: Callable[[], Iterable[Pausable]]) -> None:
    """Pause the guests while there is too little space, and let them go on. Never returns.

    Each guest is asked beside the others, and not again before it has answered: one whose QEMU hangs delays no other.
    """
    asked: dict[GuestId, asyncio.Task[object]] = {}
    unwilling: set[GuestId] = set()  # of which it is logged already
    tasks = Tasks("the host's disk")
    try:
        while True:
            has_room = _has_room(space)
            for guest in guests():
                if guest.id not in asked:
                    asking = tasks.start(_ask(guest, unwilling, has_room=has_room), f"{guest.id}: pause or go on")
                    asked[guest.id] = asking
                    asking.add_done_callback(lambda _, id=guest.id: asked.pop(id))  # type: ignore[misc]
            await clock.sleep(_EVERY)
    finally:
        await tasks.close()


def _has_room(space: DiskSpace) -> bool:
    try:
        return space.has_room()
    except OSError as failure:
        log.warning("the host's disk cannot be looked at", folder=str(space.folder), reason=str(failure))
        return True


async def _ask(guest: Pausable, unwilling: set[GuestId], *, has_room: bool) -> None:
    try:
        await (guest.go_on() if has_room else guest.pause_for_room())
    except (DriverError, OSError) as failure:
        if guest.id not in unwilling:
            unwilling.add(guest.id)
            log.warning("a guest could not be paused or resumed", guest=guest.id, reason=str(failure))
    else:
        unwilling.discard(guest.id)
