"""The rows of a new volume, for CreateVolume, launches, and the replacement of root volumes."""

from sqlalchemy import Connection

from kumoniwa.api.call import Call
from kumoniwa.api.ec2.volumes.encryption import data_key, new_layer, written_anew
from kumoniwa.ids import new_id
from kumoniwa.model.layers import Layer
from kumoniwa.model.snapshots import Snapshot
from kumoniwa.model.volumes import Volume, VolumeState
from kumoniwa.placement.disk_room import NEW_LAYER_BYTES
from kumoniwa.store import layers, volumes
from kumoniwa.values import dataclass


@dataclass(frozen=True, slots=True)
class WantedVolume:
    """A volume to make, empty or as a snapshot has it; its measures were checked."""

    snapshot: Snapshot | None
    size_gib: int
    volume_type: str
    iops: int | None
    throughput: int | None
    key: str | None = None
    """What it is encrypted under (`encryption.key_for`); None: it is not encrypted."""
    stands_on: str | None = None
    """The layer that it stands on, where it is not that of the snapshot."""
    multi_attach: bool = False


@dataclass(frozen=True, slots=True)
class NewVolume:
    """A volume and its writable layer."""

    volume: Volume
    head: Layer


def needed_bytes(wanted: WantedVolume) -> int:
    """The room that a new volume takes on the host's disk at once."""
    return NEW_LAYER_BYTES + written_anew(wanted.snapshot, wanted.key)


def add_volumes(connection: Connection, *new: NewVolume) -> None:
    """Write new volumes with their layers, whose files come later."""
    layers.add(connection, *(one.head for one in new))
    volumes.add(connection, *(one.volume for one in new))


def chains_of(connection: Connection, *new: NewVolume) -> dict[str, list[Layer]]:
    """Of each of these volumes its writable layer and those that it stands on, top to bottom."""
    tops = list(dict.fromkeys(one.head.parent_id for one in new if one.head.parent_id is not None))
    below = dict(zip(tops, layers.chains(connection, tops), strict=True)) if tops else {}
    return {one.volume.id: [one.head, *below.get(one.head.parent_id or "", ())] for one in new}


def new_volume(call: Call, zone: str, wanted: WantedVolume) -> NewVolume:
    """A volume that is `creating` and attached nowhere."""
    snapshot = wanted.snapshot
    head = new_layer(call, snapshot, wanted.size_gib, wanted.key, stands_on=wanted.stands_on)
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
        encrypted=wanted.key is not None,
        kms_key_id=wanted.key,
        data_key_id=data_key(snapshot, wanted.key),
        multi_attach=wanted.multi_attach,
    )
    return NewVolume(volume, head)
