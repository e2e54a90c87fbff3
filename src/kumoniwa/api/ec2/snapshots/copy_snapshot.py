"""CopySnapshot: another snapshot of the same layer, in this region or from another one of the same cloud."""

import re
from dataclasses import replace

from sqlalchemy import Connection

from kumoniwa.api.call import Answer, Call, Parameters
from kumoniwa.api.cloud import Cloud, origin
from kumoniwa.api.ec2.named.snapshot_lookup import snapshot_named
from kumoniwa.api.ec2.snapshots.copy_durations import check_duration
from kumoniwa.api.ec2.snapshots.create_snapshots import MOST_DESCRIPTION
from kumoniwa.api.ec2.tags import from_specifications, tag_set
from kumoniwa.api.ec2.tags import write as write_tags
from kumoniwa.api.not_built import Unbuilt, refuse
from kumoniwa.api.registry import Depth, action
from kumoniwa.errors import Ec2Error, InvalidParameterValue
from kumoniwa.ids import new_id
from kumoniwa.model.consistency import Consistency
from kumoniwa.model.regions import REGIONS
from kumoniwa.model.snapshots import Snapshot, SnapshotState
from kumoniwa.store import snapshots
from kumoniwa.workflows.engine import submit
from kumoniwa.workflows.steps.snapshots.import_disks import NO_VOLUME

_UNBUILT = (
    Unbuilt("Encrypted", "encrypted snapshots"),
    Unbuilt("KmsKeyId", "encrypted snapshots"),
    Unbuilt("DestinationOutpostArn", "Outposts"),
    Unbuilt("DestinationAvailabilityZone", "Local Zones"),
)
_PRESIGNED = re.compile(r"https?://")  # SDKs send one for every copy; EC2 needs it for encrypted snapshots only


@action(
    "CopySnapshot",
    depth=Depth.PARTLY,
    unbuilt=_UNBUILT,
)
async def copy_snapshot(cloud: Cloud, call: Call, parameters: Parameters) -> Answer:
    """Copy a completed snapshot. Nothing of it is written twice: both refer to one layer, which neither can change."""
    refuse(parameters, _UNBUILT)
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

    def copy(connection: Connection) -> Answer:
        source = snapshot_named(connection, replace(call, region=source_region), parameters["SourceSnapshotId"])
        if source.state is not SnapshotState.COMPLETED:
            raise Ec2Error("IncorrectState", f"Snapshot '{source.id}' is not 'completed'.")
        made = copied(call, source, description or f"[Copied {source.id} from {source_region}]")
        snapshots.add(connection, made)
        write_tags(connection, call, made.id, "snapshot", tags)
        submit(
            connection,
            "finish_snapshots",
            None,
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
