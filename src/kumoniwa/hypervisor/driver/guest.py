"""What a driver promises of one guest."""

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime
from enum import StrEnum
from ipaddress import IPv4Address, IPv4Network
from pathlib import Path
from typing import TYPE_CHECKING, NewType, Protocol

from kumoniwa.hypervisor.driver.disks import LayerId
from kumoniwa.hypervisor.driver.driver_errors import DriverError
from kumoniwa.hypervisor.driver.serial_console import ConsoleReader
from kumoniwa.refusal import REPORT_IT
from kumoniwa.values import dataclass

if TYPE_CHECKING:
    from kumoniwa.hypervisor.driver.prepared import Launch

GuestId = NewType("GuestId", str)
_DEFAULT_SUBNET = 20  # bits


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
class NetworkPort:
    """A place in a network that carries packets between guests: the network's name, and the place's in it."""

    network: str
    name: str


@dataclass(frozen=True, slots=True)
class GuestNic:
    """One network interface of a guest: its MAC address, the address that the guest is given by DHCP, and where it is
    plugged in. Without a port it is in a network of its own, in which nobody else is, of the size of its `subnet`."""

    mac: str
    address: IPv4Address
    port: NetworkPort | None = None
    subnet: IPv4Network | None = None

    @property
    def block(self) -> IPv4Network:
        """The block of its subnet; one of the size of a default subnet where that is not known."""
        return self.subnet or IPv4Network((self.address, _DEFAULT_SUBNET), strict=False)


@dataclass(frozen=True, slots=True)
class GuestSpec:
    """All that is needed to make a guest. `disks[0]` is the one it boots from, `nics[0]` the one it is reached by.

    Either all of its interfaces have a port, in one network, or none has.
    """

    id: GuestId
    uuid: str
    product: str
    vcpus: int
    memory_mib: int
    disks: tuple[GuestDisk, ...]
    nics: tuple[GuestNic, ...]
    bus: DiskBus = DiskBus.NVME
    firmware: Firmware = Firmware.BIOS

    @property
    def nic(self) -> GuestNic:
        """Its primary network interface. Raises `DriverError` for interfaces that no guest has beside each other."""
        networks = {None if nic.port is None else nic.port.network for nic in self.nics}
        if len(networks) != 1:
            raise DriverError("All interfaces of a guest are in one network.", way_out=REPORT_IT)
        return self.nics[0]


@dataclass(frozen=True, slots=True)
class Cut:
    """One disk's cut: `old`, the writable layer on top, becomes immutable and `new` takes its place."""

    old: LayerId
    new: LayerId


@dataclass(frozen=True, slots=True)
class CutMade:
    """How a cut was made: how long the switch took and, where the guest's file systems stood frozen for it, how long.

    `not_frozen` says why they did not, where they were to; "" otherwise. Done again, a cut took zero seconds.
    """

    seconds: float
    frozen_seconds: float | None = None
    not_frozen: str = ""


@dataclass(frozen=True, slots=True)
class Forward:
    """A port of the host that reaches a port of a guest, at this one of its addresses: None for that of its primary
    network interface."""

    protocol: str
    host_address: IPv4Address
    host_port: int
    guest_port: int
    guest_address: IPv4Address | None = None


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
    """How a guest came to run: `fresh` when this call made its vCPUs start on a new boot, at `at`. `restored`: they
    went on where a prepared machine had stopped, and no kernel started."""

    fresh: bool
    at: datetime
    restored: bool = False


@dataclass(frozen=True, slots=True)
class Suspended:
    """How a guest was suspended: since when its vCPUs stand still, and what its memory takes of the host's disk."""

    at: datetime
    size_bytes: int


class Guest(Protocol):
    """One machine. A handle: making it touches nothing."""

    @property
    def id(self) -> GuestId: ...

    @property
    def metadata_socket(self) -> Path | None:
        """Where the server must listen for this guest's metadata requests (a unix socket); None: no such channel, as
        where they come by a network.

        The folder exists once the guest was made. Only this guest can reach it.
        """
        ...

    async def observe(self) -> GuestState:
        """What the guest is now."""
        ...

    async def ensure_running(self, spec: GuestSpec, launch: "Launch | None" = None) -> Started:
        """Afterwards the vCPUs run. ABSENT: a process is made from `spec` and starts. SHUT_DOWN or HALTED: reset and
        go on in the same process, or in a new one made from `spec` where only that shows the guest a disk's new length.
        With `launch`, an ABSENT guest goes on as a prepared machine stopped, with its own identity: its first disk
        stands on that machine's layer, on virtio. Where that fails, `RestoreFailed`: ask without, for another disk.
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

    async def ensure_suspended(self, key: bytes) -> Suspended:
        """Afterwards ABSENT, all that was in the machine saved beside the guest, encrypted with `key` (32 bytes), and
        what it wrote handed to its disks. Only a guest that runs, with its disks on virtio, can be suspended.

        One that was suspended with this key is left as it is. Raises `HostExhausted`, `DriverError`: then nothing is
        saved, and a guest that ran runs on, if it lives.
        """
        ...

    async def ensure_resumed(self, spec: GuestSpec, key: bytes) -> Started:
        """Afterwards the vCPUs run, and a guest that was suspended with this key goes on where it stood (`restored`),
        on disks that hold what they held then. What was saved is used once, whatever comes after. Where it went on
        already, nothing happens, also where it has stopped since.

        Raises `MemoryUnusable` where it cannot go on so: then it is ABSENT, its disks are as they were, and nothing is
        saved of it any more. Raises `HostExhausted`, `LayerDamaged`: then it is suspended as before. Raises
        `GuestLost`: then it may have run, and nothing is saved any more.
        """
        ...

    async def ensure_memory_dropped(self) -> None:
        """Afterwards nothing is saved of an ABSENT guest's memory; it can only boot. Otherwise nothing happens."""
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

    async def nics(self) -> tuple[GuestNic, ...]:
        """The network interfaces of the guest that there is, the primary one first; none where there is no guest."""
        ...

    async def ensure_nic_attached(self, nic: GuestNic) -> None:
        """Afterwards the guest has this network interface too; a RUNNING one sees it appear. ABSENT: nothing happens.

        Raises `DriverError`: then it has not.
        """
        ...

    async def ensure_nic_detached(self, mac: str, *, deadline: float, force: bool) -> None:
        """Afterwards the guest has no network interface of this address, which is not its primary one.

        It is asked to let go and has `deadline` seconds for it. With `force` the interface is cut off from the network
        of one that does not. ABSENT, or no such interface: nothing happens.
        Raises `DetachRefused` without `force`: then it has the interface still.
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

    async def follow_console(self) -> ConsoleReader:
        """A reader of the serial console: what `console` gives comes first, then what the guest says, over its boots,
        stops and starts. It ends when the guest is forgotten or the driver closed. The guest waits for no reader.

        Raises `TooManyReaders`.
        """
        ...

    async def type_on_console(self, keys: bytes) -> None:
        """Hand this to the guest as what is typed on its serial console. It is not said whether the guest reads it.

        Never waits for the guest. Raises `KeysNotRead` where too much waits for it already (the end of `keys` is lost
        then), and `GuestLost` where it is ABSENT.
        """
        ...

    async def ensure_forgotten(self) -> None:
        """Afterwards nothing of the guest is left: no process, no folder. Its disks are not touched."""
        ...
