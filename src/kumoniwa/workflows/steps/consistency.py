"""How a cut was made, and what was seen that says so: pure."""

from dataclasses import dataclass
from typing import NamedTuple, TypedDict

from kumoniwa.model.storage import Consistency, Snapshot


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


def weakest(*told: How) -> How:
    """What can be said of several together: what is said of the one that is worst off."""
    return max(told, key=lambda how: list(Consistency).index(how.consistency))


def of_nobodys(snapshot: Snapshot | None, beneath: Snapshot | None) -> How:
    """How a volume was cut that no guest had: nothing wrote to it, but nobody saw how the last guest let it go.

    So only what it holds can tell: nothing at all, or nothing since it was made of, or cut to, the snapshot `beneath`.
    """
    if snapshot is not None and snapshot.full_bytes == 0:
        return How(Consistency.AT_REST, "no instance had the volume, and nothing was ever written to it")
    if snapshot is not None and snapshot.changed_bytes == 0 and beneath is not None and beneath.consistency is not None:
        since = f"no instance had the volume, and nothing was written to it since {beneath.id}"
        return How(beneath.consistency, f"{since}: {beneath.consistency_detail}", beneath.frozen_ms)
    return How(
        Consistency.CRASH_CONSISTENT,
        "no instance had the volume; whether its file systems had been unmounted is not known",
    )


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
        # Told nothing: the server ended in the middle of the cut, and its successor found it made.
        why = made["not_frozen"] or "whether they were was lost with a server that ended during the cut"
        return How(Consistency.CRASH_CONSISTENT, f"the guest went on running, its file systems not frozen: {why}")
