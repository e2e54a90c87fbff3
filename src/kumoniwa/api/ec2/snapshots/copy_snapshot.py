"""CopySnapshot: another snapshot of the same layer, from this region or another region of the same cloud."""

import re

from sqlalchemy import Connection

from kumoniwa.api.call import Answer, Call, Parameters
from kumoniwa.api.cloud import Cloud, origin
from kumoniwa.api.ec2.kinds import SNAPSHOT
from kumoniwa.api.ec2.named.lookup import named
from kumoniwa.api.ec2.named.snapshot_lookup import check_not_archived
from kumoniwa.api.ec2.snapshots.copy_durations import check_duration
from kumoniwa.api.ec2.snapshots.encrypted_copies import copy_key, needed_bytes, under_key
from kumoniwa.api.ec2.snapshots.new_snapshot import MOST_DESCRIPTION
from kumoniwa.api.ec2.tags import from_specifications, tag_set
from kumoniwa.api.ec2.tags import write as write_tags
from kumoniwa.api.not_built import NotBuiltParameter, refuse
from kumoniwa.api.registry import Depth, action
from kumoniwa.errors import IncorrectState, InvalidParameterValue
from kumoniwa.ids import new_id
from kumoniwa.model.consistency import Consistency
from kumoniwa.model.regions import REGIONS
from kumoniwa.model.scope import Scope
from kumoniwa.model.snapshots import Snapshot, SnapshotState
from kumoniwa.placement.disk_room import check_room
from kumoniwa.store import snapshots
from kumoniwa.workflows.steps.snapshots.import_disks import NO_VOLUME
from kumoniwa.workflows.stories.snapshots.finish_snapshots import finish_snapshots
from kumoniwa.workflows.story import submit

_NOT_BUILT = (
    NotBuiltParameter("DestinationOutpostArn", "Outposts"),
    NotBuiltParameter("DestinationAvailabilityZone", "Local Zones"),
)
_PRESIGNED = re.compile(
    r"https?://"
)  # SDKs send a presigned URL for every copy; EC2 needs it for encrypted snapshots only


@action(
    "CopySnapshot",
    depth=Depth.PARTLY,
    not_built=_NOT_BUILT,
)
async def copy_snapshot(cloud: Cloud, call: Call, parameters: Parameters) -> Answer:
    """Copy a completed snapshot. Nothing of it is written twice: both refer to one layer, which neither can change.

    But where the copy is to be encrypted, and the snapshot is not, or under another key: then it is written anew.
    """
    refuse(parameters, _NOT_BUILT)
    check_duration(parameters.get("CompletionDurationMinutes"), "completionDurationMinutes")
    source_region: str = parameters["SourceRegion"]
    if source_region not in REGIONS:
        raise InvalidParameterValue(f"Invalid region {source_region}")
    if parameters.get("DestinationRegion") not in (None, call.region):
        raise InvalidParameterValue(f"The destination region is the one that is called: {call.region}")
    if not _PRESIGNED.match(parameters.get("PresignedUrl") or "https://"):
        raise InvalidParameterValue("Value for parameter presignedUrl is invalid. It is not a URL.")
    description = parameters.get("Description")
    if description is not None and len(description) > MOST_DESCRIPTION:
        raise InvalidParameterValue(f"Description must be at most {MOST_DESCRIPTION} characters long")
    tags = from_specifications(parameters, ("snapshot",)).get("snapshot")
    host = await cloud.world.driver.capacity()

    def copy(connection: Connection) -> Answer:
        source = named(connection, Scope(call.account, source_region), SNAPSHOT, parameters["SourceSnapshotId"])
        if source.state is not SnapshotState.COMPLETED:
            raise IncorrectState(f"Snapshot '{source.id}' is not 'completed'.")
        check_not_archived(source, call.at)
        key = copy_key(connection, call, source, parameters.get("Encrypted"), parameters.get("KmsKeyId"))
        made = copied(call, source, description or f"[Copied {source.id} from {source_region}]")
        check_room(host, needed_bytes(source, key))
        made = under_key(connection, call, made, source, key)
        snapshots.add(connection, made)
        write_tags(connection, call, made.id, "snapshot", tags)
        submit(
            connection,
            finish_snapshots,
            origin(call),
            snapshot_ids=[made.id],
            consistency=source.consistency or Consistency.CRASH_CONSISTENT,
            detail=f"copied from {source.id}: {source.consistency_detail or 'how it was cut is not known'}",
            frozen_ms=source.frozen_ms,
        )
        return {"SnapshotId": made.id, "Tags": tag_set(tags)}

    return await cloud.change(call, copy)


def copied(call: Call, source: Snapshot, description: str) -> Snapshot:
    """A new snapshot of the source's layer, not yet completed, in the region that is called."""
    return Snapshot(
        id=new_id("snap"),
        account=call.account,
        region=call.region,
        volume_id=NO_VOLUME,
        volume_size_gib=source.volume_size_gib,
        state=SnapshotState.PENDING,
        progress=0,
        started_at=call.at,
        description=description,
        layer_id=source.layer_id,
        changed_bytes=source.changed_bytes,
        full_bytes=source.full_bytes,
    )
