"""What a driver could not do, and what a person can do about it: the texts are shown as the reasons of states.

DriverError                 something the driver could not do
 ├── GuestLost              the guest's process is gone or does not answer
 ├── CutRefused             a cut did not happen; every disk is as it was before
 ├── DetachRefused          the guest did not let a disk go; it still has it
 ├── RestoreFailed          a guest could not be launched from memory
 ├── MemoryUnusable         what was saved of a suspended guest cannot be used
 ├── LayerDamaged           a layer's file is missing, torn or not what the database says
 ├── TooManyReaders         a serial console has as many readers as it may have
 ├── KeysNotRead            what was typed on a serial console is not taken: the guest does not read
 ├── HostExhausted          the host has no room (memory, disk, addresses) for what was asked
 └── DiskRefused            a file offered for import is not a disk we take
      └── LinkRefused       it is a link
"""

from kumoniwa.refusal import Refusal, sentence

AGAIN = "Try it again. If that fails too, stop the instance with --skip-os-shutdown, and start it."
"""The way out of what a guest's process, made anew, would do."""
START_ANEW = "Stop the instance, and start it."
BUSY_HOST = "Try it again when the host is less busy."
SEE_DISK = "See whether the disk of the data folder works, and who owns its files."
TRIED_ON = "It is tried again by itself: kumoniwa doctor says where it does not get on."
MAKE_ROOM = "Make room on the disk of the data folder: kumoniwa storage status says what takes it."


class DriverError(Refusal):
    """Something the driver could not do. `what` may end in another's words: it is made a sentence."""

    def __init__(self, what: str, *, way_out: str) -> None:
        super().__init__(sentence(what), way_out=way_out)


class GuestLost(DriverError):
    """The guest's process is gone or does not answer its monitor."""

    def __init__(self, what: str, *, way_out: str = AGAIN) -> None:
        super().__init__(what, way_out=way_out)


class CutRefused(DriverError):
    """A cut did not happen, on none of the disks: every disk is as it was before."""

    def __init__(
        self,
        what: str,
        *,
        way_out: str = "Try it again. If that fails too, stop the instance first: its volumes need no guest then.",
    ) -> None:
        super().__init__(what, way_out=way_out)


class DetachRefused(DriverError):
    """The guest did not let a disk go in time: it still has it, and may write to it."""

    def __init__(
        self, what: str, *, way_out: str = "Unmount it in the guest, or detach it with --force, or stop the instance."
    ) -> None:
        super().__init__(what, way_out=way_out)


class RestoreFailed(DriverError):
    """A guest could not be launched from memory. It is ABSENT, and what its root disk holds is not to be used.

    `by_machine`: what was loaded did not go on as it should have, so the next one that is loaded may not either.
    """

    def __init__(self, what: str, *, way_out: str = "It is booted instead.", by_machine: bool = False) -> None:
        super().__init__(what, way_out=way_out)
        self.by_machine = by_machine


class MemoryUnusable(DriverError):
    """What was saved of a suspended guest cannot be used, and is gone. The guest is ABSENT, its disks as they were."""

    def __init__(self, what: str, *, way_out: str = "It is booted instead.") -> None:
        super().__init__(what, way_out=way_out)


class LayerDamaged(DriverError):
    """A layer's file is missing, torn, or not what it was. The text names the file and says what is wrong."""

    def __init__(
        self,
        what: str,
        *,
        way_out: str = "kumoniwa storage check says what depends on it: put a copy of the file back, or make it anew.",
    ) -> None:
        super().__init__(what, way_out=way_out)


class TooManyReaders(DriverError):
    """A serial console has as many readers as it may have."""

    def __init__(self, what: str, *, way_out: str = "Close one of them first.") -> None:
        super().__init__(what, way_out=way_out)


class KeysNotRead(DriverError):
    """What was typed on a serial console was not taken, or not all of it: the guest does not read."""

    def __init__(self, what: str, *, way_out: str = "Type it again when the guest reads.") -> None:
        super().__init__(what, way_out=way_out)


class HostExhausted(DriverError):
    """The host has no room for what was asked."""


class DiskRefused(DriverError):
    """A file offered for import is not a disk that is taken. The text says why, and calls it `it`."""


class LinkRefused(DiskRefused):
    """Links are followed where an import is asked for, not later: one may lead elsewhere by then."""

    def __init__(self) -> None:
        super().__init__("It is a link.", way_out="Import the file that it leads to, by its own path.")
