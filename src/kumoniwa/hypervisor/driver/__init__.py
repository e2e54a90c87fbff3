"""What a driver promises: small interfaces, named by role, with the contract on each method.

A `Driver` gives `Guest`s (running machines) and `Disks` (layer files). Every `ensure_…` is idempotent and decides from
the world, not from earlier calls: it may be called again after a crash of the server at any point of an
earlier call, by a new process, and ends in the same place.
"""

from kumoniwa.hypervisor.driver.capacity import Capacity, Room
from kumoniwa.hypervisor.driver.disks import DiskFacts, Disks, KnownLayer, LayerId, LayerMeasure
from kumoniwa.hypervisor.driver.driver import Driver
from kumoniwa.hypervisor.driver.driver_errors import (
    AGAIN,
    BUSY_HOST,
    MAKE_ROOM,
    SEE_DISK,
    START_ANEW,
    TRIED_ON,
    CutRefused,
    DetachRefused,
    DiskRefused,
    DriverError,
    GuestLost,
    HostExhausted,
    KeysNotRead,
    LayerDamaged,
    LinkRefused,
    MemoryUnusable,
    RestoreFailed,
    TooManyReaders,
)
from kumoniwa.hypervisor.driver.events import EventKind, GuestEvent
from kumoniwa.hypervisor.driver.features import Features
from kumoniwa.hypervisor.driver.guest import (
    Cut,
    CutMade,
    DiskBus,
    Firmware,
    Forward,
    Guest,
    GuestDisk,
    GuestId,
    GuestNic,
    GuestSpec,
    GuestState,
    NetworkPort,
    Shutdown,
    Started,
    Suspended,
)
from kumoniwa.hypervisor.driver.prepared import Identity, Launch, PreparedId, PreparedMachine
from kumoniwa.hypervisor.driver.serial_console import ConsoleReader, Said, SerialConsole
from kumoniwa.hypervisor.driver.taps import Tap, Taps

__all__ = [
    "AGAIN",
    "BUSY_HOST",
    "MAKE_ROOM",
    "SEE_DISK",
    "START_ANEW",
    "TRIED_ON",
    "Capacity",
    "ConsoleReader",
    "Cut",
    "CutMade",
    "CutRefused",
    "DetachRefused",
    "DiskBus",
    "DiskFacts",
    "DiskRefused",
    "Disks",
    "Driver",
    "DriverError",
    "EventKind",
    "Features",
    "Firmware",
    "Forward",
    "Guest",
    "GuestDisk",
    "GuestEvent",
    "GuestId",
    "GuestLost",
    "GuestNic",
    "GuestSpec",
    "GuestState",
    "HostExhausted",
    "Identity",
    "KeysNotRead",
    "KnownLayer",
    "Launch",
    "LayerDamaged",
    "LayerId",
    "LayerMeasure",
    "LinkRefused",
    "MemoryUnusable",
    "NetworkPort",
    "PreparedId",
    "PreparedMachine",
    "RestoreFailed",
    "Room",
    "Said",
    "SerialConsole",
    "Shutdown",
    "Started",
    "Suspended",
    "Tap",
    "Taps",
    "TooManyReaders",
]
