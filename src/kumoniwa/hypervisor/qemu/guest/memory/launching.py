"""Launching a guest from memory: a process that was made for it loads a prepared machine, gets the guest's own devices,
and goes on as that guest.

A server that is killed meanwhile leaves a guest of which nobody knows who it believes to be: the next server finds its
mark, and ends it. A guest that was launched is marked too, until it boots.
"""

import asyncio
import contextlib
from collections.abc import Sequence
from datetime import datetime
from pathlib import Path

from kumoniwa.clock import Clock
from kumoniwa.hypervisor.driver import DiskBus, Firmware, GuestSpec, Identity, LayerId
from kumoniwa.hypervisor.qemu.guest.drives import plugs
from kumoniwa.hypervisor.qemu.guest.memory import launch_port
from kumoniwa.hypervisor.qemu.guest.memory.launch_port import APPLIED, NotAsAwaited
from kumoniwa.hypervisor.qemu.guest.memory.saved_machine import NotUsable, SavedMachine
from kumoniwa.hypervisor.qemu.guest.process import migration, record
from kumoniwa.hypervisor.qemu.guest.process.command_line import LAUNCH, late_devices
from kumoniwa.hypervisor.qemu.guest.process.machine import Machine
from kumoniwa.hypervisor.qemu.guest.process.monitor import CommandRefused

_LOADED_WITHIN = 30.0  # seconds; it takes a tenth of one
# It takes a second of a processor's time, which twenty guests that are launched at once have to share.
_APPLIED_WITHIN = 60.0
_MARK = "from-memory"
_BEGUN, _DONE = "begun", "done"


class LaunchMark:
    """Whether a guest goes on from memory, noted in its folder."""

    def __init__(self, folder: Path) -> None:
        self._path = folder / _MARK

    @property
    def is_begun(self) -> bool:
        """Whether a server began to launch the guest, and it is not known to be who it should."""
        return self._read() == _BEGUN

    @property
    def is_done(self) -> bool:
        """Whether the guest goes on from memory, and no kernel has started in it since."""
        return self._read() == _DONE

    def begin(self) -> None:
        """It is about to be launched."""
        self._path.write_text(_BEGUN)

    def done(self) -> None:
        """It is who it should be."""
        self._path.write_text(_DONE)

    def forget(self) -> None:
        """It boots, or is not there any more."""
        self._path.unlink(missing_ok=True)

    def _read(self) -> str:
        try:
            return self._path.read_text()
        except FileNotFoundError:
            return ""


def check(saved: SavedMachine, spec: GuestSpec, chain: Sequence[LayerId], folder: Path) -> None:
    """Raises `NotUsable` where a guest like this cannot go on from that machine. `chain`: of its first disk."""
    if (spec.vcpus, spec.memory_mib) != (saved.vcpus, saved.memory_mib):
        raise NotUsable("It has another number of vCPUs, or another size of memory, than the guest.")
    if spec.bus is not DiskBus.VIRTIO or spec.firmware is not Firmware.BIOS:
        raise NotUsable("It has disks on virtio and a BIOS, and the guest has not.")
    if list(chain[1:2]) != [saved.layer]:
        raise NotUsable("The guest's disk does not stand on its own.")
    noted = record.read(folder)
    if noted is not None and any(disk.layer == spec.disks[0].layer for disk in noted.spec.disks):
        raise NotUsable("The guest's disk may have been written to since: a guest had it already.")


async def go_on(
    machine: Machine, folder: Path, saved: SavedMachine, spec: GuestSpec, identity: Identity, clock: Clock
) -> datetime:
    """Afterwards the guest is the one of this specification and identity; gives when its vCPUs began to run.

    Raises `DriverError`: then the process is to be ended.
    """
    with saved.state.open("rb") as state:
        await migration.load(machine, state.fileno(), memory_aside=True, within=_LOADED_WITHIN)
    async with launch_port.connected(folder) as port:
        for device in late_devices(spec):
            await machine.execute("device_add", **device)
        await _show_length(machine, saved, spec)
        with machine.listening(port.end_with):
            await machine.execute("cont")
            at = clock.now()
            try:
                async with asyncio.timeout(_APPLIED_WITHIN):
                    await port.tell(launch_port.told(spec, identity, clock.now()))
                    await port.hear(APPLIED)
            except TimeoutError as late:
                raise NotAsAwaited(f"it did not say within {_APPLIED_WITHIN:.0f} s who it is") from late
    await _remove_port(machine)
    return at


async def _show_length(machine: Machine, saved: SavedMachine, spec: GuestSpec) -> None:
    """The guest has seen its disk already, which may have been shorter then: a resize, also to the length that it has,
    makes its driver look again once it runs."""
    root = spec.disks[0].layer
    size = (await plugs.node_sizes(machine))[root]
    if size != saved.disk_bytes:
        await machine.execute("block_resize", node_name=root, size=size)


async def _remove_port(machine: Machine) -> None:
    """The guest is as any other from now on, and has no such port. Where it keeps it, nobody listens there."""
    with contextlib.suppress(CommandRefused):
        await machine.execute("device_del", id=LAUNCH)
        await machine.execute("chardev-remove", id=LAUNCH)
