"""DescribeImages and DeregisterImage."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from sqlalchemy import Connection

from kumoniwa.api.cloud import Cloud, origin
from kumoniwa.api.describe import Values, page, present, truth
from kumoniwa.api.image_output import Output, creation_date, device_size, image_output, location
from kumoniwa.api.owners import asks_for_own, check_users
from kumoniwa.api.registry import Answer, Call, Parameters, action
from kumoniwa.api.resources import IMAGE
from kumoniwa.clock import precise
from kumoniwa.errors import Ec2Error
from kumoniwa.ids import is_well_formed
from kumoniwa.model.storage import Image, ImageDevice, ImageState, Snapshot
from kumoniwa.store import images, snapshots, tags
from kumoniwa.workflows.engine import submit


@dataclass(frozen=True, slots=True)
class Described:
    """An image with all that is told of it."""

    image: Image
    devices: Sequence[ImageDevice]
    snapshots: Mapping[str, Snapshot]
    tags: Mapping[str, str]


def _nothing(_: Described) -> tuple[str, ...]:
    """What EC2 can tell of images and no image here has."""
    return ()


_FILTERS: dict[str, Values[Described]] = {
    "architecture": lambda one: (one.image.architecture,),
    "block-device-mapping.delete-on-termination": lambda one: [
        word for device in one.devices if device.virtual_name is None for word in truth(device.delete_on_termination)
    ],
    "block-device-mapping.device-name": lambda one: [device.device for device in one.devices],
    "block-device-mapping.encrypted": lambda one: ["false" for device in one.devices if device.virtual_name is None],
    "block-device-mapping.snapshot-id": lambda one: present(*(device.snapshot_id for device in one.devices)),
    "block-device-mapping.volume-size": lambda one: present(
        *(device_size(device, one.snapshots) for device in one.devices)
    ),
    "block-device-mapping.volume-type": lambda one: [
        device.volume_type for device in one.devices if device.virtual_name is None
    ],
    "boot-mode": lambda one: present(one.image.boot_mode),
    "creation-date": lambda one: (creation_date(one.image),),
    "description": lambda one: present(one.image.description),
    "ena-support": lambda one: truth(one.image.ena_support),
    "hypervisor": lambda one: ("xen",),
    "image-id": lambda one: (one.image.id,),
    "image-type": lambda one: ("machine",),
    "is-public": lambda one: truth(False),
    "manifest-location": lambda one: (location(one.image),),
    "name": lambda one: (one.image.name,),
    "owner-id": lambda one: (one.image.account,),
    "root-device-name": lambda one: (one.image.root_device_name,),
    "root-device-type": lambda one: ("ebs",),
    "source-image-id": lambda one: present(one.image.source_image_id),
    "source-image-region": lambda one: () if one.image.source_image_id is None else (one.image.region,),
    "source-instance-id": lambda one: present(one.image.source_instance_id),
    "sriov-net-support": lambda one: ("simple",),
    "state": lambda one: (one.image.state,),
    "state-reason-code": lambda one: present(one.image.state_reason_code),
    "state-reason-message": lambda one: present(one.image.state_reason_message),
    "virtualization-type": lambda one: ("hvm",),
    **dict.fromkeys(
        (
            "free-tier-eligible",
            "image-allowed",
            "image-watermark.source-image-creation-time",
            "image-watermark.source-image-id",
            "image-watermark.source-image-region",
            "image-watermark.watermark-creation-time",
            "image-watermark.watermark-key",
            "instance-type-specification.supported-instance-type",
            "instance-type-specification.unsupported-instance-type",
            "kernel-id",
            "owner-alias",
            "platform",
            "product-code",
            "product-code.type",
            "public-ssm-parameter-name",
            "ramdisk-id",
            "scan-result.critical-fix-available-since",
            "scan-result.finding-scan-date",
            "scan-result.high-fix-available-since",
            "scan-result.highest-finding-severity-label",
            "scan-result.informational-fix-available-since",
            "scan-result.low-fix-available-since",
            "scan-result.medium-fix-available-since",
        ),
        _nothing,
    ),
}


@action("DescribeImages")
async def describe_images(cloud: Cloud, call: Call, parameters: Parameters) -> Answer:
    """The caller's images in this region. A deregistered one is told no more.

    Nothing here is deprecated, disabled or shared: `IncludeDeprecated` and `IncludeDisabled` change nothing, and
    `ExecutableUsers`, who asks for what was shared explicitly, finds nothing.
    """
    ids: Sequence[str] | None = parameters.get("ImageIds") or None
    _check_form(ids or ())
    users = parameters.get("ExecutableUsers", ())
    check_users(users)
    asked = asks_for_own(call, parameters.get("Owners", ())) and not users
    every = await cloud.read(lambda connection: _described(connection, call, ids))
    found, token = page(
        call,
        parameters,
        every if asked else (),
        filters=_FILTERS,
        key=lambda one: f"{precise(one.image.created_at)} {one.image.id}",
        tags=lambda one: one.tags,
        limits=(1, 1000),
    )
    return {"Images": [_output(one) for one in found], "NextToken": token}


@action("DeregisterImage")
async def deregister_image(cloud: Cloud, call: Call, parameters: Parameters) -> Answer:
    """Take an image back, in whatever state it is; instances launched from it go on. Its snapshots stay, unless they
    are asked to go too: then those go that no other image needs."""
    image_id: str = parameters["ImageId"]
    _check_form([image_id])

    def deregister(connection: Connection) -> Answer:
        image_named(connection, call, image_id)
        sources = [ImageState.PENDING, ImageState.AVAILABLE, ImageState.FAILED]
        images.move(connection, image_id, sources, ImageState.DEREGISTERED, deregistered_at=call.at)
        tags.remove_all(connection, image_id)
        if not parameters.get("DeleteAssociatedSnapshots"):
            return {"Return": True}
        devices = images.devices_of(connection, [image_id]).get(image_id, [])
        ids = dict.fromkeys(device.snapshot_id for device in devices if device.snapshot_id is not None)
        results = [{"SnapshotId": one, "ReturnCode": _delete_snapshot(connection, one)} for one in ids]
        submit(connection, "collect_layers", None, origin(call))
        return {"Return": True, "DeleteSnapshotResults": results}

    return await cloud.change(call, deregister)


def image_named(connection: Connection, call: Call, image_id: str) -> Image:
    """The caller's image of this id, in any state but deregistered. Raises EC2's refusals."""
    _check_form([image_id])
    found = images.in_scope(connection, call.account, call.region, [image_id])
    if not found:
        raise IMAGE.not_found([image_id])
    if found[0].state is ImageState.DEREGISTERED:
        raise _unavailable(image_id)
    return found[0]


def _unavailable(image_id: str) -> Ec2Error:
    return Ec2Error("InvalidAMIID.Unavailable", f"The image id '[{image_id}]' is no longer available")


def _check_form(ids: Sequence[str]) -> None:
    """EC2's text for images is not that for other resources (observed)."""
    for image_id in ids:
        if not is_well_formed(image_id, "ami"):
            raise Ec2Error(IMAGE.malformed_code, f'Invalid id: "{image_id[:200]}"')


def _described(connection: Connection, call: Call, ids: Sequence[str] | None) -> list[Described]:
    """The images with these ids, or all. Raises EC2's refusals of an id that no image has, or none any more."""
    rows = images.in_scope(connection, call.account, call.region, ids)
    found = [image for image in rows if image.state is not ImageState.DEREGISTERED]
    if ids is not None:
        IMAGE.check_all_found(ids, {image.id for image in rows})
        known = {image.id for image in found} | images.launched(connection, ids)
        if gone := [image.id for image in rows if image.id not in known]:
            raise _unavailable(gone[0])  # Ansible's ec2_ami and Terraform wait for this code
    devices = images.devices_of(connection, ids)
    parts = None
    if ids is not None:
        parts = [device.snapshot_id for those in devices.values() for device in those if device.snapshot_id is not None]
    sources = {one.id: one for one in snapshots.in_scope(connection, call.account, call.region, parts)}
    tagged = tags.tags_of(connection, call.account, call.region, IMAGE.resource_type, ids)
    return [Described(image, devices.get(image.id, ()), sources, tagged.get(image.id, {})) for image in found]


def _output(one: Described) -> Output:
    return image_output(one.image, one.devices, one.snapshots, one.tags)


def _delete_snapshot(connection: Connection, snapshot_id: str) -> str:
    """Delete a snapshot of an image that is no more; gives EC2's word for what became of it."""
    if snapshots.images_using(connection, snapshot_id):
        return "skipped"
    if snapshots.get(connection, snapshot_id) is None:
        return "client-error"
    snapshots.remove(connection, snapshot_id)
    tags.remove_all(connection, snapshot_id)
    return "success"
