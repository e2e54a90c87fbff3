"""What all guests of a driver share."""

from collections.abc import Callable
from pathlib import Path

from kumoniwa.clock import Clock
from kumoniwa.hypervisor.driver import GuestEvent, GuestId, Taps
from kumoniwa.hypervisor.qemu.guest.process.command_line import Host
from kumoniwa.hypervisor.qemu.host.disk_space import DiskSpace
from kumoniwa.tasks import Tasks
from kumoniwa.values import dataclass


@dataclass(frozen=True, slots=True)
class Surroundings:
    """See above."""

    clock: Clock
    host: Host
    tasks: Tasks
    layers: Path
    """The folder of the layers' files."""
    space: DiskSpace
    report: Callable[[GuestEvent], None]
    forget: Callable[[GuestId], None]
    """Called with a guest of which nothing is left."""
    taps: Taps | None = None
    """Whoever carries packets between guests, if there is one."""

    @property
    def prepared(self) -> Path:
        """The folder of the prepared machines' folders."""
        return self.layers.with_name("prepared")
