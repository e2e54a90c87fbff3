"""DescribeSnapshots and DeleteSnapshot."""

from collections.abc import Mapping, Sequence
from typing import Any

from sqlalchemy import Connection

from kumoniwa.api.cloud import Cloud, origin
from kumoniwa.api.describe import Values, page, truth
from kumoniwa.api.owners import asks_for_own, check_users
from kumoniwa.api.registry import Answer, Call, Depth, Parameters, action
from kumoniwa.api.resources import SNAPSHOT
from kumoniwa.api.tags import tag_set
from kumoniwa.clock import precise
from kumoniwa.errors import Ec2Error
from kumoniwa.ids import new_id
from kumoniwa.model.storage import Snapshot, SnapshotState, Volume
from kumoniwa.store import permissions, snapshots, tags
from kumoniwa.workflows.engine import submit

_FILTERS: dict[str, Values[Snapshot]] = {
    "description": lambda snapshot: (snapshot.description,),
    "encrypted": lambda _: truth(False),
    "owner-alias": lambda _: (),
    "owner-id": lambda snapshot: (snapshot.account,),
    "progress": lambda snapshot: (f"{snapshot.progress}%",),
    "snapshot-id": lambda snapshot: (snapshot.id,),
    "start-time": lambda snapshot: (precise(snapshot.started_at),),
    "status": lambda snapshot: (snapshot.state,),
    "storage-tier": lambda _: ("standard",),
    "transfer-type": lambda _: (),
    "volume-id": lambda snapshot: (snapshot.volume_id,),
    "volume-size": lambda snapshot: (str(snapshot.volume_size_gib),),
}


def snapshot_output(snapshot: Snapshot, tags: Mapping[str, str] | None) -> dict[str, Any]:
    """A snapshot under EC2's member names."""
    return {
        "CompletionTime": snapshot.completed_at,
        "Description": snapshot.description,
        "Encrypted": False,
        "FullSnapshotSizeInBytes": snapshot.full_bytes,
        "OwnerId": snapshot.account,
        "Progress": f"{snapshot.progress}%",
        "SnapshotId": snapshot.id,
        "StartTime": snapshot.started_at,
        "State": str(snapshot.state),
        "StateMessage": snapshot.state_message,
        "StorageTier": "standard",
        "Tags": tag_set(tags),
        "VolumeId": snapshot.volume_id,
        "VolumeSize": snapshot.volume_size_gib,
    }


def pending_snapshot(call: Call, volume: Volume, description: str) -> Snapshot:
    """A snapshot of the volume as it is when it is asked for: its cut is to be made."""
    return Snapshot(
        id=new_id("snap"),
        account=call.account,
        region=call.region,
        volume_id=volume.id,
        volume_size_gib=volume.size_gib,
        state=SnapshotState.PENDING,
        progress=0,
        started_at=call.at,
        description=description,
    )


@action(
    "DescribeSnapshots",
    depth=Depth.PARTLY,
    missing="Only the account's own snapshots are listed. Public snapshots are missing.",
)
async def describe_snapshots(cloud: Cloud, call: Call, parameters: Parameters) -> Answer:
    """The caller's snapshots in this region; of those, where `RestorableByUserIds` says so, the ones shared so."""
    ids: Sequence[str] | None = parameters.get("SnapshotIds") or None
    SNAPSHOT.check_form(ids or ())
    users = parameters.get("RestorableByUserIds", ())
    check_users(users)
    own = asks_for_own(call, parameters.get("OwnerIds", ()))

    def read(connection: Connection) -> tuple[list[Snapshot], dict[str, dict[str, str]]]:
        found = snapshots.in_scope(connection, call.account, call.region, ids)
        SNAPSHOT.check_all_found(ids, {snapshot.id for snapshot in found})
        if users and "self" not in users and call.account not in users:
            shared = permissions.of(connection, [one.id for one in found])
            found = [one for one in found if not set(users).isdisjoint(shared.get(one.id, ()))]
        return found, tags.tags_of(connection, call.account, call.region, SNAPSHOT.resource_type, ids)

    every, tagged = await cloud.read(read)
    found, token = page(
        call,
        parameters,
        every if own else (),
        filters=_FILTERS,
        key=lambda snapshot: f"{precise(snapshot.started_at)} {snapshot.id}",
        tags=lambda snapshot: tagged.get(snapshot.id, {}),
        limits=(5, 1000),
    )
    return {"Snapshots": [snapshot_output(one, tagged.get(one.id)) for one in found], "NextToken": token}


@action("DeleteSnapshot")
async def delete_snapshot(cloud: Cloud, call: Call, parameters: Parameters) -> Answer:
    """Delete a snapshot that no image needs. What only it held is collected afterwards; other snapshots keep theirs."""
    snapshot_id: str = parameters["SnapshotId"]
    SNAPSHOT.check_form([snapshot_id])

    def delete(connection: Connection) -> Answer:
        snapshot_named(connection, call, snapshot_id)
        if users := snapshots.images_using(connection, snapshot_id):
            raise Ec2Error(
                "InvalidSnapshot.InUse", f"The snapshot {snapshot_id} is currently in use by {', '.join(users)}"
            )
        snapshots.remove(connection, snapshot_id)
        tags.remove_all(connection, snapshot_id)
        submit(connection, "collect_layers", None, origin(call))
        return None

    return await cloud.change(call, delete)


def snapshot_named(connection: Connection, call: Call, snapshot_id: str) -> Snapshot:
    """The caller's snapshot of this id. Raises EC2's refusals."""
    SNAPSHOT.check_form([snapshot_id])
    found = snapshots.in_scope(connection, call.account, call.region, [snapshot_id])
    if not found:
        raise SNAPSHOT.not_found([snapshot_id])
    return found[0]
