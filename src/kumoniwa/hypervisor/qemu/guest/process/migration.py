"""Saving what a machine is to an open file, and loading it into a QEMU that was made for that (`-incoming defer`).

QEMU's migration does both, as fast as the file takes it. The file may be a regular one, or a pipe to a program that
packs or encrypts: the server moves nothing itself, and waits for QEMU's word.
"""

import asyncio
import contextlib
import dataclasses
from collections.abc import Iterator

from kumoniwa.hypervisor.driver import AGAIN, DriverError, GuestLost
from kumoniwa.hypervisor.qemu.guest.process.machine import Machine
from kumoniwa.hypervisor.qemu.guest.process.monitor import CommandRefused, MonitorEvent
from kumoniwa.hypervisor.qemu.untrusted import Value, shown

_FILE = "state"  # the name that QEMU has for the open file
_NO_LIMIT = 1 << 40  # bytes a second; QEMU's own is 128 MiB
_LOOK_AGAIN = 0.5  # seconds; QEMU tells by an event, but not of its own end
_CANCELLED_WITHIN = 10.0
_ENDED_BADLY = frozenset({"failed", "cancelled"})


class NotSaved(DriverError):
    """A machine was not saved. Its vCPUs stand still, and it may go on with `cont`."""

    def __init__(self, what: str, *, way_out: str = AGAIN) -> None:
        super().__init__(what, way_out=way_out)


class NotLoaded(DriverError):
    """A machine was not loaded. What its process holds makes no sense: it is to be ended."""

    def __init__(self, what: str, *, way_out: str = AGAIN) -> None:
        super().__init__(what, way_out=way_out)


async def save(machine: Machine, file: int, *, memory_aside: bool, within: float) -> None:
    """Afterwards all that the machine is was written to the open file, which stays the caller's, and its disks are
    let go of. To be called when its vCPUs stand still (`stop`); afterwards it is ended, or goes on (`cont`).

    `memory_aside`: but for memory that is in a file of its own (`MemoryFile`).
    Nothing is flushed to the host's disk. Raises `NotSaved`, also when it takes longer than `within` seconds; and
    `GuestLost`.
    """
    try:
        await _set_up(machine, memory_aside=memory_aside)
        await machine.execute("migrate-set-parameters", max_bandwidth=_NO_LIMIT)
        with _hearing(machine) as heard:
            await _begin(machine, "migrate", file)
            await _end(machine, heard, within)
    except CommandRefused as refusal:
        raise NotSaved(f"{machine.name} cannot be saved: {refusal.what}") from refusal
    except _Failed as failure:
        raise NotSaved(f"{machine.name} was not saved: {failure}") from failure
    except TimeoutError as late:
        await _cancel(machine)
        raise NotSaved(f"{machine.name} was not saved within {within:.0f} s.") from late


async def load(machine: Machine, file: int, *, memory_aside: bool, within: float) -> None:
    """Afterwards the machine, a new process that waits for it, is what was saved to the open file, and its vCPUs stand
    still where they did. It may be given further devices before it goes on (`cont`).

    `memory_aside`: as it was saved. Raises `NotLoaded`, in QEMU's words where it has any.
    """
    try:
        await _set_up(machine, memory_aside=memory_aside)
        with _hearing(machine) as heard:
            await _begin(machine, "migrate-incoming", file)
            await _end(machine, heard, within)
    except CommandRefused as refusal:
        raise NotLoaded(refusal.what) from refusal
    except _Failed as failure:
        raise NotLoaded(f"QEMU cannot load it: {failure}") from failure
    except GuestLost as lost:  # it ends with what it cannot load
        said = await asyncio.to_thread(machine.last_words)
        raise NotLoaded(f"QEMU cannot load it: {said}" if said and not machine.alive else lost.what) from lost
    except TimeoutError as late:
        raise NotLoaded(f"QEMU did not load it within {within:.0f} s.") from late


class _Failed(Exception):
    """QEMU says that it did not succeed, and why."""


@dataclasses.dataclass(slots=True)
class _Heard:
    """What QEMU tells by itself: that it is further."""

    changed: asyncio.Event


@contextlib.contextmanager
def _hearing(machine: Machine) -> Iterator[_Heard]:
    heard = _Heard(asyncio.Event())

    def hear(event: MonitorEvent) -> None:
        if event.name == "MIGRATION":
            heard.changed.set()

    with machine.listening(hear):
        yield heard


async def _set_up(machine: Machine, *, memory_aside: bool) -> None:
    wanted = {"events": True, "x-ignore-shared": memory_aside}
    capabilities = [{"capability": name, "state": state} for name, state in wanted.items()]
    await machine.execute("migrate-set-capabilities", capabilities=capabilities)


async def _begin(machine: Machine, command: str, file: int) -> None:
    await machine.hand_over(file, _FILE)
    try:
        await machine.execute(command, uri=f"fd:{_FILE}")
    except CommandRefused:
        with contextlib.suppress(CommandRefused):  # it was taken all the same
            await machine.execute("closefd", fdname=_FILE)
        raise


async def _end(machine: Machine, heard: _Heard, within: float) -> None:
    """Return once it is done. Raises `_Failed`, `TimeoutError`, `GuestLost`."""
    async with asyncio.timeout(within):
        while True:
            heard.changed.clear()
            now = await machine.execute("query-migrate")
            status = _status(now)
            if status == "completed":
                return
            if status in _ENDED_BADLY:
                why = now.get("error-desc")
                raise _Failed(status if why is None else shown(why.page()))
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(_LOOK_AGAIN):
                    await heard.changed.wait()


async def _cancel(machine: Machine) -> None:
    """Afterwards, as far as QEMU follows, nothing is saved any more."""
    with contextlib.suppress(TimeoutError, CommandRefused), _hearing(machine) as heard:
        await machine.execute("migrate_cancel")
        with contextlib.suppress(_Failed):  # which is what was asked for
            await _end(machine, heard, _CANCELLED_WITHIN)


def _status(query_migrate: Value) -> str:
    """QEMU's word for how far it is; none before it has begun."""
    status = query_migrate.get("status")
    return "" if status is None else status.text()
