"""Watching the host's disk, so that guests pause before it is full and go on when there is room again.

QEMU's own answer (`werror=enospc`) exists for virtio disks only; an NVMe disk would hand the error to the guest, whose
file system then loses data. No event tells of free space, so it is looked at regularly.
"""

import shutil
from collections.abc import Callable, Iterable
from pathlib import Path

import structlog

from kumoniwa.clock import Clock
from kumoniwa.hypervisor.driver import DriverError
from kumoniwa.hypervisor.qemu.guest.qemu_guest import QemuGuest

log = structlog.get_logger(__name__)

FLOOR = 512 * 1024 * 1024  # bytes; guests pause with less: what they can write between two looks must fit in it
_EVERY = 0.5  # seconds between looks


def free_bytes(folder: Path) -> int:
    """What an ordinary user can still write on a folder's file system."""
    return shutil.disk_usage(folder).free


class SpaceGuard:
    """Pauses a driver's guests while there is too little room, and lets them go on."""

    def __init__(
        self,
        folder: Path,
        clock: Clock,
        guests: Callable[[], Iterable[QemuGuest]],
        free: Callable[[Path], int],
    ) -> None:
        self._folder = folder
        self._clock = clock
        self._guests = guests
        self._free = free

    def free(self) -> int:
        """How many bytes an ordinary user can still write."""
        return self._free(self._folder)

    def spare(self) -> int:
        """How many bytes are free beyond the reserve; negative where it is used already."""
        return self.free() - FLOOR

    def has_room(self) -> bool:
        """Whether guests may write."""
        return self.free() >= FLOOR

    async def watch(self) -> None:
        """Look again and again."""
        while True:
            try:
                has_room = self.has_room()
            except OSError as failure:
                log.warning("the host's disk cannot be looked at", folder=str(self._folder), reason=str(failure))
                has_room = True
            for guest in list(self._guests()):
                try:
                    await (guest.go_on() if has_room else guest.hold_for_room())
                except (DriverError, OSError) as failure:
                    log.warning("a guest could not be paused or resumed", guest=guest.id, reason=str(failure))
            await self._clock.sleep(_EVERY)
