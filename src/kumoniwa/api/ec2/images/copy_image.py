"""CopyImage: an image of the same contents in the call's region."""

from collections.abc import Mapping
from dataclasses import replace

from sqlalchemy import Connection

from kumoniwa.api.call import Answer, Call, Parameters
from kumoniwa.api.cloud import Cloud, origin
from kumoniwa.api.ec2.images.create_image import MOST_DESCRIPTION
from kumoniwa.api.ec2.images.image_names import check_name
from kumoniwa.api.ec2.kinds import IMAGE
from kumoniwa.api.ec2.snapshots.copy_durations import check_duration
from kumoniwa.api.ec2.tags import from_specifications, tags_of, write
from kumoniwa.api.not_built import Unbuilt, refuse
from kumoniwa.api.registry import Depth, action
from kumoniwa.errors import Ec2Error, InvalidParameterValue
from kumoniwa.ids import is_well_formed, new_id
from kumoniwa.model.images import Image, ImageState
from kumoniwa.model.regions import REGIONS
from kumoniwa.model.snapshots import Snapshot, SnapshotState
from kumoniwa.store import images, snapshots
from kumoniwa.workflows.engine import submit
from kumoniwa.workflows.steps.snapshots.import_disks import NO_VOLUME

UNBUILT = (
    Unbuilt("Encrypted", "encrypted volumes"),
    Unbuilt("KmsKeyId", "encrypted volumes"),
    Unbuilt("DestinationOutpostArn", "Outposts"),
    Unbuilt("DestinationAvailabilityZone", "Local Zones"),
    Unbuilt("DestinationAvailabilityZoneId", "Local Zones"),
)


@action(
    "CopyImage",
    depth=Depth.PARTLY,
    unbuilt=UNBUILT,
)
async def copy_image(cloud: Cloud, call: Call, parameters: Parameters) -> Answer:
    """Copy an image of any region into this one. Its snapshots are new, and stand on the same layers.

    Launch permissions are not copied, tags where that is asked for.
    """
    refuse(parameters, UNBUILT)
    check_duration(parameters.get("SnapshotCopyCompletionDurationMinutes"), "snapshotCopyCompletionDurationMinutes")
    if len(parameters.get("Description", "")) > MOST_DESCRIPTION:
        raise InvalidParameterValue(f"Description must be at most {MOST_DESCRIPTION} characters long")
    tags = from_specifications(parameters, ("image", "snapshot"))

    def copy(connection: Connection) -> Answer:
        source = _source(connection, call, parameters["SourceRegion"], parameters["SourceImageId"])
        check_name(connection, call, parameters["Name"])
        image = _copied(call, source, parameters)
        devices = images.devices_of(connection, [source.id]).get(source.id, [])
        wanted = dict.fromkeys(device.snapshot_id for device in devices if device.snapshot_id is not None)
        taken = {one: _copied_snapshot(connection, call, source, image, one) for one in wanted}
        images.add(
            connection,
            image,
            [
                replace(
                    device,
                    image_id=image.id,
                    snapshot_id=None if device.snapshot_id is None else taken[device.snapshot_id].id,
                )
                for device in devices
            ],
        )
        own = {**_tags_to_copy(connection, source, parameters), **tags.get("image", {})}
        write(connection, call, image.id, "image", own)
        for snapshot in taken.values():
            snapshots.add(connection, snapshot)
            write(connection, call, snapshot.id, "snapshot", tags.get("snapshot"))
        submit(
            connection,
            "copy_image",
            None,
            origin(call),
            image_id=image.id,
            snapshot_ids=[snapshot.id for snapshot in taken.values()],
        )
        return {"ImageId": image.id}

    return await cloud.change(call, copy)


def _source(connection: Connection, call: Call, region: str, image_id: str) -> Image:
    """The image to copy. Raises EC2's refusals."""
    if region not in REGIONS:
        raise Ec2Error("InvalidRegion", f"The specified region '{region[:200]}' is not valid.")
    if not is_well_formed(image_id, "ami"):
        raise Ec2Error(IMAGE.malformed_code, f'Invalid id: "{image_id[:200]}" (expecting "ami-...")')
    image = images.get(connection, image_id)
    if image is None or (image.account, image.region) != (call.account, region):
        raise IMAGE.not_found([image_id])
    if image.state is ImageState.DEREGISTERED:
        raise Ec2Error("InvalidAMIID.Unavailable", f"The image id '[{image_id}]' is no longer available")
    if image.state is not ImageState.AVAILABLE:
        raise Ec2Error("InvalidAMIID.Unavailable", f"AMI '{image_id}' is {image.state}, and cannot be copied")
    return image


def _copied(call: Call, source: Image, parameters: Parameters) -> Image:
    return Image(
        id=new_id("ami"),
        account=call.account,
        region=call.region,
        name=parameters["Name"],
        description=parameters.get("Description"),
        state=ImageState.PENDING,
        architecture=source.architecture,
        root_device_name=source.root_device_name,
        created_at=call.at,
        boot_mode=source.boot_mode,
        ena_support=source.ena_support,
        platform_details=source.platform_details,
        imds_tokens_required=source.imds_tokens_required,
        source_image_id=source.id,
        consistency=source.consistency,
        consistency_detail=source.consistency_detail,
        frozen_ms=source.frozen_ms,
        nvme_only=source.nvme_only,
    )


def _copied_snapshot(connection: Connection, call: Call, source: Image, image: Image, snapshot_id: str) -> Snapshot:
    """A snapshot of the same layer, of this region."""
    snapshot = snapshots.get(connection, snapshot_id)
    assert snapshot is not None, f"{source.id} is available without its {snapshot_id}"
    if snapshot.state is not SnapshotState.COMPLETED:
        raise Ec2Error("IncorrectState", f"Snapshot '{snapshot.id}' is not 'completed'.")
    return replace(
        snapshot,
        id=new_id("snap"),
        account=call.account,
        region=call.region,
        volume_id=NO_VOLUME,
        state=SnapshotState.PENDING,
        progress=0,
        started_at=call.at,
        completed_at=None,
        # EC2's own text; tools parse it. The moment is in milliseconds.
        description=f"Copied for DestinationAmi {image.id} from SourceAmi {source.id} for SourceSnapshot "
        f"{snapshot.id}. Task created on {int(call.at.timestamp() * 1000):,}.",
    )


def _tags_to_copy(connection: Connection, source: Image, parameters: Parameters) -> Mapping[str, str]:
    if not parameters.get("CopyImageTags"):
        return {}
    found = tags_of(connection, source.account, source.region, "image", [source.id]).get(source.id, {})
    return {key: value for key, value in found.items() if not key.startswith("aws:")}
