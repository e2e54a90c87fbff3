"""Tasks that replace an instance's root volume."""

from datetime import datetime
from enum import StrEnum

from kumoniwa.values import dataclass


class ReplaceRootState(StrEnum):
    PENDING = "pending"
    IN_PROGRESS = "in-progress"
    FAILING = "failing"
    SUCCEEDED = "succeeded"
    FAILED = "failed"
    FAILED_DETACHED = "failed-detached"


@dataclass(frozen=True, slots=True)
class ReplaceRootTask:
    """An instance's root volume on its way to be replaced by another."""

    id: str
    account: str
    region: str
    instance_id: str
    state: ReplaceRootState
    started_at: datetime
    delete_replaced: bool
    new_volume_id: str
    old_volume_id: str
    image_id: str | None = None
    snapshot_id: str | None = None
    completed_at: datetime | None = None

    @property
    def makes_volume(self) -> bool:
        """Whether the new volume is made, of a snapshot. Else it was there before, and is `in-use` until the end."""
        return self.snapshot_id is not None
