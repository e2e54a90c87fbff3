"""What a fleet launches of: each launch template with each of its overrides, in the order in which they are tried."""

from collections.abc import Mapping, Sequence
from typing import Any

from sqlalchemy import Connection

from kumoniwa.api.call import Call, Parameters
from kumoniwa.api.ec2.instances.launch.launch_template import launch_parameters, overridden
from kumoniwa.api.ec2.named.launch_template_lookup import template_named, version_of
from kumoniwa.errors import InvalidParameterValue, MissingParameter, NotBuilt
from kumoniwa.model.instance_types import INSTANCE_TYPES
from kumoniwa.model.launch_templates import LaunchTemplate, LaunchTemplateVersion
from kumoniwa.store import vpcs
from kumoniwa.values import dataclass

PRIORITIZED = "prioritized"
_OVERRIDES = ("BlockDeviceMappings", "IamInstanceProfile", "ImageId", "InstanceType", "KeyName", "MetadataOptions")
_ZONES = ("AvailabilityZone", "AvailabilityZoneId")
_MOST_POOLS = 300  # the EC2 user guide, "EC2 Fleet quotas": launch specifications of a fleet
_UNKNOWN = (float("inf"), float("inf"))  # the size of a type that there is not: a launch of it is tried, and refused


@dataclass(frozen=True, slots=True)
class Pool:
    """A version of a launch template with overrides."""

    position: int
    template: LaunchTemplate
    version: LaunchTemplateVersion
    user_data: str | None
    overrides: Mapping[str, Any] | None
    """As they were asked for; None where the template is launched as it is."""

    @property
    def weight(self) -> float:
        """What one instance is of the fleet's target capacity."""
        weight = (self.overrides or {}).get("WeightedCapacity")
        return 1.0 if weight is None else float(weight)

    @property
    def image_id(self) -> str | None:
        name: str | None = (self.overrides or {}).get("ImageId") or self.version.data.get("ImageId")
        return name

    @property
    def instance_type(self) -> str | None:
        name: str | None = (self.overrides or {}).get("InstanceType") or self.version.data.get("InstanceType")
        return name

    def zone(self, connection: Connection, call: Call) -> str | None:
        """What says in which zone it launches, as far as the request does."""
        overrides = self.overrides or {}
        if (subnet_id := overrides.get("SubnetId")) is not None:
            found = vpcs.subnets_in(connection, call.scope, [subnet_id])
            return found[0].zone if found else None
        return next((overrides[name] for name in _ZONES if overrides.get(name) is not None), None)


def pools_of(connection: Connection, call: Call, configs: Sequence[Mapping[str, Any]]) -> list[Pool]:
    """The pools of a request, as it names them. Raises EC2's refusals."""
    pools: list[Pool] = []
    for config in configs:
        said = config.get("LaunchTemplateSpecification") or {}
        template = template_named(connection, call.scope, said)
        if said.get("Version") is None:
            raise MissingParameter("LaunchTemplateSpecification.Version")
        version = version_of(connection, template, said["Version"])
        user_data = said.get("LaunchTemplateSpecificationUserData")
        for overrides in config.get("Overrides") or [None]:
            pools.append(Pool(len(pools), template, version, user_data, overrides))
    if len(pools) > _MOST_POOLS:
        raise InvalidParameterValue(f"A fleet can have at most {_MOST_POOLS} launch specifications.")
    if all(pool.image_id is None for pool in pools):
        raise InvalidParameterValue("Parameter 'amiIdList' cannot be empty.")
    for pool in pools:
        if pool.weight <= 0:
            raise InvalidParameterValue(f"Value ({pool.weight:g}) for parameter weightedCapacity is invalid.")
    return pools


def in_order(pools: Sequence[Pool], strategy: str) -> list[Pool]:
    """The pools in the order in which on-demand instances are launched of them.

    There are no prices here. Where EC2 takes the lowest first, it is what is smallest by the unit that it counts for.
    """
    if strategy == PRIORITIZED:
        return sorted(pools, key=lambda pool: (_priority(pool), pool.position))
    return sorted(pools, key=lambda pool: (*_size(pool), pool.position))


def parameters_of(pool: Pool) -> dict[str, Any]:
    """What RunInstances would be asked for, to launch of this pool. Raises the refusal of what cannot be asked for."""
    overrides = pool.overrides or {}
    base = launch_parameters(pool.version.data)
    by = {name: overrides[name] for name in _OVERRIDES if overrides.get(name) is not None}
    if base.pop("InstanceRequirements", None) is not None and "InstanceType" not in by:
        raise NotBuilt("the choice of types by attributes", way_out="Give an InstanceType in Overrides.")
    if pool.user_data is not None:
        by["UserData"] = pool.user_data
    placed = _placed(base, overrides)
    return overridden(placed, by)


def _placed(base: Parameters, overrides: Mapping[str, Any]) -> dict[str, Any]:
    """The template's parameters, where overrides want them to be launched."""
    placement = {**(base.get("Placement") or {}), **(overrides.get("Placement") or {})}
    zone = {name: overrides[name] for name in _ZONES if overrides.get(name) is not None}
    if zone or overrides.get("SubnetId") is not None:
        placement = {name: value for name, value in placement.items() if name not in _ZONES}
    placed = {**base, "Placement": {**placement, **zone}}
    if (subnet_id := overrides.get("SubnetId")) is None:
        return placed
    if not (interfaces := base.get("NetworkInterfaces")):
        return {**placed, "SubnetId": subnet_id}
    moved = [{**one, "SubnetId": subnet_id} if one.get("DeviceIndex") == 0 else one for one in interfaces]
    return {**placed, "NetworkInterfaces": moved}


def _priority(pool: Pool) -> float:
    """The lower, the earlier; without one, last."""
    priority = (pool.overrides or {}).get("Priority")
    return float("inf") if priority is None else float(priority)


def _size(pool: Pool) -> tuple[float, float]:
    """Processors and memory by unit of capacity."""
    kind = INSTANCE_TYPES.get(pool.instance_type or "")
    return _UNKNOWN if kind is None else (kind.vcpus / pool.weight, kind.memory_mib / pool.weight)
