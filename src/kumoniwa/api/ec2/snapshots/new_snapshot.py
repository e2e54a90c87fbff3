"""The row of a snapshot that is to be made."""

from kumoniwa.api.call import Call
from kumoniwa.ids import new_id
from kumoniwa.model.snapshots import Snapshot, SnapshotState
from kumoniwa.model.volumes import Volume


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
