"""DescribeSpotInstanceRequests and CancelSpotInstanceRequests.

What a request's state is follows from its instance: nothing else is kept of it.
"""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from sqlalchemy import Connection

from kumoniwa.api.call import Answer, Call, Parameters
from kumoniwa.api.cloud import Cloud
from kumoniwa.api.ec2.instances.spot_market import shown_price
from kumoniwa.api.ec2.kinds import SPOT_REQUEST
from kumoniwa.api.ec2.named.lookup import all_named
from kumoniwa.api.ec2.tags import tag_set
from kumoniwa.api.filters import Values, never, present, truth
from kumoniwa.api.listing import NOT_PAGED_CAPITAL, Asked, Listing
from kumoniwa.api.member_paths import at
from kumoniwa.api.registry import action
from kumoniwa.model.instances import InstanceState
from kumoniwa.model.regions import zone_id
from kumoniwa.model.spot_requests import Interruption, SpotRequest, SpotType
from kumoniwa.store import instances, spot_requests
from kumoniwa.values import dataclass

_STATUS = {
    "fulfilled": "Your Spot request is fulfilled.",
    "request-canceled-and-instance-running": "Your Spot request is canceled, and its instance is still running.",
    "canceled-before-fulfillment": "Your Spot request is canceled.",
    "marked-for-termination": "Your Spot instance is marked for termination.",
    "marked-for-stop": "Your Spot instance is marked to be stopped.",
    "instance-terminated-no-capacity": "Your Spot instance was terminated because it was interrupted.",
    "instance-stopped-no-capacity": "Your Spot instance was stopped because it was interrupted.",
    "instance-terminated-by-user": "Your Spot instance was terminated by a user.",
    "instance-stopped-by-user": "Your Spot instance was stopped by a user.",
}
"""The codes are EC2's (its user guide, "Spot Instance request status"); the sentences are ours."""
_OVER = (InstanceState.TERMINATED, InstanceState.SHUTTING_DOWN)


@dataclass(frozen=True, slots=True)
class Shown:
    """A request with what follows from its instance."""

    request: SpotRequest
    state: str
    status: str

    @property
    def changed_at(self) -> datetime:
        """When its status became what it is, as far as that is known."""
        own = self.request
        return own.cancelled_at or (own.interrupt_at if own.interrupted else None) or own.created_at


def shown(request: SpotRequest, state: InstanceState | None) -> Shown:
    """The request, its instance being in that state; None where it is forgotten."""
    return Shown(request, *_state(request, state))


def _state(request: SpotRequest, state: InstanceState | None) -> tuple[str, str]:
    over = state is None or state in _OVER
    if request.cancelled_at is not None:
        return "cancelled", "canceled-before-fulfillment" if over else "request-canceled-and-instance-running"
    if over:
        return "closed", "instance-terminated-no-capacity" if request.interrupted else "instance-terminated-by-user"
    if state in (InstanceState.STOPPED, InstanceState.STOPPING) and request.type is SpotType.PERSISTENT:
        return "disabled", "instance-stopped-no-capacity" if request.interrupted else "instance-stopped-by-user"
    if request.interrupt_at is not None and not request.interrupted:
        marked = "marked-for-stop" if request.interruption is Interruption.STOP else "marked-for-termination"
        return "active", marked
    return "active", "fulfilled"


def output(one: Shown, tags: Mapping[str, str]) -> dict[str, Any]:
    """A request under EC2's member names."""
    request = one.request
    return {
        "CreateTime": request.created_at,
        "InstanceId": request.instance_id,
        "InstanceInterruptionBehavior": str(request.interruption),
        "LaunchGroup": request.launch_group,
        "LaunchSpecification": request.specification,
        "LaunchedAvailabilityZone": request.zone,
        "LaunchedAvailabilityZoneId": zone_id(request.zone),
        "ProductDescription": "Linux/UNIX",
        "SpotInstanceRequestId": request.id,
        "SpotPrice": None if request.max_price is None else shown_price(request.max_price),
        "State": one.state,
        "Status": {"Code": one.status, "Message": _STATUS[one.status], "UpdateTime": one.changed_at},
        "Tags": tag_set(tags),
        "Type": str(request.type),
        "ValidUntil": request.valid_until,
    }


def _read(connection: Connection, asked: Asked) -> list[Shown]:
    found = spot_requests.in_scope(connection, asked.call.scope, asked.ids)
    return with_states(connection, asked.call, found)


def with_states(connection: Connection, call: Call, found: list[SpotRequest]) -> list[Shown]:
    """The requests, with what follows from their instances."""
    those = instances.in_scope(connection, call.scope, [request.instance_id for request in found])
    states = {instance.id: instance.state for instance in those}
    return [shown(request, states.get(request.instance_id)) for request in found]


def _asked(path: str) -> Values[Shown]:
    """What stands at a path of members in what the launch asked for."""
    values = at(path)
    return lambda one: values(("", one.request.specification))


_FILTERS: Mapping[str, Values[Shown]] = {
    "create-time": lambda one: (one.request.created_at.isoformat(),),
    "instance-id": lambda one: (one.request.instance_id,),
    "launch-group": lambda one: present(one.request.launch_group),
    "launch.image-id": lambda one: present(one.request.specification.get("ImageId")),
    "launch.instance-type": lambda one: present(one.request.specification.get("InstanceType")),
    "launch.key-name": lambda one: present(one.request.specification.get("KeyName")),
    "launch.group-id": lambda one: [
        str(group["GroupId"]) for group in one.request.specification.get("SecurityGroups", ())
    ],
    "launch.group-name": lambda one: [
        str(group["GroupName"]) for group in one.request.specification.get("SecurityGroups", ())
    ],
    "launch.monitoring-enabled": lambda one: truth(bool(one.request.specification["Monitoring"]["Enabled"])),
    "launch.block-device-mapping.delete-on-termination": _asked("BlockDeviceMappings.Ebs.DeleteOnTermination"),
    "launch.block-device-mapping.device-name": _asked("BlockDeviceMappings.DeviceName"),
    "launch.block-device-mapping.snapshot-id": _asked("BlockDeviceMappings.Ebs.SnapshotId"),
    "launch.block-device-mapping.volume-size": _asked("BlockDeviceMappings.Ebs.VolumeSize"),
    "launch.block-device-mapping.volume-type": _asked("BlockDeviceMappings.Ebs.VolumeType"),
    "network-interface.network-interface-id": _asked("NetworkInterfaces.NetworkInterfaceId"),
    "network-interface.device-index": _asked("NetworkInterfaces.DeviceIndex"),
    "network-interface.subnet-id": _asked("NetworkInterfaces.SubnetId"),
    "network-interface.description": _asked("NetworkInterfaces.Description"),
    "network-interface.private-ip-address": _asked("NetworkInterfaces.PrivateIpAddress"),
    "network-interface.delete-on-termination": _asked("NetworkInterfaces.DeleteOnTermination"),
    "network-interface.group-id": _asked("NetworkInterfaces.Groups"),
    "network-interface.addresses.primary": _asked("NetworkInterfaces.PrivateIpAddresses.Primary"),
    "launched-availability-zone": lambda one: (one.request.zone,),
    "launched-availability-zone-id": lambda one: (zone_id(one.request.zone),),
    "product-description": lambda _: ("Linux/UNIX",),
    "spot-instance-request-id": lambda one: (one.request.id,),
    "spot-price": lambda one: present(one.request.max_price and shown_price(one.request.max_price)),
    "state": lambda one: (one.state,),
    "status-code": lambda one: (one.status,),
    "status-message": lambda one: (_STATUS[one.status],),
    "type": lambda one: (str(one.request.type),),
    "valid-until": lambda one: present(one.request.valid_until and one.request.valid_until.isoformat()),
    **never(
        "availability-zone-group",
        "fault-code",
        "fault-message",
        "launch.kernel-id",
        "launch.ramdisk-id",
        "valid-from",
    ),
}
_REQUESTS = Listing(
    member="SpotInstanceRequests",
    kind=SPOT_REQUEST,
    ids="SpotInstanceRequestIds",
    read=_read,
    row=output,
    key=lambda one: one.request.id,
    id_of=lambda one: one.request.id,
    filters=_FILTERS,
    tagged=True,
    limits=(5, 1000),
    whole={"SpotInstanceRequestIds": NOT_PAGED_CAPITAL.format("SpotInstanceRequestIds")},
)


@action("DescribeSpotInstanceRequests")
async def describe_spot_instance_requests(cloud: Cloud, call: Call, parameters: Parameters) -> Answer:
    """The Spot requests of a region, also those of RunInstances; those that are over are shown for two days."""
    return await _REQUESTS.answer(cloud, call, parameters)


@action("CancelSpotInstanceRequests")
async def cancel_spot_instance_requests(cloud: Cloud, call: Call, parameters: Parameters) -> Answer:
    """Cancel requests. Their instances go on running."""
    SPOT_REQUEST.check_form(parameters["SpotInstanceRequestIds"])

    def cancel(connection: Connection) -> Answer:
        found = all_named(connection, call.scope, SPOT_REQUEST, parameters["SpotInstanceRequestIds"])
        for one in with_states(connection, call, list(found)):
            if one.state not in ("cancelled", "closed"):
                spot_requests.change(connection, one.request.id, cancelled_at=call.at)
        return {
            "CancelledSpotInstanceRequests": [
                {"SpotInstanceRequestId": request.id, "State": "cancelled"} for request in found
            ]
        }

    return await cloud.change(call, cancel)
