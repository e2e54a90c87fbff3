"""DescribeSnapshots."""

from collections.abc import Mapping
from typing import Any

from sqlalchemy import Connection

from kumoniwa.api.call import Answer, Call, Parameters
from kumoniwa.api.cloud import Cloud
from kumoniwa.api.ec2.kinds import SNAPSHOT
from kumoniwa.api.ec2.owners import asks_for_own, check_users
from kumoniwa.api.ec2.tags import tag_set
from kumoniwa.api.filters import Values, truth
from kumoniwa.api.listing import NOT_PAGED, Asked, Listing
from kumoniwa.api.registry import Depth, action
from kumoniwa.clock import precise
from kumoniwa.model.snapshots import Snapshot
from kumoniwa.store import sharing, snapshots
from kumoniwa.store.selection import Selection, number, text
from kumoniwa.store.tables import snapshots as tables

_FILTERS: dict[str, Values[Snapshot]] = {
    "description": lambda snapshot: (snapshot.description,),
    "encrypted": lambda snapshot: truth(snapshot.encrypted),
    "owner-alias": lambda _: (),
    "owner-id": lambda snapshot: (snapshot.account,),
    "progress": lambda snapshot: (f"{snapshot.progress}%",),
    "snapshot-id": lambda snapshot: (snapshot.id,),
    "start-time": lambda snapshot: (precise(snapshot.started_at),),
    "status": lambda snapshot: (snapshot.state,),
    "storage-tier": lambda snapshot: (str(snapshot.storage_tier),),
    "transfer-type": lambda _: (),
    "volume-id": lambda snapshot: (snapshot.volume_id,),
    "volume-size": lambda snapshot: (str(snapshot.volume_size_gib),),
}


def snapshot_output(snapshot: Snapshot, tags: Mapping[str, str] | None) -> dict[str, Any]:
    """A snapshot under EC2's member names."""
    return {
        "CompletionTime": snapshot.completed_at,
        "Description": snapshot.description,
        "Encrypted": snapshot.encrypted,
        "FullSnapshotSizeInBytes": snapshot.full_bytes,
        "KmsKeyId": snapshot.kms_key_id,
        "OwnerId": snapshot.account,
        "Progress": f"{snapshot.progress}%",
        "SnapshotId": snapshot.id,
        "StartTime": snapshot.started_at,
        "State": str(snapshot.state),
        "StateMessage": snapshot.state_message,
        "StorageTier": str(snapshot.storage_tier),
        "Tags": tag_set(tags),
        "VolumeId": snapshot.volume_id,
        "VolumeSize": snapshot.volume_size_gib,
    }


def _row(snapshot: Snapshot, tags: Mapping[str, str] | None) -> dict[str, Any]:
    """What DescribeSnapshots alone tells is told besides."""
    also = {"DataEncryptionKeyId": snapshot.data_key_id, "RestoreExpiryTime": snapshot.restored_until}
    return {**snapshot_output(snapshot, tags), **also}


_OWN = tables.snapshots.c
_SELECTION = Selection(
    tables.snapshots,
    order=(_OWN.started_at, _OWN.id),
    comparisons={
        "description": text(_OWN.description),
        "owner-id": text(_OWN.account),
        "snapshot-id": text(_OWN.id),
        "status": text(_OWN.state),
        "storage-tier": text(_OWN.storage_tier),
        "volume-id": text(_OWN.volume_id),
        "volume-size": number(_OWN.volume_size_gib),
    },
    resource_type=SNAPSHOT.resource_type,
)


def _check(asked: Asked) -> None:
    check_users(asked.parameters.get("RestorableByUserIds", ()))
    asks_for_own(asked.call, asked.parameters.get("OwnerIds", ()))


def _read(connection: Connection, asked: Asked) -> list[Snapshot]:
    """The caller's own snapshots; of those, where `RestorableByUserIds` asks for it, those shared with these users."""
    call, parameters = asked.call, asked.parameters
    users = parameters.get("RestorableByUserIds", ())
    own = asks_for_own(call, parameters.get("OwnerIds", ()))
    found = snapshots.in_scope(connection, call.scope, asked.ids)
    SNAPSHOT.check_all_found(asked.ids, {snapshot.id for snapshot in found})
    if users and "self" not in users and call.account not in users:
        shared = sharing.of(connection, [snapshot.id for snapshot in found])
        found = [snapshot for snapshot in found if not set(users).isdisjoint(shared.get(snapshot.id, ()))]
    return found if own else []


_SNAPSHOTS = Listing(
    member="Snapshots",
    kind=SNAPSHOT,
    ids="SnapshotIds",
    read=_read,
    read_checks_ids=True,
    row=_row,
    key=_SELECTION.key,
    selection=_SELECTION,
    check=_check,
    filters=_FILTERS,
    tagged=True,
    limits=(5, 1000),
    whole={"SnapshotIds": NOT_PAGED.format("snapshotSet")},
)


@action(
    "DescribeSnapshots",
    depth=Depth.PARTLY,
    missing="Only the account's own snapshots are listed. Public snapshots are missing.",
)
async def describe_snapshots(cloud: Cloud, call: Call, parameters: Parameters) -> Answer:
    """The caller's snapshots in this region."""
    return await _SNAPSHOTS.answer(cloud, call, parameters)
