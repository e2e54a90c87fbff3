"""What a launch takes from a launch template, and what its request says otherwise."""

from collections.abc import Mapping, Sequence
from typing import Any

from sqlalchemy import Connection

from kumoniwa.api.call import Call, Parameters
from kumoniwa.api.ec2.named.launch_template_lookup import template_named, version_of
from kumoniwa.errors import UnsupportedOperation

_CALLED_OTHERWISE = {"RamDiskId": "RamdiskId", "ElasticGpuSpecifications": "ElasticGpuSpecification"}
"""Parameters of a launch template that RunInstances has under another name."""
_ITEMS_BY = {"BlockDeviceMappings": "DeviceName", "NetworkInterfaces": "DeviceIndex"}
"""Lists whose items stand for themselves: one of the request takes the place of the template's with the same value."""
_AS_A_WHOLE = frozenset({"CapacityReservationSpecification", "IamInstanceProfile", "InstanceMarketOptions"})
"""Structures whose members exclude each other."""


class RequirementsNotTaken(UnsupportedOperation):
    """A template without an instance type, whose attributes of types only fleets can choose one by."""

    def __init__(self) -> None:
        super().__init__(
            "The launch template has InstanceRequirements, which RunInstances does not take. Give an InstanceType."
        )


def from_template(connection: Connection, call: Call, parameters: Parameters) -> tuple[Parameters, Mapping[str, str]]:
    """The parameters of a launch with those of the launch template that it names, and the tags that tell of that.

    Raises EC2's refusals.
    """
    if (said := parameters.get("LaunchTemplate")) is None:
        return parameters, {}
    version = version_of(connection, template_named(connection, call.scope, said), said.get("Version"))
    own = {name: value for name, value in parameters.items() if name != "LaunchTemplate"}
    merged = overridden(launch_parameters(version.data), own)
    if merged.pop("InstanceRequirements", None) is not None and own.get("InstanceType") is None:
        raise RequirementsNotTaken
    return merged, version.tags


def launch_parameters(data: Mapping[str, Any]) -> dict[str, Any]:
    """LaunchTemplateData under the names that RunInstances has for it."""
    return {_CALLED_OTHERWISE.get(name, name): value for name, value in data.items()}


def overridden(parameters: Parameters, by: Parameters) -> dict[str, Any]:
    """The parameters of a launch, as another set of them changes them and adds to them (docs/launch-templates.md)."""
    return {**parameters, **{name: _overridden(name, parameters.get(name), value) for name, value in by.items()}}


def _overridden(name: str, value: Any, by: Any) -> Any:
    if value is None:
        return by
    if name == "TagSpecifications":
        return merged_tags(value, by)
    if (key := _ITEMS_BY.get(name)) is not None:
        replaced = {item.get(key) for item in by}
        return [*(item for item in value if item.get(key) not in replaced), *by]
    if isinstance(by, Mapping) and name not in _AS_A_WHOLE:
        return {**value, **by}
    return by


def merged_tags(
    specifications: Sequence[Mapping[str, Any]], by: Sequence[Mapping[str, Any]]
) -> list[Mapping[str, Any]]:
    """Tag specifications with those of `by`, whose tags are in the place of others with the same keys."""
    types = dict.fromkeys(one.get("ResourceType") for one in (*specifications, *by))
    return [
        {"ResourceType": each, "Tags": _merged(_tags_of(specifications, each), _tags_of(by, each))} for each in types
    ]


def _tags_of(specifications: Sequence[Mapping[str, Any]], resource_type: str | None) -> list[Mapping[str, Any]]:
    return [tag for one in specifications if one.get("ResourceType") == resource_type for tag in one.get("Tags") or []]


def _merged(tags: Sequence[Mapping[str, Any]], by: Sequence[Mapping[str, Any]]) -> list[Mapping[str, Any]]:
    keys = {tag.get("Key") for tag in by}
    return [*(tag for tag in tags if tag.get("Key") not in keys), *by]
