"""RegisterImage: an image of snapshots that are there already."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from typing import Any

from sqlalchemy import Connection

from kumoniwa.api.call import Answer, Call, Parameters
from kumoniwa.api.cloud import Cloud
from kumoniwa.api.ec2.images.block_device_mappings import checked_name, is_instance_store
from kumoniwa.api.ec2.images.boot_modes import check_boots
from kumoniwa.api.ec2.images.create_image import MOST_DESCRIPTION
from kumoniwa.api.ec2.images.image_names import check_name
from kumoniwa.api.ec2.images.image_output import SRIOV
from kumoniwa.api.ec2.kinds import SNAPSHOT
from kumoniwa.api.ec2.named.lookup import named
from kumoniwa.api.ec2.named.snapshot_lookup import check_not_archived
from kumoniwa.api.ec2.tags import from_specifications, write
from kumoniwa.api.ec2.volumes.device_names import is_device_name
from kumoniwa.api.ec2.volumes.volume_types import DEFAULT_VOLUME_TYPE, check_bootable, checked_volume
from kumoniwa.api.not_built import NotBuiltParameter
from kumoniwa.api.registry import Depth, action
from kumoniwa.errors import (
    IncorrectState,
    InvalidBlockDeviceMapping,
    InvalidParameterValue,
    MissingParameter,
    NotBuilt,
)
from kumoniwa.ids import new_id
from kumoniwa.model.consistency import How, weakest
from kumoniwa.model.images import Image, ImageDevice, ImageState
from kumoniwa.model.snapshots import Snapshot, SnapshotState
from kumoniwa.store import images, snapshots

DEFAULT_ARCHITECTURE = "i386"  # EC2's, for images of snapshots
_ARCHITECTURES = frozenset({"i386", "x86_64"})

_PARAVIRTUAL = "images of VirtualizationType paravirtual, which EC2 takes where it is not given"
_LACKING = {
    "ImageLocation": "instance-store-backed images",
    "BillingProducts": "billing products",
    "KernelId": "images with a kernel of their own (KernelId)",
    "RamdiskId": "images with a RAM disk of their own (RamdiskId)",
    "TpmSupport": "images with NitroTPM",
    "UefiData": "images with UEFI data of their own (UefiData)",
}
_LACKING_EBS = (
    "KmsKeyId",
    "OutpostArn",
    "AvailabilityZone",
    "AvailabilityZoneId",
    "EbsCardIndex",
    "VolumeInitializationRate",
)


@action(
    "RegisterImage",
    depth=Depth.PARTLY,
    missing="Images are for x86_64 and i386, with VirtualizationType hvm.",
    not_built=(
        *(NotBuiltParameter(name, what) for name, what in _LACKING.items()),
        *(
            NotBuiltParameter(f"BlockDeviceMappings.Ebs.{name}", f"{name} of a block device mapping")
            for name in _LACKING_EBS
        ),
        NotBuiltParameter("Architecture", "images for other processors", tuple(sorted(_ARCHITECTURES))),
        NotBuiltParameter("VirtualizationType", _PARAVIRTUAL, ("hvm",)),
    ),
)
async def register_image(cloud: Cloud, call: Call, parameters: Parameters) -> Answer:
    """Make an image of snapshots; it is available at once. What guests here cannot be is refused, not registered."""
    _check_kind(parameters)
    root: str | None = parameters.get("RootDeviceName")
    if not root:
        raise MissingParameter("rootDeviceName")
    if not is_device_name(root):
        raise InvalidParameterValue(
            f"Invalid value '{root[:200]}' for rootDeviceName. Invalid device name {root[:200]}"
        )
    tags = from_specifications(parameters, ["image"]).get("image")
    image = Image(
        id=new_id("ami"),
        account=call.account,
        region=call.region,
        name=parameters["Name"],
        description=parameters.get("Description"),
        state=ImageState.AVAILABLE,
        architecture=parameters.get("Architecture", DEFAULT_ARCHITECTURE),
        root_device_name=root,
        created_at=call.at,
        boot_mode=parameters.get("BootMode"),
        ena_support=bool(parameters.get("EnaSupport")),
        imds_tokens_required=parameters.get("ImdsSupport") == "v2.0",
        request_id=call.request_id,
    )

    def register(connection: Connection) -> Answer:
        check_name(connection, call, image.name)
        devices = _devices(connection, call, image, parameters.get("BlockDeviceMappings", ()))
        _check_runs_here(parameters)
        images.add(connection, _as_consistent(connection, image, devices), devices)
        write(connection, call, image.id, "image", tags)
        return {"ImageId": image.id}

    return await cloud.change(call, register)


def _as_consistent(connection: Connection, image: Image, devices: Sequence[ImageDevice]) -> Image:
    """The image with what is known of how its snapshots were cut: the weakest consistency among them."""
    made_of = [snapshots.get(connection, device.snapshot_id) for device in devices if device.snapshot_id is not None]
    cuts = [
        How(one.consistency, f"registered of {one.id}: {one.consistency_detail}", one.frozen_ms)
        for one in made_of
        if one is not None and one.consistency is not None
    ]
    if not cuts or len(cuts) < len(made_of):
        return image
    how = weakest(*cuts)
    return replace(image, consistency=how.consistency, consistency_detail=how.detail, frozen_ms=how.frozen_ms)


def _check_kind(parameters: Parameters) -> None:
    """Raises EC2's refusals of what an image cannot be, and ours of parts of images that there are not."""
    for name, what in _LACKING.items():
        if parameters.get(name):
            raise NotBuilt(what)
    if (sriov := parameters.get("SriovNetSupport", SRIOV)) != SRIOV:
        raise InvalidParameterValue(f"Value ( {sriov[:200]} ) for parameter sriovNetSupport is invalid.")
    if len(parameters.get("Description", "")) > MOST_DESCRIPTION:
        raise InvalidParameterValue(f"Description must be at most {MOST_DESCRIPTION} characters long")
    check_boots(parameters.get("Architecture", DEFAULT_ARCHITECTURE), parameters.get("BootMode"))


def _check_runs_here(parameters: Parameters) -> None:
    """Raises a refusal of an image that EC2 registers and no guest here could be launched from: after all of EC2's."""
    architecture = parameters.get("Architecture", DEFAULT_ARCHITECTURE)
    if architecture not in _ARCHITECTURES:
        raise NotBuilt(
            "images for other processors", way_out=f"Its guests are x86_64 and i386, and {architecture} is neither."
        )
    if parameters.get("VirtualizationType", "paravirtual") != "hvm":
        raise NotBuilt(
            _PARAVIRTUAL,
            way_out="Give VirtualizationType=hvm.",
        )


def _devices(
    connection: Connection, call: Call, image: Image, mappings: Sequence[Mapping[str, Any]]
) -> list[ImageDevice]:
    """The devices that a request maps, the root first. Raises EC2's refusals."""
    devices: dict[str, ImageDevice] = {}
    for mapping in mappings:
        name = checked_name(mapping, [one.get("DeviceName") for one in mappings])
        if mapping.get("NoDevice") is not None:
            continue
        if is_instance_store(mapping):
            devices[name] = ImageDevice(image.id, 0, name, virtual_name=mapping["VirtualName"])
        else:
            devices[name] = _volume(connection, call, image, name, mapping.get("Ebs") or {})
    root = devices.get(image.root_device_name)
    if root is None or root.snapshot_id is None:
        raise InvalidBlockDeviceMapping(f"The root device '{image.root_device_name}' must be mapped to a snapshot.")
    check_bootable(root.volume_type)
    ordered = [root, *(device for device in devices.values() if device is not root)]
    return [replace(device, position=position) for position, device in enumerate(ordered)]


def _volume(connection: Connection, call: Call, image: Image, name: str, ebs: Mapping[str, Any]) -> ImageDevice:
    """One EBS volume of the mapping, from a snapshot or empty."""
    for member in _LACKING_EBS:
        if ebs.get(member) is not None:
            raise NotBuilt(f"{member} of a block device mapping")
    if ebs.get("Encrypted") is not None and ebs.get("SnapshotId") is not None:
        raise InvalidBlockDeviceMapping(
            f"the encrypted flag cannot be specified since device {name} has a snapshot specified."
        )
    snapshot, size = None, ebs.get("VolumeSize")
    if (snapshot_id := ebs.get("SnapshotId")) is not None:
        snapshot = _usable(named(connection, call.scope, SNAPSHOT, snapshot_id), call.at)
        size = snapshot.volume_size_gib if size is None else size
        if size < snapshot.volume_size_gib:
            raise InvalidBlockDeviceMapping(
                f"Volume of size {size}GB is smaller than snapshot '{snapshot.id}', "
                f"expect size >= {snapshot.volume_size_gib}GB"
            )
    if size is None:
        raise InvalidBlockDeviceMapping(f"Either snapshot ID or volume size must be provided for: {name}")
    device = ImageDevice(
        image_id=image.id,
        position=0,
        device=name,
        snapshot_id=None if snapshot is None else snapshot.id,
        size_gib=size,
        volume_type=ebs.get("VolumeType", DEFAULT_VOLUME_TYPE),
        iops=ebs.get("Iops"),
        throughput=ebs.get("Throughput"),
        delete_on_termination=ebs.get("DeleteOnTermination", True),
        encrypted=ebs.get("Encrypted"),
    )
    checked_volume(device.volume_type, size, device.iops, device.throughput)
    return device


def _usable(snapshot: Snapshot, at: datetime) -> Snapshot:
    if snapshot.state is not SnapshotState.COMPLETED:
        raise IncorrectState(f"Snapshot '{snapshot.id}' is not 'completed'.")
    check_not_archived(snapshot, at)
    return snapshot
