"""The volumes of a launch: what the image brings, changed and completed by the request's block device mapping."""

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from sqlalchemy import Connection

from kumoniwa.api.launch_unbuilt import DEVICE_UNBUILT
from kumoniwa.api.new_volume import WantedVolume
from kumoniwa.api.registry import Call
from kumoniwa.api.resources import SNAPSHOT
from kumoniwa.api.unbuilt import refuse
from kumoniwa.errors import Ec2Error, InvalidParameterCombination, InvalidParameterValue, MissingParameter
from kumoniwa.model.storage import Image, ImageDevice, SnapshotState
from kumoniwa.store import snapshots

MOST_VOLUMES = 27  # EC2's limit of attachments on most Nitro types, without the network interface
MOST_MIB_PER_OPERATION = 0.25
DEFAULT_VOLUME_TYPE = "gp2"  # EBS's own, where neither a request nor an image names one
_VIRTUAL_NAME = re.compile(r"ephemeral([0-9]|1[0-9]|2[0-3])\Z")
_DISK = r"(sda([1-9]|1[0-5])|sd[b-z]([1-9]|1[0-5])?|xvd[a-z]{1,2}([1-9]|1[0-5])?)"  # EC2 takes no sda without a number
_DEVICE = re.compile(rf"(/dev/)?{_DISK}\Z")


@dataclass(frozen=True, slots=True)
class VolumeType:
    """What EC2 allows of a volume type, in GiB and operations a second."""

    least_gib: int
    most_gib: int
    iops: tuple[int, int] | None = None
    default_iops: int | None = None
    throughput: tuple[int, int] | None = None
    default_throughput: int | None = None
    most_iops_per_gib: int | None = None


VOLUME_TYPES: Mapping[str, VolumeType] = {
    "gp2": VolumeType(1, 16_384),
    "gp3": VolumeType(1, 65_536, (3_000, 80_000), 3_000, (125, 2_000), 125, 500),
    "io1": VolumeType(4, 16_384, (100, 64_000), most_iops_per_gib=50),
    "io2": VolumeType(4, 65_536, (100, 256_000), most_iops_per_gib=1_000),
    "st1": VolumeType(125, 16_384),
    "sc1": VolumeType(125, 16_384),
    "standard": VolumeType(1, 1_024),
}


@dataclass(frozen=True, slots=True)
class LaunchDevice:
    """A volume to make, at `device`."""

    device: str
    volume: WantedVolume
    delete_on_termination: bool


def launch_devices(
    connection: Connection,
    call: Call,
    image: Image,
    devices: Iterable[ImageDevice],
    mappings: Sequence[Mapping[str, Any]],
) -> list[LaunchDevice]:
    """The volumes that a launch makes, the root first. Raises EC2's refusals."""
    wanted = {device.device: as_provisioned(device) for device in devices if device.virtual_name is None}
    for mapping in mappings:
        name = checked_name(mapping, [m.get("DeviceName") for m in mappings])
        virtual = is_instance_store(mapping)
        if mapping.get("NoDevice") is not None or virtual:
            # Instance-store mappings are accepted and come to nothing, as on EC2's EBS-only types.
            if name == image.root_device_name:
                raise _invalid(f"The root device '{name}' cannot be {'instance store' if virtual else 'suppressed'}.")
            wanted.pop(name, None)
        elif (ebs := mapping.get("Ebs")) is not None:
            wanted[name] = _changed(wanted.get(name), name, image.id, ebs)
        else:
            raise MissingParameter("ebs")
    if image.root_device_name not in wanted:
        raise _invalid(f"The root device '{image.root_device_name}' must be mapped to a snapshot.")
    check_bootable(wanted[image.root_device_name].volume_type)
    if len(wanted) > MOST_VOLUMES:
        raise Ec2Error("AttachmentLimitExceeded", f"An instance can have at most {MOST_VOLUMES} volumes")
    made = [_launch_device(connection, call, device) for device in wanted.values()]
    return sorted(made, key=lambda device: device.device != image.root_device_name)


def check_bootable(volume_type: str) -> None:
    """Raises the refusal of a type whose volumes cannot be boot volumes (botocore's documentation of CreateVolume)."""
    if volume_type in ("st1", "sc1"):
        raise InvalidParameterValue(
            f"Invalid value '{volume_type}' for volumeType. {volume_type} volumes cannot be used as boot volumes."
        )


def new_device(connection: Connection, call: Call, blank: ImageDevice, mapping: Mapping[str, Any]) -> ImageDevice:
    """A device that a request adds to an image: empty, of a snapshot, or instance store. Raises EC2's refusals."""
    name = checked_name(mapping, [])
    if is_instance_store(mapping):
        return replace(blank, virtual_name=mapping["VirtualName"])
    device = _changed(None, name, blank.image_id, mapping.get("Ebs") or {})
    checked = _launch_device(connection, call, device).volume
    return replace(
        device, position=blank.position, size_gib=checked.size_gib, iops=checked.iops, throughput=checked.throughput
    )


def as_provisioned(device: ImageDevice) -> ImageDevice:
    """The device without what its volume's type does not let one provision, though the volume tells it of itself."""
    kind = VOLUME_TYPES[device.volume_type]
    return replace(
        device,
        iops=device.iops if kind.iops else None,
        throughput=device.throughput if kind.throughput else None,
    )


def checked_volume(
    volume_type: str, size_gib: int, iops: int | None, throughput: int | None
) -> tuple[int | None, int | None]:
    """Check a volume's measures against its type; gives its IOPS and throughput with the type's defaults filled in."""
    if (kind := VOLUME_TYPES.get(volume_type)) is None:
        raise Ec2Error("UnknownVolumeType", f"Unknown volume type '{volume_type[:200]}'.")
    if not kind.least_gib <= size_gib <= kind.most_gib:
        raise InvalidParameterValue(
            f"Volume of {size_gib}GiB is invalid; {volume_type} volumes must be {kind.least_gib}-{kind.most_gib}GiB."
        )
    for name, value, allowed in (("iops", iops, kind.iops), ("throughput", throughput, kind.throughput)):
        if value is None:
            continue
        if allowed is None:
            raise InvalidParameterCombination(f"The parameter {name} is not supported for {volume_type} volumes.")
        if not allowed[0] <= value <= allowed[1]:
            raise InvalidParameterValue(
                f"Volume {name} of {value} is out of range; {volume_type} allows {allowed[0]} to {allowed[1]}."
            )
    if volume_type in ("io1", "io2") and iops is None:
        raise MissingParameter("iops")
    filled = iops or kind.default_iops, throughput or kind.default_throughput
    _check_ratios(kind, size_gib, *filled)
    return filled[0] or _gp2_iops(volume_type, size_gib), filled[1]


def _check_ratios(kind: VolumeType, size_gib: int, iops: int | None, throughput: int | None) -> None:
    """Raises EC2's refusal of more operations than the size, or more throughput than the operations, allow."""
    most = kind.most_iops_per_gib
    if most is not None and iops is not None and iops > max(most * size_gib, kind.default_iops or 0):
        raise InvalidParameterValue(
            f"Iops to volume size ratio of {iops / size_gib:.6f} is too high; maximum is {most}"
        )
    if throughput is not None and iops is not None and throughput > MOST_MIB_PER_OPERATION * iops:
        raise InvalidParameterValue(
            f"Throughput (MiBps) to iops ratio of {throughput / iops:.6f} is too high; "
            f"maximum is {MOST_MIB_PER_OPERATION:.6f} MiBps per iops"
        )


def _gp2_iops(volume_type: str, size_gib: int) -> int | None:
    """gp2 gives three operations a second for each GiB, within bounds (EBS documentation)."""
    return min(max(100, 3 * size_gib), 16_000) if volume_type == "gp2" else None


def is_device_name(name: str) -> bool:
    """Whether EC2 takes this as the name of a device."""
    return _DEVICE.match(name) is not None


def checked_name(mapping: Mapping[str, Any], names: Sequence[str | None]) -> str:
    """The name of the device that is mapped; `names` are all that the request maps. Raises EC2's refusals."""
    name: str | None = mapping.get("DeviceName")
    if not name:
        raise MissingParameter("deviceName")
    if not is_device_name(name):
        raise _invalid(f"Invalid device name {name[:200]}")
    if names.count(name) > 1:
        raise _invalid(f"Device name '{name}' is used more than once.")
    return name


def is_instance_store(mapping: Mapping[str, Any]) -> bool:
    """Whether the mapping asks for an instance store. Raises EC2's refusals of one that there cannot be."""
    if (virtual_name := mapping.get("VirtualName")) is None:
        return False
    if not _VIRTUAL_NAME.match(virtual_name):
        raise InvalidParameterValue(
            f"Value ({virtual_name[:200]}) for parameter virtualName is invalid. Expected: 'ephemeral(0...23)'."
        )
    if mapping.get("Ebs"):
        raise _invalid(f"The device '{mapping['DeviceName']}' cannot be both instance store and an EBS volume.")
    return True


def _changed(device: ImageDevice | None, name: str, image_id: str, ebs: Mapping[str, Any]) -> ImageDevice:
    """The image's device with the request's changes, or a new one."""
    refuse({"Ebs": ebs}, DEVICE_UNBUILT)
    if device is None:
        # EC2: true by default for what the image maps, false for what a launch adds.
        device = ImageDevice(
            image_id=image_id, position=0, device=name, volume_type=DEFAULT_VOLUME_TYPE, delete_on_termination=False
        )
        if ebs.get("SnapshotId") is None and ebs.get("VolumeSize") is None:
            raise MissingParameter("size or snapshotId")
    elif device.snapshot_id is not None and ebs.get("SnapshotId") not in (None, device.snapshot_id):
        raise _invalid(f"snapshotId cannot be modified on device '{name}'")
    changes = {
        "snapshot_id": ebs.get("SnapshotId"),
        "size_gib": ebs.get("VolumeSize"),
        "volume_type": ebs.get("VolumeType"),
        "iops": ebs.get("Iops"),
        "throughput": ebs.get("Throughput"),
        "delete_on_termination": ebs.get("DeleteOnTermination"),
    }
    if changes["volume_type"] not in (None, device.volume_type):
        device = replace(device, iops=None, throughput=None)
    return replace(device, **{member: value for member, value in changes.items() if value is not None})


def _launch_device(connection: Connection, call: Call, device: ImageDevice) -> LaunchDevice:
    snapshot = None
    if device.snapshot_id is not None:
        SNAPSHOT.check_form([device.snapshot_id])
        snapshot = snapshots.get(connection, device.snapshot_id)
        if snapshot is None or (snapshot.account, snapshot.region) != (call.account, call.region):
            raise SNAPSHOT.not_found([device.snapshot_id])
        if snapshot.state is not SnapshotState.COMPLETED:
            raise Ec2Error("IncorrectState", f"Snapshot is in invalid state - {snapshot.state}")
    size = device.size_gib
    if size is None:
        size = snapshot.volume_size_gib if snapshot else 0
    if snapshot is not None and size < snapshot.volume_size_gib:
        raise _invalid(
            f"Volume of size {size}GB is smaller than snapshot '{snapshot.id}', "
            f"expect size >= {snapshot.volume_size_gib}GB"
        )
    iops, throughput = checked_volume(device.volume_type, size, device.iops, device.throughput)
    volume = WantedVolume(snapshot, size, device.volume_type, iops, throughput)
    return LaunchDevice(device.device, volume, device.delete_on_termination)


def _invalid(message: str) -> Ec2Error:
    return Ec2Error("InvalidBlockDeviceMapping", message)
