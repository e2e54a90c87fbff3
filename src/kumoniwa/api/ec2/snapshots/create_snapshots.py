"""CreateSnapshot and CreateSnapshots: what is checked and promised."""

from collections.abc import Mapping, Sequence
from typing import Any

from sqlalchemy import Connection

from kumoniwa.api.call import Answer, Call, Parameters
from kumoniwa.api.cloud import Cloud, origin
from kumoniwa.api.ec2.kinds import VOLUME
from kumoniwa.api.ec2.named.instance_lookup import instance_named
from kumoniwa.api.ec2.named.volume_lookup import volume_named
from kumoniwa.api.ec2.snapshots.describe_snapshots import snapshot_output
from kumoniwa.api.ec2.snapshots.new_snapshot import pending_snapshot
from kumoniwa.api.ec2.tags import from_specifications, tag_set, tags_of
from kumoniwa.api.ec2.tags import write as write_tags
from kumoniwa.api.ec2.volumes.freeze import wants_freeze
from kumoniwa.api.not_built import Unbuilt, refuse
from kumoniwa.api.registry import Depth, action
from kumoniwa.errors import Ec2Error, IncorrectInstanceState, InvalidParameterValue, MissingParameter
from kumoniwa.ids import new_id
from kumoniwa.model.instances import Instance, InstanceState
from kumoniwa.model.snapshots import Snapshot
from kumoniwa.model.volumes import AttachmentState, Volume, VolumeState
from kumoniwa.placement.room import NEW_LAYER_BYTES, check_room
from kumoniwa.store import snapshots, volumes
from kumoniwa.workflows.engine import submit
from kumoniwa.workflows.steps.snapshots.cut_volumes import WantedCut

MOST_DESCRIPTION = 255
_MOST_PENDING = 5  # EBS's limit for one volume; 1 for st1 and sc1
_MOST_EXCLUDED = 40  # data volumes that a request may leave out: botocore's documentation
_SNAPPABLE = (InstanceState.RUNNING, InstanceState.STOPPING, InstanceState.STOPPED)
_UNBUILT = (Unbuilt("OutpostArn", "Outposts"), Unbuilt("Location", "Local Zones", harmless=("regional",)))


@action(
    "CreateSnapshot",
    depth=Depth.PARTLY,
    unbuilt=_UNBUILT,
)
async def create_snapshot(cloud: Cloud, call: Call, parameters: Parameters) -> Answer:
    """Snapshot one volume, attached or not. It is `pending` at once, and the volume may be used meanwhile."""
    refuse(parameters, _UNBUILT)
    description = _checked_description(parameters)
    tags = from_specifications(parameters, ("snapshot",))
    freeze = wants_freeze(cloud.world.config, tags)

    def create(connection: Connection) -> Answer:
        volume = volume_named(connection, call, parameters["VolumeId"])
        _check_snappable(connection, [volume])
        check_room(cloud.world.driver, NEW_LAYER_BYTES)
        snapshot = pending_snapshot(call, volume, description)
        snapshots.add(connection, snapshot)
        write_tags(connection, call, snapshot.id, "snapshot", tags.get("snapshot"))
        attachment = volumes.attachment_of(connection, [volume.id]).get(volume.id)
        if attachment is None:
            _cut_by_rows(connection, call, volume, snapshot)
        else:
            _submit_cuts(connection, call, attachment.instance_id, [snapshot], freeze=freeze)
        return snapshot_output(snapshot, tags.get("snapshot"))

    return await cloud.change(call, create)


@action(
    "CreateSnapshots",
    depth=Depth.PARTLY,
    unbuilt=_UNBUILT,
)
async def create_snapshots(cloud: Cloud, call: Call, parameters: Parameters) -> Answer:
    """Snapshot an instance's volumes, all at one instant, but for those that the request leaves out."""
    refuse(parameters, _UNBUILT)
    wanted: Mapping[str, Any] = parameters["InstanceSpecification"]
    description = _checked_description(parameters)
    tags = from_specifications(parameters, ("snapshot",))
    freeze = wants_freeze(cloud.world.config, tags)
    copies_tags = parameters.get("CopyTagsFromSource") == "volume"

    def create(connection: Connection) -> Answer:
        if not wanted.get("InstanceId"):
            raise MissingParameter("InstanceSpecification.InstanceId")
        instance = instance_named(connection, call, wanted["InstanceId"])
        if instance.state not in _SNAPPABLE:
            raise IncorrectInstanceState(
                f"The instance '{instance.id}' is not in a state from which snapshots can be created."
            )
        taken = _volumes(connection, instance, wanted)
        _check_snappable(connection, taken)
        check_room(cloud.world.driver, NEW_LAYER_BYTES * len(taken))
        own = tags_of(connection, call.account, call.region, "volume", [one.id for one in taken]) if copies_tags else {}
        made, told = [], []
        for volume in taken:
            snapshot = pending_snapshot(call, volume, description)
            given = {**own.get(volume.id, {}), **tags.get("snapshot", {})}
            snapshots.add(connection, snapshot)
            write_tags(connection, call, snapshot.id, "snapshot", given)
            made.append(snapshot)
            told.append(_told(snapshot, given))
        _submit_cuts(connection, call, instance.id, made, freeze=freeze)
        return {"Snapshots": told}

    return await cloud.change(call, create)


def _volumes(connection: Connection, instance: Instance, wanted: Mapping[str, Any]) -> list[Volume]:
    """The instance's volumes that are to be cut. Raises EC2's refusals of what cannot be left out."""
    excluded: Sequence[str] = wanted.get("ExcludeDataVolumeIds") or ()
    if len(excluded) > _MOST_EXCLUDED:
        raise InvalidParameterValue(f"At most {_MOST_EXCLUDED} data volumes can be excluded")
    VOLUME.check_form(excluded)
    found = volumes.of_instance(connection, instance.id)
    for attachment, volume in found:
        if attachment.position == 0 and volume.id in excluded:
            raise InvalidParameterValue(
                f"The root volume '{volume.id}' cannot be excluded by ExcludeDataVolumeIds; use ExcludeBootVolume"
            )
    if strange := sorted(set(excluded) - {volume.id for _, volume in found}):
        raise InvalidParameterValue(f"The volume '{strange[0]}' is not attached to instance '{instance.id}'")
    taken = [
        volume
        for attachment, volume in found
        if volume.id not in excluded
        and not (attachment.position == 0 and wanted.get("ExcludeBootVolume"))
        and attachment.state is not AttachmentState.DETACHING
    ]
    if not taken:
        raise InvalidParameterValue(f"No volumes of instance '{instance.id}' are left to create snapshots of")
    return taken


def _check_snappable(connection: Connection, taken: Sequence[Volume]) -> None:
    """Raises EC2's refusals."""
    for volume in taken:
        if volume.state not in (VolumeState.AVAILABLE, VolumeState.IN_USE):
            raise Ec2Error("IncorrectState", f"Volume '{volume.id}' is in the '{volume.state}' state.")
        most = 1 if volume.volume_type in ("st1", "sc1") else _MOST_PENDING
        if snapshots.count_pending(connection, volume.id) >= most:
            raise Ec2Error(
                "ConcurrentSnapshotLimitExceeded",
                "Maximum allowed in-progress snapshots for a single volume exceeded.",
            )


def _checked_description(parameters: Parameters) -> str:
    description: str = parameters.get("Description") or ""
    if len(description) > MOST_DESCRIPTION:
        raise InvalidParameterValue(f"Description must be at most {MOST_DESCRIPTION} characters long")
    return description


def _cut_by_rows(connection: Connection, call: Call, volume: Volume, snapshot: Snapshot) -> None:
    """Nobody writes to the volume: what it holds now is the snapshot's, and a new layer is to take its writes."""
    snapshots.cut_by_rows(connection, volume, snapshot.id, new_id("layer"), call.at)
    submit(connection, "finish_snapshots", None, origin(call), snapshot_ids=[snapshot.id], consistency=None, detail="")


def _submit_cuts(
    connection: Connection, call: Call, instance_id: str, made: Sequence[Snapshot], *, freeze: bool
) -> None:
    cuts: list[WantedCut] = [
        {"volume": snapshot.volume_id, "snapshot": snapshot.id, "new": new_id("layer")} for snapshot in made
    ]
    submit(
        connection,
        "create_snapshots",
        instance_id,
        origin(call),
        instance_id=instance_id,
        cuts=cuts,
        freeze=freeze,
    )


def _told(snapshot: Snapshot, tags: Mapping[str, str]) -> dict[str, Any]:
    """A snapshot as CreateSnapshots tells it (EC2's SnapshotInfo)."""
    return {
        "Description": snapshot.description,
        "Encrypted": False,
        "OwnerId": snapshot.account,
        "Progress": f"{snapshot.progress}%",
        "SnapshotId": snapshot.id,
        "StartTime": snapshot.started_at,
        "State": str(snapshot.state),
        "Tags": tag_set(tags),
        "VolumeId": snapshot.volume_id,
        "VolumeSize": snapshot.volume_size_gib,
    }
