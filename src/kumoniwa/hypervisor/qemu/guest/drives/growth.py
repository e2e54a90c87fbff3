"""Disks that grow while a guest runs.

QEMU resizes no node that an NVMe device shows, and such a device keeps the size it was made with (QEMU 7.2: neither the
guest's rescan nor its reset of the controller shows another). So the vCPUs stop, the device shows a node that stands in
for its own, the own is resized and put back, and the vCPUs go on: 60 ms. The guest sees the new size once its process
is made anew; a mark in its folder says so.

A server that is killed in between leaves a note, and its successor ends what it began.
"""

import asyncio
import json
from pathlib import Path
from typing import Any

from kumoniwa.folder import sync_folder
from kumoniwa.hypervisor.driver import AGAIN, DiskBus, DriverError, GuestDisk
from kumoniwa.hypervisor.qemu.guest.drives import plugs, stream
from kumoniwa.hypervisor.qemu.guest.process.machine import Machine

_NOTE = "growing.json"
_UNSEEN = "grown-"  # and the serial number


async def ensure_grown(machine: Machine, folder: Path, disk: GuestDisk, bus: DiskBus, size_bytes: int) -> bool:
    """See `Guest.ensure_grown`."""
    await recover(machine, folder)  # what an earlier call began, and had no answer to
    if await plugs.node_shown(machine, disk.serial) != disk.layer:
        raise DriverError(f"The guest has no disk {disk.serial} that writes to {disk.layer}.", way_out=AGAIN)
    await stream.ensure_given_up(machine, disk.layer)
    sizes = await plugs.node_sizes(machine)
    if bus is DiskBus.VIRTIO:
        if sizes[disk.layer] < size_bytes:
            await machine.execute("block_resize", node_name=disk.layer, size=size_bytes)
        return True
    if sizes[disk.layer] < size_bytes:
        (folder / f"{_UNSEEN}{disk.serial}").touch()
        await asyncio.to_thread(sync_folder, folder)
        await _grow_standing_still(machine, folder, disk, size_bytes)
    return not (folder / f"{_UNSEEN}{disk.serial}").exists()


async def recover(machine: Machine, folder: Path) -> None:
    """End what an earlier server began, if it was killed while a guest stood still."""
    try:
        noted = json.loads((folder / _NOTE).read_text())
    except FileNotFoundError:
        return
    await _go_on(machine, folder, noted)


def is_unseen(folder: Path) -> bool:
    """Whether a disk is longer than the guest's process shows it."""
    return any(folder.glob(f"{_UNSEEN}*"))


def forget(folder: Path, serial: str = "*") -> None:
    """The process is made anew, or the disk with this serial number is not the guest's any more."""
    for mark in folder.glob(f"{_UNSEEN}{serial}"):
        mark.unlink(missing_ok=True)
    if serial == "*":
        (folder / _NOTE).unlink(missing_ok=True)


async def _grow_standing_still(machine: Machine, folder: Path, disk: GuestDisk, size_bytes: int) -> None:
    noted = {"serial": disk.serial, "layer": disk.layer, "ran": await machine.status() == "running"}
    temporary = folder / f".{_NOTE}.new"
    temporary.write_text(json.dumps(noted))
    temporary.rename(folder / _NOTE)
    try:
        await machine.execute("stop")
        await plugs.show_stand_in(machine, disk.serial, disk.layer)
        await machine.execute("block_resize", node_name=disk.layer, size=size_bytes)
    finally:
        await _go_on(machine, folder, noted)


async def _go_on(machine: Machine, folder: Path, noted: dict[str, Any]) -> None:
    await plugs.show_again(machine, noted["serial"], noted["layer"])
    if noted["ran"]:
        await machine.execute("cont")
    (folder / _NOTE).unlink(missing_ok=True)
