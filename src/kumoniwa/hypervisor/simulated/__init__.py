"""A complete second driver: guests that boot, log, shut down and keep disks, on a clock that tests control.

It needs no hypervisor and gives the same promises as `kumoniwa.hypervisor.driver` writes down, so the API can be worked
on anywhere and a thousand guests cost two megabytes. What it does not have: a network that reaches into a guest, and
programs of a user inside one.
"""

from kumoniwa.hypervisor.simulated.driver import SimulatedDriver
from kumoniwa.hypervisor.simulated.faults import Faults
from kumoniwa.hypervisor.simulated.guest import SimulatedGuest
from kumoniwa.hypervisor.simulated.layer import FileSystem
from kumoniwa.hypervisor.simulated.simulated_layers import WorldBroken
from kumoniwa.hypervisor.simulated.timing import Timing
from kumoniwa.hypervisor.simulated.world import SimulatedWorld

__all__ = ["Faults", "FileSystem", "SimulatedDriver", "SimulatedGuest", "SimulatedWorld", "Timing", "WorldBroken"]
