"""One simulated machine: a process that may be there or not, in it virtual processors and a small Linux.

It knows nothing of who asked: power button, reset, pulled plug. What takes time is one timer; a machine at rest has no
task at all.
"""

import sys
from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import datetime
from typing import NamedTuple

from kumoniwa.hypervisor.driver import (
    START_ANEW,
    DiskBus,
    DriverError,
    EventKind,
    GuestDisk,
    GuestEvent,
    GuestId,
    GuestLost,
    GuestNic,
    GuestSpec,
    GuestState,
    Identity,
    SerialConsole,
)
from kumoniwa.hypervisor.simulated import linux
from kumoniwa.hypervisor.simulated.drives import Drives, DrivesMemory
from kumoniwa.hypervisor.simulated.host import Host
from kumoniwa.hypervisor.simulated.layer import FileSystem
from kumoniwa.hypervisor.simulated.timer import Timer
from kumoniwa.hypervisor.simulated.waiters import Waiters
from kumoniwa.ids import new_uuid

PREPARED_BOOT = "9e3d5a1c-0000-4000-8000-000000000000"
"""The boot id of all that go on from prepared machines, until their next boot."""


class Memory(NamedTuple):
    """All that was in a machine when it was suspended."""

    key: bytes
    at: datetime
    spec: GuestSpec
    drives: DrivesMemory
    boot_id: str | None
    started_at: datetime | None
    reachable: bool

    @property
    def size_bytes(self) -> int:
        return self.spec.memory_mib << 20


class Machine:
    """A machine, over all its processes: its console and how it ended outlive them."""

    __slots__ = (
        "_bus",
        "_host",
        "_hostname",
        "_out_of_space",
        "_power_key_pressed",
        "_product",
        "_reachable",
        "_spec",
        "_timer",
        "_waiters",
        "agent_answers",
        "at_rest_at",
        "at_rest_seen",
        "boot_id",
        "drives",
        "id",
        "identity",
        "ignores_power_button",
        "is_frozen",
        "memory",
        "nics",
        "serial",
        "started_at",
        "state",
    )

    def __init__(self, id: GuestId, host: Host) -> None:
        self.id = id
        self.state = GuestState.ABSENT
        self.drives = Drives(id, host.layers)
        self.nics: tuple[GuestNic, ...] = ()
        """The network interfaces that are plugged in, the primary one first. No packets are carried."""
        self.boot_id: str | None = None
        self.identity: Identity | None = None
        """Who it was told to be, of one that goes on from a prepared machine; until its next boot."""
        self.started_at: datetime | None = None
        self.at_rest_at: datetime | None = None
        """When the last boot ended with its disks at rest; None when it goes on or ended otherwise."""
        self.at_rest_seen = False
        """Whether the driver that listens now was there then."""
        self.ignores_power_button = False
        self.agent_answers = True
        self.is_frozen = False
        """Its file systems take no writes: its agent froze them, and they wait to be thawed."""
        self.memory: Memory | None = None
        """Of one that is suspended."""
        self.serial = SerialConsole()
        self._host = host
        self._spec: GuestSpec | None = None  # what it was made from, where it can be suspended
        self._hostname = self._product = ""
        self._bus = DiskBus.NVME
        self._reachable = self._power_key_pressed = self._out_of_space = False
        self._timer = Timer(host.clock, host.tasks, id)
        self._waiters = Waiters(host.clock, host.tasks, id)

    @property
    def waits_for_room(self) -> bool:
        """Whether it stands still until the host's disk has room again."""
        return self._out_of_space

    # What the driver does to it.

    def plug_in(self, spec: GuestSpec) -> None:
        """Make the process, its processors not started. Raises `DriverError`: then there is none."""
        hostname = linux.hostname(spec.nic.address)
        self.drives.open(spec.disks)
        self.nics = spec.nics
        self._hostname, self._product, self._bus = hostname, sys.intern(spec.product), spec.bus  # of few types are many
        self.started_at = self.at_rest_at = self.memory = None
        self._spec = spec if spec.bus is DiskBus.VIRTIO else None
        self._become(GuestState.HALTED)

    def start(self) -> None:
        """Reset it and let the processors run: a new boot. What was in its memory is gone."""
        self._begin(new_uuid(), None)
        states = self.drives.filesystems()
        recovered = [serial for serial, state in states.items() if state is FileSystem.NEEDS_RECOVERY]
        kernel = linux.booting(self._product, self._bus, recovered)
        self._print(linux.from_kernel(kernel, 0))
        self._become(GuestState.RUNNING)
        self._log([f"kernel: {line}" for line in kernel])
        self.sync()
        self._report(EventKind.KERNEL_STARTED)
        self._timer.set(self._host.timing.boot, self._booted)

    def go_on(self, identity: Identity) -> None:
        """Go on where a prepared machine stopped, as this one from now on: no kernel starts."""
        self._begin(PREPARED_BOOT, identity)
        self._hostname = identity.hostname.partition(".")[0]
        self._become(GuestState.RUNNING)
        self._log([f"systemd[1]: Machine ID is {identity.machine_id}."])
        self.sync()
        self._timer.set(self._host.timing.restore, self._booted)

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
            self._timer.stop()
            self._out_of_space = False
            self._become(GuestState.HALTED)

    def pull_plug(self) -> None:
        """End the process. What the guest did not write yet is lost."""
        if self.state is GuestState.ABSENT:
            return
        self._timer.stop()
        self.drives.forget_memory()
        self.drives.close()
        self.nics = ()
        self.boot_id, self.identity, self._out_of_space, self.is_frozen = None, None, False, False
        self._host.ports.close(self.id)
        self._become(GuestState.ABSENT)

    def suspend(self, key: bytes) -> None:
        """End the process, and keep all that is in it. Raises `DriverError` where that cannot be."""
        if self.state is not GuestState.RUNNING:
            raise DriverError(f"Guest {self.id} does not run: it is {self.state}.", way_out=START_ANEW)
        if self._spec is None:
            raise DriverError("A guest whose disks are NVMe cannot be suspended.", way_out=START_ANEW)
        if self.drives.has_torn_out:
            raise DriverError("The guest has not let go of a disk since it was taken away.", way_out=START_ANEW)
        layers = self.drives.layers
        disks = tuple(GuestDisk(layers[serial], serial) for serial in self.drives.serials())
        spec = replace(self._spec, disks=disks, nics=self.nics)
        self._timer.pause()
        memory = self.drives.suspend()
        now = self._host.clock.now()
        self.memory = Memory(key, now, spec, memory, self.boot_id, self.started_at, self._reachable)
        self.nics, self.boot_id, self.is_frozen = (), None, False
        self._host.ports.close(self.id)
        self._become(GuestState.ABSENT)

    def resume(self, spec: GuestSpec, memory: Memory) -> None:
        """Go on with what was kept. Raises `DriverError`: then it is as it was."""
        self.drives.resume(spec.disks, memory.drives)
        self.nics, self._spec = spec.nics, spec
        self.memory = None
        self.boot_id, self.started_at, self._reachable = memory.boot_id, memory.started_at, memory.reachable
        self._become(GuestState.RUNNING)
        self._timer.resume()
        self.report_again()

    def attach(self, disk: GuestDisk) -> None:
        """Plug a disk in; a running guest sees it appear. Raises `DriverError`: then it is not."""
        if self.drives.attach(disk):
            self._log_if_running(linux.disk_appears(self._bus, self.drives.slot(disk.serial), disk.serial))

    @property
    def hears_of_devices(self) -> bool:
        """Whether it lets a network interface go when it is asked: it runs, or does not need to be asked."""
        return not self._out_of_space

    def lets_go(self, serial: str) -> bool:
        """Give a disk back, all of it written, if the guest does; one that does not run is not asked."""
        busy = self.is_frozen or serial in self.drives.held
        if self._out_of_space or (self.state is GuestState.RUNNING and busy):
            return False
        if self.state is GuestState.RUNNING:
            self.drives.let_go(serial)
        else:
            self.drives.take(serial)
        return True

    def release_disk(self, serial: str) -> None:
        """No program keeps the disk busy any more; it goes, where the guest was asked for it meanwhile."""
        self.drives.held -= {serial}
        if serial in self.drives.asked and serial in self.drives.layers and self.lets_go(serial):
            self._report(EventKind.DISK_LET_GO, serial)
        self.drives.asked -= {serial}

    def take_disk(self, serial: str) -> None:
        """Take a disk from a guest that does not let it go."""
        slot = self.drives.slot(serial)
        self.drives.tear_out(serial)
        self._log_if_running(linux.disk_fails(self._bus, slot))

    def grow_disk(self, disk: GuestDisk, size_bytes: int) -> None:
        """Make a disk at least this long; a running guest sees it."""
        before = self._host.layers[disk.layer].size_bytes
        self._host.layers.grow(disk.layer, size_bytes)
        if before < size_bytes:
            self._log_if_running(linux.disk_grows(self._bus, self.drives.slot(disk.serial), before, size_bytes))

    def freeze(self) -> str:
        """Have the agent freeze the file systems: all is on the disks, and they are clean. Gives why it did not."""
        if self.state is not GuestState.RUNNING:
            return f"the guest does not run: it is {self.state}"
        if not self._reachable or not self.agent_answers:
            return "the guest agent does not answer"
        self.drives.flush(FileSystem.CLEAN)
        self.is_frozen = True
        return ""

    def thaw(self) -> None:
        """Let a frozen guest write again."""
        if self.is_frozen:
            self.is_frozen = False
            if self.state is GuestState.RUNNING:
                self.drives.flush(FileSystem.NEEDS_RECOVERY)

    def report_again(self) -> None:
        """Report to a new listener what it cannot see: that the machine is reachable, or waits for room."""
        if self._out_of_space:
            self._report(EventKind.OUT_OF_SPACE)
        elif self._reachable and self.state is GuestState.RUNNING:
            self._report(EventKind.REACHABLE)

    def answer_typing(self) -> None:
        """Somebody types on its console: it says, once, that nothing reads that. One that does not run is silent."""
        if self.state is GuestState.RUNNING and not self.serial.said.endswith(linux.NO_SHELL.encode()):
            self._print(linux.NO_SHELL)

    async def wait_until_down(self, seconds: float) -> bool:
        """Return True once it does not run any more, and will not by itself; False after this many seconds."""
        if self._is_down() or seconds <= 0:
            return self._is_down()
        return await self._waiters.wait(seconds)

    # What happens inside it.

    def power_off(self) -> None:
        self._require_running()
        self._begin_shutdown(linux.GOING_DOWN, self._power_down)

    def reboot(self) -> None:
        self._require_running()
        self._begin_shutdown(linux.REBOOTING, self._reset)

    def panic(self) -> None:
        self._require_running()
        self._timer.stop()
        self._print(linux.from_kernel(["Kernel panic - not syncing: sysrq triggered crash"], self._uptime()))
        self._become(GuestState.HALTED)
        self._report(EventKind.PANICKED)

    def die(self) -> None:
        """The process ends by itself."""
        if self.state is GuestState.ABSENT:
            raise GuestLost(f"Guest {self.id} has no process that could end.")
        self.pull_plug()
        self._report(EventKind.DIED)

    def run_out_of_space(self) -> None:
        """The host's disk is full at the guest's next write: it is paused with all that it has in memory."""
        self._require_running()
        self._timer.pause()
        self._out_of_space = True
        self._become(GuestState.HALTED)
        self._report(EventKind.OUT_OF_SPACE)

    def find_space(self) -> None:
        """There is room on the host again: a guest that waited for it goes on."""
        if self._out_of_space:
            self._out_of_space = False
            self._become(GuestState.RUNNING)
            self._report(EventKind.RESUMED)
            self._timer.resume()

    def write(self, path: str, data: bytes, serial: str | None) -> None:
        """Write a file, into memory only until `sync` or a clean shutdown."""
        self._require_running()
        self.drives.write(path, data, serial)

    def read(self, path: str, serial: str | None) -> bytes | None:
        """What a program in the guest reads; None: there is no such file."""
        self._require_running()
        return self.drives.read(path, serial)

    def sync(self) -> None:
        """Everything written so far is on the disks. Nothing gets there while it is frozen."""
        self._require_running()
        if self.is_frozen:
            raise GuestLost(f"Guest {self.id} is frozen: what waits for its disks waits.")
        self.drives.flush(FileSystem.NEEDS_RECOVERY)

    # How it lives.

    def _begin(self, boot_id: str, identity: Identity | None) -> None:
        """A life begins, with nothing in memory that anybody wrote."""
        self._timer.stop()
        self.drives.forget_memory()
        self._reachable = self._power_key_pressed = self._out_of_space = self.is_frozen = False
        self.boot_id, self.identity = boot_id, identity
        self.started_at, self.at_rest_at = self._host.clock.now(), None

    def _booted(self) -> None:
        self._reachable = True
        if self.boot_id is not None:
            self._log(linux.reachable(self.boot_id, self._uptime()))
        self.sync()
        self._print(linux.login(self._hostname))
        self._report(EventKind.REACHABLE)
        if self._power_key_pressed:
            self._begin_shutdown(linux.POWER_KEY, self._power_down)

    def _begin_shutdown(self, why: Sequence[str], then: Callable[[], None]) -> None:
        self._log(why)
        self._timer.set(self._host.timing.shutdown, then)

    def _power_down(self) -> None:
        self._come_to_rest("Power down")
        self._become(GuestState.SHUT_DOWN)
        self._report(EventKind.SHUT_DOWN)

    def _reset(self) -> None:
        self._come_to_rest("Restarting system")
        self._report(EventKind.RESET)
        self.start()

    def _come_to_rest(self, last_words: str) -> None:
        self.is_frozen = False  # unmounting waits until it is thawed: a Linux on its way down does it itself
        self._log(linux.AT_REST)
        self.drives.flush(FileSystem.CLEAN)
        self._print(linux.from_kernel([f"reboot: {last_words}"], self._uptime()))
        self.boot_id, self.at_rest_at = None, self._host.clock.now()
        self.at_rest_seen = self._host.is_heard()

    def _log_if_running(self, lines: Sequence[str]) -> None:
        if self.state is GuestState.RUNNING:
            self._log(lines)

    def _log(self, lines: Sequence[str]) -> None:
        if not self.drives.has_root():
            return
        text = linux.to_syslog(lines, self._hostname, self._host.clock.now()).encode()
        log = (self.read(linux.MESSAGES, None) or b"") + text
        self.write(linux.MESSAGES, log[-linux.LOG_LIMIT :], None)

    def _print(self, text: str) -> None:
        self.serial.hear(text.encode())

    def _report(self, kind: EventKind, detail: str = "") -> None:
        self._host.report(GuestEvent(self.id, kind, self._host.clock.now(), detail))

    def _become(self, state: GuestState) -> None:
        self.state = state
        if self._is_down():
            self._waiters.release()

    def _is_down(self) -> bool:
        return self.state is not GuestState.RUNNING and not self._out_of_space

    def _uptime(self) -> float:
        return 0.0 if self.started_at is None else (self._host.clock.now() - self.started_at).total_seconds()

    def _require_running(self) -> None:
        if self.state is not GuestState.RUNNING:
            raise GuestLost(f"Guest {self.id} does not run: it is {self.state}.")
