"""A guest's QEMU while it lives: its process, its monitor, its console."""

import asyncio
import contextlib
from collections.abc import Callable, Coroutine, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import structlog

from kumoniwa import run, sockets
from kumoniwa.hypervisor.driver import (
    MAKE_ROOM,
    DriverError,
    GuestLost,
    GuestSpec,
    HostExhausted,
    LayerId,
    SerialConsole,
    Tap,
)
from kumoniwa.hypervisor.qemu.disks import encryption
from kumoniwa.hypervisor.qemu.disks.layer_checks import is_encrypted
from kumoniwa.hypervisor.qemu.guest.process import firmware, log_files, record
from kumoniwa.hypervisor.qemu.guest.process.command_line import (
    AGENT,
    ENVIRONMENT,
    Channels,
    Host,
    MemoryFile,
    command_line,
)
from kumoniwa.hypervisor.qemu.guest.process.console import SOCKET as CONSOLE_SOCKET
from kumoniwa.hypervisor.qemu.guest.process.console import Console
from kumoniwa.hypervisor.qemu.guest.process.disk_devices import LAYERS_FROM_GUEST
from kumoniwa.hypervisor.qemu.guest.process.host_process import Identity, Process, find_in, identify
from kumoniwa.hypervisor.qemu.guest.process.monitor import Monitor, MonitorEvent
from kumoniwa.hypervisor.qemu.untrusted import Value, shown
from kumoniwa.network.user.host.lone_link import LoneLink
from kumoniwa.network.user.host.lone_network import GUEST_SOCKET
from kumoniwa.network.vpc.host.errors import NetworkFailed
from kumoniwa.tasks import Tasks
from kumoniwa.values import dataclass

log = structlog.get_logger(__name__)

PROGRAM = "qemu-system-x86_64"
AGENT_SOCKET = "agent.sock"
LAUNCH_SOCKET = "launch.sock"
_MONITOR_SOCKET = "qmp.sock"
_START_WITHIN = 60.0  # seconds until a new QEMU greets
_ANSWER_WITHIN = 10.0  # seconds until a running one does
_END_SEEN_WITHIN = 1.0
_NO_MEMORY = "Stop other instances, or choose an instance type with less memory."
_EXHAUSTED = {  # by what QEMU says
    "Cannot allocate memory": _NO_MEMORY,
    "cannot set up guest memory": _NO_MEMORY,
    "No space left on device": MAKE_ROOM,
}
_QUIT_WITHIN = 60.0  # seconds for a QEMU that quits to flush what it holds


@dataclass(frozen=True, slots=True)
class Hearing:
    """What is called when a machine does something: its monitor's events, the first line of a kernel, its end (exit
    status), file systems that stay frozen (why) or no longer do (None). What it says on its console goes to `said`."""

    on_event: Callable[[MonitorEvent], None]
    on_kernel: Callable[[], None]
    on_end: Callable[[int | None], None]
    on_frozen: Callable[[str | None], None]
    said: SerialConsole


class Machine:
    """A living QEMU. Made by `start` or `adopt`; over when its process ends, or let go with `release`."""

    def __init__(self, folder: Path, spec: GuestSpec, identity: Identity, hearing: Hearing, tasks: Tasks) -> None:
        self.spec = spec
        """What its process was made from."""
        self.identity = identity
        self._folder = folder
        self._hearing = hearing
        self._tasks = tasks
        self._monitor: Monitor | None = None
        self._connecting = asyncio.Lock()
        self._listeners: list[Callable[[MonitorEvent], None]] = []
        self._going_on: dict[str, asyncio.Task[object]] = {}
        self._process = Process.hold(identity, hearing.on_end)
        if self._process is None:
            run.reap(identity.pid)
        self.console = Console(folder, hearing.on_kernel, hearing.said)
        self.lone: LoneLink | None = None
        """The network of a guest that is alone; of one that an earlier version started, QEMU itself is."""
        if spec.nics and (nic := spec.nic).port is None and LoneLink.is_of(folder):
            self.lone = LoneLink(folder, nic.mac, nic.block, nic.address, lambda: self.alive, tasks)

    @property
    def name(self) -> str:
        return self._folder.name

    @property
    def alive(self) -> bool:
        return self._process is not None and not self._process.ended.is_set()

    @classmethod
    async def start(
        cls,
        folder: Path,
        spec: GuestSpec,
        chains: Mapping[LayerId, Sequence[LayerId]],
        host: Host,
        taps: Sequence[Tap],
        hearing: Hearing,
        tasks: Tasks,
        memory: MemoryFile | None = None,
        *,
        incoming: bool = False,
        slots: Mapping[str, int] | None = None,
    ) -> "Machine":
        """A new QEMU, its vCPUs not yet running. Raises `DriverError`; then there is no process.

        `chains`, `memory`, `incoming`, `slots`: see `command_line`. `taps`: of its network interfaces, where they are
        plugged in.
        """
        with contextlib.ExitStack() as stack:

            def listen(name: str) -> int:
                return stack.enter_context(sockets.listen(folder / name)).fileno()

            monitor, console, agent = (listen(name) for name in (_MONITOR_SOCKET, CONSOLE_SOCKET, AGENT_SOCKET))
            lone = listen(GUEST_SOCKET) if spec.nics and not taps else None
            launch = None if memory is None else listen(LAUNCH_SOCKET)
            await asyncio.to_thread(firmware.ensure_variables, folder, spec.firmware)
            channels = Channels(monitor, console, agent, tuple(tap.tap for tap in taps), lone, launch)
            encrypted = await asyncio.to_thread(_encrypted, folder / LAYERS_FROM_GUEST, spec)
            argv = command_line(
                spec, chains, host, channels, memory, incoming=incoming, slots=slots or {}, encrypted=encrypted
            )
            await asyncio.to_thread(record.write, folder, record.GuestRecord(spec, None))
            listening = [file for file in (monitor, console, agent, lone, launch) if file is not None]
            # The last one is for nobody to use: by it the network's namespace lives as long as the guest.
            inherited = [*listening, *channels.taps, *(tap.network for tap in taps[:1])]
            identity = _spawn(argv, folder, inherited)
        if identity is None:
            raise _failure(folder)
        machine = cls(folder, spec, identity, hearing, tasks)
        if incoming:
            machine.console.expect_no_kernel()
        try:
            await asyncio.to_thread(record.write, folder, record.GuestRecord(spec, identity))
            if machine.lone is not None:
                await machine.lone.begin()
            await machine.connect(within=_START_WITHIN)
            if machine.lone is not None:
                await machine.lone.ready()
            tasks.start(machine.console.follow(), f"the console of {spec.id}")
        except NetworkFailed as failure:
            await machine.ensure_killed()
            raise DriverError.of(failure) from failure
        except GuestLost as lost:
            await machine.ensure_killed()
            raise _failure(folder) from lost
        except BaseException:
            await machine.ensure_killed()
            raise
        return machine

    @classmethod
    async def adopt(cls, folder: Path, noted: record.GuestRecord, hearing: Hearing, tasks: Tasks) -> "Machine | None":
        """The QEMU that an earlier server made, listened to again; None when it is no more."""
        identity = noted.process or await asyncio.to_thread(find_in, folder, PROGRAM)
        if identity is None:
            return None
        machine = cls(folder, noted.spec, identity, hearing, tasks)
        if not machine.alive:
            return None
        if noted.process is None:
            await asyncio.to_thread(record.write, folder, record.GuestRecord(noted.spec, identity))
        tasks.start(machine.console.follow(), f"the console of {noted.spec.id}")
        if machine.lone is not None:
            with contextlib.suppress(NetworkFailed):  # whoever opens its ports tries again
                await machine.lone.ensure_there()
        with contextlib.suppress(GuestLost):  # it may be busy: every command tries again
            await machine.connect(within=_ANSWER_WITHIN)
        return machine

    async def connect(self, *, within: float) -> Monitor:
        """The connection to the monitor, made anew where there is none. Raises `GuestLost`."""
        async with self._connecting:
            if self._monitor is None:
                if not self.alive:
                    raise GuestLost(f"{self._folder.name} is gone.", way_out="Start the instance again.")
                monitor = Monitor(self._folder.name, self._heard)
                await monitor.connect(self._folder / _MONITOR_SOCKET, within=within)
                self._monitor = monitor
                self._tasks.start(self._watch(monitor), f"the monitor of {self._folder.name}")
            return self._monitor

    async def execute(self, command: str, **arguments: object) -> Value:
        """Run a command of the monitor. Raises `CommandRefused`, `GuestLost`; then it is known whether it is alive."""
        try:
            monitor = self._monitor or await self.connect(within=_ANSWER_WITHIN)
            return await monitor.execute(command, **arguments)
        except GuestLost:
            if self._process is not None:
                with contextlib.suppress(TimeoutError):  # the connection breaks a moment before the end is seen
                    async with asyncio.timeout(_END_SEEN_WITHIN):
                        await self._process.ended.wait()
            raise

    @contextlib.contextmanager
    def listening(self, hear: Callable[[MonitorEvent], None]) -> Iterator[None]:
        """Tell `hear` of each of the monitor's events as well, as long as the block runs."""
        self._listeners.append(hear)
        try:
            yield
        finally:
            self._listeners.remove(hear)

    async def human(self, command: str) -> str:
        """Run a command of the human monitor; gives its text, which is not safe to show."""
        return (await self.execute("human-monitor-command", command_line=command)).page()

    async def hand_over(self, file: int, name: str) -> None:
        """Give QEMU a copy of an open file, under a name for the next command that takes one. Raises `GuestLost`."""
        monitor = self._monitor or await self.connect(within=_ANSWER_WITHIN)
        await monitor.hand_over(file, name)

    async def status(self) -> str:
        """QEMU's word for what the vCPUs do: `running`, `shutdown`, `paused`, `io-error`, …"""
        return (await self.execute("query-status"))["status"].text()

    def last_words(self) -> str:
        """The end of what QEMU says in its log, made safe to show. To be called in a thread."""
        return shown(_end_of_log(self._folder)[-300:])

    async def has_agent(self) -> bool:
        """Whether an agent in the guest is connected to its port."""
        ports = await self.execute("query-chardev")
        return any(port["label"].text() == AGENT and port["frontend-open"].flag() for port in ports.each())

    async def ensure_quit(self) -> None:
        """Afterwards the process has ended; what it held for the disks was handed to the host, if it could."""
        if self._process is not None and self.alive:
            with contextlib.suppress(GuestLost):  # it quits before it answers
                await self.execute("quit")
            await self._process.ensure_ended(grace=_QUIT_WITHIN)

    async def ensure_killed(self) -> None:
        """Afterwards the process has ended, at once."""
        if self._process is not None and self.alive:
            await self._process.ensure_ended(grace=0)

    async def release(self) -> None:
        """Let go: the machine goes on without us."""
        if self._process is not None:
            self._process.release()
        if self.lone is not None:
            self.lone.release()
        if self._monitor is not None:
            await self._monitor.close()

    def stays_frozen(self, why: str | None) -> None:
        """Report that its file systems cannot be thawed, and why; None: they were, after all."""
        self._hearing.on_frozen(why)

    def go_on_with(self, work: Coroutine[Any, Any, object], name: str) -> None:
        """Do something for this machine in the background, as long as the driver is open, and once at a time."""
        if (begun := self._going_on.get(name)) is not None and not begun.done():
            work.close()
        else:
            self._going_on[name] = self._tasks.start(work, f"{name}: {self.name}")

    def _heard(self, event: MonitorEvent) -> None:
        for hear in tuple(self._listeners):
            hear(event)
        self._hearing.on_event(event)

    async def _watch(self, monitor: Monitor) -> None:
        try:
            await monitor.lost()
        except asyncio.CancelledError:  # the server lets go, perhaps in the middle of tidying up
            await monitor.close()
            raise
        finally:  # whatever ended it: the next command makes another connection
            self._monitor = None


def _spawn(argv: list[str], folder: Path, inherited: list[int]) -> Identity | None:
    """Start QEMU with these open files; None when it ended at once."""
    path = folder / log_files.QEMU
    if path.exists():
        path.rename(
            folder / f"{log_files.QEMU}.before"
        )  # a crash can still be looked into after the guest was made again
    with path.open("wb") as output:
        pid = run.start_detached(argv, cwd=folder, output=output, pass_fds=inherited, environment=ENVIRONMENT)
    if (identity := identify(pid)) is None:
        run.reap(pid)
    return identity


def _encrypted(layers: Path, spec: GuestSpec) -> frozenset[LayerId]:
    """The layers of the guest's disks that are encrypted. Raises `DriverError` where what opens them is not there."""
    found = frozenset(disk.layer for disk in spec.disks if is_encrypted(layers, disk.layer))
    if found:
        encryption.check_key(layers)
    return found


def _failure(folder: Path) -> DriverError:
    """Why QEMU did not start, in its own words."""
    said = _end_of_log(folder)
    text = f"QEMU did not start: {shown(said[-300:]) or 'it said nothing'}"
    for sign, way_out in _EXHAUSTED.items():
        if sign in said:
            return HostExhausted(text, way_out=way_out)
    return DriverError(text, way_out=said_in_log(folder))


def _end_of_log(folder: Path) -> str:
    return log_files.end_of(folder / log_files.QEMU, 1000).decode(errors="replace").strip()


def said_in_log(folder: Path) -> str:
    """The way out of what QEMU ended for, whatever it was."""
    return f"guests/{folder.name}/{log_files.QEMU} in the data folder says why; kumoniwa doctor, what this host lacks."
