"""What a driver could not do.

DriverError                 something the driver could not do; its text is a sentence for a person
 ├── GuestLost              the guest's process is gone or does not answer
 ├── CutRefused             a cut did not happen; every disk is as it was before
 ├── DetachRefused          the guest did not let a disk go; it still has it
 ├── LayerDamaged           a layer's file is missing, torn or not what the database says
 ├── TooManyReaders         a serial console has as many readers as it may have
 ├── KeysNotRead            what was typed on a serial console is not taken: the guest does not read
 ├── HostExhausted          the host has no room (memory, disk, addresses) for what was asked
 └── DiskRefused            a file offered for import is not a disk we take
"""


class DriverError(Exception):
    """Something the driver could not do. The text is a sentence for a person."""


class GuestLost(DriverError):
    """The guest's process is gone or does not answer its monitor."""


class CutRefused(DriverError):
    """A cut did not happen, on none of the disks: every disk is as it was before."""


class DetachRefused(DriverError):
    """The guest did not let a disk go in time: it still has it, and may write to it."""


class LayerDamaged(DriverError):
    """A layer's file is missing, torn, or not what it was. The text names the file and says what is wrong."""


class TooManyReaders(DriverError):
    """A serial console has as many readers as it may have."""


class KeysNotRead(DriverError):
    """What was typed on a serial console was not taken, or not all of it: the guest does not read."""


class HostExhausted(DriverError):
    """The host has no room for what was asked."""


class DiskRefused(DriverError):
    """A file offered for import is not a disk that is taken. The text says why."""


LINK_REFUSED = "it is a link: import the file that it leads to, by its own path"
"""Of a `DiskRefused`. Links are followed where an import is asked for, not later: one may lead elsewhere by then."""
