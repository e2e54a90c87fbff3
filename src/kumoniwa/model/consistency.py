"""How a snapshot was cut, and what was observed that proves it. Pure."""

from enum import StrEnum
from typing import NamedTuple, TypedDict

from kumoniwa.values import dataclass


class Consistency(StrEnum):
    """How the contents of a snapshot were cut."""

    AT_REST = "at-rest"
    """The guest had shut down cleanly, or was stopped."""
    FROZEN = "frozen"
    """The guest's file systems were frozen by its agent."""
    CRASH_CONSISTENT = "crash-consistent"
    """Neither: as after a power cut at one instant."""


class FrozenCut(TypedDict):
    """A cut around which the guest's file systems were to be frozen, as a journal keeps it."""

    seconds: float
    frozen_ms: float | None
    not_frozen: str


class How(NamedTuple):
    """What is written on snapshots and images."""

    consistency: Consistency
    detail: str
    frozen_ms: float | None = None


def weakest(*known: How) -> How:
    """The consistency of several together is that of the weakest."""
    return max(known, key=lambda how: list(Consistency).index(how.consistency))


@dataclass(frozen=True, slots=True)
class Cutting:
    """What a story knows of its cut."""

    was_running: bool = False
    reboot: bool = False
    clean: bool = False
    """The guest's last life had ended with a clean shutdown."""
    frozen: FrozenCut | None = None

    def how(self) -> How:
        """The consistency, and what was seen."""
        if self.frozen is not None:
            return self._frozen(self.frozen)
        if self.clean:
            return How(
                Consistency.AT_REST,
                "the guest shut down cleanly for the cut"
                if self.reboot
                else "the instance was stopped, its last end was clean",
            )
        if self.reboot:
            return How(Consistency.CRASH_CONSISTENT, "the guest did not shut down in time and was halted")
        if self.was_running:
            return How(Consistency.CRASH_CONSISTENT, "the guest went on running, its file systems not frozen")
        return How(Consistency.CRASH_CONSISTENT, "the guest did not run, and had not shut down cleanly")

    @staticmethod
    def _frozen(made: FrozenCut) -> How:
        if made["frozen_ms"] is not None:
            return How(
                Consistency.FROZEN,
                f"the guest agent held its file systems frozen for {made['frozen_ms']:.0f} ms around the cut",
                made["frozen_ms"],
            )
        # No reason is known: the server ended in the middle of the cut, and its successor found it made.
        why = made["not_frozen"] or "whether they were was lost with a server that ended during the cut"
        return How(Consistency.CRASH_CONSISTENT, f"the guest went on running, its file systems not frozen: {why}")
