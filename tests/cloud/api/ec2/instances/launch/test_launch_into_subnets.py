"""Launches into subnets of one's own, and in a region without a default VPC or its subnets."""

from ipaddress import IPv4Address, IPv4Network
from typing import Any

import pytest
from asgi import Refused
from stack import Stack

pytestmark = pytest.mark.anyio


async def _refused(stack: Stack, action: str, **parameters: Any) -> tuple[str, str]:
    with pytest.raises(Refused) as refusal:
        await stack.call(action, **parameters)
    return refusal.value.code, refusal.value.message


async def _subnet(stack: Stack, block: str = "10.0.1.0/24", **parameters: Any) -> dict[str, Any]:
    vpc_id = (await stack.call("CreateVpc", CidrBlock="10.0.0.0/16"))["Vpc"]["VpcId"]
    made = await stack.call("CreateSubnet", VpcId=vpc_id, CidrBlock=block, **parameters)
    subnet: dict[str, Any] = made["Subnet"]
    return subnet


async def _image(stack: Stack) -> dict[str, Any]:
    filters = [{"Name": "name", "Values": ["debian-12-amd64-simulated"]}]
    image = (await stack.call("DescribeImages", Filters=filters))["Images"][0]["ImageId"]
    return {"ImageId": image, "InstanceType": "t3.micro", "MinCount": 1, "MaxCount": 1}


async def test_an_instance_is_in_its_subnets_vpc_with_the_default_group_of_that(stack: Stack) -> None:
    subnet = await _subnet(stack, AvailabilityZone="us-east-1b")
    instance = await stack.instance(await stack.launch(SubnetId=subnet["SubnetId"]))
    assert (instance["VpcId"], instance["SubnetId"]) == (subnet["VpcId"], subnet["SubnetId"])
    assert instance["Placement"]["AvailabilityZone"] == "us-east-1b"
    assert IPv4Address(instance["PrivateIpAddress"]) in IPv4Network("10.0.1.0/24")
    (group,) = instance["SecurityGroups"]
    (shown,) = (await stack.call("DescribeSecurityGroups", GroupIds=[group["GroupId"]]))["SecurityGroups"]
    assert (shown["GroupName"], shown["VpcId"]) == ("default", subnet["VpcId"])
    assert "PublicIpAddress" not in instance
    (counted,) = (await stack.call("DescribeSubnets", SubnetIds=[subnet["SubnetId"]]))["Subnets"]
    assert counted["AvailableIpAddressCount"] == 250


async def test_a_public_address_comes_as_the_subnet_or_the_request_says(stack: Stack) -> None:
    subnet = await _subnet(stack)
    interface = {"DeviceIndex": 0, "SubnetId": subnet["SubnetId"]}
    asked = await stack.launch(NetworkInterfaces=[{**interface, "AssociatePublicIpAddress": True}])
    assert "PublicIpAddress" in await stack.instance(asked)
    await stack.call("ModifySubnetAttribute", SubnetId=subnet["SubnetId"], MapPublicIpOnLaunch={"Value": True})
    assert "PublicIpAddress" in await stack.instance(await stack.launch(SubnetId=subnet["SubnetId"]))
    declined = await stack.launch(NetworkInterfaces=[{**interface, "AssociatePublicIpAddress": False}])
    assert "PublicIpAddress" not in await stack.instance(declined)


async def test_groups_are_of_the_subnets_vpc(stack: Stack) -> None:
    subnet = await _subnet(stack)
    foreign = (await stack.call("CreateSecurityGroup", GroupName="g", Description="d"))["GroupId"]
    code, message = await _refused(
        stack, "RunInstances", **await _image(stack), SubnetId=subnet["SubnetId"], SecurityGroupIds=[foreign]
    )
    assert (code, message) == (
        "InvalidParameter",
        f"Security group {foreign} and subnet {subnet['SubnetId']} belong to different networks.",
    )
    own = {"GroupName": "g", "Description": "d", "VpcId": subnet["VpcId"]}
    group = (await stack.call("CreateSecurityGroup", **own))["GroupId"]
    instance = await stack.instance(await stack.launch(SubnetId=subnet["SubnetId"], SecurityGroupIds=[group]))
    assert [one["GroupId"] for one in instance["SecurityGroups"]] == [group]


async def test_a_subnet_stays_while_an_instance_is_in_it(stack: Stack) -> None:
    subnet = await _subnet(stack)
    instance_id = await stack.launch(SubnetId=subnet["SubnetId"])
    subnet_id = subnet["SubnetId"]
    assert await _refused(stack, "DeleteSubnet", SubnetId=subnet_id) == (
        "DependencyViolation",
        f"The subnet '{subnet_id}' has dependencies and cannot be deleted.",
    )
    await stack.call("TerminateInstances", InstanceIds=[instance_id])
    await stack.idle()
    await stack.call("DeleteSubnet", SubnetId=subnet_id)
    await stack.call("DeleteVpc", VpcId=subnet["VpcId"])


async def test_a_small_subnet_holds_eleven(stack: Stack) -> None:
    subnet = await _subnet(stack, "10.0.1.0/28")
    code, _ = await _refused(
        stack, "RunInstances", **{**await _image(stack), "MinCount": 12, "MaxCount": 12}, SubnetId=subnet["SubnetId"]
    )
    assert code == "InsufficientFreeAddressesInSubnet"
    made = await stack.call(
        "RunInstances", **{**await _image(stack), "MinCount": 11, "MaxCount": 11}, SubnetId=subnet["SubnetId"]
    )
    addresses = {instance["PrivateIpAddress"] for instance in made["Instances"]}
    assert addresses == {f"10.0.1.{number}" for number in range(4, 15)}


async def test_without_default_subnets_a_launch_names_one(stack: Stack) -> None:
    image = await _image(stack)
    subnets = (await stack.call("DescribeSubnets"))["Subnets"]
    vpc_id = subnets[0]["VpcId"]
    await stack.call("DeleteSubnet", SubnetId=subnets[0]["SubnetId"])
    zone = subnets[0]["AvailabilityZone"]
    assert await _refused(stack, "RunInstances", **image, Placement={"AvailabilityZone": zone}) == (
        "InvalidInput",
        f"No default subnet for availability zone: '{zone}'.",
    )
    instance = await stack.instance(await stack.launch())
    assert instance["Placement"]["AvailabilityZone"] == "us-east-1b"
    await stack.call("TerminateInstances", InstanceIds=[instance["InstanceId"]])
    await stack.idle()
    for subnet in subnets[1:]:
        await stack.call("DeleteSubnet", SubnetId=subnet["SubnetId"])
    assert await _refused(stack, "RunInstances", **image) == (
        "MissingInput",
        f"No subnets found for the default VPC '{vpc_id}'. Please specify a subnet.",
    )
    filters = [{"Name": "attachment.vpc-id", "Values": [vpc_id]}]
    (gateway,) = (await stack.call("DescribeInternetGateways", Filters=filters))["InternetGateways"]
    await stack.call("DetachInternetGateway", InternetGatewayId=gateway["InternetGatewayId"], VpcId=vpc_id)
    await stack.call("DeleteVpc", VpcId=vpc_id)
    assert await _refused(stack, "RunInstances", **image) == ("VPCIdNotSpecified", "No default VPC for this user")
    subnet = await _subnet(stack)
    await stack.launch(SubnetId=subnet["SubnetId"])
