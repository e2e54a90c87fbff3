"""DescribeVolumeStatus."""

from dataclasses import replace
from functools import partial
from typing import Any

from sqlalchemy import Connection

from kumoniwa.api.call import Answer, Call, Parameters
from kumoniwa.api.cloud import Cloud
from kumoniwa.api.ec2.kinds import VOLUME
from kumoniwa.api.ec2.volumes.describe_volumes import VOLUMES
from kumoniwa.api.filters import Values, never
from kumoniwa.api.listing import NOT_PAGED, Asked, Listing
from kumoniwa.api.registry import Depth, action
from kumoniwa.model.instances import InstanceState, Reachability
from kumoniwa.model.regions import zone_id
from kumoniwa.model.volumes import Attachment, Volume, VolumeState
from kumoniwa.store import instances, volumes
from kumoniwa.values import dataclass

_PROVISIONED = ("gp3", "io1", "io2")
"""EC2 shows the performance only of volumes whose operations are provisioned."""


@dataclass(frozen=True, slots=True)
class _Status:
    """A volume and what its checks say. `performance` is EC2's word."""

    volume: Volume
    attachment: Attachment | None
    overall: str
    io_enabled: str
    performance: str

    @property
    def details(self) -> dict[str, str]:
        checks = {"io-enabled": self.io_enabled, "io-performance": self.performance}
        if self.volume.snapshot_id and self.volume.state is not VolumeState.CREATING:
            checks["initialization-state"] = "completed"  # what a snapshot holds is there at once
        return checks


_FILTERS: dict[str, Values[_Status]] = {
    **never("action.code", "action.description", "action.event-id"),
    "attachment-status.instance-id": lambda one: () if one.attachment is None else (one.attachment.instance_id,),
    "attachment-status.io-performance": lambda one: () if one.attachment is None else (one.performance,),
    "availability-zone": lambda one: (one.volume.zone,),
    "availability-zone-id": lambda one: (zone_id(one.volume.zone),),
    **never("event.description", "event.event-id", "event.event-type", "event.not-after", "event.not-before"),
    "volume-status.details-name": lambda one: one.details,
    "volume-status.details-status": lambda one: one.details.values(),
    "volume-status.status": lambda one: (one.overall,),
}


_COMPARISONS = {
    "attachment-status.instance-id": VOLUMES.comparisons["attachment.instance-id"],
    "availability-zone": VOLUMES.comparisons["availability-zone"],
}


def _read(connection: Connection, asked: Asked, *, without_room: bool = False) -> list[_Status]:
    stalled = _stalled(connection, asked.call) if without_room else set()
    found = volumes.in_scope(connection, asked.call.scope, asked.ids)
    attached = volumes.attachment_of(connection, [volume.id for volume in found])
    return [_status(volume, attached.get(volume.id), stalled) for volume in found]


def _stalled(connection: Connection, call: Call) -> set[str]:
    """The instances whose guests are impaired: where the host has no room, it is for want of it that they pause."""
    return {
        instance.id
        for instance in instances.in_scope(connection, call.scope)
        if instance.state is InstanceState.RUNNING and instance.reachability is Reachability.IMPAIRED
    }


def _status(volume: Volume, attachment: Attachment | None, stalled: set[str]) -> _Status:
    if volume.state is VolumeState.CREATING:
        return _Status(volume, attachment, "insufficient-data", "insufficient-data", "insufficient-data")
    if volume.state is VolumeState.ERROR:
        return _Status(volume, attachment, "impaired", "failed", "not-applicable")
    if attachment is not None and attachment.instance_id in stalled:
        return _Status(volume, attachment, "impaired", "passed", "stalled")
    performance = "normal" if attachment is not None and volume.volume_type in _PROVISIONED else "not-applicable"
    return _Status(volume, attachment, "ok", "passed", performance)


def _output(one: _Status) -> dict[str, Any]:
    """A volume's status under EC2's member names."""
    from_snapshot = "initialization-state" in one.details
    return {
        "Actions": [],
        "AttachmentStatuses": []
        if one.attachment is None
        else [{"InstanceId": one.attachment.instance_id, "IoPerformance": one.performance}],
        "AvailabilityZone": one.volume.zone,
        "AvailabilityZoneId": zone_id(one.volume.zone),
        "Events": [],
        "InitializationStatusDetails": {"InitializationType": "default", "Progress": 100} if from_snapshot else None,
        "Operator": {"Managed": False},
        "VolumeId": one.volume.id,
        "VolumeStatus": {
            "Details": [{"Name": name, "Status": status} for name, status in one.details.items()],
            "Status": one.overall,
        },
    }


_STATUSES = Listing(
    member="VolumeStatuses",
    kind=VOLUME,
    ids="VolumeIds",
    read=_read,
    row=lambda status, _: _output(status),
    id_of=lambda status: status.volume.id,
    key=lambda status: VOLUMES.key(status.volume),
    selection=replace(VOLUMES, comparisons=_COMPARISONS, resource_type=""),
    filters=_FILTERS,
    limits=(5, 1000),
    whole={"VolumeIds": NOT_PAGED.format("volumeSet")},
)


@action(
    "DescribeVolumeStatus",
    depth=Depth.PARTLY,
    missing="There are no events and no actions. A volume is impaired when the host's disk is full, or when it could "
    "not be made.",
)
async def describe_volume_status(cloud: Cloud, call: Call, parameters: Parameters) -> Answer:
    """What the checks say of volumes. Impaired are those that a guest cannot write to because the host has no room."""
    room = (await cloud.world.driver.capacity()).room
    listing = replace(_STATUSES, read=partial(_read, without_room=room.free <= room.reserve))
    return await listing.answer(cloud, call, parameters)
