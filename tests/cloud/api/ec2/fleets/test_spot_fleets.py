"""Spot Instances of fleets of type `instant`."""

from decimal import Decimal
from typing import Any

import pytest
from fleets_at_hand import create_fleet, create_spot_fleet, described_fleet, template_config, types_of
from stack import Stack
from templates_at_hand import make, tags_of

from kumoniwa.api.ec2.fleets.fleet_output import target_output
from kumoniwa.api.ec2.fleets.fleet_parts import shown_options
from kumoniwa.model.instance_types import INSTANCE_TYPES
from kumoniwa.model.prices import SpotPool, on_demand_price
from kumoniwa.placement import guest_memory

pytestmark = pytest.mark.anyio


def _types(*names: str, **overrides: Any) -> dict[str, Any]:
    return template_config(*({"InstanceType": name, **overrides} for name in names))


def _lifecycles(fleet: dict[str, Any]) -> dict[str, int]:
    counts = {"on-demand": 0, "spot": 0}
    for group in fleet["Instances"]:
        counts[group["Lifecycle"]] += len(group["InstanceIds"])
    return counts


def _price(stack: Stack, name: str, zone: str = "us-east-1a") -> Decimal:
    return SpotPool.of(INSTANCE_TYPES[name], zone).price(stack.clock.now())


def _room(monkeypatch: pytest.MonkeyPatch, **by_family: int) -> None:
    """So many guests of each family fit into the host, and of others any number."""
    monkeypatch.setattr(guest_memory, "room", lambda host, connection, kind: by_family.get(kind.name.partition(".")[0]))


async def test_spot_instances_of_a_fleet_are_those_of_requests_and_say_so(stack: Stack) -> None:
    await make(stack)
    tags = [
        {"ResourceType": kind, "Tags": [{"Key": "for", "Value": kind}]}
        for kind in ("fleet", "instance", "spot-instances-request")
    ]
    target = {"TotalTargetCapacity": 2, "DefaultTargetCapacityType": "spot"}
    fleet = await create_fleet(
        stack,
        template_config({"MaxPrice": "0.05"}),
        TargetCapacitySpecification=target,
        TagSpecifications=tags,
    )
    (group,) = fleet["Instances"]
    assert (group["Lifecycle"], fleet["Errors"]) == ("spot", [])
    assert group["LaunchTemplateAndOverrides"]["Overrides"] == {"MaxPrice": "0.05"}
    for instance_id in group["InstanceIds"]:
        instance = await stack.instance(instance_id)
        assert (instance["InstanceLifecycle"], instance["State"]["Name"]) == ("spot", "running")
        assert tags_of(instance)["aws:ec2:fleet-id"] == fleet["FleetId"]
        asked = {"SpotInstanceRequestIds": [instance["SpotInstanceRequestId"]]}
        (request,) = (await stack.call("DescribeSpotInstanceRequests", **asked))["SpotInstanceRequests"]
        assert (request["InstanceId"], request["State"], request["Type"]) == (instance_id, "active", "one-time")
        assert (request["SpotPrice"], request["InstanceInterruptionBehavior"]) == ("0.050000", "terminate")
        assert tags_of(request) == {"for": "spot-instances-request"}
    shown = await described_fleet(stack, fleet["FleetId"])
    assert (shown["FulfilledCapacity"], shown["FulfilledOnDemandCapacity"]) == (2.0, 0.0)
    assert shown["SpotOptions"] == {
        "AllocationStrategy": "lowestPrice",
        "InstanceInterruptionBehavior": "terminate",
        "InstancePoolsToUseCount": 1,
    }
    assert shown["TargetCapacitySpecification"] == {"OnDemandTargetCapacity": 0, "SpotTargetCapacity": 2, **target}
    assert shown["Instances"] == fleet["Instances"]
    await stack.call("DeleteFleets", FleetIds=[fleet["FleetId"]], TerminateInstances=True)
    await stack.idle()
    assert {(await stack.instance(one))["State"]["Name"] for one in group["InstanceIds"]} == {"terminated"}


@pytest.mark.parametrize(
    ("target", "on_demand", "spot"),
    [
        ({"TotalTargetCapacity": 2, "OnDemandTargetCapacity": 1, "SpotTargetCapacity": 1}, 1, 1),
        ({"TotalTargetCapacity": 3, "OnDemandTargetCapacity": 1, "DefaultTargetCapacityType": "spot"}, 1, 2),
        ({"TotalTargetCapacity": 3, "SpotTargetCapacity": 1, "DefaultTargetCapacityType": "on-demand"}, 2, 1),
        ({"TotalTargetCapacity": 2, "SpotTargetCapacity": 2, "DefaultTargetCapacityType": "spot"}, 0, 2),
        ({"TotalTargetCapacity": 2, "SpotTargetCapacity": 1}, 1, 1),
    ],
)
async def test_what_is_said_of_neither_is_of_the_default_type(
    stack: Stack, target: dict[str, Any], on_demand: int, spot: int
) -> None:
    """As moto's test_create_instant_fleet_target_capacity_combinations, which is verified on AWS."""
    await make(stack)
    tags = [{"ResourceType": "spot-instances-request", "Tags": [{"Key": "k", "Value": "v"}]}]
    fleet = await create_fleet(stack, TargetCapacitySpecification=target, TagSpecifications=tags)
    assert (_lifecycles(fleet), fleet["Errors"]) == ({"on-demand": on_demand, "spot": spot}, [])
    shown = await described_fleet(stack, fleet["FleetId"])
    assert shown["FulfilledCapacity"] == target["TotalTargetCapacity"]
    assert shown["FulfilledOnDemandCapacity"] == on_demand


async def test_a_template_or_a_tag_of_the_other_kind_is_an_error_of_its_pool(stack: Stack) -> None:
    await make(stack)
    await make(stack, "spot", InstanceMarketOptions={"MarketType": "spot"})
    fleet = await create_spot_fleet(stack, template_config(name="spot"), _types("t3.small"))
    assert types_of(fleet) == [("t3.small", 1)]
    (error,) = fleet["Errors"]
    assert (error["Lifecycle"], error["ErrorCode"]) == ("spot", "InvalidParameterCombination")
    assert "InstanceMarketOptions" in error["ErrorMessage"]
    tags = [{"ResourceType": "spot-instances-request", "Tags": [{"Key": "k", "Value": "v"}]}]
    none = await create_fleet(stack, TagSpecifications=tags)
    (error,) = none["Errors"]
    assert (error["Lifecycle"], error["ErrorCode"], none["Instances"]) == ("on-demand", "InvalidParameterValue", [])


async def test_a_price_that_is_too_low_is_an_error_and_the_next_pool_is_launched(stack: Stack) -> None:
    await make(stack)
    cheap, dear = _price(stack, "t3.small"), _price(stack, "m5.large")
    low = _types("t3.small", MaxPrice="0.001")
    fleet = await create_spot_fleet(stack, _types("m5.large", MaxPrice="0.001"), low)
    assert fleet["Instances"] == []
    assert {(one["ErrorCode"], one["Lifecycle"]) for one in fleet["Errors"]} == {("SpotMaxPriceTooLow", "spot")}
    assert fleet["Errors"][0]["ErrorMessage"] == (
        "Your Spot request price of 0.001 is lower than the minimum required Spot request fulfillment price of "
        f"{cheap}."
    )
    enough = await create_spot_fleet(stack, low, _types("m5.large", MaxPrice=str(dear)))
    assert (types_of(enough), len(enough["Errors"])) == ([("m5.large", 1)], 1)


async def test_strategies_of_spot_decide_which_pools_are_launched(
    stack: Stack, monkeypatch: pytest.MonkeyPatch
) -> None:
    await make(stack)
    names = "r5.2xlarge", "t3.micro", "m5.large"
    pools = template_config(*({"InstanceType": name, "Priority": float(n)} for n, name in enumerate(names)))
    assert types_of(await create_spot_fleet(stack, pools, total=3)) == [("t3.micro", 3)]
    two = await create_spot_fleet(stack, pools, total=3, InstancePoolsToUseCount=2)
    assert sorted(types_of(two)) == [("m5.large", 1), ("t3.micro", 2)]
    spread = await create_spot_fleet(stack, pools, total=5, AllocationStrategy="diversified")
    assert types_of(spread) == [("r5.2xlarge", 2), ("t3.micro", 2), ("m5.large", 1)]
    _room(monkeypatch, t3=1, m5=9, r5=5)

    async def first(strategy: str) -> list[tuple[str, int]]:
        return types_of(await create_spot_fleet(stack, pools, total=3, AllocationStrategy=strategy))

    assert await first("capacity-optimized") == [("m5.large", 3)]
    assert await first("capacity-optimized-prioritized") == [("r5.2xlarge", 3)]
    assert await first("price-capacity-optimized") == [("m5.large", 3)]
    assert await first("lowest-price") == [("t3.micro", 1), ("m5.large", 2)]
    assert await first("diversified") == [("r5.2xlarge", 1), ("t3.micro", 1), ("m5.large", 1)]
    _room(monkeypatch, t3=1, m5=9, r5=0)
    lacking = await create_spot_fleet(stack, pools, total=6, AllocationStrategy="diversified")
    assert types_of(lacking) == [("t3.micro", 1), ("m5.large", 5)]
    assert [one["ErrorCode"] for one in lacking["Errors"]] == ["InsufficientInstanceCapacity"]


async def test_the_price_of_a_unit_decides_where_a_pool_is_of_several(stack: Stack) -> None:
    await make(stack)
    pools = template_config(
        {"InstanceType": "m5.large", "WeightedCapacity": 100.0}, {"InstanceType": "t3.micro", "WeightedCapacity": 2.0}
    )
    assert types_of(await create_spot_fleet(stack, pools, total=150)) == [("m5.large", 2)]
    assert types_of(await create_spot_fleet(stack, pools, total=1)) == [("t3.micro", 1)], "one is enough of either"


async def test_the_total_price_ends_the_launches_and_is_no_error(stack: Stack) -> None:
    await make(stack)
    of_two = str(2 * _price(stack, "t3.large"))
    fleet = await create_spot_fleet(stack, _types("t3.large"), total=5, MaxTotalPrice=of_two)
    assert (types_of(fleet), fleet["Errors"]) == ([("t3.large", 2)], [])
    assert (await described_fleet(stack, fleet["FleetId"]))["FulfilledCapacity"] == 2.0
    options = {"MaxTotalPrice": str(3 * on_demand_price(INSTANCE_TYPES["t3.large"]))}
    on_demand = await create_fleet(stack, _types("t3.large"), total=5, OnDemandOptions=options)
    assert types_of(on_demand) == [("t3.large", 3)]


async def test_fewer_spot_instances_than_the_least_are_none_and_on_demand_is_launched(
    stack: Stack, monkeypatch: pytest.MonkeyPatch
) -> None:
    await make(stack)
    _room(monkeypatch, t3=1, m5=3)
    least: dict[str, Any] = {"SingleInstanceType": True, "MinTargetCapacity": 2}
    assert types_of(await create_spot_fleet(stack, _types("t3.micro", "m5.large"), total=3, **least)) == [
        ("m5.large", 3)
    ]
    target = {"TotalTargetCapacity": 4, "OnDemandTargetCapacity": 1, "DefaultTargetCapacityType": "spot"}
    fleet = await create_fleet(stack, _types("t3.micro"), TargetCapacitySpecification=target, SpotOptions=least)
    assert _lifecycles(fleet) == {"on-demand": 1, "spot": 0}


async def test_a_single_zone_is_one_also_where_the_template_says_which(stack: Stack) -> None:
    subnets = {one["AvailabilityZone"]: one["SubnetId"] for one in (await stack.call("DescribeSubnets"))["Subnets"]}
    for name, zone in (("web", "us-east-1c"), ("other", "us-east-1b")):
        await make(stack, name, NetworkInterfaces=[{"DeviceIndex": 0, "SubnetId": subnets[zone]}])
    single: dict[str, Any] = {"SingleAvailabilityZone": True, "AllocationStrategy": "diversified"}
    pools = template_config(), template_config(name="other"), template_config({"SubnetId": subnets["us-east-1c"]})
    fleet = await create_spot_fleet(stack, *pools, total=2, **single)
    ids = [one for group in fleet["Instances"] for one in group["InstanceIds"]]
    zones = {(await stack.instance(one))["Placement"]["AvailabilityZone"] for one in ids}
    assert (len(fleet["Instances"]), len(ids), zones) == (2, 2, {"us-east-1c"})


async def test_an_interface_that_there_is_says_the_zone_of_its_pool(stack: Stack) -> None:
    subnets = {one["AvailabilityZone"]: one["SubnetId"] for one in (await stack.call("DescribeSubnets"))["Subnets"]}
    made = await stack.call("CreateNetworkInterface", SubnetId=subnets["us-east-1c"])
    there = made["NetworkInterface"]["NetworkInterfaceId"]
    await make(stack, NetworkInterfaces=[{"DeviceIndex": 0, "NetworkInterfaceId": there}])
    fleet = await create_spot_fleet(stack, SingleAvailabilityZone=True)
    (instance_id,) = fleet["Instances"][0]["InstanceIds"]
    assert (await stack.instance(instance_id))["Placement"]["AvailabilityZone"] == "us-east-1c"
    taken = await create_spot_fleet(stack, SingleAvailabilityZone=True)
    assert [one["ErrorCode"] for one in taken["Errors"]] == ["InvalidNetworkInterface.InUse"]


@pytest.mark.parametrize(
    ("options", "target"),
    [
        ({"AllocationStrategy": "capacityOptimized"}, {"DefaultTargetCapacityType": "on-demand"}),
        ({}, {"DefaultTargetCapacityType": "capacity-block", "OnDemandTargetCapacity": 2}),
    ],
)
def test_what_an_earlier_version_stored_unchecked_is_shown(options: dict[str, Any], target: dict[str, Any]) -> None:
    assert shown_options("spot", options)["InstanceInterruptionBehavior"] == "terminate"
    shown = target_output({"TotalTargetCapacity": 2, **target})
    assert (shown["OnDemandTargetCapacity"], shown["SpotTargetCapacity"]) == (2, 0)
    assert shown["DefaultTargetCapacityType"] == target["DefaultTargetCapacityType"]
