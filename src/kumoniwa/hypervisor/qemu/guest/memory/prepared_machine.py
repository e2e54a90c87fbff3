"""A machine that is prepared once: booted by a QEMU of its own to where it waits for an identity, saved, and ended."""

import asyncio
import contextlib
import shutil
from collections.abc import AsyncIterator, Sequence
from pathlib import Path

import structlog

from kumoniwa.hypervisor.driver import (
    MAKE_ROOM,
    DriverError,
    GuestSpec,
    HostExhausted,
    LayerId,
    PreparedId,
    SerialConsole,
)
from kumoniwa.hypervisor.qemu.disks import layer_checks, locks
from kumoniwa.hypervisor.qemu.disks.qcow2 import read_header
from kumoniwa.hypervisor.qemu.guest.memory import launch_port, saved_machine
from kumoniwa.hypervisor.qemu.guest.memory.launch_port import PREPARED, LaunchPort, NotAsAwaited
from kumoniwa.hypervisor.qemu.guest.memory.saved_machine import MEMORY, STATE, NotUsable
from kumoniwa.hypervisor.qemu.guest.process import migration
from kumoniwa.hypervisor.qemu.guest.process.command_line import MemoryFile
from kumoniwa.hypervisor.qemu.guest.process.host_process import Process, find_in
from kumoniwa.hypervisor.qemu.guest.process.machine import PROGRAM, Hearing, Machine
from kumoniwa.hypervisor.qemu.guest.surroundings import Surroundings
from kumoniwa.hypervisor.qemu.host.disk_space import DiskSpace
from kumoniwa.hypervisor.qemu.untrusted import shown

log = structlog.get_logger(__name__)

_SAVED_WITHIN = 60.0  # seconds; its memory is written already
_MIB = 1024 * 1024
_LOOK_AGAIN = 0.5  # seconds
_BECAME_FULL = "The host's disk became full while the machine was prepared."
_MOST_QUOTED = 160  # characters of the console
_SEE_IMAGE = "Launch an instance of the image, and see in it what keeps it; or build the image anew."


class QemuPreparedMachine:
    """One prepared machine. See `kumoniwa.hypervisor.driver.PreparedMachine` for the promises."""

    def __init__(self, id: PreparedId, folder: Path, surroundings: Surroundings) -> None:
        self._id = id
        self._folder = folder
        self._around = surroundings
        self._turn = asyncio.Lock()

    @property
    def id(self) -> PreparedId:
        return self._id

    async def ensure_made(self, spec: GuestSpec, *, deadline: float) -> None:
        async with self._turn:
            if await self._is_made():
                return
            await self._ensure_nothing_left()
            await self._check_room(spec)
            try:
                await self._make(spec, deadline)
            except BaseException:
                await self._ensure_nothing_left()
                raise

    async def is_made(self) -> bool:
        return await self._is_made()

    async def bytes_on_disk(self) -> int:
        return await asyncio.to_thread(_allocated, self._folder)

    async def ensure_forgotten(self) -> None:
        async with self._turn:
            await self._ensure_nothing_left()

    async def ensure_finished_or_gone(self) -> None:
        """Afterwards no process is left of what an earlier server did not finish, nor anything else of it."""
        async with self._turn:
            if not await asyncio.to_thread(saved_machine.is_finished, self._folder):
                log.info("what is left of preparing a machine is thrown away", machine=self._id)
                await self._ensure_nothing_left()

    async def _is_made(self) -> bool:
        try:
            await asyncio.to_thread(saved_machine.read, self._folder, saved_machine.maker(self._around.host))
        except NotUsable:
            return False
        return True

    async def _check_room(self, spec: GuestSpec) -> None:
        """What is missing shows only when the guest writes to its memory, and ends QEMU."""
        if self._around.space.spare() < spec.memory_mib * _MIB:
            raise HostExhausted(
                f"The host's disk has no room for {spec.memory_mib} MiB, the memory of a prepared machine.",
                way_out=MAKE_ROOM,
            )

    async def _make(self, spec: GuestSpec, deadline: float) -> None:
        layer = spec.disks[0].layer
        chain = await asyncio.to_thread(layer_checks.check_chain, self._around.layers, layer)
        await locks.ensure_released(self._around.layers, chain)
        await asyncio.to_thread(self._begin_folder)
        began, said = asyncio.get_running_loop().time(), SerialConsole()
        try:
            async with asyncio.timeout(deadline), _booting(self._folder, spec, chain, self._around, said) as machine:
                await machine.execute("stop")
                await _save(machine, self._folder / STATE)
                await machine.ensure_quit()
            await asyncio.to_thread(self._finish, spec)
        except TimeoutError as late:
            what = f"The machine did not say within {deadline:.0f} s that it is prepared.{_quoted(said)}"
            raise DriverError(what, way_out=_SEE_IMAGE) from late
        except NotAsAwaited as failure:
            if not self._around.space.has_room():  # a QEMU that cannot write to its memory is ended by the kernel
                raise HostExhausted(_BECAME_FULL, way_out=MAKE_ROOM) from failure
            what = f"The machine was not prepared: {failure.what}{_quoted(said)}"
            raise DriverError(what, way_out=_SEE_IMAGE) from failure
        except OSError as failure:
            what = f"The prepared machine was not written to the host's disk: {failure.strerror}."
            raise HostExhausted(what, way_out=MAKE_ROOM) from failure
        log.info("machine prepared", machine=self._id, seconds=round(asyncio.get_running_loop().time() - began, 1))

    def _begin_folder(self) -> None:
        self._folder.mkdir(parents=True, mode=0o700)
        (self._folder / MEMORY).touch(mode=0o600)  # QEMU would let others read it

    def _finish(self, spec: GuestSpec) -> None:
        layer = spec.disks[0].layer
        layer_checks.ensure_durable(self._around.layers, layer)
        disk_bytes = read_header(layer_checks.path_of(self._around.layers, layer)).size_bytes
        saved_machine.finish(self._folder, spec, disk_bytes, saved_machine.maker(self._around.host))

    async def _ensure_nothing_left(self) -> None:
        await asyncio.to_thread(saved_machine.disown, self._folder)
        if (identity := await asyncio.to_thread(find_in, self._folder, PROGRAM)) is not None:
            process = Process.hold(identity, lambda status: None)
            if process is not None:
                await process.ensure_ended(grace=0)
        if self._folder.exists():
            await asyncio.to_thread(shutil.rmtree, self._folder)


@contextlib.asynccontextmanager
async def _booting(
    folder: Path, spec: GuestSpec, chain: Sequence[LayerId], around: Surroundings, said: SerialConsole
) -> AsyncIterator[Machine]:
    """A machine of this folder that has said it is prepared; its process does not outlive the block.

    What its console says goes to `said`. Raises `DriverError`, of which `NotAsAwaited` is the guest's fault.
    """
    hearing = Hearing(
        on_event=lambda event: None,
        on_kernel=lambda: None,
        on_end=lambda status: None,
        on_frozen=lambda why: None,
        said=said,
    )
    memory = MemoryFile(MEMORY, is_being_made=True)
    machine = await Machine.start(
        folder, spec, {spec.disks[0].layer: chain}, around.host, (), hearing, around.tasks, memory
    )
    try:
        async with launch_port.connected(folder) as port:
            with machine.listening(port.end_with):
                await machine.execute("cont")
                await hear_with_room(port, around.space)
        yield machine
    finally:
        await machine.ensure_killed()
        await machine.release()


async def hear_with_room(port: LaunchPort, space: DiskSpace) -> None:
    """Return when the guest has said that it is prepared. Raises `NotAsAwaited`, and `HostExhausted` as soon as there
    is too little room: other guests pause then, and this one is not to take the rest."""
    while True:
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(_LOOK_AGAIN):
                return await port.hear(PREPARED)
        if not await asyncio.to_thread(space.has_room):
            raise HostExhausted(_BECAME_FULL, way_out=MAKE_ROOM)


async def _save(machine: Machine, path: Path) -> None:
    with path.open("wb") as file:
        await migration.save(machine, file.fileno(), memory_aside=True, within=_SAVED_WITHIN)


def _quoted(said: SerialConsole) -> str:
    """A sentence of what a console said last, where it said something."""
    lines = (line.strip() for line in reversed(said.said.decode(errors="replace").splitlines()))
    last = next((line for line in lines if line), "")
    return f" The last it said on its console: {shown(last[-_MOST_QUOTED:])}" if last else ""


def _allocated(folder: Path) -> int:
    found = 0
    with contextlib.suppress(FileNotFoundError):  # it is not there, or goes just now
        for entry in folder.iterdir():
            found += entry.stat().st_blocks * 512
    return found
