"""What CreateSnapshot, CreateSnapshots and CreateImage have in common: checks, the new row, the workflow that cuts."""

from collections.abc import Sequence

from sqlalchemy import Connection

from kumoniwa.api.call import Call, Parameters
from kumoniwa.api.cloud import origin
from kumoniwa.api.not_built import NotBuiltParameter
from kumoniwa.errors import Ec2Error, IncorrectState, InvalidParameterValue
from kumoniwa.ids import new_id
from kumoniwa.model.snapshots import Snapshot, SnapshotState
from kumoniwa.model.volumes import Volume, VolumeState
from kumoniwa.store import snapshots
from kumoniwa.workflows.steps.snapshots.cut_volumes import WantedCut
from kumoniwa.workflows.stories.snapshots.create_snapshots import create_snapshots
from kumoniwa.workflows.story import submit

MOST_DESCRIPTION = 255  # characters
SNAPSHOT_NOT_BUILT = (
    NotBuiltParameter("OutpostArn", "Outposts"),
    NotBuiltParameter("Location", "Local Zones", harmless=("regional",)),
)
_MOST_PENDING = 5  # EBS's limit for one volume; 1 for st1 and sc1


def checked_description(parameters: Parameters) -> str:
    """The description that a request gives its snapshots. Raises EC2's refusal."""
    description: str = parameters.get("Description") or ""
    if len(description) > MOST_DESCRIPTION:
        raise InvalidParameterValue(f"Description must be at most {MOST_DESCRIPTION} characters long")
    return description


def check_snappable(connection: Connection, taken: Sequence[Volume]) -> None:
    """Raises EC2's refusals of volumes that cannot be snapshotted now."""
    for volume in taken:
        if volume.state not in (VolumeState.AVAILABLE, VolumeState.IN_USE):
            raise IncorrectState(f"Volume '{volume.id}' is in the '{volume.state}' state.")
        most = 1 if volume.volume_type in ("st1", "sc1") else _MOST_PENDING
        if snapshots.count_pending(connection, volume.id) >= most:
            raise Ec2Error(
                "ConcurrentSnapshotLimitExceeded",
                "Maximum allowed in-progress snapshots for a single volume exceeded.",
            )


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
        kms_key_id=volume.kms_key_id,
        data_key_id=volume.data_key_id,
    )


def submit_cuts(
    connection: Connection, call: Call, instance_id: str, made: Sequence[Snapshot], *, freeze: bool
) -> None:
    """Submit the workflow that cuts an instance's volumes for these snapshots."""
    cuts: list[WantedCut] = [
        {"volume": snapshot.volume_id, "snapshot": snapshot.id, "new": new_id("layer")} for snapshot in made
    ]
    submit(
        connection,
        create_snapshots,
        origin(call),
        instance_id=instance_id,
        cuts=cuts,
        freeze=freeze,
    )
