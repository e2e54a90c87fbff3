"""The rows of a new volume, whoever makes one: CreateVolume, a launch, the replacement of a root volume."""

from sqlalchemy import Connection

from kumoniwa.api.registry import Call
from kumoniwa.ids import new_id
from kumoniwa.model.storage import GIB, Layer, Snapshot, Volume, VolumeState
from kumoniwa.store import layers, volumes


def new_volume(
    connection: Connection,
    call: Call,
    zone: str,
    snapshot: Snapshot | None,
    *,
    size_gib: int,
    volume_type: str,
    iops: int | None,
    throughput: int | None,
) -> Volume:
    """Write a volume that is `creating` and attached nowhere, empty or as the snapshot has it; its file comes later."""
    head = Layer(new_id("layer"), snapshot.layer_id if snapshot else None, size_gib * GIB, call.at)
    volume = Volume(
        id=new_id("vol"),
        account=call.account,
        region=call.region,
        zone=zone,
        size_gib=size_gib,
        volume_type=volume_type,
        iops=iops,
        throughput=throughput,
        snapshot_id=snapshot.id if snapshot else "",
        state=VolumeState.CREATING,
        created_at=call.at,
        head=head.id,
    )
    layers.add(connection, head)
    volumes.add(connection, volume)
    return volume
