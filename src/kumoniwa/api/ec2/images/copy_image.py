"""CopyImage: an image of the same contents in the call's region."""

from collections.abc import Mapping, Sequence
from dataclasses import replace

from sqlalchemy import Connection

from kumoniwa.api.call import Answer, Call, Parameters
from kumoniwa.api.cloud import Cloud, origin
from kumoniwa.api.ec2.images.create_image import MOST_DESCRIPTION
from kumoniwa.api.ec2.images.image_names import check_name
from kumoniwa.api.ec2.kinds import EXPECTING, IMAGE
from kumoniwa.api.ec2.named.image_lookup import ImageUnavailable, check_registered
from kumoniwa.api.ec2.named.lookup import named
from kumoniwa.api.ec2.named.snapshot_lookup import check_not_archived
from kumoniwa.api.ec2.snapshots.copy_durations import check_duration
from kumoniwa.api.ec2.snapshots.encrypted_copies import copy_key, needed_bytes, under_key
from kumoniwa.api.ec2.tags import from_specifications, tags_of, write
from kumoniwa.api.ec2.volumes.encryption import check_asked
from kumoniwa.api.not_built import NotBuiltParameter, refuse
from kumoniwa.api.registry import Depth, action
from kumoniwa.errors import Ec2Error, IncorrectState, InvalidParameterValue
from kumoniwa.hypervisor.driver import Capacity
from kumoniwa.ids import is_well_formed, new_id
from kumoniwa.model.images import Image, ImageDevice, ImageState
from kumoniwa.model.regions import REGIONS
from kumoniwa.model.scope import Scope
from kumoniwa.model.snapshots import Snapshot, SnapshotState, StorageTier
from kumoniwa.placement.disk_room import check_room
from kumoniwa.store import images, snapshots
from kumoniwa.values import dataclass
from kumoniwa.workflows.steps.snapshots.import_disks import NO_VOLUME
from kumoniwa.workflows.stories.images.copy_image import copy_image as copy_image_story
from kumoniwa.workflows.story import submit

NOT_BUILT = (
    NotBuiltParameter("DestinationOutpostArn", "Outposts"),
    NotBuiltParameter("DestinationAvailabilityZone", "Local Zones"),
    NotBuiltParameter("DestinationAvailabilityZoneId", "Local Zones"),
)


@dataclass(frozen=True, slots=True)
class _Plan:
    """A copy of an image, whose every part was checked. Its snapshots are completed by the workflow."""

    source: Image
    image: Image
    devices: Sequence[ImageDevice]
    snapshots: Sequence[Snapshot]


@action(
    "CopyImage",
    depth=Depth.PARTLY,
    not_built=NOT_BUILT,
)
async def copy_image(cloud: Cloud, call: Call, parameters: Parameters) -> Answer:
    """Copy an image of any region into this region. Its snapshots are new, and stand on the same layers, but where they
    are to be encrypted otherwise.

    Launch permissions are not copied, tags where that is asked for.
    """
    refuse(parameters, NOT_BUILT)
    check_duration(parameters.get("SnapshotCopyCompletionDurationMinutes"), "snapshotCopyCompletionDurationMinutes")
    if len(parameters.get("Description", "")) > MOST_DESCRIPTION:
        raise InvalidParameterValue(f"Description must be at most {MOST_DESCRIPTION} characters long")
    tags = from_specifications(parameters, ("image", "snapshot"))
    host = await cloud.world.driver.capacity()

    def copy(connection: Connection) -> Answer:
        plan = _checked(host, connection, call, parameters)
        copied_tags = _tags_to_copy(connection, plan.source, parameters)
        _write(connection, call, plan, {**tags, "image": {**copied_tags, **tags.get("image", {})}})
        submit(
            connection,
            copy_image_story,
            origin(call),
            image_id=plan.image.id,
            snapshot_ids=[snapshot.id for snapshot in plan.snapshots],
        )
        return {"ImageId": plan.image.id}

    return await cloud.change(call, copy)


def _checked(host: Capacity, connection: Connection, call: Call, parameters: Parameters) -> _Plan:
    """What the copy is to consist of. Raises EC2's refusals."""
    source = _source(connection, call, parameters["SourceRegion"], parameters["SourceImageId"])
    check_name(connection, call, parameters["Name"])
    image = _copied(call, source, parameters)
    devices = images.devices_of(connection, [source.id]).get(source.id, [])
    wanted = dict.fromkeys(device.snapshot_id for device in devices if device.snapshot_id is not None)
    asked = parameters.get("Encrypted"), parameters.get("KmsKeyId")
    check_asked(*asked)
    found = {snapshot_id: _copied_snapshot(connection, call, source, image, snapshot_id) for snapshot_id in wanted}
    keys = {snapshot_id: copy_key(connection, call, of, *asked) for snapshot_id, (of, _) in found.items()}
    check_room(host, sum(needed_bytes(of, keys[snapshot_id]) for snapshot_id, (of, _) in found.items()))
    made = {
        snapshot_id: under_key(connection, call, copied, of, keys[snapshot_id])
        for snapshot_id, (of, copied) in found.items()
    }
    own_devices = [
        replace(
            device,
            image_id=image.id,
            snapshot_id=None if device.snapshot_id is None else made[device.snapshot_id].id,
            encrypted=device.encrypted if device.snapshot_id is None else None,  # as the copies are
            kms_key_id=None,
        )
        for device in devices
    ]
    return _Plan(source, image, own_devices, tuple(made.values()))


def _write(connection: Connection, call: Call, plan: _Plan, tags: Mapping[str, Mapping[str, str]]) -> None:
    images.add(connection, plan.image, plan.devices)
    write(connection, call, plan.image.id, "image", tags["image"])
    for snapshot in plan.snapshots:
        snapshots.add(connection, snapshot)
        write(connection, call, snapshot.id, "snapshot", tags.get("snapshot"))


def _source(connection: Connection, call: Call, region: str, image_id: str) -> Image:
    """The image to copy. Raises EC2's refusals."""
    if region not in REGIONS:
        raise Ec2Error("InvalidRegion", f"The specified region '{region[:200]}' is not valid.")
    if not is_well_formed(image_id, "ami"):
        raise IMAGE.malformed(image_id, text=EXPECTING)
    image = named(connection, Scope(call.account, region), IMAGE, image_id)
    check_registered(connection, image, call.at)
    if image.state is not ImageState.AVAILABLE:
        raise ImageUnavailable(f"AMI '{image_id}' is {image.state}, and cannot be copied")
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
        request_id=call.request_id,
    )


def _copied_snapshot(
    connection: Connection, call: Call, source: Image, image: Image, snapshot_id: str
) -> tuple[Snapshot, Snapshot]:
    """The snapshot, and one of the same layer, of this region."""
    snapshot = snapshots.get(connection, snapshot_id)
    assert snapshot is not None, f"{source.id} is available without its {snapshot_id}"
    if snapshot.state is not SnapshotState.COMPLETED:
        raise IncorrectState(f"Snapshot '{snapshot.id}' is not 'completed'.")
    check_not_archived(snapshot, call.at)
    return snapshot, replace(
        snapshot,
        id=new_id("snap"),
        account=call.account,
        region=call.region,
        volume_id=NO_VOLUME,
        state=SnapshotState.PENDING,
        storage_tier=StorageTier.STANDARD,
        tiering=None,
        tiered_at=None,
        archived_at=None,
        restored_until=None,
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
    found = tags_of(connection, Scope.of(source), "image", [source.id]).get(source.id, {})
    return {key: value for key, value in found.items() if not key.startswith("aws:")}
