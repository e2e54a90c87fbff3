"""Images (AMIs) and their devices."""

import re
from collections.abc import Mapping
from datetime import datetime
from enum import StrEnum

from kumoniwa.model.consistency import Consistency
from kumoniwa.values import dataclass

IMAGE_NAME = re.compile(r"[A-Za-z0-9()\[\] ./'@_-]{3,128}\Z")
"""What an image may be called: CreateImage's documentation. EC2's own refusal names fewer characters than EC2 takes."""


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
    request_id: str | None = None
    """The request that made it. None: the cloud itself did, or a version of Kumoniwa that did not write it."""


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
    """An instance-store mapping (`ephemeral0`): described, never made."""
    encrypted: bool | None = None
    """Whether its volumes are to be encrypted; None: as its snapshot is, or by the account's default."""
    kms_key_id: str | None = None
    """The key for its volumes, as a request named it: id, ARN or alias; None: that of the snapshot, or the default."""
