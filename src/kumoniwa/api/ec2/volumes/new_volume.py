"""The rows of a new volume, for CreateVolume, launches, and the replacement of root volumes."""

from dataclasses import dataclass

from sqlalchemy import Connection

from kumoniwa.api.call import Call
from kumoniwa.ids import new_id
from kumoniwa.model.layers import GIB, Layer
from kumoniwa.model.snapshots import Snapshot
from kumoniwa.model.volumes import Volume, VolumeState
from kumoniwa.store import layers, volumes


@dataclass(frozen=True, slots=True)
class WantedVolume:
    """A volume to make, empty or as a snapshot has it; its measures were checked."""

    snapshot: Snapshot | None
    size_gib: int
    volume_type: str
    iops: int | None
    throughput: int | None


def new_volume(connection: Connection, call: Call, zone: str, wanted: WantedVolume) -> Volume:
    """Write a volume that is `creating` and attached nowhere; its file comes later."""
    snapshot = wanted.snapshot
    head = Layer(new_id("layer"), snapshot.layer_id if snapshot else None, wanted.size_gib * GIB, call.at)
    volume = Volume(
        id=new_id("vol"),
        account=call.account,
        region=call.region,
        zone=zone,
        size_gib=wanted.size_gib,
        volume_type=wanted.volume_type,
        iops=wanted.iops,
        throughput=wanted.throughput,
        snapshot_id=snapshot.id if snapshot else "",
        state=VolumeState.CREATING,
        created_at=call.at,
        head=head.id,
    )
    layers.add(connection, head)
    volumes.add(connection, volume)
    return volume
