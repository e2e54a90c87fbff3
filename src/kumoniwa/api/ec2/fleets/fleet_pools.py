"""What a fleet launches of: each launch template with each of its overrides."""

from collections.abc import Mapping, Sequence
from typing import Any

from sqlalchemy import Connection

from kumoniwa.api.call import Call, Parameters
from kumoniwa.api.ec2.instances.launch.launch_template import launch_parameters, overridden
from kumoniwa.api.ec2.instances.spot_market import check_price
from kumoniwa.api.ec2.named.launch_template_lookup import template_named, version_of
from kumoniwa.errors import InvalidParameterValue, MissingParameter, NotBuilt
from kumoniwa.model.launch_templates import LaunchTemplate, LaunchTemplateVersion
from kumoniwa.values import dataclass

_OVERRIDES = ("BlockDeviceMappings", "IamInstanceProfile", "ImageId", "InstanceType", "KeyName", "MetadataOptions")
_ZONES = ("AvailabilityZone", "AvailabilityZoneId")
_MOST_POOLS = 300  # the EC2 user guide, "EC2 Fleet quotas": launch specifications of a fleet


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
        if (price := (pool.overrides or {}).get("MaxPrice")) is not None:
            check_price(price)
    return pools


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
