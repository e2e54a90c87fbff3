"""The disks of one simulated machine: the layers it writes to, and what it has written and no disk holds yet."""

import errno
import os
import re
from collections.abc import Sequence

from kumoniwa.hypervisor.driver import START_ANEW, Cut, CutRefused, DriverError, GuestDisk, GuestId, GuestLost, LayerId
from kumoniwa.hypervisor.simulated.layer import FileSystem
from kumoniwa.hypervisor.simulated.simulated_layers import Layers
from kumoniwa.refusal import REPORT_IT

MOST_DISKS = 27
"""As QEMU's guests have room for on their PCI bus."""
_SERIAL = re.compile(r"[A-Za-z0-9-]{1,20}")  # 20: NVMe's, and virtio's


class Drives:
    """What is plugged into a machine, in its order: the one it boots from first."""

    def __init__(self, guest: GuestId, layers: Layers) -> None:
        self.layers: dict[str, LayerId] = {}
        """The writable layer of each disk by its serial number."""
        self.slots: dict[str, int] = {}
        """Where each is plugged in, by its serial number: `1` is the guest's nvme1, or vdb."""
        self.held: frozenset[str] = frozenset()  # frozen: an empty set of its own takes 216 bytes in each machine
        """The serial numbers of disks that the guest does not let go."""
        self.asked: frozenset[str] = frozenset()
        """Of these, those that it was asked for."""
        self._guest = guest
        self._all = layers
        self._root: str | None = None
        self._unsynced: dict[str, dict[str, bytes]] = {}  # serial → path → what no disk holds yet
        self._torn_out: frozenset[str] = frozenset()  # the kernel keeps their devices, and cannot read or write them

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
        if (present := self.layers.get(disk.serial)) is not None:
            if present != disk.layer:
                raise DriverError(
                    f"Guest {self._guest} has another disk with the serial {disk.serial}.", way_out=REPORT_IT
                )
            return False
        if disk.serial in self._torn_out:
            raise DriverError(
                f"Guest {self._guest} has not let go of {disk.serial} since it was taken away.", way_out=START_ANEW
            )
        if len(self.layers) == MOST_DISKS:
            raise DriverError(f"A guest has at most {MOST_DISKS} disks.", way_out="Detach another volume first.")
        self._all.open(disk.layer, self._guest)
        self.layers[disk.serial] = disk.layer
        self.slots[disk.serial] = min(set(range(len(self.slots) + 1)) - set(self.slots.values()))
        return True

    def let_go(self, serial: str) -> None:
        """The guest gives the disk back in order: all is on it, its file system is unmounted."""
        self._flush_one(serial, FileSystem.CLEAN)
        self.take(serial)

    def tear_out(self, serial: str) -> None:
        """Pull out a disk that is in use: what was not on it yet is lost, its file system is left as it is mounted."""
        self._unsynced.pop(serial, None)
        if self._all.filesystem(self.layers[serial]) is FileSystem.CLEAN:
            self._all.put(self.layers[serial], {}, FileSystem.NEEDS_RECOVERY)
        self.take(serial)
        self._torn_out |= {serial}

    def take(self, serial: str) -> None:
        """The disk is gone, with what was not on it yet."""
        self._unsynced.pop(serial, None)
        self.held -= {serial}
        del self.slots[serial]
        self._all.close(self.layers.pop(serial))

    def close(self) -> None:
        """Pull them all."""
        for serial in list(self.layers):
            self.take(serial)

    def cut(self, cuts: Sequence[Cut]) -> None:
        """Switch all these disks at one instant, but for those switched already. Raises `CutRefused`: then none was."""
        for serial, cut in self.uncut(cuts).items():
            self._all.switch(cut.old, cut.new)
            self.layers[serial] = cut.new

    def uncut(self, cuts: Sequence[Cut]) -> dict[str, Cut]:
        """The cuts that were not made yet, by the disk's serial number. A disk that was let go of has nothing to cut.

        Raises `CutRefused` for what cannot be cut; never where one of them was cut: they were cut together.
        """
        serials = {layer: serial for serial, layer in self.layers.items()}
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
        self._unsynced.setdefault(self._named(serial), {})[path] = data

    def read(self, path: str, serial: str | None) -> bytes | None:
        """What a program in the guest reads; None: there is no such file. Raises `OSError` where the disk was taken."""
        where = self._named(serial)
        in_memory = self._unsynced.get(where, {}).get(path)
        return in_memory if in_memory is not None else self._all.get(self.layers[where], path)

    def forget_memory(self) -> None:
        """The machine's memory is gone."""
        self._unsynced.clear()
        self._torn_out = frozenset()

    def flush(self, left_as: FileSystem) -> None:
        """All that was written is on the disks."""
        for serial in self.layers:
            self._flush_one(serial, left_as)

    def filesystems(self) -> dict[str, FileSystem]:
        """What a check of each disk would say."""
        return {serial: self._all.filesystem(layer) for serial, layer in self.layers.items()}

    def has(self, layer: LayerId) -> bool:
        """Whether one of the disks writes to this layer."""
        return layer in self.layers.values()

    def has_root(self) -> bool:
        """Whether the disk that it booted from is there."""
        return self._root in self.layers

    def _flush_one(self, serial: str, left_as: FileSystem) -> None:
        # A data volume has no file system before the guest writes to it; the root's is mounted from the first moment.
        layer, files = self.layers[serial], self._unsynced.pop(serial, {})
        if files or self._all.filesystem(layer) is not FileSystem.BLANK:
            self._all.put(layer, files, left_as)

    def _named(self, serial: str | None) -> str:
        named = self._root if serial is None else serial
        if named in self._torn_out:
            raise OSError(errno.EIO, os.strerror(errno.EIO), named)
        if named is None or named not in self.layers:
            raise GuestLost(f"Guest {self._guest} sees no disk with the serial {named}.")
        return named
