"""Snapshots, and the tasks that import them."""

from datetime import datetime
from enum import StrEnum

from kumoniwa.model.consistency import Consistency
from kumoniwa.values import dataclass


class SnapshotState(StrEnum):
    PENDING = "pending"
    COMPLETED = "completed"
    ERROR = "error"


class StorageTier(StrEnum):
    STANDARD = "standard"
    ARCHIVE = "archive"
    """It is not to be used until it is restored."""


class Tiering(StrEnum):
    """What was done last about a snapshot's tier. It is done at once."""

    ARCHIVED = "archival-completed"
    RESTORED_FOR_A_TIME = "temporary-restore-completed"
    RESTORED = "permanent-restore-completed"


MOST_RESTORE_DAYS = 180  # the EBS user guide, "Restore an archived snapshot"


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

    storage_tier: StorageTier = StorageTier.STANDARD
    tiering: Tiering | None = None
    """None: it was never archived."""
    tiered_at: datetime | None = None
    """When that was done."""
    archived_at: datetime | None = None
    restored_until: datetime | None = None
    """When it is archived again; None: it is not restored for a time."""

    def is_archived(self, at: datetime) -> bool:
        """Whether it is not to be used at a moment, also where it was just to be archived again."""
        return self.storage_tier is StorageTier.ARCHIVE or (
            self.restored_until is not None and self.restored_until <= at
        )

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
