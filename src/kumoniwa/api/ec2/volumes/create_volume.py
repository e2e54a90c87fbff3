"""CreateVolume: what is checked and promised; `workflows/stories/volumes/create_volume.py` does it."""

from typing import Any

from sqlalchemy import Connection

from kumoniwa.api.call import Answer, Call, Parameters
from kumoniwa.api.cloud import Cloud, origin
from kumoniwa.api.ec2.kinds import SNAPSHOT
from kumoniwa.api.ec2.named.lookup import named
from kumoniwa.api.ec2.named.snapshot_lookup import check_not_archived
from kumoniwa.api.ec2.tags import from_specifications, tag_set
from kumoniwa.api.ec2.tags import write as write_tags
from kumoniwa.api.ec2.volumes.describe_volumes import volume_output
from kumoniwa.api.ec2.volumes.encryption import key_for
from kumoniwa.api.ec2.volumes.new_volume import WantedVolume, add_volumes, needed_bytes, new_volume
from kumoniwa.api.ec2.volumes.volume_types import DEFAULT_VOLUME_TYPE, check_multi_attach, checked_volume
from kumoniwa.api.not_built import NotBuiltParameter, refuse
from kumoniwa.api.registry import Depth, action
from kumoniwa.errors import (
    Ec2Error,
    IncorrectState,
    InvalidParameterCombination,
    InvalidParameterValue,
    MissingParameter,
)
from kumoniwa.model.regions import zones
from kumoniwa.model.snapshots import SnapshotState
from kumoniwa.model.volumes import Volume
from kumoniwa.placement.disk_room import check_room
from kumoniwa.workflows.stories.volumes.create_volume import create_volume as create_volume_story
from kumoniwa.workflows.story import submit

_NOT_BUILT = (
    NotBuiltParameter("OutpostArn", "Outposts"),
    NotBuiltParameter("VolumeInitializationRate", "volume initialization rates"),
    NotBuiltParameter("Operator", "volumes operated by a service"),
)


@action(
    "CreateVolume",
    depth=Depth.PARTLY,
    missing="Iops and Throughput are checked, stored and shown. A volume is as fast as the host lets it be. "
    "MultiAttachEnabled is checked, stored and shown; AttachVolume refuses a second instance.",
    not_built=_NOT_BUILT,
)
async def create_volume(cloud: Cloud, call: Call, parameters: Parameters) -> Answer:
    """Make a volume, empty or as a snapshot has it. It is `creating`, and `available` when its file is there."""
    refuse(parameters, _NOT_BUILT)
    zone = _zone(call, parameters.get("AvailabilityZone"), parameters.get("AvailabilityZoneId"))
    tags = from_specifications(parameters, ("volume",)).get("volume")
    host = await cloud.world.driver.capacity()

    def create(connection: Connection) -> Answer:
        wanted = _checked(connection, call, parameters)
        check_room(host, needed_bytes(wanted))
        new = new_volume(call, zone, wanted)
        add_volumes(connection, new)
        volume = new.volume
        write_tags(connection, call, volume.id, "volume", tags)
        submit(connection, create_volume_story, origin(call), volume_id=volume.id)
        return _answer(volume, tags)

    return await cloud.change(call, create)


def _zone(call: Call, name: str | None, zone_id: str | None) -> str:
    """The name of the zone that is asked for. Raises EC2's refusals."""
    if name is not None and zone_id is not None:
        raise InvalidParameterCombination(
            "The parameters availabilityZone and availabilityZoneId cannot be used together"
        )
    if name is None and zone_id is None:
        raise MissingParameter("zone")
    for zone in zones(call.region):
        if zone_id == zone.id or name == zone.name:
            return zone.name
    raise Ec2Error("InvalidZone.NotFound", f"The zone '{name or zone_id}' does not exist.")


def _checked(connection: Connection, call: Call, parameters: Parameters) -> WantedVolume:
    snapshot = None
    size: int | None = parameters.get("Size")
    if (snapshot_id := parameters.get("SnapshotId")) is not None:
        snapshot = named(connection, call.scope, SNAPSHOT, snapshot_id)
        if snapshot.state is not SnapshotState.COMPLETED:
            raise IncorrectState(f"Snapshot is in invalid state - {snapshot.state}")
        check_not_archived(snapshot, call.at)
        size = snapshot.volume_size_gib if size is None else size
        if size < snapshot.volume_size_gib:
            raise InvalidParameterValue(
                f"Volume of size {size}GB is smaller than snapshot '{snapshot.id}', "
                f"expect size >= {snapshot.volume_size_gib}GB"
            )
    if size is None:
        raise MissingParameter("size/snapshot")
    volume_type = parameters.get("VolumeType") or DEFAULT_VOLUME_TYPE
    iops, throughput = checked_volume(volume_type, size, parameters.get("Iops"), parameters.get("Throughput"))
    multi_attach = bool(parameters.get("MultiAttachEnabled"))
    if multi_attach:
        check_multi_attach(volume_type)
    key = key_for(connection, call, snapshot, parameters.get("Encrypted"), parameters.get("KmsKeyId"))
    return WantedVolume(snapshot, size, volume_type, iops, throughput, key, multi_attach=multi_attach)


def _answer(volume: Volume, tags: Any) -> dict[str, Any]:
    output = {**volume_output(volume, None, tags), "Tags": tag_set(tags) or []}  # here EC2 writes an empty tagSet
    del output["Attachments"]  # "This parameter is not returned by CreateVolume": botocore's documentation
    return output
