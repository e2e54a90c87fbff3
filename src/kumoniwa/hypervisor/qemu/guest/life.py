"""A guest's QEMU process: made, found again, ended. What it is to us is a `Phase`, moved at one place."""

import asyncio
from collections.abc import Callable, Mapping, Sequence
from enum import Enum
from pathlib import Path

import structlog

from kumoniwa.hypervisor.driver import EventKind, GuestEvent, GuestId, GuestLost, GuestSpec, LayerId, SerialConsole
from kumoniwa.hypervisor.qemu.guest.network import ensure_closed, plugged
from kumoniwa.hypervisor.qemu.guest.process import record
from kumoniwa.hypervisor.qemu.guest.process.command_line import MemoryFile
from kumoniwa.hypervisor.qemu.guest.process.machine import Hearing, Machine, said_in_log
from kumoniwa.hypervisor.qemu.guest.process.monitor import MonitorEvent
from kumoniwa.hypervisor.qemu.guest.surroundings import Surroundings
from kumoniwa.hypervisor.qemu.untrusted import Value

log = structlog.get_logger(__name__)


class Phase(Enum):
    """What a guest's process is to us, at any time one of these."""

    ABSENT = "There is none that we know of."
    STARTING = "It is made, its vCPUs not yet running: its end is raised by the call that starts it."
    LIVING = "It is followed: its end is an event."
    ENDING = "It was ended by us: its end is expected."


_MOVES = {
    Phase.ABSENT: {Phase.STARTING, Phase.LIVING},  # made by us; found, made by an earlier server
    Phase.STARTING: {Phase.LIVING, Phase.ENDING, Phase.ABSENT},
    Phase.LIVING: {Phase.ENDING, Phase.ABSENT},
    Phase.ENDING: {Phase.ABSENT},
}


class Life:
    """The process of one guest, one after another."""

    def __init__(
        self,
        id: GuestId,
        folder: Path,
        surroundings: Surroundings,
        on_event: Callable[[MonitorEvent], None],
        on_end: Callable[[], None],
    ) -> None:
        self.said = SerialConsole()
        """What the guest says on its serial console, whichever process it has."""
        self._id = id
        self._folder = folder
        self._around = surroundings
        self._on_event = on_event
        self._on_end = on_end
        self._phase = Phase.ABSENT
        self._machine: Machine | None = None  # None where the phase is ABSENT, and while a new one is being made
        self.standing_still = asyncio.Lock()
        """To be held while the vCPUs stop for a moment that means nothing: `status` waits for its end."""

    @property
    def machine(self) -> Machine | None:
        """The living QEMU."""
        return self._machine

    async def adopt(self) -> Machine | None:
        """Find the process that an earlier server made, and listen to it; None where there is none."""
        if (noted := await asyncio.to_thread(record.read, self._folder)) is None:
            return None
        machine = await Machine.adopt(self._folder, noted, self._hearing(), self._around.tasks)
        if machine is None or not machine.alive:
            return None
        self._become(Phase.LIVING, machine)
        return machine

    async def make(
        self,
        spec: GuestSpec,
        chains: Mapping[LayerId, Sequence[LayerId]],
        memory: MemoryFile | None = None,
        *,
        incoming: bool = False,
        slots: Mapping[str, int] | None = None,
    ) -> Machine:
        """Make a process, its vCPUs not yet running. Raises `DriverError`: then there is none.

        `chains`, `memory`, `incoming`, `slots`: see `command_line`.
        """
        self._become(Phase.STARTING)
        try:
            async with plugged(self._around.taps, spec) as taps:
                host, tasks = self._around.host, self._around.tasks
                hearing = self._hearing()
                machine = await Machine.start(
                    self._folder, spec, chains, host, taps, hearing, tasks, memory, incoming=incoming, slots=slots
                )
        except BaseException:
            self._become(Phase.ABSENT)
            raise
        if machine.alive:
            self._become(Phase.STARTING, machine)
        return machine

    def begin(self, machine: Machine) -> None:
        """The vCPUs of the process that was made run. Raises `GuestLost` where it has ended, or is to end, already."""
        if self._phase is not Phase.STARTING:
            raise GuestLost(f"{self._id} ended as soon as it ran.", way_out=said_in_log(self._folder))
        self._become(Phase.LIVING, machine)

    async def let_go(self) -> None:
        """Stop listening; the process goes on."""
        self.said.end()
        if self._machine is not None:
            await self._machine.release()
            self._become(Phase.ABSENT)

    async def ensure_quit(self) -> None:
        """Afterwards there is no process; what it held for the disks was handed to the host, if it could."""
        if (machine := self._machine) is not None:
            self._become(Phase.ENDING, machine)
            await machine.ensure_quit()

    async def ensure_killed(self) -> None:
        """Afterwards there is no process, at once."""
        if (machine := self._machine) is not None:
            self._become(Phase.ENDING, machine)
            await machine.ensure_killed()

    async def status(self) -> str | None:
        """QEMU's word for what the vCPUs do; None when there is no process. Raises `GuestLost` where it is silent."""
        if self._machine is None:
            return None
        try:
            async with self.standing_still:
                return await self._machine.status()
        except GuestLost:
            if self._machine is None or not self._machine.alive:
                return None
            raise

    async def ask(self, command: str, **arguments: object) -> Value:
        """Run a command of the monitor. Raises `CommandRefused`, `GuestLost`."""
        if self._machine is None:
            raise GuestLost(f"{self._id} is gone.", way_out="Start the instance again.")
        return await self._machine.execute(command, **arguments)

    def report(self, kind: EventKind, detail: str = "") -> None:
        """Report that something happened to the guest now."""
        self._around.report(GuestEvent(self._id, kind, self._around.clock.now(), detail))

    def _become(self, phase: Phase, machine: Machine | None = None) -> None:
        """Move to another phase, with the process that it is about."""
        assert phase is self._phase or phase in _MOVES[self._phase], f"{self._id}: {self._phase} -> {phase}"
        self._phase, self._machine = phase, machine

    def _hearing(self) -> Hearing:
        return Hearing(
            on_event=self._on_event,
            on_kernel=lambda: self.report(EventKind.KERNEL_STARTED),
            on_end=self._ended,
            on_frozen=self._stays_frozen,
            said=self.said,
        )

    def _stays_frozen(self, why: str | None) -> None:
        if why is None:
            self.report(EventKind.THAWED)
        else:
            self.report(EventKind.STAYS_FROZEN, why)

    def _ended(self, status: int | None) -> None:
        is_news = self._phase is Phase.LIVING
        if self._machine is not None and self._machine.spec.nic.port is not None:
            self._around.tasks.start(ensure_closed(self._around.taps, self._machine), f"close the ports of {self._id}")
        self._become(Phase.ABSENT)
        self._on_end()
        log.info("guest's process ended", guest=self._id, status=status, expected=not is_news)
        if is_news:
            self.report(EventKind.DIED, "" if status is None else f"QEMU ended with status {status}")
