"""Launches with network interfaces of their own: several, made before, with further addresses."""

from typing import Any

import pytest
from asgi import Refused
from stack import Stack

from kumoniwa.hypervisor.driver import DriverError

pytestmark = pytest.mark.anyio


async def _subnets(stack: Stack) -> list[str]:
    return [one["SubnetId"] for one in (await stack.call("DescribeSubnets"))["Subnets"]]


async def test_an_instance_has_several_interfaces(stack: Stack) -> None:
    subnet, *_ = await _subnets(stack)
    group = (await stack.call("CreateSecurityGroup", GroupName="web", Description="web"))["GroupId"]
    asked = [
        {"DeviceIndex": 1, "SubnetId": subnet, "Groups": [group], "DeleteOnTermination": False},
        {"DeviceIndex": 0, "SubnetId": subnet, "SecondaryPrivateIpAddressCount": 1, "Description": "front"},
    ]
    instance_id = await stack.launch(NetworkInterfaces=asked)
    instance = await stack.instance(instance_id)
    first, second = instance["NetworkInterfaces"]
    assert [one["Attachment"]["DeviceIndex"] for one in (first, second)] == [0, 1]
    assert (len(first["PrivateIpAddresses"]), first["Description"]) == (2, "front")
    assert [one["GroupId"] for one in second["Groups"]] == [group]
    assert instance["PrivateIpAddress"] == first["PrivateIpAddress"]
    assert "PublicIpAddress" not in instance, "none is lent to an instance of several interfaces"
    described = await stack.call("DescribeNetworkInterfaces")
    assert {one["NetworkInterfaceId"] for one in described["NetworkInterfaces"]} == {
        first["NetworkInterfaceId"],
        second["NetworkInterfaceId"],
    }
    await stack.call("TerminateInstances", InstanceIds=[instance_id])
    await stack.idle()
    (left,) = (await stack.call("DescribeNetworkInterfaces"))["NetworkInterfaces"]
    assert (left["NetworkInterfaceId"], left["Status"]) == (second["NetworkInterfaceId"], "available")


async def test_an_instance_gets_an_interface_that_was_made_before(stack: Stack) -> None:
    subnet, *_ = await _subnets(stack)
    made = (await stack.call("CreateNetworkInterface", SubnetId=subnet))["NetworkInterface"]
    elastic = await stack.call("AllocateAddress")
    interface_id = made["NetworkInterfaceId"]
    await stack.call("AssociateAddress", AllocationId=elastic["AllocationId"], NetworkInterfaceId=interface_id)
    asked = [{"DeviceIndex": 0, "NetworkInterfaceId": interface_id}]
    instance_id = await stack.launch(NetworkInterfaces=asked)
    instance = await stack.instance(instance_id)
    (interface,) = instance["NetworkInterfaces"]
    assert interface["NetworkInterfaceId"] == interface_id
    assert (instance["PrivateIpAddress"], instance["PublicIpAddress"]) == (
        made["PrivateIpAddress"],
        elastic["PublicIp"],
    )
    assert interface["Attachment"]["DeleteOnTermination"] is False
    with pytest.raises(Refused, match=r"InvalidNetworkInterface\.InUse .*Interface: \[eni-\w+\] in use\."):
        await stack.launch(NetworkInterfaces=asked)
    await stack.call("TerminateInstances", InstanceIds=[instance_id])
    await stack.idle()
    (left,) = (await stack.call("DescribeNetworkInterfaces"))["NetworkInterfaces"]
    assert (left["Status"], left["Association"]["PublicIp"]) == ("available", elastic["PublicIp"])
    assert left["Association"]["PublicIp"] == elastic["PublicIp"]


async def test_an_address_that_one_interface_names_is_not_drawn_for_another(stack: Stack) -> None:
    vpc = (await stack.call("CreateVpc", CidrBlock="10.1.0.0/16"))["Vpc"]["VpcId"]
    made = await stack.call("CreateSubnet", VpcId=vpc, CidrBlock="10.1.0.0/28")  # of 11 addresses
    subnet = made["Subnet"]["SubnetId"]
    await stack.call("CreateNetworkInterface", SubnetId=subnet, SecondaryPrivateIpAddressCount=8)
    free = {f"10.1.0.{number}" for number in range(4, 15)} - {
        address["PrivateIpAddress"]
        for interface in (await stack.call("DescribeNetworkInterfaces"))["NetworkInterfaces"]
        for address in interface["PrivateIpAddresses"]
    }
    named = min(free)
    asked = [{"DeviceIndex": 0, "SubnetId": subnet}, {"DeviceIndex": 1, "SubnetId": subnet, "PrivateIpAddress": named}]
    first, second = (await stack.instance(await stack.launch(NetworkInterfaces=asked)))["NetworkInterfaces"]
    assert {first["PrivateIpAddress"], second["PrivateIpAddress"]} == free
    assert second["PrivateIpAddress"] == named


async def test_an_interface_is_at_one_place_of_an_instance(stack: Stack) -> None:
    subnet, *_ = await _subnets(stack)
    made = (await stack.call("CreateNetworkInterface", SubnetId=subnet))["NetworkInterface"]
    asked = [{"DeviceIndex": index, "NetworkInterfaceId": made["NetworkInterfaceId"]} for index in (0, 1)]
    with pytest.raises(Refused, match=r"InvalidParameterValue .*\[eni-\w+\] is specified more than once"):
        await stack.launch(NetworkInterfaces=asked)


@pytest.mark.parametrize("fails", [False, True])
async def test_an_interface_that_another_instance_had_is_attached_from_a_launch_on(stack: Stack, fails: bool) -> None:
    subnet, *_ = await _subnets(stack)
    made = (await stack.call("CreateNetworkInterface", SubnetId=subnet))["NetworkInterface"]
    interface_id, before = made["NetworkInterfaceId"], await stack.launch()
    if fails:
        stack.driver.fail_next("ensure_nic_attached", DriverError("No.", way_out="Ask again."))
    place = {"InstanceId": before, "NetworkInterfaceId": interface_id, "DeviceIndex": 1}
    attachment_id = (await stack.call("AttachNetworkInterface", **place))["AttachmentId"]
    await stack.idle()
    if not fails:
        await stack.call("DetachNetworkInterface", AttachmentId=attachment_id)
        await stack.idle()
    instance_id = await stack.launch(NetworkInterfaces=[{"DeviceIndex": 0, "NetworkInterfaceId": interface_id}])
    (interface,) = (await stack.instance(instance_id))["NetworkInterfaces"]
    assert interface["Attachment"]["Status"] == "attached"
    assert [nic.mac for nic in await stack.guest(instance_id).nics()] == [made["MacAddress"]]


async def test_many_instances_have_interfaces_of_their_own(stack: Stack) -> None:
    subnet, *_ = await _subnets(stack)
    asked = [{"DeviceIndex": index, "SubnetId": subnet} for index in (0, 1)]
    await stack.launch(NetworkInterfaces=asked, MinCount=3, MaxCount=3)
    instances = (await stack.call("DescribeInstances"))["Reservations"][0]["Instances"]
    addresses = [one["PrivateIpAddress"] for each in instances for one in each["NetworkInterfaces"]]
    assert len(instances) == 3
    assert len(set(addresses)) == 6


@pytest.mark.parametrize(
    ("asked", "refusal"),
    [
        ([{"DeviceIndex": 1}], "InvalidParameterValue .*you must include a device at index 0"),
        ([{"DeviceIndex": 0}, {"DeviceIndex": 0}], "InvalidParameterValue .*used by more than one"),
        ([{"DeviceIndex": -1}, {"DeviceIndex": 0}], "InvalidParameterValue .*for parameter deviceIndex is invalid"),
        ([{"DeviceIndex": 0}, {"DeviceIndex": 32}], "InvalidParameterValue .*for parameter deviceIndex is invalid"),
        ([{"DeviceIndex": index} for index in range(3)], "AttachmentLimitExceeded .*3 exceeds the limit for t3.micro"),
        ([{"DeviceIndex": 0, "SecondaryPrivateIpAddressCount": 2}], "PrivateIpAddressLimitExceeded"),
        (
            [{"DeviceIndex": 0, "AssociatePublicIpAddress": True}, {"DeviceIndex": 1}],
            "InvalidParameterCombination .*The associatePublicIpAddress parameter cannot be specified",
        ),
        (
            [{"DeviceIndex": index, "PrivateIpAddress": "172.31.0.9"} for index in (0, 1)],
            "InvalidParameterValue .*Address 172.31.0.9 is specified more than once",
        ),
        ([{"DeviceIndex": 0, "NetworkInterfaceId": "eni-0123456789abcdef0"}], r"InvalidNetworkInterfaceID\.NotFound"),
        (
            [{"DeviceIndex": 0, "NetworkInterfaceId": "eni-0123456789abcdef0", "DeleteOnTermination": True}],
            "InvalidParameterCombination .*interface ID and delete on termination as true",
        ),
        (
            [{"DeviceIndex": 0, "NetworkInterfaceId": "eni-0123456789abcdef0", "Groups": ["sg-1"]}],
            "InvalidParameterCombination",
        ),
    ],
)
async def test_what_no_instance_can_have_is_refused(stack: Stack, asked: list[dict[str, Any]], refusal: str) -> None:
    with pytest.raises(Refused, match=refusal):
        await stack.launch(NetworkInterfaces=asked)


async def test_interfaces_of_other_zones_do_not_meet_in_an_instance(stack: Stack) -> None:
    one, other, *_ = await _subnets(stack)
    asked = [{"DeviceIndex": 0, "SubnetId": one}, {"DeviceIndex": 1, "SubnetId": other}]
    with pytest.raises(Refused, match=r"InvalidParameterCombination .*availability zone"):
        await stack.launch(NetworkInterfaces=asked)
