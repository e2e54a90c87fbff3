"""Suspending a guest, and loading it again: QEMU's migration by way of a pipe, and a thread that seals what comes, or
opens what goes. The guest's memory is never in the clear on the host's disk."""

import asyncio
import contextlib
import errno
import os
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import datetime
from functools import partial
from pathlib import Path
from threading import Event
from typing import TypeVar

import structlog

from kumoniwa.deadlines import cut_short
from kumoniwa.hypervisor.driver import (
    MAKE_ROOM,
    START_ANEW,
    DriverError,
    GuestDisk,
    GuestSpec,
    HostExhausted,
    LayerId,
    MemoryUnusable,
    Suspended,
)
from kumoniwa.hypervisor.qemu.guest import devices
from kumoniwa.hypervisor.qemu.guest.drives import agent, plugs, stream
from kumoniwa.hypervisor.qemu.guest.memory import saved_machine
from kumoniwa.hypervisor.qemu.guest.memory.suspended import Head, SuspendedFile
from kumoniwa.hypervisor.qemu.guest.process import migration
from kumoniwa.hypervisor.qemu.guest.process.disk_devices import DISK_IDS, serial_of
from kumoniwa.hypervisor.qemu.guest.process.machine import AGENT_SOCKET, Machine
from kumoniwa.hypervisor.qemu.guest.process.nic_devices import NIC_IDS
from kumoniwa.hypervisor.qemu.guest.surroundings import Surroundings
from kumoniwa.hypervisor.qemu.untrusted import shown

log = structlog.get_logger(__name__)

T = TypeVar("T")

_SLOWEST = 10  # MiB a second
_AT_LEAST = 60.0  # seconds
_LAST_SLOT = 31
_AGENT_ANSWERS_WITHIN = 10.0
_FULL = HostExhausted("The host's disk has no room for the guest's memory.", way_out=MAKE_ROOM)


def seconds_for(spec: GuestSpec) -> float:
    """How long saving or loading the guest may take."""
    return _AT_LEAST + spec.memory_mib / _SLOWEST


async def save(machine: Machine, file: SuspendedFile, key: bytes, around: Surroundings) -> Suspended:
    """Afterwards all that the guest is is published in the file, and its process is to be ended.

    Raises `DriverError`: then there is no file, and the guest runs on, if QEMU follows.
    """
    spec, slots = await _as_it_is(machine)
    try:
        await asyncio.to_thread(file.begin)
        for disk in spec.disks:
            await stream.ensure_given_up(machine, disk.layer)
        await machine.execute("stop")
        if (status := await machine.status()) != "paused":  # a guest that went down just then would never go on
            raise DriverError(f"The guest does not run any more: its QEMU says {shown(status)}.", way_out=START_ANEW)
        head = await _head(machine, spec, slots, around)
        size = await _write(machine, file, head, key, around)
        await asyncio.to_thread(file.publish)
    except (DriverError, OSError) as failure:
        await asyncio.to_thread(file.drop)
        await go_on(machine)
        if isinstance(failure, DriverError):
            raise
        raise _of_the_disk(failure) from failure
    return Suspended(head.at, size)


async def go_on(machine: Machine) -> None:
    """Let a guest run on that was not suspended after all, or whose server was killed meanwhile."""
    with contextlib.suppress(DriverError):
        await machine.execute("cont")


def find(file: SuspendedFile, key: bytes) -> Head:
    """What is to be known of the suspended guest. Blocks. Raises `MemoryUnusable`."""
    from kumoniwa.hypervisor.qemu.guest.memory import sealed  # with cryptography, which few servers need

    try:
        with file.open() as source:
            head = Head.read(sealed.read_head(key, source.fileno()))
    except FileNotFoundError:
        why = "was used already, and the guest has ended since" if file.is_used else "is missing"
        raise MemoryUnusable(f"The file of its memory {why}.") from None
    except sealed.NotOpened as failure:
        raise MemoryUnusable(f"The file of its memory {failure}.") from failure
    except OSError as failure:
        raise MemoryUnusable(f"The file of its memory cannot be read: {failure.strerror}.") from failure
    if head is None:
        raise MemoryUnusable("It was saved by another version of Kumoniwa.")
    return head


def found(file: SuspendedFile, key: bytes) -> Suspended:
    """How a guest was suspended whose file is published. Blocks. Raises `MemoryUnusable`, `OSError`."""
    return Suspended(find(file, key).at, file.path.stat().st_size)


async def load(machine: Machine, file: SuspendedFile, key: bytes, head: Head, spec: GuestSpec) -> None:
    """Afterwards the machine, a new process that waits for it, stands where the guest stood. Raises `DriverError`: then
    the process is to be ended."""
    from kumoniwa.hypervisor.qemu.guest.memory import sealed

    stop = Event()
    with file.open() as source:
        reader, writer = os.pipe()
        opening = _in_thread(partial(sealed.unseal, key, source.fileno(), writer, stop=stop), writer)
        try:
            async with asyncio.timeout(None) as loading:

                def end_early(opened: "asyncio.Future[None]") -> None:
                    if opened.exception() is not None:  # QEMU may wait for ever at a pipe from which nothing came
                        cut_short(loading)

                opening.add_done_callback(end_early)
                await migration.load(machine, reader, memory_aside=False, within=seconds_for(spec))
        except (migration.NotLoaded, TimeoutError) as failure:
            stop.set()
            await _ended(opening)
            why = opening.exception()
            if isinstance(why, sealed.NotOpened):
                raise migration.NotLoaded(f"The file of its memory {why}.") from why
            if isinstance(why, OSError):
                raise migration.NotLoaded(f"The file of its memory cannot be read: {why.strerror}.") from why
            raise failure
        finally:
            stop.set()
            os.close(reader)
            await _ended(opening)
    await _show_lengths(machine, head, spec)


async def tell_time(folder: Path, at: datetime) -> None:
    """Have the guest's agent set its clock, which stood still meanwhile. A guest without one learns it by itself."""
    nanoseconds = int(at.timestamp() * 1e9)
    try:
        async with agent.listening(folder / AGENT_SOCKET, within=_AGENT_ANSWERS_WITHIN) as listening:
            await listening.ask("guest-set-time", within=_AGENT_ANSWERS_WITHIN, time=nanoseconds)
    except DriverError as failure:
        log.warning("a guest that was suspended is not told the time", folder=folder.name, reason=failure.what)


async def _as_it_is(machine: Machine) -> tuple[GuestSpec, dict[str, int]]:
    """The guest with the devices that it has now, and where each is plugged in. Raises `DriverError`."""
    there = await devices.ids(machine)
    slots = {name: slot for name, slot in (await _slots(machine)).items() if name in there}
    disks = []
    for name in sorted(there, key=lambda name: slots.get(name, 0)):
        if (serial := serial_of(name)) is None:
            continue
        node = await plugs.node_shown(machine, serial)
        if node is None or plugs.is_taken(serial, node) or name not in slots:
            raise DriverError(f"The guest has not let go of {serial} since it was taken away.", way_out=START_ANEW)
        disks.append(GuestDisk(LayerId(node), serial))
    return replace(machine.spec, disks=tuple(disks)), slots


async def _slots(machine: Machine) -> dict[str, int]:
    """The slots of disks and further interfaces on the guest's one bus, by their ids."""
    found = {}
    for bus in (await machine.execute("query-pci")).each():
        for device in bus["devices"].each():
            name = device["qdev_id"].text()
            if name.startswith((DISK_IDS, NIC_IDS)):
                found[name] = device["slot"].count(_LAST_SLOT)
    return found


async def _head(machine: Machine, spec: GuestSpec, slots: dict[str, int], around: Surroundings) -> Head:
    sizes = await plugs.node_sizes(machine)
    made_by = await asyncio.to_thread(saved_machine.maker, around.host)
    return Head(around.clock.now(), made_by, spec, slots, {disk.serial: sizes[disk.layer] for disk in spec.disks})


async def _write(machine: Machine, file: SuspendedFile, head: Head, key: bytes, around: Surroundings) -> int:
    """Save the machine into the draft, durably; gives its size. Raises `DriverError`, `OSError`."""
    from kumoniwa.hypervisor.qemu.guest.memory import sealed

    def check_room() -> None:
        if around.space.spare() <= 0:
            raise _FULL

    stop = Event()
    with file.draft.open("r+b") as target:
        reader, writer = os.pipe()
        seal = partial(sealed.seal, key, head.as_bytes(), reader, target.fileno(), stop=stop, check_room=check_room)
        sealing = _in_thread(seal, reader)
        try:
            await migration.save(machine, writer, memory_aside=False, within=seconds_for(head.spec))
            os.close(writer)
            writer = -1
            size = await sealing
        except DriverError:
            if sealing.done() and (why := sealing.exception()) is not None:  # it is why QEMU failed
                raise why from None
            raise
        finally:
            stop.set()
            if writer >= 0:
                os.close(writer)
            await _ended(sealing)
        await asyncio.to_thread(os.fsync, target.fileno())
    return size


async def _show_lengths(machine: Machine, head: Head, spec: GuestSpec) -> None:
    """A resize, also to the length that a disk has, makes the guest's driver look again once it runs."""
    sizes = await plugs.node_sizes(machine)
    for disk in spec.disks:
        if sizes[disk.layer] != head.sizes.get(disk.serial):
            await machine.execute("block_resize", node_name=disk.layer, size=sizes[disk.layer])


def _in_thread(work: Callable[[], T], end: int) -> "asyncio.Future[T]":
    """Do this in a thread of its own, which has this end of a pipe: it is closed when the work has ended, however."""

    def do() -> T:
        try:
            return work()
        finally:
            os.close(end)

    thread = ThreadPoolExecutor(1, thread_name_prefix="memory")
    try:
        return asyncio.get_running_loop().run_in_executor(thread, do)
    finally:
        thread.shutdown(wait=False)


async def _ended(work: "asyncio.Future[T]") -> None:
    """Return when this has ended, whatever it raised."""
    await asyncio.wait([work])
    if not work.cancelled():
        work.exception()  # it is looked at: whoever waited for it has it


def _of_the_disk(failure: OSError) -> DriverError:
    if failure.errno in (errno.ENOSPC, errno.EDQUOT):
        return _FULL
    what = f"The guest's memory was not written to the host's disk: {failure.strerror}."
    return DriverError(what, way_out="See whether the disk of the data folder works, and who owns its files.")
