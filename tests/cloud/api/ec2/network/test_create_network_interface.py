"""Network interfaces of their own: made, given addresses and groups, and deleted."""

from typing import Any

import pytest
from asgi import Caller, Refused
from stack import Stack

pytestmark = pytest.mark.anyio


async def _subnet(stack: Stack) -> dict[str, Any]:
    found: dict[str, Any] = (await stack.call("DescribeSubnets"))["Subnets"][0]
    return found


async def _made(stack: Stack, **parameters: Any) -> dict[str, Any]:
    subnet = await _subnet(stack)
    made: dict[str, Any] = (await stack.call("CreateNetworkInterface", SubnetId=subnet["SubnetId"], **parameters))[
        "NetworkInterface"
    ]
    return made


async def _described(stack: Stack, interface_id: str) -> dict[str, Any]:
    (found,) = (await stack.call("DescribeNetworkInterfaces", NetworkInterfaceIds=[interface_id]))["NetworkInterfaces"]
    shown: dict[str, Any] = found
    return shown


async def test_an_interface_is_made_and_deleted(stack: Stack) -> None:
    tags = [{"Key": "Name", "Value": "spare"}]
    free = (await _subnet(stack))["AvailableIpAddressCount"]
    made = await _made(
        stack, Description="spare", TagSpecifications=[{"ResourceType": "network-interface", "Tags": tags}]
    )
    assert (made["Status"], made["TagSet"], made["SourceDestCheck"]) == ("pending", tags, True)
    found = await _described(stack, made["NetworkInterfaceId"])
    assert found == {**made, "Status": "available"}
    assert "Attachment" not in found
    assert [group["GroupName"] for group in found["Groups"]] == ["default"]
    assert (await _subnet(stack))["AvailableIpAddressCount"] == free - 1
    await stack.call("DeleteNetworkInterface", NetworkInterfaceId=made["NetworkInterfaceId"])
    with pytest.raises(Refused, match=r"InvalidNetworkInterfaceID\.NotFound"):
        await _described(stack, made["NetworkInterfaceId"])
    assert (await _subnet(stack))["AvailableIpAddressCount"] == free
    assert (await stack.call("DescribeTags"))["Tags"] == []


async def test_an_interface_names_who_made_it(stack: Stack) -> None:
    user = (await stack.caller.iam("CreateUser", UserName="mei"))["User"]
    key = (await stack.caller.iam("CreateAccessKey", UserName="mei"))["AccessKey"]
    mei = Caller(stack.running.gateway, key["AccessKeyId"], key["SecretAccessKey"])
    subnet = (await _subnet(stack))["SubnetId"]
    made = [(await caller.call("CreateNetworkInterface", SubnetId=subnet)) for caller in (mei, stack.caller)]
    account = made[0]["NetworkInterface"]["OwnerId"]
    assert [one["NetworkInterface"]["RequesterId"] for one in made] == [user["UserId"], account]
    by_maker = [{"Name": "requester-id", "Values": [user["UserId"]]}]
    (found,) = (await stack.call("DescribeNetworkInterfaces", Filters=by_maker))["NetworkInterfaces"]
    assert (found["RequesterId"], found["RequesterManaged"]) == (user["UserId"], False)


async def test_an_interface_has_the_addresses_that_are_asked_for(stack: Stack) -> None:
    asked = [
        {"PrivateIpAddress": "172.31.0.20", "Primary": True},
        {"PrivateIpAddress": "172.31.0.21", "Primary": False},
    ]
    made = await _made(stack, PrivateIpAddresses=asked)
    shown = [(one["PrivateIpAddress"], one["Primary"]) for one in made["PrivateIpAddresses"]]
    assert shown == [("172.31.0.20", True), ("172.31.0.21", False)]
    assert made["PrivateIpAddress"] == "172.31.0.20"
    for taken in ("172.31.0.20", "172.31.0.21"):
        with pytest.raises(Refused, match=r"InvalidIPAddress\.InUse .*Address .* is in use\."):
            await _made(stack, PrivateIpAddress=taken)
    more = await _made(stack, PrivateIpAddress="172.31.0.30", SecondaryPrivateIpAddressCount=2)
    assert len(more["PrivateIpAddresses"]) == 3
    filters = [{"Name": "addresses.private-ip-address", "Values": ["172.31.0.21"]}]
    found = (await stack.call("DescribeNetworkInterfaces", Filters=filters))["NetworkInterfaces"]
    assert [one["NetworkInterfaceId"] for one in found] == [made["NetworkInterfaceId"]]


async def test_addresses_come_and_go(stack: Stack) -> None:
    interface_id = (await _made(stack))["NetworkInterfaceId"]
    other_id = (await _made(stack))["NetworkInterfaceId"]
    given = await stack.call(
        "AssignPrivateIpAddresses", NetworkInterfaceId=interface_id, PrivateIpAddresses=["172.31.0.40"]
    )
    assert given["AssignedPrivateIpAddresses"] == [{"PrivateIpAddress": "172.31.0.40"}]
    with pytest.raises(
        Refused, match=r"InvalidParameterValue .*\[172\.31\.0\.40\] assigned, but move is not allowed\."
    ):
        await stack.call("AssignPrivateIpAddresses", NetworkInterfaceId=other_id, PrivateIpAddresses=["172.31.0.40"])
    await stack.call(
        "AssignPrivateIpAddresses",
        NetworkInterfaceId=other_id,
        PrivateIpAddresses=["172.31.0.40"],
        AllowReassignment=True,
    )
    assert len((await _described(stack, interface_id))["PrivateIpAddresses"]) == 1
    two = await stack.call(
        "AssignPrivateIpAddresses", NetworkInterfaceId=interface_id, SecondaryPrivateIpAddressCount=2
    )
    first = two["AssignedPrivateIpAddresses"][0]["PrivateIpAddress"]
    elastic = await stack.call("AllocateAddress")
    await stack.call(
        "AssociateAddress",
        AllocationId=elastic["AllocationId"],
        NetworkInterfaceId=interface_id,
        PrivateIpAddress=first,
    )
    shown = (await _described(stack, interface_id))["PrivateIpAddresses"]
    assert [one["PrivateIpAddress"] for one in shown if "Association" in one] == [first]
    for taker in (other_id, interface_id):
        taken = {"PrivateIpAddresses": [first], "AllowReassignment": True}
        await stack.call("AssignPrivateIpAddresses", NetworkInterfaceId=taker, **taken)
        (leading,) = (await stack.call("DescribeAddresses"))["Addresses"]
        assert (leading["NetworkInterfaceId"], leading["PrivateIpAddress"]) == (taker, first), "it moves along"
    await stack.call("UnassignPrivateIpAddresses", NetworkInterfaceId=interface_id, PrivateIpAddresses=[first])
    assert "AssociationId" not in (await stack.call("DescribeAddresses"))["Addresses"][0]
    with pytest.raises(Refused, match=r"InvalidParameterValue .*are not assigned to interface"):
        await stack.call("UnassignPrivateIpAddresses", NetworkInterfaceId=interface_id, PrivateIpAddresses=[first])


async def test_attributes_are_changed_and_described(stack: Stack) -> None:
    interface_id = (await _made(stack))["NetworkInterfaceId"]
    group = (await stack.call("CreateSecurityGroup", GroupName="web", Description="web"))["GroupId"]

    async def change(**parameters: Any) -> None:
        await stack.call("ModifyNetworkInterfaceAttribute", NetworkInterfaceId=interface_id, **parameters)

    async def attribute(name: str) -> dict[str, Any]:
        return await stack.call("DescribeNetworkInterfaceAttribute", NetworkInterfaceId=interface_id, Attribute=name)

    await change(Description={"Value": "moss"})
    await change(SourceDestCheck={"Value": False})
    await change(Groups=[group])
    assert (await attribute("description"))["Description"] == {"Value": "moss"}
    assert (await attribute("sourceDestCheck"))["SourceDestCheck"] == {"Value": False}
    assert (await attribute("groupSet"))["Groups"] == [{"GroupId": group, "GroupName": "web"}]
    assert "Attachment" not in await attribute("attachment")
    await stack.call("ResetNetworkInterfaceAttribute", NetworkInterfaceId=interface_id, SourceDestCheck="true")
    assert (await attribute("sourceDestCheck"))["SourceDestCheck"] == {"Value": True}
    with pytest.raises(Refused, match="InvalidParameterCombination"):
        await change()
    with pytest.raises(Refused, match=r"DependencyViolation"):
        await stack.call("DeleteSecurityGroup", GroupId=group)


@pytest.mark.parametrize(
    ("parameters", "refusal"),
    [
        ({"PrivateIpAddress": "10.0.0.1"}, "InvalidParameterValue .*does not fall within the subnet's address range"),
        ({"PrivateIpAddress": "172.31.0.3"}, "InvalidParameterValue .*is in subnet's reserved address range"),
        ({"PrivateIpAddress": "moss"}, "InvalidParameterValue .*invalid value for parameter address: moss"),
        ({"Groups": ["sg-0123456789abcdef0"]}, r"InvalidGroup\.NotFound"),
        ({"SecondaryPrivateIpAddressCount": 51}, "InvalidParameterValue"),
        ({"SecondaryPrivateIpAddressCount": -1}, "InvalidParameterValue"),
        ({"InterfaceType": "efa"}, "UnsupportedOperation"),
    ],
)
async def test_what_no_interface_can_have_is_refused(stack: Stack, parameters: dict[str, Any], refusal: str) -> None:
    with pytest.raises(Refused, match=refusal):
        await _made(stack, **parameters)


async def test_an_attached_interface_is_not_deleted(stack: Stack) -> None:
    instance = await stack.instance(await stack.launch())
    interface_id = instance["NetworkInterfaces"][0]["NetworkInterfaceId"]
    with pytest.raises(
        Refused, match=f"InvalidParameterValue .*Network interface '{interface_id}' is currently in use"
    ):
        await stack.call("DeleteNetworkInterface", NetworkInterfaceId=interface_id)


async def test_timeouts_of_connection_tracking_are_kept(stack: Stack) -> None:
    asked = {"TcpEstablishedTimeout": 60, "UdpTimeout": 30}
    made = await _made(stack, ConnectionTrackingSpecification=asked)
    assert made["ConnectionTrackingConfiguration"] == asked
    interface_id = made["NetworkInterfaceId"]
    more = {"UdpStreamTimeout": 180, "UdpTimeout": 60}
    await stack.call(
        "ModifyNetworkInterfaceAttribute", NetworkInterfaceId=interface_id, ConnectionTrackingSpecification=more
    )
    assert (await _described(stack, interface_id))["ConnectionTrackingConfiguration"] == {**asked, **more}
    own = {"DeviceIndex": 0, "ConnectionTrackingSpecification": more}
    shown = await stack.instance(await stack.launch(NetworkInterfaces=[own]))
    assert shown["NetworkInterfaces"][0]["ConnectionTrackingConfiguration"] == more
    for member, wrong in (("TcpEstablishedTimeout", 59), ("UdpStreamTimeout", 181), ("UdpTimeout", 29)):
        with pytest.raises(Refused, match="InvalidParameterValue"):
            await _made(stack, ConnectionTrackingSpecification={member: wrong})
    assert "ConnectionTrackingConfiguration" not in await _described(stack, (await _made(stack))["NetworkInterfaceId"])
