"""EC2 Fleets of type `instant`, as tests ask for them."""

from typing import Any

from stack import Stack

SPOT: dict[str, Any] = {"TargetCapacitySpecification": {"TotalTargetCapacity": 1, "DefaultTargetCapacityType": "spot"}}


def template_config(*overrides: dict[str, Any], name: str = "web", version: str = "$Latest") -> dict[str, Any]:
    specification = {"LaunchTemplateName": name, "Version": version}
    return {"LaunchTemplateSpecification": specification, "Overrides": list(overrides)}


async def create_fleet(stack: Stack, *configs: dict[str, Any], total: int = 1, **parameters: Any) -> dict[str, Any]:
    fleet = await stack.call(
        "CreateFleet",
        **{
            "Type": "instant",
            "LaunchTemplateConfigs": list(configs) or [template_config()],
            "TargetCapacitySpecification": {
                "TotalTargetCapacity": total,
                "DefaultTargetCapacityType": "on-demand",
            },
            **parameters,
        },
    )
    await stack.idle()
    return fleet


async def create_spot_fleet(stack: Stack, *configs: dict[str, Any], total: int = 1, **options: Any) -> dict[str, Any]:
    """One of Spot Instances alone. `options` are its SpotOptions."""
    target = {"TotalTargetCapacity": total, "DefaultTargetCapacityType": "spot"}
    return await create_fleet(stack, *configs, TargetCapacitySpecification=target, SpotOptions=options)


def types_of(fleet: dict[str, Any]) -> list[tuple[str, int]]:
    return [(group["InstanceType"], len(group["InstanceIds"])) for group in fleet["Instances"]]


async def described_fleet(stack: Stack, fleet_id: str) -> dict[str, Any]:
    fleet: dict[str, Any] = (await stack.call("DescribeFleets", FleetIds=[fleet_id]))["Fleets"][0]
    return fleet
