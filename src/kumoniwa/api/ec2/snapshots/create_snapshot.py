"""CreateSnapshot: what is checked and promised; `workflows/stories/snapshots/create_snapshots.py` does it."""

from collections.abc import Mapping
from typing import Any

from sqlalchemy import Connection

from kumoniwa.api.call import Answer, Call, Parameters
from kumoniwa.api.cloud import Cloud, origin
from kumoniwa.api.ec2.kinds import VOLUME
from kumoniwa.api.ec2.named.lookup import named
from kumoniwa.api.ec2.snapshots.describe_snapshots import snapshot_output
from kumoniwa.api.ec2.snapshots.new_snapshot import (
    SNAPSHOT_NOT_BUILT,
    check_snappable,
    checked_description,
    pending_snapshot,
    submit_cuts,
)
from kumoniwa.api.ec2.tags import from_specifications, tag_set
from kumoniwa.api.ec2.tags import write as write_tags
from kumoniwa.api.ec2.volumes.freeze import wants_freeze
from kumoniwa.api.not_built import refuse
from kumoniwa.api.registry import Depth, action
from kumoniwa.ids import new_id
from kumoniwa.model.snapshots import Snapshot
from kumoniwa.model.volumes import Volume
from kumoniwa.placement.disk_room import NEW_LAYER_BYTES, check_room
from kumoniwa.store import snapshots, volumes
from kumoniwa.workflows.stories.snapshots.finish_snapshots import finish_snapshots
from kumoniwa.workflows.story import submit


@action(
    "CreateSnapshot",
    depth=Depth.PARTLY,
    not_built=SNAPSHOT_NOT_BUILT,
)
async def create_snapshot(cloud: Cloud, call: Call, parameters: Parameters) -> Answer:
    """Snapshot one volume, attached or not. It is `pending` at once, and the volume may be used meanwhile."""
    refuse(parameters, SNAPSHOT_NOT_BUILT)
    description = checked_description(parameters)
    tags = from_specifications(parameters, ("snapshot",))
    freeze = wants_freeze(cloud.world.config, tags)
    host = await cloud.world.driver.capacity()

    def create(connection: Connection) -> Answer:
        volume = named(connection, call.scope, VOLUME, parameters["VolumeId"])
        check_snappable(connection, [volume])
        check_room(host, NEW_LAYER_BYTES)
        snapshot = pending_snapshot(call, volume, description)
        snapshots.add(connection, snapshot)
        write_tags(connection, call, snapshot.id, "snapshot", tags.get("snapshot"))
        attachment = volumes.attachment_of(connection, [volume.id]).get(volume.id)
        if attachment is None:
            _cut_by_rows(connection, call, volume, snapshot)
        else:
            submit_cuts(connection, call, attachment.instance_id, [snapshot], freeze=freeze)
        return _output(snapshot, tags.get("snapshot"))

    return await cloud.change(call, create)


def _output(snapshot: Snapshot, tags: Mapping[str, str] | None) -> dict[str, Any]:
    """A new snapshot as EC2 answers it: without a progress, and with a tag set even where that is empty."""
    return {**snapshot_output(snapshot, tags), "Progress": "", "Tags": tag_set(tags) or []}


def _cut_by_rows(connection: Connection, call: Call, volume: Volume, snapshot: Snapshot) -> None:
    """No guest writes to the volume: its head becomes the snapshot's, and a new layer takes its writes."""
    snapshots.cut_by_rows(connection, volume, snapshot.id, new_id("layer"), call.at)
    submit(connection, finish_snapshots, origin(call), snapshot_ids=[snapshot.id], consistency=None, detail="")
