"""An image as EC2 describes it."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import field
from datetime import datetime
from typing import Any

from kumoniwa.api.ec2.images.block_device_mappings import as_provisioned
from kumoniwa.api.ec2.tags import tag_set
from kumoniwa.api.ec2.volumes.volume_types import VOLUME_TYPES
from kumoniwa.model.images import Image, ImageDevice
from kumoniwa.model.snapshots import Snapshot
from kumoniwa.values import dataclass

Output = dict[str, Any]

PUBLIC = "all"
"""The grantee that stands for everyone."""
SRIOV = "simple"
"""All that EC2 knows of SriovNetSupport."""
PROTECTION_OFF = "disabled"


@dataclass(frozen=True, slots=True)
class DescribedImage:
    """An image at a moment, with what other rows say about it."""

    image: Image
    at: datetime
    devices: Sequence[ImageDevice] = ()
    snapshots: Mapping[str, Snapshot] = field(default_factory=dict)
    """Those that its devices refer to, by id."""
    grantees: Collection[str] = ()
    """Who else may launch it."""
    source_region: str | None = None

    @property
    def public(self) -> bool:
        return PUBLIC in self.grantees


def image_output(one: DescribedImage, tags: Mapping[str, str] | None = None) -> Output:
    """An image with its devices and tags, under EC2's member names."""
    image = one.image
    reason = None
    if image.state_reason_code is not None:
        reason = {"Code": image.state_reason_code, "Message": image.state_reason_message}
    return {
        "Architecture": image.architecture,
        "BlockDeviceMappings": [_device(device, one.snapshots) for device in one.devices],
        "BootMode": image.boot_mode,
        "CreationDate": creation_date(image),
        "DeprecationTime": None if image.deprecation_at is None else _text(image.deprecation_at),
        "DeregistrationProtection": protection(image, one.at),
        "Description": image.description,
        "EnaSupport": image.ena_support,
        "Hypervisor": "xen",  # EC2 says so of images for Nitro too
        "ImageId": image.id,
        "ImageLocation": location(image),
        "ImageType": "machine",
        "ImdsSupport": "v2.0" if image.imds_tokens_required else None,
        "LastLaunchedTime": None if image.last_launched_at is None else _text(image.last_launched_at),
        "Name": image.name,
        "OwnerId": image.account,
        "PlatformDetails": image.platform_details,
        "Public": one.public,
        "RootDeviceName": image.root_device_name,
        "RootDeviceType": "ebs",
        "SourceImageId": image.source_image_id,
        "SourceImageRegion": one.source_region,
        "SourceInstanceId": image.source_instance_id,
        "SriovNetSupport": SRIOV,
        "State": str(image.state),
        "StateReason": reason,
        "Tags": tag_set(tags),
        "UsageOperation": "RunInstances",
        "VirtualizationType": "hvm",
    }


def protection(image: Image, at: datetime) -> str:
    """Whether the image is protected from being deregistered, in EC2's words: `disabled` alone is not."""
    until = image.protected_until
    if image.deregistration_protection == PROTECTION_OFF and until is not None and at < until:
        return f"disabled after {_text(until)}"
    return image.deregistration_protection


def location(image: Image) -> str:
    """Where EC2 says that an image is."""
    return f"{image.account}/{image.name}"


def creation_date(image: Image) -> str:
    """When an image was made: a text in EC2's model, with whole seconds."""
    return _text(image.created_at)


def device_size(device: ImageDevice, snapshots: Mapping[str, Snapshot]) -> int | None:
    """How large a volume of this device is, in GiB, unless a launch says otherwise; None for an instance store."""
    if device.size_gib is None and device.snapshot_id is not None and device.snapshot_id in snapshots:
        return snapshots[device.snapshot_id].volume_size_gib
    return device.size_gib


def is_encrypted(device: ImageDevice, snapshots: Mapping[str, Snapshot]) -> bool:
    """Whether volumes of this device are encrypted, unless a launch or the account's default makes them so."""
    snapshot = None if device.snapshot_id is None else snapshots.get(device.snapshot_id)
    return bool(device.encrypted) or (snapshot is not None and snapshot.encrypted)


def _device(device: ImageDevice, snapshots: Mapping[str, Snapshot]) -> Output:
    if device.virtual_name is not None:
        return {"DeviceName": device.device, "VirtualName": device.virtual_name}
    provisioned, kind = as_provisioned(device), VOLUME_TYPES[device.volume_type]
    return {
        "DeviceName": device.device,
        "Ebs": {
            "DeleteOnTermination": device.delete_on_termination,
            "Encrypted": is_encrypted(device, snapshots),
            "Iops": provisioned.iops or kind.default_iops,
            "KmsKeyId": device.kms_key_id,
            "SnapshotId": device.snapshot_id,
            "Throughput": provisioned.throughput or kind.default_throughput,
            "VolumeSize": device_size(device, snapshots),
            "VolumeType": device.volume_type,
        },
    }


def _text(moment: datetime) -> str:
    return f"{moment:%Y-%m-%dT%H:%M:%S}.000Z"
