"""Block device mappings: what a request changes in an image's devices, or adds to them, checked."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

from sqlalchemy import Connection

from kumoniwa.api.call import Call
from kumoniwa.api.ec2.kinds import SNAPSHOT
from kumoniwa.api.ec2.named.lookup import named
from kumoniwa.api.ec2.named.snapshot_lookup import check_not_archived
from kumoniwa.api.ec2.volumes.device_names import is_device_name, named_once
from kumoniwa.api.ec2.volumes.encryption import check_asked, key_for
from kumoniwa.api.ec2.volumes.new_volume import WantedVolume
from kumoniwa.api.ec2.volumes.volume_types import DEFAULT_VOLUME_TYPE, VOLUME_TYPES, checked_volume
from kumoniwa.api.not_built import NotBuiltParameter, refuse
from kumoniwa.errors import IncorrectState, InvalidBlockDeviceMapping, InvalidParameterValue, MissingParameter
from kumoniwa.model.images import ImageDevice
from kumoniwa.model.snapshots import SnapshotState
from kumoniwa.values import dataclass

DEVICE_NOT_BUILT = (
    NotBuiltParameter("Ebs.AvailabilityZone", "the zone of a block device mapping"),
    NotBuiltParameter("Ebs.AvailabilityZoneId", "the zone of a block device mapping"),
    NotBuiltParameter("Ebs.EbsCardIndex", "EBS cards"),
    NotBuiltParameter("Ebs.OutpostArn", "Outposts"),
    NotBuiltParameter("Ebs.VolumeInitializationRate", "volume initialization rates"),
)
_VIRTUAL_NAME = re.compile(r"ephemeral([0-9]|1[0-9]|2[0-3])\Z")


@dataclass(frozen=True, slots=True)
class LaunchDevice:
    """A volume to make, at `device`."""

    device: str
    volume: WantedVolume
    delete_on_termination: bool


def new_device(connection: Connection, call: Call, blank: ImageDevice, mapping: Mapping[str, Any]) -> ImageDevice:
    """A device that a request adds to an image: empty, of a snapshot, or instance store. Raises EC2's refusals."""
    name = checked_name(mapping, [])
    if is_instance_store(mapping):
        return replace(blank, virtual_name=mapping["VirtualName"])
    device = changed_device(None, name, blank.image_id, mapping.get("Ebs") or {})
    checked = checked_device(connection, call, device).volume
    return replace(
        device, position=blank.position, size_gib=checked.size_gib, iops=checked.iops, throughput=checked.throughput
    )


def as_provisioned(device: ImageDevice) -> ImageDevice:
    """The device without what its volume's type does not let a request provision, though the volume shows it."""
    kind = VOLUME_TYPES[device.volume_type]
    return replace(
        device,
        iops=device.iops if kind.iops else None,
        throughput=device.throughput if kind.throughput else None,
    )


def checked_name(mapping: Mapping[str, Any], names: Sequence[str | None]) -> str:
    """The name of the device that is mapped; `names` are all that the request maps. Raises EC2's refusals."""
    name = named_once(mapping.get("DeviceName"), names)
    if not is_device_name(name):
        raise InvalidBlockDeviceMapping(f"Invalid device name {name[:200]}")
    return name


def is_instance_store(mapping: Mapping[str, Any]) -> bool:
    """Whether the mapping asks for an instance store. Raises EC2's refusals of impossible ones."""
    if (virtual_name := mapping.get("VirtualName")) is None:
        return False
    if not _VIRTUAL_NAME.match(virtual_name):
        raise InvalidParameterValue(
            f"Value ({virtual_name[:200]}) for parameter virtualName is invalid. Expected: 'ephemeral(0...23)'."
        )
    if mapping.get("Ebs"):
        raise InvalidBlockDeviceMapping(
            f"The device '{mapping['DeviceName']}' cannot be both instance store and an EBS volume."
        )
    return True


def changed_device(device: ImageDevice | None, name: str, image_id: str, ebs: Mapping[str, Any]) -> ImageDevice:
    """The image's device with the request's changes, or a new device."""
    refuse({"Ebs": ebs}, DEVICE_NOT_BUILT)
    if device is None:
        # Deleted on termination unless the request says otherwise: UG "Preserve data when an instance is terminated".
        device = ImageDevice(image_id=image_id, position=0, device=name, volume_type=DEFAULT_VOLUME_TYPE)
        if ebs.get("SnapshotId") is None and ebs.get("VolumeSize") is None:
            raise MissingParameter("size or snapshotId")
    elif device.snapshot_id is not None and ebs.get("SnapshotId") not in (None, device.snapshot_id):
        raise InvalidBlockDeviceMapping(f"snapshotId cannot be modified on device '{name}'")
    changes = {
        "snapshot_id": ebs.get("SnapshotId"),
        "size_gib": ebs.get("VolumeSize"),
        "volume_type": ebs.get("VolumeType"),
        "iops": ebs.get("Iops"),
        "throughput": ebs.get("Throughput"),
        "delete_on_termination": ebs.get("DeleteOnTermination"),
        "encrypted": ebs.get("Encrypted"),
        "kms_key_id": ebs.get("KmsKeyId"),
    }
    check_asked(ebs.get("Encrypted") or device.encrypted, ebs.get("KmsKeyId"))
    if changes["volume_type"] not in (None, device.volume_type):
        device = replace(device, iops=None, throughput=None)
    return replace(device, **{member: value for member, value in changes.items() if value is not None})


def checked_device(connection: Connection, call: Call, device: ImageDevice) -> LaunchDevice:
    snapshot = None
    if device.snapshot_id is not None:
        snapshot = named(connection, call.scope, SNAPSHOT, device.snapshot_id)
        if snapshot.state is not SnapshotState.COMPLETED:
            raise IncorrectState(f"Snapshot is in invalid state - {snapshot.state}")
        check_not_archived(snapshot, call.at)
    size = device.size_gib
    if size is None:
        size = snapshot.volume_size_gib if snapshot else 0
    if snapshot is not None and size < snapshot.volume_size_gib:
        raise InvalidBlockDeviceMapping(
            f"Volume of size {size}GB is smaller than snapshot '{snapshot.id}', "
            f"expect size >= {snapshot.volume_size_gib}GB"
        )
    if device.throughput is not None and (kind := VOLUME_TYPES.get(device.volume_type)) and kind.throughput is None:
        raise InvalidBlockDeviceMapping(
            f"throughput cannot be specified with the volumeType of device '{device.device}'"
        )
    iops, throughput = checked_volume(device.volume_type, size, device.iops, device.throughput)
    key = key_for(connection, call, snapshot, device.encrypted, device.kms_key_id)
    volume = WantedVolume(snapshot, size, device.volume_type, iops, throughput, key)
    return LaunchDevice(device.device, volume, device.delete_on_termination)
