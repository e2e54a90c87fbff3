"""IPv6 addresses of network interfaces: records, of the subnet's block, as EC2 gives and takes them."""

from ipaddress import IPv6Address, IPv6Network
from typing import Any

import pytest
from asgi import Refused
from stack import Stack

pytestmark = pytest.mark.anyio


async def _subnet(stack: Stack, *, assigns: bool = False) -> tuple[str, IPv6Network]:
    """A subnet with an IPv6 block, in a VPC of its own."""
    vpc = (await stack.call("CreateVpc", CidrBlock="10.0.0.0/16", AmazonProvidedIpv6CidrBlock=True))["Vpc"]
    of_vpc = IPv6Network(vpc["Ipv6CidrBlockAssociationSet"][0]["Ipv6CidrBlock"])
    block = next(of_vpc.subnets(new_prefix=64))
    made = await stack.call("CreateSubnet", VpcId=vpc["VpcId"], CidrBlock="10.0.0.0/24", Ipv6CidrBlock=str(block))
    subnet_id: str = made["Subnet"]["SubnetId"]
    if assigns:
        wanted = {"AssignIpv6AddressOnCreation": {"Value": True}}
        await stack.call("ModifySubnetAttribute", SubnetId=subnet_id, **wanted)
    return subnet_id, block


async def _made(stack: Stack, subnet_id: str, **parameters: Any) -> dict[str, Any]:
    made: dict[str, Any] = (await stack.call("CreateNetworkInterface", SubnetId=subnet_id, **parameters))[
        "NetworkInterface"
    ]
    return made


async def _shown(stack: Stack, interface_id: str) -> list[tuple[str, bool]]:
    (found,) = (await stack.call("DescribeNetworkInterfaces", NetworkInterfaceIds=[interface_id]))["NetworkInterfaces"]
    return [(one["Ipv6Address"], one["IsPrimaryIpv6"]) for one in found["Ipv6Addresses"]]


async def test_addresses_come_and_go(stack: Stack) -> None:
    subnet_id, block = await _subnet(stack)
    interface_id = (await _made(stack, subnet_id))["NetworkInterfaceId"]
    assert await _shown(stack, interface_id) == []
    named = str(block[0x10])
    asked: dict[str, Any] = {"NetworkInterfaceId": interface_id}
    given = await stack.call("AssignIpv6Addresses", **asked, Ipv6Addresses=[IPv6Address(named).exploded])
    assert given["AssignedIpv6Addresses"] == [named]
    drawn = (await stack.call("AssignIpv6Addresses", **asked, Ipv6AddressCount=2))["AssignedIpv6Addresses"]
    assert all(IPv6Address(one) in block for one in drawn)
    assert await _shown(stack, interface_id) == [(one, False) for one in (named, *drawn)]
    for name, value in (("ipv6-addresses.ipv6-address", drawn[1]), ("ipv6-addresses.ipv6-address", named)):
        filters = [{"Name": name, "Values": [value]}]
        (found,) = (await stack.call("DescribeNetworkInterfaces", Filters=filters))["NetworkInterfaces"]
        assert (found["NetworkInterfaceId"], found["Ipv6Address"]) == (interface_id, named)
    written = [IPv6Address(one).exploded for one in drawn]
    taken = await stack.call("UnassignIpv6Addresses", **asked, Ipv6Addresses=written)
    assert taken["UnassignedIpv6Addresses"] == drawn
    assert await _shown(stack, interface_id) == [(named, False)]
    with pytest.raises(Refused, match=r"InvalidParameterValue .*Some of \[.*\] are not assigned to interface"):
        await stack.call("UnassignIpv6Addresses", **asked, Ipv6Addresses=drawn)


async def test_what_a_subnet_cannot_give_is_refused(stack: Stack) -> None:
    subnet_id, block = await _subnet(stack)
    named = str(block[0x10])
    interface_id = (await _made(stack, subnet_id, Ipv6Addresses=[{"Ipv6Address": named}]))["NetworkInterfaceId"]
    asked: dict[str, Any] = {"NetworkInterfaceId": interface_id}
    for wrong, code in (
        ({}, "MissingParameter"),
        ({"Ipv6AddressCount": -1}, "InvalidParameterValue"),
        ({"Ipv6AddressCount": 50}, "PrivateIpAddressLimitExceeded"),
        ({"Ipv6AddressCount": 1, "Ipv6Addresses": [str(block[0x11])]}, "InvalidParameterCombination"),
        ({"Ipv6Addresses": ["moss"]}, "InvalidParameterValue"),
        ({"Ipv6Addresses": ["2001:db8::1"]}, "InvalidParameterValue"),
        ({"Ipv6Addresses": [f"{block[0x11]}%ens5"]}, "InvalidParameterValue .*Invalid IPv6 address"),
        ({"Ipv6Addresses": [str(block[3])]}, "InvalidParameterValue"),
        ({"Ipv6Addresses": [str(block[-1])]}, "InvalidParameterValue"),
        ({"Ipv6Addresses": [str(block[0x11])] * 2}, "InvalidParameterValue"),
        ({"Ipv6Addresses": [named]}, r"InvalidIPAddress\.InUse"),
        ({"Ipv6PrefixCount": 1}, "UnsupportedOperation"),
    ):
        with pytest.raises(Refused, match=code):
            await stack.call("AssignIpv6Addresses", **asked, **wrong)
    without = (await stack.call("DescribeSubnets"))["Subnets"]
    other = next(one["SubnetId"] for one in without if not one["Ipv6CidrBlockAssociationSet"])
    for parameters in ({"Ipv6AddressCount": 1}, {"EnablePrimaryIpv6": True}):
        with pytest.raises(Refused, match=r"InvalidParameterValue .*does not have an IPv6 CIDR block"):
            await _made(stack, other, **parameters)
    association = (await stack.call("DescribeSubnets", SubnetIds=[subnet_id]))["Subnets"][0]
    in_use = association["Ipv6CidrBlockAssociationSet"][0]["AssociationId"]
    with pytest.raises(
        Refused, match=r"InvalidCidrBlock\.InUse .*network interfaces in its subnet have IPv6 addresses"
    ):
        await stack.call("DisassociateSubnetCidrBlock", AssociationId=in_use)
    await stack.call("DeleteNetworkInterface", NetworkInterfaceId=interface_id)
    await stack.call("DisassociateSubnetCidrBlock", AssociationId=in_use)


async def test_a_subnet_assigns_an_address_unless_a_request_says_otherwise(stack: Stack) -> None:
    subnet_id, block = await _subnet(stack, assigns=True)
    (address,) = (await _made(stack, subnet_id))["Ipv6Addresses"]
    assert IPv6Address(address["Ipv6Address"]) in block
    assert (await _made(stack, subnet_id, Ipv6AddressCount=0))["Ipv6Addresses"] == []
    assert len((await _made(stack, subnet_id, Ipv6AddressCount=3))["Ipv6Addresses"]) == 3


async def test_a_primary_address_stays(stack: Stack) -> None:
    subnet_id, block = await _subnet(stack)
    wanted = [{"Ipv6Address": str(block[9])}, {"Ipv6Address": str(block[8]), "IsPrimaryIpv6": True}]
    first = (await _made(stack, subnet_id, Ipv6Addresses=wanted))["NetworkInterfaceId"]
    assert await _shown(stack, first) == [(str(block[8]), True), (str(block[9]), False)]
    second = (await _made(stack, subnet_id, Ipv6AddressCount=2))["NetworkInterfaceId"]
    enabled: dict[str, Any] = {"NetworkInterfaceId": second, "EnablePrimaryIpv6": True}
    await stack.call("ModifyNetworkInterfaceAttribute", **enabled)
    await stack.call("ModifyNetworkInterfaceAttribute", **enabled)
    (primary, is_primary), (_, other_is) = await _shown(stack, second)
    assert (is_primary, other_is) == (True, False)
    with pytest.raises(Refused, match="OperationNotPermitted"):
        await stack.call("ModifyNetworkInterfaceAttribute", NetworkInterfaceId=second, EnablePrimaryIpv6=False)
    with pytest.raises(Refused, match=r"InvalidParameterValue .*cannot be unassigned"):
        await stack.call("UnassignIpv6Addresses", NetworkInterfaceId=second, Ipv6Addresses=[primary])
    bare = (await _made(stack, subnet_id))["NetworkInterfaceId"]
    with pytest.raises(Refused, match=r"InvalidParameterValue .*does not have an IPv6 address"):
        await stack.call("ModifyNetworkInterfaceAttribute", NetworkInterfaceId=bare, EnablePrimaryIpv6=True)


async def test_a_launch_gives_addresses(stack: Stack) -> None:
    subnet_id, block = await _subnet(stack)
    one = await stack.launch(SubnetId=subnet_id, Ipv6Addresses=[{"Ipv6Address": str(block[7])}])
    shown = await stack.instance(one)
    assert shown["Ipv6Address"] == str(block[7])
    assert shown["NetworkInterfaces"][0]["Ipv6Addresses"] == [{"Ipv6Address": str(block[7]), "IsPrimaryIpv6": False}]
    asked = {"DeviceIndex": 0, "SubnetId": subnet_id, "Ipv6AddressCount": 2, "PrimaryIpv6": True}
    other = await stack.launch(NetworkInterfaces=[asked])
    given = (await stack.instance(other))["NetworkInterfaces"][0]["Ipv6Addresses"]
    assert [each["IsPrimaryIpv6"] for each in given] == [True, False]
    for name, value, expected in (
        ("ipv6-address", str(block[7]), one),
        ("network-interface.ipv6-addresses.ipv6-address", given[1]["Ipv6Address"], other),
        ("network-interface.ipv6-addresses.is-primary-ipv6", "true", other),
    ):
        found = await stack.call("DescribeInstances", Filters=[{"Name": name, "Values": [value]}])
        assert [each["Instances"][0]["InstanceId"] for each in found["Reservations"]] == [expected]
    for wrong, code in (
        ({"NetworkInterfaces": [asked], "Ipv6AddressCount": 1}, "InvalidParameterCombination"),
        ({"SubnetId": subnet_id, "Ipv6AddressCount": 20, "InstanceType": "t3.micro"}, "PrivateIpAddressLimitExceeded"),
        (
            {"SubnetId": subnet_id, "Ipv6Addresses": [{"Ipv6Address": str(block[6])}], "MaxCount": 2},
            "InvalidParameterCombination",
        ),
    ):
        with pytest.raises(Refused, match=code):
            await stack.launch(**wrong)
