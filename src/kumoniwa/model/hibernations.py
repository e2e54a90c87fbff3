"""Hibernations: stops of an instance whose guest's memory was to be kept. EC2 hides how they came out."""

from dataclasses import field
from datetime import datetime

from kumoniwa.values import dataclass


@dataclass(frozen=True, slots=True)
class Hibernation:
    """One hibernation of an instance, from the call that asked for it. Times of what did not happen are None."""

    id: str
    """The workflow that stops the instance, so that a step done twice records it once."""
    instance_id: str
    boot_id: str
    """The boot whose kernel stands still meanwhile. It goes on in the same boot."""
    asked_at: datetime
    request_id: str | None = None
    principal: str | None = None
    """The access key of the call."""
    principal_arn: str | None = None
    """Whose it was."""
    key: bytes | None = field(default=None, repr=False)
    """What the memory is encrypted with, from before it is saved until it is of no use any more."""
    suspended_at: datetime | None = None
    """When its processors stood still, their state and its memory saved."""
    size_bytes: int | None = None
    """What that takes of the host's disk."""
    resumed_at: datetime | None = None
    """When it went on."""
    resume_request_id: str | None = None
    resume_principal: str | None = None
    resume_principal_arn: str | None = None
    ended_at: datetime | None = None
    """When it was over otherwise: it did not come about, or what was saved was given up."""
    because: str | None = None
    """Why, where a boot's end does not say it."""
