"""DescribeVolumes."""

from collections.abc import Mapping
from typing import Any

from sqlalchemy import Connection

from kumoniwa.api.call import Answer, Call, Parameters
from kumoniwa.api.cloud import Cloud
from kumoniwa.api.ec2.kinds import VOLUME
from kumoniwa.api.ec2.tags import tag_set
from kumoniwa.api.filters import Values, present, truth
from kumoniwa.api.listing import NOT_PAGED, Asked, Listing
from kumoniwa.api.registry import action
from kumoniwa.clock import precise, whole_seconds
from kumoniwa.model.regions import zones
from kumoniwa.model.volumes import Attachment, Volume
from kumoniwa.store import volumes
from kumoniwa.store.selection import Selection, boolean, number, other_text, text
from kumoniwa.store.tables import volumes as tables
from kumoniwa.values import dataclass


@dataclass(frozen=True, slots=True)
class Described:
    """A volume with what other rows say about it."""

    volume: Volume
    attachment: Attachment | None


_FILTERS: dict[str, Values[Described]] = {
    "attachment.attach-time": lambda one: (
        () if one.attachment is None else (precise(whole_seconds(one.attachment.attached_at)),)
    ),
    "attachment.delete-on-termination": lambda one: (
        () if one.attachment is None else truth(one.attachment.delete_on_termination)
    ),
    "attachment.device": lambda one: () if one.attachment is None else (one.attachment.device,),
    "attachment.instance-id": lambda one: () if one.attachment is None else (one.attachment.instance_id,),
    "attachment.status": lambda one: () if one.attachment is None else (one.attachment.state,),
    "availability-zone": lambda one: (one.volume.zone,),
    "availability-zone-id": lambda one: present(_zone_id(one.volume)),
    "create-time": lambda one: (precise(one.volume.created_at),),
    "encrypted": lambda one: truth(one.volume.encrypted),
    "fast-restored": lambda _: truth(False),
    "multi-attach-enabled": lambda one: truth(one.volume.multi_attach),
    "operator.managed": lambda _: truth(False),
    "operator.principal": lambda _: (),
    "size": lambda one: (str(one.volume.size_gib),),
    "snapshot-id": lambda one: (one.volume.snapshot_id,),
    "status": lambda one: (one.volume.state,),
    "volume-id": lambda one: (one.volume.id,),
    "volume-type": lambda one: (one.volume.volume_type,),
}


def volume_output(volume: Volume, attachment: Attachment | None, tags: Mapping[str, str] | None) -> dict[str, Any]:
    """A volume under EC2's member names."""
    return {
        "Attachments": [] if attachment is None else [attachment_output(attachment)],
        "AvailabilityZone": volume.zone,
        "AvailabilityZoneId": _zone_id(volume),
        "CreateTime": volume.created_at,
        "Encrypted": volume.encrypted,
        "Iops": volume.iops,
        "KmsKeyId": volume.kms_key_id,
        "MultiAttachEnabled": volume.multi_attach,
        "Operator": {"Managed": False},
        "Size": volume.size_gib,
        "SnapshotId": volume.snapshot_id,
        "State": str(volume.state),
        "Tags": tag_set(tags),
        "Throughput": volume.throughput,
        "VolumeId": volume.id,
        "VolumeType": volume.volume_type,
    }


def attachment_output(attachment: Attachment) -> dict[str, Any]:
    """An attachment under EC2's member names."""
    return {
        "AttachTime": whole_seconds(attachment.attached_at),
        "DeleteOnTermination": attachment.delete_on_termination,
        "Device": attachment.device,
        "InstanceId": attachment.instance_id,
        "State": str(attachment.state),
        "VolumeId": attachment.volume_id,
    }


def _zone_id(volume: Volume) -> str | None:
    return next((zone.id for zone in zones(volume.region) if zone.name == volume.zone), None)


_OWN, _ATTACHMENT = tables.volumes.c, tables.attachments.c
VOLUMES = Selection(
    tables.volumes,
    order=(_OWN.created_at, _OWN.id),
    comparisons={
        "attachment.instance-id": other_text(_ATTACHMENT.volume_id, _ATTACHMENT.instance_id),
        "availability-zone": text(_OWN.zone),
        "encrypted": boolean(_OWN.encrypted),
        "multi-attach-enabled": boolean(_OWN.multi_attach),
        "size": number(_OWN.size_gib),
        "snapshot-id": text(_OWN.snapshot_id),
        "status": text(_OWN.state),
        "volume-id": text(_OWN.id),
        "volume-type": text(_OWN.volume_type),
    },
    resource_type=VOLUME.resource_type,
)


def _read(connection: Connection, asked: Asked) -> list[Described]:
    found = volumes.in_scope(connection, asked.call.scope, asked.ids)
    attachments = volumes.attachment_of(connection, [volume.id for volume in found])
    return [Described(volume, attachments.get(volume.id)) for volume in found]


_VOLUMES = Listing(
    member="Volumes",
    kind=VOLUME,
    ids="VolumeIds",
    ids_named="volumes",
    read=_read,
    row=lambda one, tags: volume_output(one.volume, one.attachment, tags),
    id_of=lambda one: one.volume.id,
    key=lambda one: VOLUMES.key(one.volume),
    selection=VOLUMES,
    filters=_FILTERS,
    tagged=True,
    limits=(5, 1000),
    whole={"VolumeIds": NOT_PAGED.format("volumeSet")},
)


@action("DescribeVolumes")
async def describe_volumes(cloud: Cloud, call: Call, parameters: Parameters) -> Answer:
    """The caller's volumes in this region."""
    return await _VOLUMES.answer(cloud, call, parameters)
