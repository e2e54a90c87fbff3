"""What happens to guests, as a driver reports it."""

from datetime import datetime
from enum import StrEnum

from kumoniwa.hypervisor.driver.guest import GuestId
from kumoniwa.values import dataclass


class EventKind(StrEnum):
    """What can happen to a guest."""

    SHUT_DOWN = "shut-down"
    """It powered itself off, asked to or not; it is now SHUT_DOWN."""
    RESET = "reset"
    """It rebooted itself; it goes on RUNNING."""
    PANICKED = "panicked"
    """Its kernel panicked; it is now HALTED."""
    KERNEL_STARTED = "kernel-started"
    """The first line of a kernel was seen on its serial console."""
    REACHABLE = "reachable"
    """Something in the guest answered: its agent is connected. A new server reports it again."""
    OUT_OF_SPACE = "out-of-space"
    """The host's disk is full; it is now HALTED and goes on by itself when there is room again. Reported again to a new
    server."""
    RESUMED = "resumed"
    """It goes on after OUT_OF_SPACE."""
    DISK_LET_GO = "disk-let-go"
    """It let go of a disk, perhaps one that it had been asked for and had kept; `detail` is the serial number."""
    STAYS_FROZEN = "stays-frozen"
    """Its file systems were frozen for a cut and cannot be thawed; it is tried on, `detail` is why it failed."""
    THAWED = "thawed"
    """They were thawed after all, or the guest that they were of has ended or booted again."""
    DIED = "died"
    """Its process ended, and we had not ended it; it is now ABSENT."""


@dataclass(frozen=True, slots=True)
class GuestEvent:
    """Something that happened to a guest, and when it was seen."""

    guest: GuestId
    kind: EventKind
    at: datetime
    detail: str = ""
