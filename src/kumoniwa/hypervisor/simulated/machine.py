"""One simulated machine: a process that may be there or not, in it virtual processors and a small Linux.

It knows nothing of who asked: power button, reset, pulled plug. What takes time is one timer; a machine at rest has no
task at all.
"""

import asyncio
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import uuid4

from kumoniwa.clock import Clock
from kumoniwa.hypervisor.driver import (
    Cut,
    CutRefused,
    EventKind,
    GuestEvent,
    GuestId,
    GuestLost,
    GuestSpec,
    GuestState,
    LayerId,
)
from kumoniwa.hypervisor.simulated import linux
from kumoniwa.hypervisor.simulated.layer import FileSystem
from kumoniwa.hypervisor.simulated.layers import Layers
from kumoniwa.hypervisor.simulated.ports import Ports
from kumoniwa.hypervisor.simulated.timing import Timing
from kumoniwa.tasks import Tasks


@dataclass(frozen=True, slots=True)
class Host:
    """Where a machine runs."""

    clock: Clock
    timing: Timing
    layers: Layers
    ports: Ports
    tasks: Tasks
    tell: Callable[[GuestEvent], None]


class Machine:
    """A machine, over all its processes: its console and how it ended outlive them."""

    def __init__(self, id: GuestId, host: Host) -> None:
        self.id = id
        self.state = GuestState.ABSENT
        self.disks: dict[str, LayerId] = {}
        """The writable layer of each disk by its serial, the one it boots from first."""
        self.boot_id: str | None = None
        self.started_at: datetime | None = None
        self.at_rest_at: datetime | None = None
        """When the last boot ended with its disks at rest; None when it goes on or ended otherwise."""
        self.ignores_power_button = False
        self.console = b""
        self._host = host
        self._hostname = self._product = ""
        self._reachable = self._power_key_pressed = self._out_of_space = False
        self._unsynced: dict[str, dict[str, bytes]] = {}  # serial → path → what no disk holds yet
        self._timer: asyncio.Task[object] | None = None
        self._next: tuple[float, Callable[[], None]] | None = None  # what the timer is for
        self._waiting: list[asyncio.Future[bool]] = []

    # What the driver does to it.

    def plug_in(self, spec: GuestSpec) -> None:
        """Make the process, its processors not started. Raises `DriverError`: then there is none."""
        opened: dict[str, LayerId] = {}
        try:
            for disk in spec.disks:
                self._host.layers.open(disk.layer, self.id)
                opened[disk.serial] = disk.layer
        except BaseException:
            for layer in opened.values():
                self._host.layers.close(layer)
            raise
        self.disks = opened
        self._hostname, self._product = linux.hostname(spec.address), spec.product
        self.started_at = self.at_rest_at = None
        self._become(GuestState.HALTED)

    def start(self) -> None:
        """Reset it and let the processors run: a new boot. What was in its memory is gone."""
        self._stop_timer()
        self._unsynced.clear()
        self._reachable = self._power_key_pressed = self._out_of_space = False
        self.boot_id, self.started_at, self.at_rest_at = str(uuid4()), self._host.clock.now(), None
        states = {serial: self._host.layers.filesystem(layer) for serial, layer in self.disks.items()}
        kernel = linux.booting(self._product, [s for s, state in states.items() if state is FileSystem.NEEDS_RECOVERY])
        self._print(linux.from_kernel(kernel, 0))
        self._become(GuestState.RUNNING)
        self._log([f"kernel: {line}" for line in kernel])
        self.sync()
        self._tell(EventKind.KERNEL_STARTED)
        self._after(self._host.timing.boot, self._booted)

    def press_power_button(self) -> None:
        """A running guest begins to shut down, once it is up; unless it ignores the button."""
        if self.state is not GuestState.RUNNING or self.ignores_power_button or self._power_key_pressed:
            return
        self._power_key_pressed = True
        if self._reachable:
            self._begin_shutdown(linux.POWER_KEY, self._power_down)

    def stop_processors(self) -> None:
        """Cut it off where it is."""
        if self.state is GuestState.RUNNING or self._out_of_space:
            self._stop_timer()
            self._out_of_space = False
            self._become(GuestState.HALTED)

    def pull_plug(self) -> None:
        """End the process. What the guest did not write yet is lost."""
        if self.state is GuestState.ABSENT:
            return
        self._stop_timer()
        self._unsynced.clear()
        for layer in self.disks.values():
            self._host.layers.close(layer)
        self.disks, self.boot_id, self._out_of_space = {}, None, False
        self._host.ports.close(self.id)
        self._become(GuestState.ABSENT)

    def cut(self, cuts: Sequence[Cut]) -> None:
        """Switch all these disks at one instant, but for those switched already. Raises `CutRefused`: then none was."""
        serials = {layer: serial for serial, layer in self.disks.items()}
        switches: dict[str, Cut] = {}
        for cut in cuts:
            if cut.new in serials:
                continue
            if cut.old not in serials:
                raise CutRefused(f"Guest {self.id} has no disk whose writable layer is {cut.old}.")
            if cut.new not in self._host.layers or self._host.layers[cut.new].parent != cut.old:
                raise CutRefused(f"There is no layer {cut.new} that stands on {cut.old}.")
            switches[serials[cut.old]] = cut
        for serial, cut in switches.items():
            self._host.layers.switch(cut.old, cut.new)
            self.disks[serial] = cut.new

    async def wait_until_down(self, seconds: float) -> bool:
        """Return True once it does not run any more, and will not by itself; False after this many seconds."""
        if self._is_down() or seconds <= 0:
            return self._is_down()
        down: asyncio.Future[bool] = asyncio.get_running_loop().create_future()
        self._waiting.append(down)
        deadline = self._host.tasks.start(self._give_up(down, seconds), f"deadline of {self.id}")
        try:
            return await down
        finally:
            deadline.cancel()
            self._waiting.remove(down)

    # What happens inside it.

    def power_off(self) -> None:
        self._require_running()
        self._begin_shutdown(linux.GOING_DOWN, self._power_down)

    def reboot(self) -> None:
        self._require_running()
        self._begin_shutdown(linux.REBOOTING, self._reset)

    def panic(self) -> None:
        self._require_running()
        self._stop_timer()
        self._print(linux.from_kernel(["Kernel panic - not syncing: sysrq triggered crash"], self._uptime()))
        self._become(GuestState.HALTED)
        self._tell(EventKind.PANICKED)

    def die(self) -> None:
        """The process ends without being told to."""
        if self.state is GuestState.ABSENT:
            raise GuestLost(f"Guest {self.id} has no process that could end.")
        self.pull_plug()
        self._tell(EventKind.DIED)

    def run_out_of_space(self) -> None:
        """The host's disk is full at the guest's next write: it is paused with all that it has in memory."""
        self._require_running()
        self._pause_timer()
        self._out_of_space = True
        self._become(GuestState.HALTED)
        self._tell(EventKind.OUT_OF_SPACE)

    def find_space(self) -> None:
        """There is room on the host again: a guest that waited for it goes on."""
        if self._out_of_space:
            self._out_of_space = False
            self._become(GuestState.RUNNING)
            self._tell(EventKind.RESUMED)
            if self._next is not None:
                self._after(*self._next)

    def write(self, path: str, data: bytes, serial: str | None) -> None:
        """Write a file, into memory only until `sync` or a clean shutdown."""
        self._require_running()
        self._unsynced.setdefault(self._serial(serial), {})[path] = data

    def read(self, path: str, serial: str | None) -> bytes | None:
        """What a program in the guest reads; None: there is no such file."""
        self._require_running()
        where = self._serial(serial)
        in_memory = self._unsynced.get(where, {}).get(path)
        return in_memory if in_memory is not None else self._host.layers.get(self.disks[where], path)

    def sync(self) -> None:
        """Everything written so far is on the disks."""
        self._require_running()
        self._flush(FileSystem.NEEDS_RECOVERY)

    # How it lives.

    def _booted(self) -> None:
        self._reachable = True
        if self.boot_id is not None:
            self._log(linux.reachable(self.boot_id, self._uptime()))
        self.sync()
        self._print(linux.login(self._hostname))
        self._tell(EventKind.REACHABLE)
        if self._power_key_pressed:
            self._begin_shutdown(linux.POWER_KEY, self._power_down)

    def _begin_shutdown(self, why: Sequence[str], then: Callable[[], None]) -> None:
        self._log(why)
        self._after(self._host.timing.shutdown, then)

    def _power_down(self) -> None:
        self._come_to_rest("Power down")
        self._become(GuestState.SHUT_DOWN)
        self._tell(EventKind.SHUT_DOWN)

    def _reset(self) -> None:
        self._come_to_rest("Restarting system")
        self._tell(EventKind.RESET)
        self.start()

    def _come_to_rest(self, last_words: str) -> None:
        self._log(linux.AT_REST)
        self._flush(FileSystem.CLEAN)
        self._print(linux.from_kernel([f"reboot: {last_words}"], self._uptime()))
        self.boot_id, self.at_rest_at = None, self._host.clock.now()

    def _flush(self, left_as: FileSystem) -> None:
        # A data volume has no file system before the guest writes to it; the root's is mounted from the first moment.
        for serial, layer in self.disks.items():
            files = self._unsynced.pop(serial, {})
            if files or self._host.layers.filesystem(layer) is not FileSystem.BLANK:
                self._host.layers.put(layer, files, left_as)

    def _log(self, lines: Sequence[str]) -> None:
        text = linux.to_syslog(lines, self._hostname, self._host.clock.now()).encode()
        log = (self.read(linux.MESSAGES, None) or b"") + text
        self.write(linux.MESSAGES, log[-linux.LOG_LIMIT :], None)

    def _print(self, text: str) -> None:
        self.console = (self.console + text.encode())[-linux.LOG_LIMIT :]

    def _tell(self, kind: EventKind) -> None:
        self._host.tell(GuestEvent(self.id, kind, self._host.clock.now()))

    def _become(self, state: GuestState) -> None:
        self.state = state
        if self._is_down():
            for waiting in self._waiting:
                if not waiting.done():
                    waiting.set_result(True)

    def _is_down(self) -> bool:
        return self.state is not GuestState.RUNNING and not self._out_of_space

    def _uptime(self) -> float:
        return 0.0 if self.started_at is None else (self._host.clock.now() - self.started_at).total_seconds()

    def _serial(self, serial: str | None) -> str:
        if serial is None:
            return next(iter(self.disks))
        if serial not in self.disks:
            raise GuestLost(f"Guest {self.id} sees no disk with the serial {serial}.")
        return serial

    def _require_running(self) -> None:
        if self.state is not GuestState.RUNNING:
            raise GuestLost(f"Guest {self.id} does not run: it is {self.state}.")

    def _after(self, seconds: float, then: Callable[[], None]) -> None:
        """Let this much time pass, then do it; nothing else that was begun goes on."""
        self._stop_timer()
        if seconds <= 0:
            then()
            return
        self._next = (seconds, then)
        until = self._host.clock.now() + timedelta(seconds=seconds)
        self._timer = self._host.tasks.start(self._let_pass(until, then), f"guest {self.id}")

    async def _let_pass(self, until: datetime, then: Callable[[], None]) -> None:
        # Counted from when it was begun: a test may move its clock before this task has its first turn.
        if (left := (until - self._host.clock.now()).total_seconds()) > 0:
            await self._host.clock.sleep(left)
        self._timer = self._next = None  # before `then`, which may begin the next thing
        then()

    def _pause_timer(self) -> None:
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None

    def _stop_timer(self) -> None:
        self._pause_timer()
        self._next = None

    async def _give_up(self, down: asyncio.Future[bool], seconds: float) -> None:
        await self._host.clock.sleep(seconds)
        if not down.done():
            down.set_result(False)
