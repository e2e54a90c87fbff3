"""Snapshots, and the tasks that import them."""

from datetime import datetime
from enum import StrEnum

from kumoniwa.model.consistency import Consistency
from kumoniwa.values import dataclass


class SnapshotState(StrEnum):
    PENDING = "pending"
    COMPLETED = "completed"
    ERROR = "error"


@dataclass(frozen=True, slots=True)
class Snapshot:
    """A reference to a layer. `layer_id` is None until the cut was made."""

    id: str
    account: str
    region: str
    volume_id: str
    volume_size_gib: int
    state: SnapshotState
    progress: int
    """Percent."""
    started_at: datetime
    description: str
    layer_id: str | None = None
    completed_at: datetime | None = None
    state_message: str | None = None
    consistency: Consistency | None = None
    consistency_detail: str | None = None
    frozen_ms: float | None = None
    """How long the guest's file systems stood frozen for the cut."""
    changed_bytes: int | None = None
    """What its own layer holds: what was written since the cut before. None until it was measured."""
    full_bytes: int | None = None
    """What it holds with all the layers beneath: what a restored volume would have to hold."""
    kms_key_id: str | None = None
    """The ARN of the key that its layers are encrypted under; None: they are not."""
    data_key_id: str | None = None
    """EC2's DataEncryptionKeyId: it shares that with the encrypted volumes and snapshots that it descends from, or that
    descend from it, and with no others. An id alone: each layer has a key of its own."""

    @property
    def encrypted(self) -> bool:
        return self.kms_key_id is not None


class ImportState(StrEnum):
    ACTIVE = "active"
    COMPLETED = "completed"
    DELETED = "deleted"


@dataclass(frozen=True, slots=True)
class ImportTask:
    """A disk file on its way to become a snapshot."""

    id: str
    account: str
    region: str
    snapshot_id: str
    source: str
    format: str
    description: str
    state: ImportState
    progress: int
    created_at: datetime
    status_message: str = ""
    kms_key_id: str | None = None
    """The key that its snapshot is encrypted under; None: it is not."""
