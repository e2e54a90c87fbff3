"""EC2 Fleets as EC2 describes them."""

from collections.abc import Mapping
from typing import Any

from kumoniwa.api.ec2.fleets.fleet_parts import ON_DEMAND, SPOT, capacities, shown_options
from kumoniwa.api.ec2.fleets.fleet_pools import Pool
from kumoniwa.api.ec2.tags import tag_set
from kumoniwa.clock import whole_seconds
from kumoniwa.model.fleets import Fleet

Output = dict[str, Any]

ACTIVE, TERMINATING, DELETED = "active", "deleted_terminating", "deleted"
_SHOWN_OF_OVERRIDES = (
    "AvailabilityZone",
    "AvailabilityZoneId",
    "BlockDeviceMappings",
    "ImageId",
    "InstanceType",
    "MaxPrice",
    "Priority",
    "SubnetId",
    "WeightedCapacity",
)


def pool_output(pool: Pool) -> Output:
    """EC2's `LaunchTemplateAndOverrides`: the template by its id, and the number of its version."""
    output: Output = {
        "LaunchTemplateSpecification": {"LaunchTemplateId": pool.template.id, "Version": str(pool.version.number)}
    }
    if pool.overrides is not None:
        output["Overrides"] = _overrides_output(pool.overrides)
    return output


def state_of(fleet: Fleet, *, has_instances: bool) -> str:
    """The state of a fleet. A deleted one is so once its last instance has ended."""
    if fleet.deleted_at is None:
        return ACTIVE
    return TERMINATING if has_instances else DELETED


def fleet_output(fleet: Fleet, state: str, tags: Mapping[str, str]) -> Output:
    """A fleet, which is in this state."""
    asked = fleet.asked
    fulfilled, on_demand = (fleet.fulfilled, _on_demand_units(fleet)) if state == ACTIVE else (0.0, 0.0)
    return {
        "ActivityStatus": "fulfilled",
        "ClientToken": fleet.client_token,
        "Context": asked.get("Context"),
        "CreateTime": whole_seconds(fleet.created_at),
        "Errors": list(fleet.errors),
        "ExcessCapacityTerminationPolicy": asked.get("ExcessCapacityTerminationPolicy"),
        "FleetId": fleet.id,
        "FleetState": state,
        "FulfilledCapacity": fulfilled,
        "FulfilledOnDemandCapacity": on_demand,
        "Instances": list(fleet.launched),
        "LaunchTemplateConfigs": [_config_output(config) for config in asked["LaunchTemplateConfigs"]],
        "OnDemandOptions": shown_options(ON_DEMAND, asked.get("OnDemandOptions")),
        "ReplaceUnhealthyInstances": bool(asked.get("ReplaceUnhealthyInstances")),
        "SpotOptions": shown_options(SPOT, asked.get("SpotOptions")),
        "Tags": tag_set(tags),
        "TargetCapacitySpecification": target_output(asked["TargetCapacitySpecification"]),
        "TerminateInstancesWithExpiration": bool(asked.get("TerminateInstancesWithExpiration")),
        "Type": asked["Type"],
        "ValidFrom": asked.get("ValidFrom"),
        "ValidUntil": asked.get("ValidUntil"),
    }


def target_output(asked: Mapping[str, Any]) -> Output:
    """The capacity that was asked for, and how it was divided where the request did not say it."""
    found = capacities(asked)
    return {
        "OnDemandTargetCapacity": found[ON_DEMAND],
        "SpotTargetCapacity": found[SPOT],
        **asked,
        "DefaultTargetCapacityType": asked.get("DefaultTargetCapacityType", ON_DEMAND),
    }


def _on_demand_units(fleet: Fleet) -> float:
    """What its instances on demand are of its target capacity."""
    found = [group for group in fleet.launched if group["Lifecycle"] == ON_DEMAND]
    return sum(len(group["InstanceIds"]) * _weight(group["LaunchTemplateAndOverrides"]) for group in found)


def _weight(shown: Mapping[str, Any]) -> float:
    return float((shown.get("Overrides") or {}).get("WeightedCapacity") or 1)


def _config_output(config: Mapping[str, Any]) -> Output:
    said = config.get("LaunchTemplateSpecification") or {}
    shown = {name: said.get(name) for name in ("LaunchTemplateId", "LaunchTemplateName", "Version")}
    overrides = [_overrides_output(each) for each in config.get("Overrides") or []]
    return {"LaunchTemplateSpecification": shown, "Overrides": overrides}


def _overrides_output(overrides: Mapping[str, Any]) -> Output:
    shown = {name: overrides[name] for name in _SHOWN_OF_OVERRIDES if name in overrides}
    if (group := (overrides.get("Placement") or {}).get("GroupName")) is not None:
        shown["Placement"] = {"GroupName": group}
    return shown
