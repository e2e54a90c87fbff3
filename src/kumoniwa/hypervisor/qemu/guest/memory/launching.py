"""Launching a guest from memory: a process that was made for it loads a prepared machine, gets the guest's own devices,
and goes on as that guest.

A server that is killed meanwhile leaves a guest of which nobody knows who it believes to be: the next server finds its
mark, and ends it. A guest that was launched is marked too, until it boots.
"""

import asyncio
import contextlib
from collections.abc import Mapping, Sequence
from datetime import datetime
from pathlib import Path
from typing import NamedTuple

from kumoniwa.clock import Clock
from kumoniwa.hypervisor.driver import DiskBus, Firmware, GuestSpec, Identity, LayerId, PreparedId
from kumoniwa.hypervisor.qemu.guest import devices
from kumoniwa.hypervisor.qemu.guest.drives import plugs
from kumoniwa.hypervisor.qemu.guest.life import Life
from kumoniwa.hypervisor.qemu.guest.memory import launch_port, saved_machine
from kumoniwa.hypervisor.qemu.guest.memory.launch_port import APPLIED, NotAsAwaited
from kumoniwa.hypervisor.qemu.guest.memory.saved_machine import NotUsable, SavedMachine
from kumoniwa.hypervisor.qemu.guest.network import ensure_closed
from kumoniwa.hypervisor.qemu.guest.process import migration, record
from kumoniwa.hypervisor.qemu.guest.process.command_line import LAUNCH, late_devices
from kumoniwa.hypervisor.qemu.guest.process.machine import Machine
from kumoniwa.hypervisor.qemu.guest.process.monitor import CommandRefused
from kumoniwa.hypervisor.qemu.guest.surroundings import Surroundings

Chains = Mapping[LayerId, Sequence[LayerId]]

_LOADED_WITHIN = 30.0  # seconds; it takes a tenth of one
# It takes a second of a processor's time, which twenty guests that are launched at once have to share.
_APPLIED_WITHIN = 60.0
_LETS_PORT_GO_WITHIN = 2.0
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


class Launched(NamedTuple):
    """When the vCPUs of a guest that was launched began to run, and whether an agent in it listens."""

    at: datetime
    has_agent: bool


async def usable(
    around: Surroundings, machine: PreparedId, spec: GuestSpec, chains: Chains, folder: Path
) -> SavedMachine:
    """The prepared machine, where this guest can go on from it. Raises `NotUsable`. `chains`: see `command_line`."""
    saved = await asyncio.to_thread(saved_machine.find, around.prepared, machine, around.host)
    await asyncio.to_thread(check, saved, spec, chains[spec.disks[0].layer], folder)
    return saved


async def launch(
    life: Life,
    folder: Path,
    around: Surroundings,
    saved: SavedMachine,
    spec: GuestSpec,
    chains: Chains,
    identity: Identity,
) -> Launched:
    """Afterwards the guest lives, and is the one of this specification and identity. When it raises, there is none.

    Raises `DriverError`.
    """
    mark = LaunchMark(folder)
    mark.begin()
    machine = await life.make(spec, chains, saved.memory, incoming=True)
    try:
        at = await _go_on(machine, folder, saved, spec, identity, around.clock)
        has_agent = await machine.has_agent()  # whose port was open already: perhaps no event says so
        if await machine.status() != "running":  # of which no event was reported either
            raise NotAsAwaited("it stopped as soon as it was who it is to be")
        life.begin(machine)
    except BaseException:
        await machine.ensure_killed()
        await ensure_closed(around.taps, machine)
        raise
    mark.done()
    return Launched(at, has_agent)


async def _go_on(
    machine: Machine, folder: Path, saved: SavedMachine, spec: GuestSpec, identity: Identity, clock: Clock
) -> datetime:
    try:
        state = saved.state.open("rb")
    except OSError as gone:  # it is forgotten just now
        raise NotUsable(f"The state of its devices cannot be read: {gone.strerror}.") from gone
    with state:
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
    if await devices.let_go(machine, LAUNCH, within=_LETS_PORT_GO_WITHIN):
        with contextlib.suppress(CommandRefused):
            await machine.execute("chardev-remove", id=LAUNCH)
