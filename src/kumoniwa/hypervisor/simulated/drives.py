"""The disks of one simulated machine: the layers it writes to, and what it has written and no disk holds yet."""

import errno
import os
import re
from collections.abc import Mapping, Sequence
from typing import NamedTuple

from kumoniwa.hypervisor.driver import START_ANEW, Cut, CutRefused, DriverError, GuestDisk, GuestId, GuestLost, LayerId
from kumoniwa.hypervisor.simulated.layer import FileSystem
from kumoniwa.hypervisor.simulated.simulated_layers import Layers
from kumoniwa.refusal import REPORT_IT

MOST_DISKS = 27
"""As QEMU's guests have room for on their PCI bus."""
_NONE: frozenset[str] = frozenset()
"""Shared: each empty set of its own takes 216 bytes."""
_SERIAL = re.compile(r"[A-Za-z0-9-]{1,20}")  # 20: NVMe's, and virtio's


class _Drive(NamedTuple):
    """A disk that is plugged in."""

    serial: str
    layer: LayerId
    """The one that is written to."""
    slot: int


class DrivesMemory(NamedTuple):
    """What a machine's memory holds of its disks."""

    slots: Mapping[str, int]
    unsynced: dict[str, dict[str, bytes]] | None
    held: frozenset[str]


class Drives:
    """What is plugged into a machine, in its order: the one it boots from first.

    A cloud has a hundred thousand of these, most of one disk with nothing to be written: a dict or set of its own for
    each thing that may be would take more memory than the disk.
    """

    __slots__ = ("_all", "_drives", "_guest", "_root", "_torn_out", "_unsynced", "asked", "held")

    def __init__(self, guest: GuestId, layers: Layers) -> None:
        self.held: frozenset[str] = _NONE
        """The serial numbers of disks that the guest does not let go."""
        self.asked: frozenset[str] = _NONE
        """Of these, those that it was asked for."""
        self._guest = guest
        self._all = layers
        self._drives: tuple[_Drive, ...] = ()
        self._root: str | None = None
        self._unsynced: dict[str, dict[str, bytes]] | None = None  # serial → path → what no disk holds yet
        self._torn_out: frozenset[str] = _NONE  # the kernel keeps their devices, and cannot read or write them

    @property
    def layers(self) -> Mapping[str, LayerId]:
        """The writable layer of each disk by its serial number."""
        return {drive.serial: drive.layer for drive in self._drives}

    def slot(self, serial: str) -> int:
        """Where a disk is plugged in: `1` is the guest's nvme1, or vdb."""
        return self._drive(serial).slot

    def open(self, disks: Sequence[GuestDisk]) -> None:
        """Plug in all of them, or none: then it raises `DriverError`. The first is the one to boot from."""
        try:
            for disk in disks:
                if not self.attach(disk):
                    raise DriverError(
                        f"Guest {self._guest} cannot have two disks with the serial {disk.serial}.", way_out=REPORT_IT
                    )
        except BaseException:
            self.close()
            raise
        self._root = disks[0].serial

    def attach(self, disk: GuestDisk) -> bool:
        """Plug one in; gives whether it was not there. Raises `DriverError`: then it is not."""
        if not _SERIAL.fullmatch(disk.serial):
            raise DriverError(f"{disk.serial!r} cannot be a serial number.", way_out=REPORT_IT)
        if (present := self._found(disk.serial)) is not None:
            if present.layer != disk.layer:
                raise DriverError(
                    f"Guest {self._guest} has another disk with the serial {disk.serial}.", way_out=REPORT_IT
                )
            return False
        if disk.serial in self._torn_out:
            raise DriverError(
                f"Guest {self._guest} has not let go of {disk.serial} since it was taken away.", way_out=START_ANEW
            )
        if len(self._drives) == MOST_DISKS:
            raise DriverError(f"A guest has at most {MOST_DISKS} disks.", way_out="Detach another volume first.")
        opened = self._all.open(disk.layer, self._guest)
        taken = {drive.slot for drive in self._drives}
        slot = next(slot for slot in range(MOST_DISKS) if slot not in taken)
        self._drives += (_Drive(disk.serial, opened.id, slot),)
        return True

    def let_go(self, serial: str) -> None:
        """The guest gives the disk back in order: all is on it, its file system is unmounted."""
        self._flush_one(serial, FileSystem.CLEAN)
        self.take(serial)

    def tear_out(self, serial: str) -> None:
        """Pull out a disk that is in use: what was not on it yet is lost, its file system is left as it is mounted."""
        layer = self._drive(serial).layer
        if self._all.filesystem(layer) is FileSystem.CLEAN:
            self._all.put(layer, {}, FileSystem.NEEDS_RECOVERY)
        self.take(serial)
        self._torn_out |= {serial}

    def take(self, serial: str) -> None:
        """The disk is gone, with what was not on it yet."""
        taken = self._drive(serial)
        self._take_unsynced(serial)
        self.held -= {serial}
        self._drives = tuple(drive for drive in self._drives if drive is not taken)
        self._all.close(taken.layer)

    def close(self) -> None:
        """Pull them all."""
        for drive in self._drives:
            self.take(drive.serial)

    @property
    def has_torn_out(self) -> bool:
        """Whether the guest keeps the device of a disk that was taken from it."""
        return bool(self._torn_out)

    def suspend(self) -> DrivesMemory:
        """Pull them all; gives what the machine's memory holds of them."""
        slots = {drive.serial: drive.slot for drive in self._drives}
        memory = DrivesMemory(slots, self._unsynced, self.held)
        self.forget_memory()
        self.close()
        return memory

    def resume(self, disks: Sequence[GuestDisk], memory: DrivesMemory) -> None:
        """Plug all of them in where they were, or none: then it raises `DriverError`."""
        self.open(disks)
        self._drives = tuple(drive._replace(slot=memory.slots[drive.serial]) for drive in self._drives)
        self._unsynced, self.held = memory.unsynced, memory.held

    def serials(self) -> tuple[str, ...]:
        """The serial numbers of the disks, the one that the machine booted from first."""
        return tuple(sorted((drive.serial for drive in self._drives), key=lambda serial: serial != self._root))

    def cut(self, cuts: Sequence[Cut]) -> None:
        """Switch all these disks at one instant, but for those switched already. Raises `CutRefused`: then none was."""
        for serial, cut in self.uncut(cuts).items():
            new = self._all.switch(cut.old, cut.new).id
            self._drives = tuple(
                drive._replace(layer=new) if drive.serial == serial else drive for drive in self._drives
            )

    def uncut(self, cuts: Sequence[Cut]) -> dict[str, Cut]:
        """The cuts that were not made yet, by the disk's serial number. A disk that was let go of has nothing to cut.

        Raises `CutRefused` for what cannot be cut; never where one of them was cut: they were cut together.
        """
        serials = {drive.layer: drive.serial for drive in self._drives}
        made = any(cut.new in serials for cut in cuts)
        switches: dict[str, Cut] = {}
        for cut in cuts:
            if cut.new in serials:
                continue
            if cut.old not in serials:
                if made or not any(cut.old in self._all.between(top, None) for top in serials):
                    continue
                raise CutRefused(f"Guest {self._guest} has no disk whose writable layer is {cut.old}.")
            if cut.new not in self._all or self._all[cut.new].parent != cut.old:
                raise CutRefused(f"There is no layer {cut.new} that stands on {cut.old}.")
            if self._all.is_torn(cut.new):
                raise CutRefused(f"{cut.new}.qcow2 is torn: it cannot be read")
            switches[serials[cut.old]] = cut
        return switches

    def write(self, path: str, data: bytes, serial: str | None) -> None:
        """Write a file, into memory only until `flush`."""
        if self._unsynced is None:
            self._unsynced = {}
        self._unsynced.setdefault(self._named(serial).serial, {})[path] = data

    def read(self, path: str, serial: str | None) -> bytes | None:
        """What a program in the guest reads; None: there is no such file. Raises `OSError` where the disk was taken."""
        where = self._named(serial)
        in_memory = None if self._unsynced is None else self._unsynced.get(where.serial, {}).get(path)
        return in_memory if in_memory is not None else self._all.get(where.layer, path)

    def forget_memory(self) -> None:
        """The machine's memory is gone."""
        self._unsynced = None
        self._torn_out = _NONE

    def flush(self, left_as: FileSystem) -> None:
        """All that was written is on the disks."""
        for drive in self._drives:
            self._flush_one(drive.serial, left_as)

    def filesystems(self) -> dict[str, FileSystem]:
        """What a check of each disk would say."""
        return {drive.serial: self._all.filesystem(drive.layer) for drive in self._drives}

    def has(self, layer: LayerId) -> bool:
        """Whether one of the disks writes to this layer."""
        return any(drive.layer == layer for drive in self._drives)

    def has_root(self) -> bool:
        """Whether the disk that it booted from is there."""
        return self._root is not None and self._found(self._root) is not None

    def _flush_one(self, serial: str, left_as: FileSystem) -> None:
        # A data volume has no file system before the guest writes to it; the root's is mounted from the first moment.
        layer, files = self._drive(serial).layer, self._take_unsynced(serial)
        if files or self._all.filesystem(layer) is not FileSystem.BLANK:
            self._all.put(layer, files, left_as)

    def _take_unsynced(self, serial: str) -> dict[str, bytes]:
        """What was written to the disk and is not on it yet; it is no longer in memory then."""
        if self._unsynced is None:
            return {}
        taken = self._unsynced.pop(serial, {})
        self._unsynced = self._unsynced or None
        return taken

    def _found(self, serial: str) -> _Drive | None:
        return next((drive for drive in self._drives if drive.serial == serial), None)

    def _drive(self, serial: str) -> _Drive:
        if (found := self._found(serial)) is None:
            raise KeyError(serial)
        return found

    def _named(self, serial: str | None) -> _Drive:
        named = self._root if serial is None else serial
        if named in self._torn_out:
            raise OSError(errno.EIO, os.strerror(errno.EIO), named)
        if named is None or (found := self._found(named)) is None:
            raise GuestLost(f"Guest {self._guest} sees no disk with the serial {named}.")
        return found
