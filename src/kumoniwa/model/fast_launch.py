"""Fast launch: images whose instances are launched from machines that were prepared in memory."""

from collections.abc import Collection, Mapping
from datetime import datetime
from enum import StrEnum

from kumoniwa.values import dataclass


class FastLaunchState(StrEnum):
    """EC2's words. An image that is in none of these states has no fast launch."""

    ENABLING = "enabling"
    ENABLING_FAILED = "enabling-failed"
    ENABLED = "enabled"
    ENABLED_FAILED = "enabled-failed"
    DISABLING = "disabling"
    DISABLING_FAILED = "disabling-failed"


FAST_LAUNCH_MOVES: Mapping[FastLaunchState, frozenset[FastLaunchState]] = {
    FastLaunchState.ENABLING: frozenset(
        {
            FastLaunchState.ENABLED,
            FastLaunchState.ENABLED_FAILED,
            FastLaunchState.ENABLING_FAILED,
            FastLaunchState.DISABLING,
        }
    ),
    FastLaunchState.ENABLING_FAILED: frozenset(
        {
            FastLaunchState.ENABLING,
            FastLaunchState.ENABLED,
            FastLaunchState.ENABLED_FAILED,
            FastLaunchState.DISABLING,
        }
    ),
    FastLaunchState.ENABLED: frozenset(
        {FastLaunchState.ENABLING, FastLaunchState.ENABLED_FAILED, FastLaunchState.DISABLING}
    ),
    FastLaunchState.ENABLED_FAILED: frozenset(
        {FastLaunchState.ENABLING, FastLaunchState.ENABLED, FastLaunchState.DISABLING}
    ),
    FastLaunchState.DISABLING: frozenset({FastLaunchState.DISABLING_FAILED}),
    FastLaunchState.DISABLING_FAILED: frozenset({FastLaunchState.DISABLING}),
}
"""Which state may follow which. What is disabled has no row."""

ON = frozenset(
    {
        FastLaunchState.ENABLING,
        FastLaunchState.ENABLING_FAILED,
        FastLaunchState.ENABLED,
        FastLaunchState.ENABLED_FAILED,
    }
)
"""The states in which instances are launched from memory where there is a machine for them."""


USER = "Client.UserInitiated"
"""EC2's reason for what a caller asked for."""


@dataclass(frozen=True, slots=True)
class FastLaunch:
    """The fast launch of an image."""

    image_id: str
    account: str
    region: str
    state: FastLaunchState
    reason: str
    """Why it came into its state: EC2's `Client.UserInitiated`, or what failed."""
    changed_at: datetime
    """When it came into its state."""
    target_count: int
    """How many machines are prepared of the image, at most."""
    max_parallel: int
    """Shown as it was asked for: machines are prepared one at a time."""
    launch_template: Mapping[str, str] | None = None
    """The launch template that says for which instance type the first one is prepared, as EC2 shows it."""


class MachineState(StrEnum):
    """What a prepared machine is."""

    PREPARING = "preparing"
    READY = "ready"
    FAILED = "failed"
    """It could not be prepared, or no guest went on from it. Nothing is left of it but its row, which says why."""
    STALE = "stale"
    """Nothing is launched from it any more: what is left of it goes."""


MACHINE_MOVES: Mapping[MachineState, frozenset[MachineState]] = {
    MachineState.PREPARING: frozenset({MachineState.READY, MachineState.FAILED, MachineState.STALE}),
    MachineState.READY: frozenset({MachineState.FAILED, MachineState.STALE}),
    MachineState.FAILED: frozenset({MachineState.STALE}),
    MachineState.STALE: frozenset(),
}


def following(now: FastLaunchState, machines: Collection[MachineState]) -> FastLaunchState:
    """What the fast launch of an image becomes once one of its machines is ready, or failed: `machines` are the states
    of all."""
    was_enabled = now in (FastLaunchState.ENABLED, FastLaunchState.ENABLED_FAILED)
    if MachineState.READY in machines or was_enabled:
        return FastLaunchState.ENABLED_FAILED if MachineState.FAILED in machines else FastLaunchState.ENABLED
    return FastLaunchState.ENABLING if MachineState.PREPARING in machines else FastLaunchState.ENABLING_FAILED


@dataclass(frozen=True, slots=True)
class PreparedMachine:
    """A machine of an image, saved in memory: instances of so many processors and so much memory go on from it."""

    id: str
    image_id: str
    vcpus: int
    memory_mib: int
    state: MachineState
    layer_id: str | None
    """What its disk holds, on the image's own. None where it could not be prepared."""
    created_at: datetime
    ready_at: datetime | None = None
    reason: str | None = None
    """Why it failed, or is stale."""

    @property
    def what(self) -> str:
        """What it is a machine of, for a person."""
        return size_in_words(self.vcpus, self.memory_mib)


def size_in_words(vcpus: int, memory_mib: int) -> str:
    """The size of a machine, for a person."""
    return f"{vcpus} vCPU{'s' if vcpus > 1 else ''} and {memory_mib} MiB"
