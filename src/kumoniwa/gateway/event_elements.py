"""What was asked and answered as CloudTrail's events have it: `requestParameters` and `responseElements`.

EC2's are in the names of its XML, each list as `{"items": […]}`; where EC2 names what is asked for in another way
(`instancesSet`), that is said below. Other services' are in the members' names, lists as they are.
"""

import json
from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Any

from kumoniwa.gateway.protocols.model import Operation, Shape
from kumoniwa.gateway.services import Service, by_scope
from kumoniwa.model.trail_events import TrailEvent

_Name = Callable[[str, Shape], str]
_OMITTED = {"omitted": True, "reason": "It is larger than 100 KB."}

_SETS: Mapping[str, tuple[str, str]] = {
    "AllocationIds": ("allocationIdsSet", "allocationId"),
    "GroupIds": ("groupSet", "groupId"),
    "GroupNames": ("groupNamesSet", "groupName"),
    "ImageIds": ("imagesSet", "imageId"),
    "InstanceIds": ("instancesSet", "instanceId"),
    "InternetGatewayIds": ("internetGatewayIdSet", "internetGatewayId"),
    "KeyNames": ("keySet", "keyName"),
    "NetworkInterfaceIds": ("networkInterfaceIdSet", "networkInterfaceId"),
    "Owners": ("ownersSet", "owner"),
    "Resources": ("resourcesSet", "resourceId"),
    "RouteTableIds": ("routeTableIdSet", "routeTableId"),
    "SecurityGroupIds": ("groupSet", "groupId"),
    "SnapshotIds": ("snapshotSet", "snapshotId"),
    "SubnetIds": ("subnetSet", "subnetId"),
    "Values": ("valueSet", "value"),
    "VolumeIds": ("volumeSet", "volumeId"),
    "VpcIds": ("vpcSet", "vpcId"),
}
"""Lists of texts in EC2's requests: what each is called, and what each of its items."""
_LISTS: Mapping[str, str] = {
    "BlockDeviceMappings": "blockDeviceMapping",
    "Filters": "filterSet",
    "NetworkInterfaces": "networkInterfaceSet",
    "TagSpecifications": "tagSpecificationSet",
    "Tags": "tagSet",
}
"""Lists of structures in EC2's requests."""
_OF_EACH_INSTANCE = ("ImageId", "MinCount", "MaxCount", "KeyName")
"""What RunInstances has in its `instancesSet`."""


class EventElements:
    """Renders events. `services` are by the name that credential scopes give them."""

    def __init__(self, services: Mapping[str, Service]) -> None:
        self._services = by_scope(services)

    def __call__(self, event: TrailEvent) -> tuple[Any, Any]:
        """The `requestParameters` and the `responseElements` of an event; None for what CloudTrail has null."""
        if (operation := self._operation(event)) is None:  # an action that the service does not have
            return None, None
        is_ec2 = event.service == "ec2"
        asked = None if event.parameters is None else json.loads(event.parameters)
        request = None
        if asked is not None:
            request = _rendered(operation.input, asked, _request_name if is_ec2 else _member_name, is_ec2=is_ec2)
            if is_ec2 and event.action == "RunInstances":
                request = _as_run_instances(asked, request)
        if event.is_read or event.error_code is not None:
            return request or None, None
        if event.answer is None:
            return request, _OMITTED
        answer = json.loads(event.answer)
        if operation.output is None or not answer:
            return request, {"requestId": event.request_id, "_return": True} if is_ec2 else None
        response = _rendered(operation.output, answer, _answer_name if is_ec2 else _member_name, is_ec2=is_ec2)
        return request, {"requestId": event.request_id, **response} if is_ec2 else response

    def _operation(self, event: TrailEvent) -> Operation | None:
        for service in self._services.get(event.service, ()):
            if service.codec.has(event.action):
                return service.codec.operation(event.action)
        return None


def _as_run_instances(asked: Mapping[str, Any], request: dict[str, Any]) -> dict[str, Any]:
    names = {name: _camel(name) for name in _OF_EACH_INSTANCE if name in asked}
    item = {name: request[name] for name in names.values()}
    return {"instancesSet": {"items": [item]}, **{name: one for name, one in request.items() if name not in item}}


def _rendered(shape: Shape, value: Any, name: _Name, *, is_ec2: bool, item: str = "item") -> Any:
    match shape.type_name:
        case "structure" if isinstance(value, Mapping):
            return {
                name(member, shape.members[member]): _rendered(
                    shape.members[member], one, name, is_ec2=is_ec2, item=_SETS.get(member, ("", "item"))[1]
                )
                for member, one in value.items()
                if one is not None and member in shape.members
            }
        case "list" if isinstance(value, list):
            items = [_rendered(shape.member, one, name, is_ec2=is_ec2) for one in value]
            if not is_ec2:
                return items
            if shape.member.type_name not in ("structure", "list"):
                items = [{item: one} for one in items]
            return {"items": items} if items else {}
        case "map" if isinstance(value, Mapping):
            return {key: _rendered(shape.value, one, name, is_ec2=is_ec2) for key, one in value.items()}
        case "timestamp" if is_ec2 and isinstance(value, str):
            return int(datetime.fromisoformat(value).timestamp() * 1000)
        case _:
            return value


def _request_name(member: str, shape: Shape) -> str:
    if member in _SETS and shape.type_name == "list":
        return _SETS[member][0]
    return _LISTS.get(member, _camel(member))


def _answer_name(member: str, shape: Shape) -> str:
    return str(shape.serialization.get("name", _camel(member)))


def _member_name(member: str, shape: Shape) -> str:
    return _camel(member)


def _camel(name: str) -> str:
    return name[0].lower() + name[1:]
