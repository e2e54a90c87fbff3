"""Where simulated machines run, as one driver sees it."""

from collections.abc import Callable

from kumoniwa.clock import Clock
from kumoniwa.hypervisor.driver import GuestEvent
from kumoniwa.hypervisor.simulated.ports import Ports
from kumoniwa.hypervisor.simulated.simulated_layers import Layers
from kumoniwa.hypervisor.simulated.timing import Timing
from kumoniwa.tasks import Tasks
from kumoniwa.values import dataclass


@dataclass(frozen=True, slots=True)
class Host:
    """What all machines of a driver share."""

    clock: Clock
    timing: Timing
    layers: Layers
    ports: Ports
    tasks: Tasks
    report: Callable[[GuestEvent], None]
    is_heard: Callable[[], bool]
    """Whether a driver listens to what is reported now."""
