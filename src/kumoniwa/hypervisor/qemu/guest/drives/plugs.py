"""Disks that come and go while a guest runs.

A disk is a device, named after the serial number, and the block node it shows. What there is of both is asked of QEMU
each time: a server that was killed at any point leaves nothing that its successor does not find.
"""

import asyncio
import errno
from collections.abc import Sequence
from pathlib import Path

from kumoniwa.hypervisor.driver import AGAIN, START_ANEW, DetachRefused, DiskBus, DriverError, GuestDisk, LayerId
from kumoniwa.hypervisor.qemu.disks import encryption, layer_checks, locks
from kumoniwa.hypervisor.qemu.guest import devices
from kumoniwa.hypervisor.qemu.guest.drives import stream
from kumoniwa.hypervisor.qemu.guest.process.disk_devices import (
    DISK_IDS,
    KEY_FROM_GUEST,
    disk_device,
    disk_id,
    disk_node,
)
from kumoniwa.hypervisor.qemu.guest.process.machine import Machine
from kumoniwa.hypervisor.qemu.guest.process.monitor import CommandRefused
from kumoniwa.hypervisor.qemu.guest.process.slots import MOST_DISKS
from kumoniwa.hypervisor.qemu.guest.surroundings import Surroundings

_CLOSED_WITHIN = 30.0  # seconds for QEMU to flush and close a disk that no device shows
_LOOK_AGAIN = 0.05


async def ensure_attached(
    machine: Machine, disk: GuestDisk, bus: DiskBus, around: Surroundings, chain: Sequence[LayerId]
) -> None:
    """See `Guest.ensure_attached`. `chain`: the disk's layer and all that it stands on, top to bottom."""
    disks = await _disks(machine)
    if disk_id(disk.serial) in disks:
        shown = await node_shown(machine, disk.serial)
        if shown == _stand_in(disk.serial):
            raise DriverError(f"The guest has not let go of {disk.serial} since it was taken away.", way_out=START_ANEW)
        if shown != disk.layer:
            raise DriverError(f"The guest's disk {disk.serial} is {shown}, not {disk.layer}.", way_out=START_ANEW)
        return
    if len(disks) >= MOST_DISKS:
        raise DriverError(f"A guest has at most {MOST_DISKS} disks.", way_out="Detach another volume first.")
    await _delete_idle_nodes(machine)
    await locks.ensure_released(around.layers, chain)
    encrypted = await asyncio.to_thread(layer_checks.is_encrypted, around.layers, disk.layer)
    if encrypted:
        await _ensure_key(machine, around.layers)
    await machine.execute("blockdev-add", **disk_node(chain, around.host.disk_io, encrypted=encrypted))
    try:
        await machine.execute("device_add", **disk_device(bus, disk))
    except CommandRefused:
        await machine.execute("blockdev-del", node_name=disk.layer)
        raise


async def ensure_detached(machine: Machine, serial: str, *, deadline: float, force: bool, at_rest: bool) -> None:
    """See `Guest.ensure_detached`. `at_rest`: the vCPUs stand until the next reset, nothing is asked of the guest."""
    if disk_id(serial) not in await _disks(machine):
        await ensure_idle_closed(machine)
        return
    node = await node_shown(machine, serial)
    if node is not None:
        await stream.ensure_given_up(machine, LayerId(node))
    if at_rest or node == _stand_in(serial):
        deadline, force = 0.0, True
    if not await devices.let_go(machine, disk_id(serial), within=deadline):
        if not force:
            raise DetachRefused(f"The guest did not let go of {serial} in {deadline:.0f} s.")
        if node is None or node == _stand_in(serial):
            return
        await show_stand_in(machine, serial, node)
    await ensure_idle_closed(machine)


async def _ensure_key(machine: Machine, layers: Path) -> None:
    """Afterwards QEMU has what opens encrypted layers. Raises `DriverError` where that is not there."""
    await asyncio.to_thread(encryption.check_key, layers)
    objects = await machine.execute("qom-list", path="/objects")
    if encryption.SECRET not in {each["name"].text() for each in objects.each()}:
        await machine.execute("object-add", qom_type="secret", id=encryption.SECRET, file=KEY_FROM_GUEST)


async def _disks(machine: Machine) -> set[str]:
    """The ids of the guest's disks."""
    return {name for name in await devices.ids(machine) if name.startswith(DISK_IDS)}


async def node_shown(machine: Machine, serial: str) -> str | None:
    """The node that a disk's device shows."""
    for each in (await machine.execute("query-block")).each():
        device, inserted = each.get("qdev"), each.get("inserted")
        if device is not None and inserted is not None and disk_id(serial) in device.text().split("/"):
            return inserted["node-name"].text()
    return None


def is_taken(serial: str, node: str | None) -> bool:
    """Whether the disk whose device shows this node was taken from a guest that has not let it go."""
    return node is None or node == _stand_in(serial)


async def show_stand_in(machine: Machine, serial: str, node: str) -> None:
    """Have a disk's device show, in place of its node, one that fails every request."""
    sizes = await node_sizes(machine)
    if _stand_in(serial) not in sizes:
        await machine.execute("blockdev-add", **failing_node(_stand_in(serial), sizes[node]))
    await _show(machine, serial, _stand_in(serial))


async def show_again(machine: Machine, serial: str, node: str) -> None:
    """Have a disk's device show its own node again, if it shows another."""
    if await node_shown(machine, serial) == _stand_in(serial):
        await _show(machine, serial, node)
    await _delete_idle_nodes(machine)


async def node_sizes(machine: Machine) -> dict[str, int]:
    """How long each block node is, in bytes."""
    nodes = await machine.execute("query-named-block-nodes", flat=True)
    return {each["node-name"].text(): each["image"]["virtual-size"].count() for each in nodes.each()}


async def _show(machine: Machine, serial: str, node: str) -> None:
    path = f"/machine/peripheral/{disk_id(serial)}"
    await machine.execute("qom-set", path=path, property="drive", value=node)


def failing_node(name: str, size: int) -> dict[str, object]:
    """A block node of this size at which every request ends with an input/output error."""
    return {
        "driver": "blkdebug",
        "node-name": name,
        "image": {"driver": "null-co", "size": size},
        "inject-error": [{"event": "none", "errno": errno.EIO}],
    }


async def ensure_idle_closed(machine: Machine) -> None:
    """Afterwards QEMU has closed the nodes that no device shows any more, and those below them that nothing else needs.

    What was written to them was flushed then.
    """
    loop = asyncio.get_running_loop()
    until = loop.time() + _CLOSED_WITHIN
    while idle := await _delete_idle_nodes(machine) - await stream.shown(machine):
        if loop.time() > until:
            raise DriverError(
                f"QEMU still holds {', '.join(sorted(idle))}, which no disk of the guest needs any more.", way_out=AGAIN
            )
        for node in idle:
            await stream.ensure_given_up(machine, LayerId(node))
        await asyncio.sleep(_LOOK_AGAIN)  # a device that is gone holds its node a moment longer; no event says so


async def _delete_idle_nodes(machine: Machine) -> set[str]:
    """Delete each node of ours that nothing uses: QEMU refuses it for the others, which are given back."""
    refused: set[str] = set()
    while True:
        nodes = await machine.execute("query-named-block-nodes", flat=True)
        names = (each["node-name"].text() for each in nodes.each())
        left = {name for name in names if not name.startswith("#")}
        if left == refused:
            return left
        refused = set()
        for name in left:
            try:
                await machine.execute("blockdev-del", node_name=name)
            except CommandRefused:
                refused.add(name)


def _stand_in(serial: str) -> str:
    return f"gone-{serial}"
