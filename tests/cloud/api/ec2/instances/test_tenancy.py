"""Dedicated tenancy, which is recorded: an instance has it by its launch, or by its VPC."""

from typing import Any

import pytest
from asgi import Refused
from stack import Stack

pytestmark = pytest.mark.anyio


async def _found(stack: Stack, tenancy: str) -> list[str]:
    asked = [{"Name": "tenancy", "Values": [tenancy]}]
    found = (await stack.call("DescribeInstances", Filters=asked))["Reservations"]
    return [instance["InstanceId"] for one in found for instance in one["Instances"]]


async def _subnet(stack: Stack, **vpc: Any) -> str:
    made = (await stack.call("CreateVpc", CidrBlock="10.0.0.0/16", **vpc))["Vpc"]["VpcId"]
    subnet: str = (await stack.call("CreateSubnet", VpcId=made, CidrBlock="10.0.0.0/24"))["Subnet"]["SubnetId"]
    return subnet


async def test_a_dedicated_instance_is_shown_and_found_as_one(stack: Stack) -> None:
    dedicated = await stack.launch(Placement={"Tenancy": "dedicated"})
    usual = await stack.launch()
    assert (await stack.instance(dedicated))["Placement"]["Tenancy"] == "dedicated"
    assert (await stack.instance(usual))["Placement"]["Tenancy"] == "default"
    assert await _found(stack, "dedicated") == [dedicated]
    assert await _found(stack, "default") == [usual]
    data = (await stack.call("GetLaunchTemplateData", InstanceId=dedicated))["LaunchTemplateData"]
    assert data["Placement"]["Tenancy"] == "dedicated"


async def test_a_dedicated_spot_instance_is_one_in_its_request_too(stack: Stack) -> None:
    await stack.launch(Placement={"Tenancy": "dedicated"}, InstanceMarketOptions={"MarketType": "spot"})
    [request] = (await stack.call("DescribeSpotInstanceRequests"))["SpotInstanceRequests"]
    assert request["LaunchSpecification"]["Placement"]["Tenancy"] == "dedicated"


async def test_a_dedicated_vpc_makes_its_instances_dedicated_until_it_is_not_any_more(stack: Stack) -> None:
    subnet = await _subnet(stack, InstanceTenancy="dedicated")
    first = await stack.launch(SubnetId=subnet, Placement={"Tenancy": "default"})
    [interface] = (await stack.instance(first))["NetworkInterfaces"]
    await stack.call("ModifyVpcTenancy", VpcId=interface["VpcId"], InstanceTenancy="default")
    second = await stack.launch(SubnetId=subnet)
    tenancies = [(await stack.instance(each))["Placement"]["Tenancy"] for each in (first, second)]
    assert tenancies == ["dedicated", "default"], "what runs stays as it is"


async def test_a_dedicated_instance_may_be_in_a_placement_group(stack: Stack) -> None:
    await stack.call("CreatePlacementGroup", GroupName="apart", Strategy="partition")
    instance = await stack.launch(Placement={"Tenancy": "dedicated", "GroupName": "apart"})
    placement = (await stack.instance(instance))["Placement"]
    assert (placement["Tenancy"], placement["GroupName"]) == ("dedicated", "apart")


async def test_no_other_tenancy_is_granted(stack: Stack) -> None:
    with pytest.raises(Refused, match="Dedicated Hosts"):
        await stack.launch(Placement={"Tenancy": "host"})
    with pytest.raises(Refused) as refused:
        await stack.launch(Placement={"Tenancy": "alone"})
    assert refused.value.code == "InvalidParameterValue"
