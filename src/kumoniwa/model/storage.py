"""Volumes, snapshots, images, and the layers that they stand on."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

GIB = 1024**3

IMAGE_NAME = re.compile(r"[A-Za-z0-9()\[\] ./'@_-]{3,128}\Z")
"""What an image may be called: CreateImage's documentation. EC2's own refusal names fewer characters than EC2 takes."""


class VolumeState(StrEnum):
    CREATING = "creating"
    AVAILABLE = "available"
    IN_USE = "in-use"
    DELETING = "deleting"
    ERROR = "error"


VOLUME_MOVES: Mapping[VolumeState, frozenset[VolumeState]] = {
    VolumeState.CREATING: frozenset(
        {VolumeState.AVAILABLE, VolumeState.IN_USE, VolumeState.ERROR, VolumeState.DELETING}
    ),
    VolumeState.AVAILABLE: frozenset({VolumeState.IN_USE, VolumeState.DELETING}),
    VolumeState.IN_USE: frozenset({VolumeState.AVAILABLE, VolumeState.DELETING}),
    VolumeState.ERROR: frozenset({VolumeState.DELETING}),
    VolumeState.DELETING: frozenset(),
}
"""Which state may follow which. CREATING → IN_USE is a volume made with its instance; a deleted one has no row."""


class AttachmentState(StrEnum):
    ATTACHING = "attaching"
    ATTACHED = "attached"
    DETACHING = "detaching"
    DETACHED = "detached"
    BUSY = "busy"
    """The guest was asked to let the volume go and did not."""

    @property
    def at_instance(self) -> str:
        """EC2's word for it in the description of an instance, which knows no `busy`."""
        return str(AttachmentState.DETACHING if self is AttachmentState.BUSY else self)


class SnapshotState(StrEnum):
    PENDING = "pending"
    COMPLETED = "completed"
    ERROR = "error"


class ImageState(StrEnum):
    PENDING = "pending"
    AVAILABLE = "available"
    FAILED = "failed"
    DISABLED = "disabled"
    DEREGISTERED = "deregistered"


IMAGE_MOVES: Mapping[ImageState, frozenset[ImageState]] = {
    ImageState.PENDING: frozenset({ImageState.AVAILABLE, ImageState.FAILED, ImageState.DEREGISTERED}),
    ImageState.AVAILABLE: frozenset({ImageState.DISABLED, ImageState.DEREGISTERED}),
    ImageState.DISABLED: frozenset({ImageState.AVAILABLE, ImageState.DEREGISTERED}),
    ImageState.FAILED: frozenset({ImageState.DEREGISTERED}),
    ImageState.DEREGISTERED: frozenset(),
}
"""Which state may follow which. An image may be deregistered before it is made."""


class Consistency(StrEnum):
    """How the contents of a snapshot were cut."""

    AT_REST = "at-rest"
    """The guest had shut down cleanly, or was stopped."""
    FROZEN = "frozen"
    """The guest's file systems were frozen by its agent."""
    CRASH_CONSISTENT = "crash-consistent"
    """Neither: as after a power cut at one instant."""


@dataclass(frozen=True, slots=True)
class Layer:
    """One qcow2 file. Immutable once another stands on it or a snapshot refers to it.

    `sealed_bytes` and `sealed_sha256` tell what an immutable layer's file was when it was measured, so that one that a
    power cut or a bad disk changed since can be told. None: not measured yet.
    """

    id: str
    parent_id: str | None
    size_bytes: int
    created_at: datetime
    sealed_bytes: int | None = None
    sealed_sha256: str | None = None
    made: bool = False
    """Whether its file was seen to be there once: then it is never made anew, for a missing file is a lost one."""


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


@dataclass(frozen=True, slots=True)
class Image:
    """An AMI: metadata, and devices that refer to snapshots."""

    id: str
    account: str
    region: str
    name: str
    description: str | None
    state: ImageState
    architecture: str
    root_device_name: str
    created_at: datetime
    boot_mode: str | None = None
    ena_support: bool = True
    platform_details: str = "Linux/UNIX"
    imds_tokens_required: bool = False
    source_instance_id: str | None = None
    source_image_id: str | None = None
    state_reason_code: str | None = None
    state_reason_message: str | None = None
    deregistered_at: datetime | None = None
    consistency: Consistency | None = None
    consistency_detail: str | None = None
    frozen_ms: float | None = None
    last_launched_at: datetime | None = None
    deprecation_at: datetime | None = None
    deregistration_protection: str = "disabled"
    """EC2's word: `disabled`, `enabled-without-cooldown`, `enabled-with-cooldown`."""
    protected_until: datetime | None = None
    """The end of the cooldown, once protection with cooldown was turned off."""
    nvme_only: bool = False
    """Whether its guests are to see NVMe disks whatever their type: it is from before there were others."""


@dataclass(frozen=True, slots=True)
class ImageDevice:
    """One entry of an image's block device mapping."""

    image_id: str
    position: int
    device: str
    snapshot_id: str | None = None
    size_gib: int | None = None
    volume_type: str = "gp3"
    iops: int | None = None
    throughput: int | None = None
    delete_on_termination: bool = True
    virtual_name: str | None = None
    """An instance-store mapping (`ephemeral0`): told, never made."""


@dataclass(frozen=True, slots=True)
class Permission:
    """That somebody else may use an image or a snapshot: an account, or everybody (`all`)."""

    resource_id: str
    grantee: str


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
