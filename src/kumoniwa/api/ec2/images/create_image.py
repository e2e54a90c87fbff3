"""CreateImage: what is checked and promised; `workflows/stories/images/create_image.py` does it."""

from collections.abc import Mapping, Sequence
from typing import Any

from sqlalchemy import Connection

from kumoniwa.api.call import Answer, Call, Parameters
from kumoniwa.api.cloud import Cloud, origin
from kumoniwa.api.ec2.images.block_device_mappings import DEVICE_NOT_BUILT, new_device
from kumoniwa.api.ec2.images.boot_modes import UEFI
from kumoniwa.api.ec2.images.image_names import check_name
from kumoniwa.api.ec2.kinds import INSTANCE
from kumoniwa.api.ec2.named.instance_lookup import without_root
from kumoniwa.api.ec2.named.lookup import named
from kumoniwa.api.ec2.snapshots.new_snapshot import pending_snapshot
from kumoniwa.api.ec2.tags import from_specifications
from kumoniwa.api.ec2.tags import write as write_tags
from kumoniwa.api.ec2.volumes.device_names import named_once
from kumoniwa.api.ec2.volumes.freeze import wants_freeze
from kumoniwa.api.not_built import NotBuiltParameter, below, refuse
from kumoniwa.api.registry import Depth, action
from kumoniwa.errors import InvalidBlockDeviceMapping, InvalidParameterValue, NotBuilt
from kumoniwa.ids import new_id
from kumoniwa.model.images import Image, ImageDevice, ImageState
from kumoniwa.model.instances import Instance, InstanceState
from kumoniwa.model.snapshots import Snapshot
from kumoniwa.model.volumes import Attachment, AttachmentState, Volume
from kumoniwa.placement.disk_room import NEW_LAYER_BYTES, check_room
from kumoniwa.store import images, snapshots, volumes
from kumoniwa.values import dataclass
from kumoniwa.workflows.steps.snapshots.cut_volumes import WantedCut
from kumoniwa.workflows.stories.images.create_image import create_image as create_image_story
from kumoniwa.workflows.story import submit

IMAGEABLE = (InstanceState.RUNNING, InstanceState.STOPPING, InstanceState.STOPPED)
MOST_DESCRIPTION = 255


@dataclass(frozen=True, slots=True)
class _Plan:
    """An image to make of an instance, whose every part was checked."""

    instance: Instance
    image: Image
    devices: Sequence[ImageDevice]
    snapshots: Sequence[Snapshot]
    """Of the instance's volumes, in the guest's order. They are cut by the workflow."""


@action(
    "CreateImage",
    depth=Depth.PARTLY,
    not_built=(
        *below("BlockDeviceMappings", DEVICE_NOT_BUILT),
        NotBuiltParameter("SnapshotLocation", "SnapshotLocation local", ("regional",)),
    ),
)
async def create_image(cloud: Cloud, call: Call, parameters: Parameters) -> Answer:
    """Make an AMI of an instance. The image is `pending` at once; unless NoReboot, the guest reboots around the cut.

    No protection of the instance forbids it, and its state stays what it is. An image without reboot may have the
    guest's file systems frozen for its cut (`api/ec2/volumes/freeze.py`).
    """
    tags = from_specifications(parameters, ("image", "snapshot"))
    freeze = wants_freeze(cloud.world.config, tags)
    host = await cloud.world.driver.capacity()

    def create(connection: Connection) -> Answer:
        plan = _checked(connection, call, parameters)
        check_room(host, NEW_LAYER_BYTES * len(plan.snapshots))
        _write(connection, call, plan, tags)
        _submit(connection, call, plan, no_reboot=bool(parameters.get("NoReboot")), freeze=freeze)
        return {"ImageId": plan.image.id}

    return await cloud.change(call, create)


def _checked(connection: Connection, call: Call, parameters: Parameters) -> _Plan:
    """What the image is to consist of. Raises EC2's refusals."""
    instance = named(connection, call.scope, INSTANCE, parameters["InstanceId"])
    if instance.state not in IMAGEABLE:
        raise InvalidParameterValue(
            f"Invalid value '{instance.id}' for instanceId. "
            "Instance is not in state 'running' or 'stopping' or 'stopped'"
        )
    check_name(connection, call, parameters["Name"])
    image = _image(connection, call, instance, parameters)
    mappings = parameters.get("BlockDeviceMappings") or []
    dropped, added = _checked_mappings(connection, call, instance, image.id, mappings)
    kept = [
        (attachment, volume)
        for attachment, volume in volumes.of_instance(connection, instance.id)
        if attachment.device not in dropped and attachment.state is not AttachmentState.DETACHING
    ]
    if not any(attachment.position == 0 for attachment, _ in kept):
        raise without_root(instance)
    # EC2's own text; tools parse it (docs/sources.md, CreateImage).
    description = f"Created by CreateImage({instance.id}) for {image.id}"
    snapshots_of_kept = [pending_snapshot(call, volume, description) for _, volume in kept]
    overrides = _delete_on_termination(mappings)
    devices = [
        _device(image, attachment, volume, snapshot, overrides)
        for (attachment, volume), snapshot in zip(kept, snapshots_of_kept, strict=True)
    ]
    return _Plan(instance, image, (*devices, *added), tuple(snapshots_of_kept))


def _write(connection: Connection, call: Call, plan: _Plan, tags: Mapping[str, Mapping[str, str]]) -> None:
    images.add(connection, plan.image, plan.devices)
    write_tags(connection, call, plan.image.id, "image", tags.get("image"))
    for snapshot in plan.snapshots:
        snapshots.add(connection, snapshot)
        write_tags(connection, call, snapshot.id, "snapshot", tags.get("snapshot"))


def _submit(connection: Connection, call: Call, plan: _Plan, *, no_reboot: bool, freeze: bool) -> None:
    cuts: list[WantedCut] = [
        {"volume": snapshot.volume_id, "snapshot": snapshot.id, "new": new_id("layer")} for snapshot in plan.snapshots
    ]
    submit(
        connection,
        create_image_story,
        origin(call),
        image_id=plan.image.id,
        instance_id=plan.instance.id,
        no_reboot=no_reboot,
        cuts=cuts,
        freeze=freeze,
    )


def _image(connection: Connection, call: Call, instance: Instance, parameters: Parameters) -> Image:
    description = parameters.get("Description")
    if description is not None and len(description) > MOST_DESCRIPTION:
        raise InvalidParameterValue(f"Description must be at most {MOST_DESCRIPTION} characters long")
    if parameters.get("SnapshotLocation") not in (None, "regional"):
        raise NotBuilt(f"SnapshotLocation {parameters['SnapshotLocation']}")
    source = images.get(connection, instance.image_id)
    return Image(
        id=new_id("ami"),
        account=call.account,
        region=call.region,
        name=parameters["Name"],
        description=description,
        state=ImageState.PENDING,
        architecture=instance.architecture,
        root_device_name=instance.root_device_name,
        created_at=call.at,
        boot_mode=_boot_mode(instance, source, parameters.get("BootModeOverride")),
        platform_details=source.platform_details if source else "Linux/UNIX",
        imds_tokens_required=source.imds_tokens_required if source else False,
        source_instance_id=instance.id,
        source_image_id=instance.image_id,
        nvme_only=instance.nvme_only,
        request_id=call.request_id,
    )


def _boot_mode(instance: Instance, source: Image | None, override: str | None) -> str | None:
    """What instances of the image are to boot by: as its instance was asked to, unless the request is stricter."""
    if override is not None:
        if instance.boot_mode != UEFI:
            raise InvalidParameterValue("BootModeOverride is only for instances whose current boot mode is uefi")
        return override
    preferred: str | None = instance.options.get("BootMode")
    return preferred or instance.boot_mode or (source.boot_mode if source else None)


def _checked_mappings(
    connection: Connection, call: Call, instance: Instance, image_id: str, mappings: Sequence[Mapping[str, Any]]
) -> tuple[set[str], list[ImageDevice]]:
    """What the request leaves out of the image, and what it adds. What is there may change DeleteOnTermination only."""
    attached = volumes.of_instance(connection, instance.id)
    there = {attachment.device: volume for attachment, volume in attached}
    behind = 1 + max((attachment.position for attachment, _ in attached), default=-1)
    dropped: set[str] = set()
    added: list[ImageDevice] = []
    for mapping in mappings:
        device = named_once(mapping.get("DeviceName"), [other.get("DeviceName") for other in mappings])
        if mapping.get("NoDevice") is not None:
            if device == instance.root_device_name:
                raise InvalidBlockDeviceMapping(f"The root device '{device}' cannot be left out.")
            dropped.add(device)
        elif device in there:
            _check_unchanged(there[device], mapping)
        else:
            position = behind + len(added)
            added.append(new_device(connection, call, ImageDevice(image_id, position, device), mapping))
    return dropped, added


def _check_unchanged(volume: Volume, mapping: Mapping[str, Any]) -> None:
    """Raises EC2's refusal where more than DeleteOnTermination would be another than the volume's own."""
    refuse(mapping, DEVICE_NOT_BUILT)
    device, ebs = mapping["DeviceName"], mapping.get("Ebs") or {}
    unchanged = {
        "volumeSize": (ebs.get("VolumeSize"), volume.size_gib),
        "volumeType": (ebs.get("VolumeType"), volume.volume_type),
        "iops": (ebs.get("Iops"), volume.iops),
        "throughput": (ebs.get("Throughput"), volume.throughput),
        "snapshotId": (ebs.get("SnapshotId"), None),
        "encrypted": (ebs.get("Encrypted"), volume.encrypted),
        "kmsKeyId": (ebs.get("KmsKeyId"), volume.kms_key_id),
        "virtualName": (mapping.get("VirtualName"), None),
    }
    for name, (asked, present) in unchanged.items():
        if asked not in (None, present):
            raise InvalidBlockDeviceMapping(f"{name} cannot be modified on device '{device}'")


def _delete_on_termination(mappings: Sequence[Mapping[str, Any]]) -> dict[str, bool]:
    return {
        mapping["DeviceName"]: mapping["Ebs"]["DeleteOnTermination"]
        for mapping in mappings
        if (mapping.get("Ebs") or {}).get("DeleteOnTermination") is not None
    }


def _device(
    image: Image, attachment: Attachment, volume: Volume, snapshot: Snapshot, overrides: Mapping[str, bool]
) -> ImageDevice:
    return ImageDevice(
        image_id=image.id,
        position=attachment.position,
        device=attachment.device,
        snapshot_id=snapshot.id,
        size_gib=volume.size_gib,
        volume_type=volume.volume_type,
        iops=volume.iops,
        throughput=volume.throughput,
        delete_on_termination=overrides.get(attachment.device, attachment.delete_on_termination),
    )
