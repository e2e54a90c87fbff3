"""What a driver promises: small interfaces, named by role, with the contract on each method.

A `Driver` gives `Guest`s (running machines) and `Disks` (layer files). Every `ensure_…` is idempotent and decides from
the world, not from what it was told before: it may be called again after a crash of the server at any point of an
earlier call, by a new process, and ends in the same place.

Errors:

    DriverError                 something the driver could not do; its text is a sentence for a person
     ├── GuestLost              the guest's process is gone or does not answer
     ├── CutRefused             a cut did not happen; every disk is as it was before
     ├── DetachRefused          the guest did not let a disk go; it still has it
     ├── LayerDamaged           a layer's file is missing, torn or not what the database says
     ├── HostExhausted          the host has no room (memory, disk, addresses) for what was asked
     └── DiskRefused            a file offered for import is not a disk we take
"""

from collections.abc import AsyncIterator, Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from ipaddress import IPv4Address
from pathlib import Path
from typing import NewType, Protocol

LayerId = NewType("LayerId", str)  # at most 31 characters, a letter first: it is QEMU's node name too
GuestId = NewType("GuestId", str)


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


class HostExhausted(DriverError):
    """The host has no room for what was asked."""


class DiskRefused(DriverError):
    """A file offered for import is not a disk that is taken. The text says why."""


class GuestState(StrEnum):
    """What a guest is seen to be. One is the state at any time, read from the world."""

    ABSENT = "absent"
    """No process. Nothing runs, nothing writes."""
    RUNNING = "running"
    """Its vCPUs run."""
    SHUT_DOWN = "shut-down"
    """It powered itself off, in its own order: disks are at rest. The process waits for what comes next."""
    HALTED = "halted"
    """Its vCPUs are stopped, and not by a clean shutdown: started and never run, cut off after a deadline, panicked,
    or paused because the host's disk is full."""


class DiskBus(StrEnum):
    """How the guest sees its disks."""

    NVME = "nvme"
    """As on EC2's Nitro types: serial is the volume id without its dash."""
    VIRTIO = "virtio"
    """For types from before Nitro, whose disks are Xen's own on EC2. Only here is a disk's growth seen at once."""


class Firmware(StrEnum):
    """What starts a guest's boot loader. Which one works is a matter of what is on its first disk."""

    BIOS = "bios"
    UEFI = "uefi"
    """Its variables are the guest's own, from its first start until it is forgotten."""


@dataclass(frozen=True, slots=True)
class GuestDisk:
    """One disk of a guest: the writable layer on top, and the serial number under which the guest sees it.

    A guest has no two disks of one serial number: it names the disk in every promise.
    """

    layer: LayerId
    serial: str


@dataclass(frozen=True, slots=True)
class GuestSpec:
    """All that is needed to make a guest. `disks[0]` is the one it boots from."""

    id: GuestId
    uuid: str
    product: str
    vcpus: int
    memory_mib: int
    disks: tuple[GuestDisk, ...]
    mac: str
    address: IPv4Address
    bus: DiskBus = DiskBus.NVME
    firmware: Firmware = Firmware.BIOS


@dataclass(frozen=True, slots=True)
class Cut:
    """One disk's cut: `old`, the writable layer on top, becomes immutable and `new` takes its place."""

    old: LayerId
    new: LayerId


@dataclass(frozen=True, slots=True)
class CutMade:
    """How a cut was made: how long the switch took and, where the guest's file systems stood frozen for it, how long.

    `not_frozen` says why they did not, where they were to; "" otherwise. Done again, a cut tells zero seconds.
    """

    seconds: float
    frozen_seconds: float | None = None
    not_frozen: str = ""


@dataclass(frozen=True, slots=True)
class Forward:
    """A port of the host that reaches a port of a guest."""

    protocol: str
    host_address: IPv4Address
    host_port: int
    guest_port: int


@dataclass(frozen=True, slots=True)
class Shutdown:
    """How a guest went down. `clean`: in its own order, its disks at rest; else it was cut off.

    `at_rest_at` is None when the moment was not seen (the server was not there).
    """

    clean: bool
    requested_at: datetime
    at_rest_at: datetime | None


@dataclass(frozen=True, slots=True)
class Started:
    """How a guest came to run: `fresh` when this call made its vCPUs start on a new boot, at `at`."""

    fresh: bool
    at: datetime


class EventKind(StrEnum):
    """What can happen to a guest."""

    SHUT_DOWN = "shut-down"
    """It powered itself off (whoever asked for it); it is now SHUT_DOWN."""
    RESET = "reset"
    """It rebooted itself; it goes on RUNNING."""
    PANICKED = "panicked"
    """Its kernel panicked; it is now HALTED."""
    KERNEL_STARTED = "kernel-started"
    """The first line of a kernel was seen on its serial console."""
    REACHABLE = "reachable"
    """Something in the guest answered: its agent is connected. Told again by a new server of a guest it finds so."""
    OUT_OF_SPACE = "out-of-space"
    """The host's disk is full; it is now HALTED and goes on by itself when there is room again. Told again to a new
    server."""
    RESUMED = "resumed"
    """It goes on after OUT_OF_SPACE."""
    DISK_LET_GO = "disk-let-go"
    """It let go of a disk, perhaps one that it had been asked for and had kept; `detail` is the serial number."""
    DIED = "died"
    """Its process ended without being told to; it is now ABSENT."""


@dataclass(frozen=True, slots=True)
class GuestEvent:
    """Something that happened to a guest, and when it was seen."""

    guest: GuestId
    kind: EventKind
    at: datetime
    detail: str = ""


@dataclass(frozen=True, slots=True)
class DiskFacts:
    """What a file offered for import holds."""

    format: str
    virtual_bytes: int


@dataclass(frozen=True, slots=True)
class LayerMeasure:
    """How much a layer holds. Bytes of the disk, not of the file, but for `file_bytes` (its length)."""

    own_bytes: int
    """Written to this layer itself."""
    full_bytes: int
    """Readable through it: its own and what shows through from the layers beneath."""
    file_bytes: int
    sha256: str
    """Of the file."""


@dataclass(frozen=True, slots=True)
class KnownLayer:
    """What the database knows of a layer's file."""

    parent: LayerId | None
    size_bytes: int
    sealed_bytes: int | None = None
    """The file's length when it was measured, being immutable."""
    sealed_sha256: str | None = None


@dataclass(frozen=True, slots=True)
class Room:
    """The host's room for layers, in bytes. What is `free` beyond `reserve` may be used by actions; with less than
    the reserve left, guests pause."""

    free: int
    reserve: int


class Guest(Protocol):
    """One machine. A handle: making it touches nothing."""

    @property
    def id(self) -> GuestId: ...

    @property
    def metadata_socket(self) -> Path | None:
        """Where the server must listen for this guest's metadata requests (a unix socket); None: no such channel.

        The folder exists once the guest was made. Only this guest can reach it.
        """
        ...

    async def observe(self) -> GuestState:
        """What the guest is now."""
        ...

    async def ensure_running(self, spec: GuestSpec) -> Started:
        """Afterwards the vCPUs run. ABSENT: a process is made from `spec` and starts. SHUT_DOWN or HALTED: reset and
        go on in the same process, or in a new one made from `spec` where only that shows the guest a disk's new length.
        RUNNING: nothing happens, `fresh` is False.
        One that was paused for want of room goes on where it stood, `fresh` is False; `HostExhausted` without room.

        Raises `HostExhausted`, `DriverError`. When it raises, the guest is what it was before, or ABSENT.
        """
        ...

    async def ensure_shut_down(self, *, deadline: float) -> Shutdown:
        """Ask the guest to shut down (power button) and wait, at most `deadline` seconds, until its disks are at rest.

        Afterwards SHUT_DOWN (clean), or HALTED where it did not follow in time, or ABSENT where it was or became so
        (`clean` is False unless its process ended after a clean shutdown). Never raises for a guest that is slow.
        """
        ...

    async def ensure_off(self, *, deadline: float, skip_os_shutdown: bool) -> Shutdown:
        """Afterwards ABSENT: as `ensure_shut_down` (not at all with `skip_os_shutdown`), then the process ends.

        What the guest's disks hold was handed to the host before it returns.
        """
        ...

    async def ensure_cut(self, cuts: Sequence[Cut], *, freeze: bool = False) -> CutMade:
        """Afterwards each `new` layer stands on its `old` one and takes the guest's writes; all at one instant.

        The overlays exist before (`Disks.ensure_overlay`). On an ABSENT guest there is nothing to switch, nor for a
        disk that the guest has let go of. A disk that was switched already is left alone. A compaction of these disks
        that is under way is given up first.
        With `freeze`, a RUNNING guest's file systems are frozen by its agent meanwhile; where the agent does not answer
        or refuses, the cut is made without, and the answer says why. Whatever happens, they do not stay frozen: also
        not after a crash of the server in between, once the next one has opened the driver.
        Raises `CutRefused`: then no disk was switched. Raises `GuestLost`: then ask again.
        """
        ...

    async def ensure_attached(self, disk: GuestDisk) -> None:
        """Afterwards the guest has this disk too; a RUNNING one sees it appear. ABSENT: nothing happens.

        Raises `DriverError`: then it has not.
        """
        ...

    async def ensure_detached(self, serial: str, *, deadline: float, force: bool) -> None:
        """Afterwards the guest has no disk of this serial number, and what it wrote to it was handed to the host.

        It is asked to let go and has `deadline` seconds for it. With `force` the disk is taken from one that does not:
        its further reads and writes fail. ABSENT, or no such disk: nothing happens.
        Raises `DetachRefused` without `force`: then it has the disk still.
        """
        ...

    async def ensure_grown(self, disk: GuestDisk, size_bytes: int) -> bool:
        """Afterwards the disk's layer is at least this long. Gives whether the guest sees it now; else it does from
        its next `ensure_running` on (`Disks.ensure_size` is for disks that no guest has). ABSENT: False, nothing done.
        """
        ...

    async def ensure_compacted(self, layer: LayerId, onto: LayerId | None) -> bool:
        """Copy into the writable layer `layer` what the layers between it and `onto` hold; afterwards it stands on
        `onto` (None: on nothing), which was among those below it. The guest runs and writes meanwhile.

        Returns when it is done: True; or False where it was given up (a cut, a detachment or the guest's end came
        between, the disk is not there, or the guest is ABSENT): then nothing has changed.
        Raises `HostExhausted` where the host has no room: as given up.
        """
        ...

    async def screenshot(self) -> bytes:
        """What the guest's display shows, as a PNG. Raises `GuestLost` where there is none to look at."""
        ...

    async def ensure_forwards(self, forwards: Collection[Forward]) -> Mapping[Forward, str]:
        """Afterwards exactly these forwards are open, but for those given back, each with the reason it could not be.

        On a guest that is not there nothing is open and nothing is given back.
        """
        ...

    async def console(self) -> bytes:
        """The last 64 KiB of the serial console, over all its boots; it outlives the process."""
        ...

    async def ensure_forgotten(self) -> None:
        """Afterwards nothing of the guest is left: no process, no folder. Its disks are not touched."""
        ...


class Disks(Protocol):
    """The layers: files that hold what disks hold. A layer that has another on top is immutable."""

    async def ensure_empty(self, layer: LayerId, size_bytes: int) -> None:
        """Afterwards `layer` exists, `size_bytes` long. A new one reads as zeros."""
        ...

    async def ensure_overlay(self, layer: LayerId, on: LayerId, size_bytes: int) -> None:
        """Afterwards `layer` exists on top of `on`. A new one reads as `on` does, and as zeros beyond its end.

        Works while a running guest writes to `on` (then the overlay is one to cut to).
        """
        ...

    async def inspect(self, source: Path, format: str) -> DiskFacts:
        """Look at a file offered for import, as `raw` or `qcow2`. Raises `DiskRefused` with the reason."""
        ...

    async def ensure_imported(
        self, layer: LayerId, source: Path, format: str, on_progress: Callable[[int], None]
    ) -> None:
        """Afterwards `layer` exists and holds what `source` held. `on_progress` is told percent.

        Raises `DiskRefused`, `HostExhausted`; then there is no such layer.
        """
        ...

    async def ensure_size(self, layer: LayerId, size_bytes: int) -> None:
        """Afterwards `layer` is at least this long; what is new reads as zeros. Nothing stands on it.

        Raises `DriverError` where a guest has it (`Guest.ensure_grown` is for those).
        """
        ...

    async def parent(self, layer: LayerId) -> LayerId | None:
        """The layer that `layer` stands on, as its file says. Raises `LayerDamaged` where it cannot be read."""
        ...

    async def ensure_durable(self, layer: LayerId) -> None:
        """Afterwards what the layer's file says and holds outlives a power cut. Raises `LayerDamaged`."""
        ...

    async def check_length(self, layer: LayerId, file_bytes: int) -> None:
        """Raises `LayerDamaged` where the layer's file is missing, or shorter than this."""
        ...

    async def measure(self, layer: LayerId) -> LayerMeasure:
        """How much an immutable layer holds, and what its file is. Raises `LayerDamaged`."""
        ...

    async def faults(self, layer: LayerId, known: KnownLayer, *, thorough: bool) -> list[str]:
        """What is wrong with a layer's file, in sentences that name it; none: it is whole, as far as was looked.

        Not `thorough`: it is there, its header is whole, it stands on what it should, and it is not shorter than it was
        (milliseconds). `thorough`: its tables too, and where `known` tells its digest, each byte. May be asked while a
        guest has the layer: then its tables are not looked at.
        """
        ...

    async def ensure_deleted(self, layer: LayerId) -> None:
        """Afterwards there is no such layer. The caller knows that nothing stands on it and nothing has it open."""
        ...

    async def all_layers(self) -> frozenset[LayerId]:
        """The layers that exist."""
        ...


class Driver(Protocol):
    """What can make guests."""

    @property
    def name(self) -> str: ...

    @property
    def disks(self) -> Disks: ...

    async def open(self) -> None:
        """Take hold: find the guests that outlived an earlier server and listen to them. Call once, first."""
        ...

    async def close(self) -> None:
        """Let go. Guests that can outlive the server go on running."""
        ...

    def guest(self, id: GuestId) -> Guest:
        """The handle of a guest, whether or not it exists."""
        ...

    def events(self) -> AsyncIterator[GuestEvent]:
        """What happens to guests from `open` on, until `close`. One reader."""
        ...

    def room(self) -> Room:
        """How much room the host has for layers."""
        ...

    def describe(self) -> Mapping[str, str]:
        """Facts for a person: versions, accelerator and why it was chosen."""
        ...
