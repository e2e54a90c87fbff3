"""The boots of one guest as a cloud tells them, and how long it was down between two of them."""

from collections.abc import Iterable
from datetime import datetime
from itertools import pairwise
from typing import Any

from botocore import xform_name

from kumoniwa.values import dataclass


@dataclass(frozen=True, slots=True)
class Boot:
    """One life of a guest's kernel. Times that were not seen are None."""

    number: int
    cause: str
    action: str | None
    request_id: str | None
    started_at: datetime | None
    kernel_started_at: datetime | None
    reachable_at: datetime | None
    end_cause: str | None
    end_action: str | None
    end_request_id: str | None
    end_requested_at: datetime | None
    at_rest_at: datetime | None
    end_clean: bool | None
    ended_at: datetime | None
    cut_seconds: float | None
    from_memory: bool | None
    """Whether no kernel started: it went on where a prepared machine had stopped."""
    cold_because: str | None
    """Why one did, where fast launch was asked for."""
    principal_arn: str | None = None
    """Who called, where a call brought it about."""

    @property
    def why(self) -> str:
        """What brought it about, in a word: the action, or who else."""
        return self.action or self.cause

    @property
    def caller(self) -> str:
        """Who called, in a word: the user's name, or the role's with the session's; nothing for the account itself."""
        resource = (self.principal_arn or "").rpartition(":")[2]
        kind, _, name = resource.partition("/")
        return name if kind == "assumed-role" else name.rpartition("/")[2]

    @property
    def boot_seconds(self) -> float | None:
        """From the first instruction until the guest was reachable."""
        return _seconds(self.started_at, self.reachable_at)


@dataclass(frozen=True, slots=True)
class Downtime:
    """How long a guest was not to be reached between two boots, in seconds, split into its parts."""

    why: str
    request_id: str | None
    shutdown: float
    at_rest: float
    """Between the moment its disks were at rest and the next boot's first instruction; the cut lies in it."""
    boot: float
    cut: float | None

    @property
    def whole(self) -> float:
        return self.shutdown + self.at_rest + self.boot


def read_boots(answered: Iterable[dict[str, Any]]) -> list[Boot]:
    """The boots in the order in which they happened, from a cloud's answer."""
    boots = [Boot(**{name: _value(name, boot.get(name)) for name in Boot.__slots__}) for boot in answered]
    return sorted(boots, key=lambda boot: boot.number)


def downtimes(boots: Iterable[Boot]) -> list[Downtime]:
    """The downtimes between boots whose every moment was seen: an ordered shutdown, then a boot that was reachable."""
    found = []
    for before, after in pairwise(boots):
        shutdown = _seconds(before.end_requested_at, before.at_rest_at)
        at_rest = _seconds(before.at_rest_at, after.started_at)
        if shutdown is None or at_rest is None or after.boot_seconds is None:
            continue
        found.append(Downtime(after.why, after.request_id, shutdown, at_rest, after.boot_seconds, after.cut_seconds))
    return found


def command_of(action: str) -> str:
    """An action as a command of `aws ec2`: `StopInstances` is `stop-instances`."""
    return str(xform_name(action, "-"))


def _value(name: str, value: Any) -> Any:
    return datetime.fromisoformat(value) if name.endswith("_at") and value is not None else value


def _seconds(start: datetime | None, end: datetime | None) -> float | None:
    """None where one was not seen, or the host's time was set back between them."""
    return None if start is None or end is None or end < start else (end - start).total_seconds()
