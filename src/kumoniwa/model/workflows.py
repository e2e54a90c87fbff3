"""Workflows: durable stories, and the claims they hold."""

from collections.abc import Mapping
from datetime import datetime
from enum import StrEnum
from typing import Any

from kumoniwa.values import dataclass


class WorkflowState(StrEnum):
    WAITING = "waiting"
    """Another workflow holds the claim on its subject; it runs when its turn comes."""
    RUNNING = "running"
    SUCCEEDED = "succeeded"
    FAILED = "failed"


@dataclass(frozen=True, slots=True)
class WorkflowRow:
    """A workflow as it is kept. `subject` is the resource that it claims, or None; `sequence` says which came first."""

    id: str
    kind: str
    subject: str | None
    arguments: Mapping[str, Any]
    state: WorkflowState
    created_at: datetime
    sequence: int
    action: str | None = None
    """The API call that began it, and its request id."""
    request_id: str | None = None
    principal: str | None = None
    """The access key of that call."""
    principal_arn: str | None = None
    """Whose it was."""
    error: str | None = None
    finished_at: datetime | None = None
    overridden_at: datetime | None = None
    """When the termination of its subject took the claim from it, or its turn; then it only settles what it began."""
    overridden_by: str | None = None
    """The workflow of that termination."""
    overridden_step: str | None = None
    """What it was doing then; None where it had not begun."""
