"""Boots: every start of a guest's kernel, with its cause. EC2 hides both."""

from datetime import datetime
from enum import StrEnum

from kumoniwa.values import dataclass


class Cause(StrEnum):
    """Why a guest's kernel started, or why it ended."""

    ACTION = "action"
    """A call of the API; the boot holds the action and its request id."""
    GUEST = "guest"
    """The guest itself: `reboot`, `poweroff`."""
    PANIC = "panic"
    """The guest's kernel panicked."""
    RECOVERY = "recovery"
    """The guest's process, or the host, had died; the instance was brought back."""


@dataclass(frozen=True, slots=True)
class Boot:
    """One life of a guest, from its start to its end: of its kernel, or from memory. Times not seen are None."""

    id: str
    """The workflow that made it, so that a step done twice records it once; else a fresh id."""
    instance_id: str
    number: int
    cause: Cause
    started_at: datetime
    """When its vCPUs began to run."""
    action: str | None = None
    request_id: str | None = None
    principal: str | None = None
    """The access key of the call."""
    principal_arn: str | None = None
    """Whose it was."""
    called_at: datetime | None = None
    kernel_started_at: datetime | None = None
    reachable_at: datetime | None = None
    end_cause: Cause | None = None
    end_action: str | None = None
    end_request_id: str | None = None
    end_principal: str | None = None
    end_principal_arn: str | None = None
    end_called_at: datetime | None = None
    end_requested_at: datetime | None = None
    at_rest_at: datetime | None = None
    end_clean: bool | None = None
    ended_at: datetime | None = None
    cut_seconds: float | None = None
    """How long the cut took that was made between this boot and the one before."""
    from_memory: bool = False
    """Whether the guest went on where a prepared machine had stopped: then no kernel started."""
    cold_because: str | None = None
    """Why a kernel started, of an instance whose image has fast launch. None where nobody asked for that."""
