"""What is kept of a prepared machine: a folder with its memory, the state of its devices, and `machine.json`.

The last is written when the other two are on the host's disk, and says what made them: QEMU would load a state into a
machine with another processor, and the guest would fail at an instruction that it lacks.
"""

import hashlib
import json
import os
import re
import stat
from ipaddress import IPv4Address
from pathlib import Path

from kumoniwa.folder import sync_folder
from kumoniwa.hypervisor.driver import (
    DiskBus,
    DriverError,
    GuestDisk,
    GuestId,
    GuestNic,
    GuestSpec,
    LayerId,
    PreparedId,
)
from kumoniwa.hypervisor.qemu.guest.process.command_line import Channels, Host, MemoryFile, command_line, processor
from kumoniwa.hypervisor.qemu.guest.process.disk_devices import DiskIo
from kumoniwa.hypervisor.qemu.untrusted import shown
from kumoniwa.refusal import REPORT_IT
from kumoniwa.values import dataclass

MEMORY = "memory"
STATE = "state"
_MACHINE = "machine.json"
_FORMAT = 1
_CPUS = Path("/proc/cpuinfo")
_OF_A_CPU = ("vendor_id", "model name", "flags", "microcode")
_ID = re.compile(r"[A-Za-z][A-Za-z0-9-]{0,62}")
_DISK = GuestDisk(LayerId("layer"), "serial")
_EXAMPLE = GuestSpec(
    id=GuestId("i-1"),
    uuid="ec200000-0000-0000-0000-000000000000",
    product="product",
    vcpus=1,
    memory_mib=1024,
    disks=(_DISK,),
    nics=(GuestNic("02:00:00:00:00:01", IPv4Address("172.31.0.4")),),
    bus=DiskBus.VIRTIO,
)


class NotUsable(DriverError):
    """No guest can be launched from a prepared machine here, and why: a sentence about `it`."""

    def __init__(self, what: str) -> None:
        super().__init__(what, way_out="Prepare it anew.")


@dataclass(frozen=True, slots=True)
class Maker:
    """What a machine was made by, as far as its state fits nothing else."""

    qemu: str
    accelerator: str
    processor: str
    devices: str
    """A digest of the command line."""


@dataclass(frozen=True, slots=True)
class SavedMachine:
    """A prepared machine that is whole, and was made by this host's programs."""

    folder: Path
    layer: LayerId
    """What its disk held then."""
    disk_bytes: int
    vcpus: int
    memory_mib: int

    @property
    def memory(self) -> MemoryFile:
        """Its memory, for a guest whose folder stands beside the folder of all prepared machines."""
        return MemoryFile(f"../../{self.folder.parent.name}/{self.folder.name}/{MEMORY}", is_being_made=False)

    @property
    def state(self) -> Path:
        """The file of its devices' state."""
        return self.folder / STATE


def folder_of(prepared: Path, id: PreparedId) -> Path:
    """The folder of a prepared machine. Raises `DriverError` for what cannot be one's name."""
    if not _ID.fullmatch(id):
        raise DriverError(f"{id!r} cannot be the name of a prepared machine.", way_out=REPORT_IT)
    return prepared / id


def names(prepared: Path) -> list[PreparedId]:
    """The names of the prepared machines of which there is anything in this folder."""
    return [PreparedId(entry.name) for entry in prepared.iterdir() if _ID.fullmatch(entry.name)]


def maker(host: Host) -> Maker:
    """What makes machines on this host."""
    channels = Channels(monitor=0, console=0, agent=0, lone=0, launch=0)
    no_matter = Host(host.accelerator, DiskIo("threads", ""))
    memory = MemoryFile("", is_being_made=False)
    line = command_line(_EXAMPLE, {_DISK.layer: [_DISK.layer]}, no_matter, channels, memory, incoming=True)
    return Maker(
        host.version,
        host.accelerator.name,
        " ".join(processor(host.accelerator)) + (_host_processor() if host.accelerator.name == "kvm" else ""),
        hashlib.sha256("\0".join(line).encode()).hexdigest(),
    )


def finish(folder: Path, spec: GuestSpec, disk_bytes: int, by: Maker) -> None:
    """A machine's memory and state are written: make them durable and immutable, and say that it is made.

    Whatever else is in the folder goes. Raises `OSError`.
    """
    sizes = {}
    for name in (MEMORY, STATE):
        path = folder / name
        with path.open("rb") as file:
            os.fsync(file.fileno())
            sizes[name] = os.fstat(file.fileno()).st_size
    (folder / STATE).chmod(0o400)
    # Not of the memory: QEMU maps a file of which each guest has its own changes only where it may be written to.
    noted = {
        "format": _FORMAT,
        "made_by": _as_json(by),
        "layer": spec.disks[0].layer,
        "disk_bytes": disk_bytes,
        "vcpus": spec.vcpus,
        "memory_mib": spec.memory_mib,
        "sizes": sizes,
        "memory_written": (folder / MEMORY).stat().st_mtime_ns,
        "state_sha256": _digest(folder / STATE),
    }
    for entry in folder.iterdir():
        if entry.name not in sizes:
            entry.unlink()
    draft = folder / f"{_MACHINE}.new"
    with draft.open("w") as file:
        json.dump(noted, file, indent=1)
        file.flush()
        os.fsync(file.fileno())
    draft.chmod(0o400)
    draft.rename(folder / _MACHINE)
    sync_folder(folder)
    sync_folder(folder.parent)


def find(prepared: Path, id: PreparedId, host: Host) -> SavedMachine:
    """The prepared machine of this name, in its folder below that one. Raises `NotUsable`, as `read` does."""
    return read(folder_of(prepared, id), maker(host))


def read(folder: Path, here: Maker) -> SavedMachine:
    """The prepared machine in this folder. Raises `NotUsable` where it is missing, torn or was made by others."""
    try:
        noted = json.loads((folder / _MACHINE).read_text())
        if noted["format"] != _FORMAT:
            raise NotUsable("It was made by another version of Kumoniwa.")
        _check_maker(Maker(**noted["made_by"]), here)
        machine = SavedMachine(
            folder, LayerId(noted["layer"]), int(noted["disk_bytes"]), int(noted["vcpus"]), int(noted["memory_mib"])
        )
        for name in (MEMORY, STATE):
            _check_size(folder / name, int(noted["sizes"][name]))
        if (folder / MEMORY).stat().st_mtime_ns != noted["memory_written"]:
            raise NotUsable("Its memory was written to since it was made.")
        if _digest(folder / STATE) != noted["state_sha256"]:
            raise NotUsable("The state of its devices is not what it was.")
    except FileNotFoundError as missing:
        raise NotUsable(f"{Path(missing.filename).name} of it is missing.") from missing
    except OSError as unreadable:
        raise NotUsable(f"It cannot be read: {unreadable.strerror}.") from unreadable
    except (ValueError, KeyError, TypeError) as malformed:
        raise NotUsable(f"{_MACHINE} is not what was written there: {shown(repr(malformed))}.") from malformed
    return machine


def is_finished(folder: Path) -> bool:
    """Whether a machine was made here, as far as its folder says: nothing of an unfinished one is to be kept."""
    return (folder / _MACHINE).exists()


def disown(folder: Path) -> None:
    """From now on no machine was made here: what is left may go in any order."""
    (folder / _MACHINE).unlink(missing_ok=True)


def _check_maker(by: Maker, here: Maker) -> None:
    if by.qemu != here.qemu:
        raise NotUsable(f"It was made by another QEMU: {shown(by.qemu)}; this host has {here.qemu}.")
    if by.accelerator != here.accelerator:
        raise NotUsable(f"It was made under {shown(by.accelerator)}; this host uses {here.accelerator}.")
    if by.processor != here.processor:
        raise NotUsable("It was made with another model of processor.")
    if by.devices != here.devices:
        raise NotUsable("It was made by another version of Kumoniwa, whose guests have other devices.")


def _check_size(path: Path, size: int) -> None:
    found = path.stat(follow_symlinks=False)
    if not stat.S_ISREG(found.st_mode):
        raise NotUsable(f"{path.name} of it is no file.")
    if found.st_size != size:
        raise NotUsable(f"{path.name} of it is torn: it has {found.st_size} bytes, and had {size}.")


def _as_json(by: Maker) -> dict[str, str]:
    return {
        "qemu": by.qemu,
        "accelerator": by.accelerator,
        "processor": by.processor,
        "devices": by.devices,
    }


def _host_processor() -> str:
    """What sets the host's processor apart: under KVM guests have its own instructions."""
    first = _CPUS.read_text().partition("\n\n")[0]
    of_a_cpu = [line for line in first.splitlines() if line.partition("\t")[0].rstrip(":").strip() in _OF_A_CPU]
    return f" {hashlib.sha256(chr(10).join(of_a_cpu).encode()).hexdigest()}"


def _digest(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
