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


class SnapshotState(StrEnum):
    PENDING = "pending"
    COMPLETED = "completed"
    ERROR = "error"


class ImageState(StrEnum):
    PENDING = "pending"
    AVAILABLE = "available"
    FAILED = "failed"
    DEREGISTERED = "deregistered"


IMAGE_MOVES: Mapping[ImageState, frozenset[ImageState]] = {
    ImageState.PENDING: frozenset({ImageState.AVAILABLE, ImageState.FAILED, ImageState.DEREGISTERED}),
    ImageState.AVAILABLE: frozenset({ImageState.DEREGISTERED}),
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
    """One qcow2 file. Immutable once another stands on it or a snapshot refers to it."""

    id: str
    parent_id: str | None
    size_bytes: int
    created_at: datetime


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
    last_launched_at: datetime | None = None


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
