"""Network interfaces that come and go while a guest runs: a device, and the network behind it, of one id.

A further interface takes a slot of the same bus as disks do. The primary one stays.
"""

import asyncio
import contextlib
from dataclasses import replace
from pathlib import Path

from kumoniwa.hypervisor.driver import START_ANEW, DetachRefused, DriverError, GuestNic, Taps
from kumoniwa.hypervisor.qemu.guest import devices
from kumoniwa.hypervisor.qemu.guest.network import networks
from kumoniwa.hypervisor.qemu.guest.process import record
from kumoniwa.hypervisor.qemu.guest.process.disk_devices import DISK_IDS
from kumoniwa.hypervisor.qemu.guest.process.machine import Machine
from kumoniwa.hypervisor.qemu.guest.process.monitor import CommandRefused
from kumoniwa.hypervisor.qemu.guest.process.nic_devices import NIC_IDS, nic_device, nic_id
from kumoniwa.hypervisor.qemu.guest.process.slots import MOST_PLUGGED
from kumoniwa.refusal import REPORT_IT


async def ensure_attached(machine: Machine, folder: Path, nic: GuestNic, taps: Taps | None) -> None:
    """See `Guest.ensure_nic_attached`."""
    if nic.port is None or machine.spec.nic.port is None:
        raise DriverError("A guest that is alone in its network has one interface.", way_out=START_ANEW)
    if nic.port.network != machine.spec.nic.port.network:
        raise DriverError("A guest is in one network with all its interfaces.", way_out=REPORT_IT)
    identifier, there = nic_id(nic.mac), await devices.ids(machine)
    if identifier in there and not await _is_connected(machine, identifier):
        raise DriverError(
            f"The guest has not let go of the network interface {nic.mac} since it was taken away.",
            way_out=START_ANEW,
        )
    if identifier not in there:
        if sum(name.startswith((DISK_IDS, NIC_IDS)) for name in there) >= MOST_PLUGGED:
            raise DriverError(
                f"A guest has at most {MOST_PLUGGED} disks and further network interfaces together.",
                way_out="Detach another volume or network interface first.",
            )
        with contextlib.suppress(CommandRefused):  # there is none: no earlier server was killed just here
            await machine.execute("netdev_del", id=identifier)
        tap = await networks(taps).plug(nic.port)
        try:
            await machine.hand_over(tap.tap, identifier)
            await machine.execute("netdev_add", type="tap", id=identifier, fd=identifier, vhost=False)
        finally:
            tap.close()
        try:
            await machine.execute("device_add", **nic_device(nic.mac, identifier), id=identifier)
        except CommandRefused:
            await machine.execute("netdev_del", id=identifier)
            raise
    await _note(machine, folder, nic.mac, nic)


async def ensure_detached(machine: Machine, folder: Path, mac: str, *, deadline: float, force: bool) -> None:
    """See `Guest.ensure_nic_detached`."""
    if mac == machine.spec.nic.mac:
        raise DriverError("The primary network interface of a guest cannot be detached.", way_out=REPORT_IT)
    identifier = nic_id(mac)
    if not await devices.let_go(machine, identifier, within=deadline) and not force:
        raise DetachRefused(
            f"The guest did not let go of the network interface {mac} in {deadline:.0f} s.",
            way_out="Detach it with --force, or stop the instance.",
        )
    with contextlib.suppress(CommandRefused):  # there is none any more
        await machine.execute("netdev_del", id=identifier)
    await _note(machine, folder, mac, None)


async def _is_connected(machine: Machine, identifier: str) -> bool:
    """Whether there is a network behind this device: none where it was taken from a guest that did not let go.

    QEMU lists it as before then (the device has it still), but its id is free.
    """
    try:
        await machine.execute("netdev_add", type="hubport", id=identifier, hubid=0)
    except CommandRefused:
        return True
    await machine.execute("netdev_del", id=identifier)
    return False


async def _note(machine: Machine, folder: Path, mac: str, nic: GuestNic | None) -> None:
    """Note, for us and for a later server, that the guest has this interface, or has none of this address."""
    others = tuple(one for one in machine.spec.nics if one.mac != mac)
    nics = others if nic is None else (*others, nic)
    if nics != machine.spec.nics:
        machine.spec = replace(machine.spec, nics=nics)
        await asyncio.to_thread(record.write, folder, record.GuestRecord(machine.spec, machine.identity))
