"""Volumes, their attachments and their modifications."""

from collections.abc import Mapping
from datetime import datetime
from enum import StrEnum

from kumoniwa.values import dataclass


class VolumeState(StrEnum):
    CREATING = "creating"
    AVAILABLE = "available"
    IN_USE = "in-use"
    ERROR = "error"


VOLUME_MOVES: Mapping[VolumeState, frozenset[VolumeState]] = {
    VolumeState.CREATING: frozenset({VolumeState.AVAILABLE, VolumeState.IN_USE, VolumeState.ERROR}),
    VolumeState.AVAILABLE: frozenset({VolumeState.IN_USE}),
    VolumeState.IN_USE: frozenset({VolumeState.AVAILABLE}),
    VolumeState.ERROR: frozenset(),
}
"""Which state may follow which. CREATING → IN_USE is a volume made with its instance; a deleted one has no row."""


class AttachmentState(StrEnum):
    ATTACHING = "attaching"
    ATTACHED = "attached"
    DETACHING = "detaching"
    BUSY = "busy"
    """The guest was asked to let the volume go and did not."""

    @property
    def at_instance(self) -> str:
        """EC2's word for it in the description of an instance, which knows no `busy`."""
        return str(AttachmentState.DETACHING if self is AttachmentState.BUSY else self)


@dataclass(frozen=True, slots=True)
class Volume:
    """An EBS volume. `head` is the writable layer on top."""

    id: str
    account: str
    region: str
    zone: str
    size_gib: int
    volume_type: str
    iops: int | None
    throughput: int | None
    snapshot_id: str
    state: VolumeState
    created_at: datetime
    head: str
    encrypted: bool = False
    auto_enable_io: bool = False
    kms_key_id: str | None = None
    """The ARN of the key, of an encrypted one."""
    data_key_id: str | None = None
    """As of snapshots: what it shares with all that it descends from, or that descends from it."""
    multi_attach: bool = False
    """Whether it is Multi-Attach enabled. It is attached to one instance at most nevertheless."""


class ModificationState(StrEnum):
    MODIFYING = "modifying"
    OPTIMIZING = "optimizing"
    COMPLETED = "completed"
    FAILED = "failed"


@dataclass(frozen=True, slots=True)
class VolumeModification:
    """The latest change of a volume's size, type or performance. Its row goes with the volume."""

    volume_id: str
    state: ModificationState
    progress: int
    """Percent."""
    started_at: datetime
    original_size_gib: int
    original_volume_type: str
    target_size_gib: int
    target_volume_type: str
    original_iops: int | None = None
    original_throughput: int | None = None
    target_iops: int | None = None
    target_throughput: int | None = None
    original_multi_attach: bool = False
    target_multi_attach: bool = False
    ended_at: datetime | None = None
    status_message: str | None = None


@dataclass(frozen=True, slots=True)
class Attachment:
    """A volume at an instance. `position` is the order in which the guest sees its disks; 0 is the root."""

    volume_id: str
    instance_id: str
    device: str
    state: AttachmentState
    attached_at: datetime
    delete_on_termination: bool
    position: int
    after_boot: int
    """The number of the instance's last boot that the guest went through without the volume; 0: it had it in all. How
    that boot ended says nothing of it."""
