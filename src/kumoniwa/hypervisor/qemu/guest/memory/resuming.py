"""Resuming a suspended guest: a process that was made for it loads what was kept, which is used with that."""

import asyncio

from kumoniwa.hypervisor.driver import DriverError, GuestSpec, HostExhausted, MemoryUnusable
from kumoniwa.hypervisor.qemu.disks import locks
from kumoniwa.hypervisor.qemu.guest.life import Life
from kumoniwa.hypervisor.qemu.guest.memory import saved_machine, suspending
from kumoniwa.hypervisor.qemu.guest.memory.launching import Chains
from kumoniwa.hypervisor.qemu.guest.memory.suspended import Head, SuspendedFile
from kumoniwa.hypervisor.qemu.guest.network import ensure_closed
from kumoniwa.hypervisor.qemu.guest.process.machine import Machine
from kumoniwa.hypervisor.qemu.guest.surroundings import Surroundings


async def usable(file: SuspendedFile, key: bytes, spec: GuestSpec, around: Surroundings) -> tuple[Head, Chains]:
    """What is to be known of the suspended guest, where it can go on as this one, and the chains of its disks' layers.

    Raises `MemoryUnusable`: then nothing is kept any more. Raises `LayerDamaged`: then it is suspended as before.
    """
    try:
        head = await asyncio.to_thread(suspending.find, file, key)
        here = await asyncio.to_thread(saved_machine.maker, around.host)
        if (why_not := head.why_not(spec, here)) is not None:
            raise MemoryUnusable(why_not)
    except MemoryUnusable:
        await asyncio.to_thread(file.drop)
        raise
    return head, await locks.free_chains(around.layers, spec.disks)


async def load(
    life: Life, around: Surroundings, file: SuspendedFile, key: bytes, head: Head, spec: GuestSpec, chains: Chains
) -> Machine:
    """A process that stands where the guest stood, and may go on (`cont`); nothing else will go on so.

    When it raises, there is none. Raises `MemoryUnusable`: then nothing is kept any more. Raises `HostExhausted`: then
    it is suspended as before.
    """
    try:
        machine = await life.make(spec, chains, incoming=True, slots=head.slots)
        try:
            await suspending.load(machine, file, key, head, spec)
            await asyncio.to_thread(file.use)
        except BaseException:
            await machine.ensure_killed()
            await ensure_closed(around.taps, machine)
            raise
    except HostExhausted:
        raise
    except (DriverError, OSError) as failure:
        await asyncio.to_thread(file.drop)
        what = failure.what if isinstance(failure, DriverError) else f"It cannot be used up: {failure.strerror}."
        raise MemoryUnusable(what) from failure
    return machine
