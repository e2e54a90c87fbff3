"""CreateSnapshots: what is checked and promised; `workflows/stories/snapshots/create_snapshots.py` does it."""

from collections.abc import Mapping, Sequence
from typing import Any

from sqlalchemy import Connection

from kumoniwa.api.call import Answer, Call, Parameters
from kumoniwa.api.cloud import Cloud
from kumoniwa.api.ec2.kinds import INSTANCE, VOLUME
from kumoniwa.api.ec2.named.lookup import named
from kumoniwa.api.ec2.snapshots.new_snapshot import (
    SNAPSHOT_NOT_BUILT,
    check_snappable,
    checked_description,
    pending_snapshot,
    submit_cuts,
)
from kumoniwa.api.ec2.tags import from_specifications, tag_set, tags_of
from kumoniwa.api.ec2.tags import write as write_tags
from kumoniwa.api.ec2.volumes.freeze import wants_freeze
from kumoniwa.api.not_built import refuse
from kumoniwa.api.registry import Depth, action
from kumoniwa.errors import IncorrectInstanceState, InvalidParameterValue, MissingParameter
from kumoniwa.model.instances import Instance, InstanceState
from kumoniwa.model.snapshots import Snapshot
from kumoniwa.model.volumes import AttachmentState, Volume
from kumoniwa.placement.disk_room import NEW_LAYER_BYTES, check_room
from kumoniwa.store import snapshots, volumes

_MOST_EXCLUDED = 40  # data volumes that a request may leave out: botocore's documentation
_SNAPPABLE = (InstanceState.RUNNING, InstanceState.STOPPING, InstanceState.STOPPED)


@action(
    "CreateSnapshots",
    depth=Depth.PARTLY,
    not_built=SNAPSHOT_NOT_BUILT,
)
async def create_snapshots(cloud: Cloud, call: Call, parameters: Parameters) -> Answer:
    """Snapshot an instance's volumes, all at one instant, but for those that the request leaves out."""
    refuse(parameters, SNAPSHOT_NOT_BUILT)
    wanted: Mapping[str, Any] = parameters["InstanceSpecification"]
    description = checked_description(parameters)
    tags = from_specifications(parameters, ("snapshot",))
    freeze = wants_freeze(cloud.world.config, tags)
    host = await cloud.world.driver.capacity()
    copies_tags = parameters.get("CopyTagsFromSource") == "volume"

    def create(connection: Connection) -> Answer:
        if not wanted.get("InstanceId"):
            raise MissingParameter("InstanceSpecification.InstanceId")
        instance = named(connection, call.scope, INSTANCE, wanted["InstanceId"])
        if instance.state not in _SNAPPABLE:
            raise IncorrectInstanceState(
                f"The instance '{instance.id}' is not in a state from which snapshots can be created."
            )
        taken = _volumes(connection, instance, wanted)
        check_snappable(connection, taken)
        check_room(host, NEW_LAYER_BYTES * len(taken))
        own = tags_of(connection, call.scope, "volume", [one.id for one in taken]) if copies_tags else {}
        made, shown = [], []
        for volume in taken:
            snapshot = pending_snapshot(call, volume, description)
            given = {**own.get(volume.id, {}), **tags.get("snapshot", {})}
            snapshots.add(connection, snapshot)
            write_tags(connection, call, snapshot.id, "snapshot", given)
            made.append(snapshot)
            shown.append(_output(snapshot, given))
        submit_cuts(connection, call, instance.id, made, freeze=freeze)
        return {"Snapshots": shown}

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


def _output(snapshot: Snapshot, tags: Mapping[str, str]) -> dict[str, Any]:
    """A snapshot as CreateSnapshots shows it (EC2's SnapshotInfo): with a tag set even where that is empty."""
    return {
        "Description": snapshot.description,
        "Encrypted": snapshot.encrypted,
        "OwnerId": snapshot.account,
        "Progress": "",
        "SnapshotId": snapshot.id,
        "StartTime": snapshot.started_at,
        "State": str(snapshot.state),
        "Tags": tag_set(tags) or [],
        "VolumeId": snapshot.volume_id,
        "VolumeSize": snapshot.volume_size_gib,
    }
