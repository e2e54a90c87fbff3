"""NAT gateways: made with an interface and an Elastic IP address of their own, and the end of both."""

from functools import partial
from typing import Any
from urllib.parse import urlencode

import pytest
from asgi import Refused
from sqlalchemy import select
from stack import Stack

from kumoniwa.reconcile.time import Housekeeping
from kumoniwa.store import all_tables as tables
from kumoniwa.store import gateways

pytestmark = pytest.mark.anyio


async def _subnet(stack: Stack) -> str:
    found: str = (await stack.call("DescribeSubnets"))["Subnets"][0]["SubnetId"]
    return found


async def _made(stack: Stack, **parameters: Any) -> str:
    asked = {"SubnetId": await _subnet(stack), **parameters}
    if asked.get("ConnectivityType") != "private" and "AllocationId" not in asked:
        asked["AllocationId"] = (await stack.call("AllocateAddress"))["AllocationId"]
    made = (await stack.call("CreateNatGateway", **asked))["NatGateway"]
    assert made["State"] == "pending"
    await stack.idle()
    gateway_id: str = made["NatGatewayId"]
    return gateway_id


async def _described(stack: Stack, gateway_id: str) -> dict[str, Any]:
    (found,) = (await stack.call("DescribeNatGateways", NatGatewayIds=[gateway_id]))["NatGateways"]
    shown: dict[str, Any] = found
    return shown


async def test_a_gateway_comes_into_use_and_goes(stack: Stack) -> None:
    gateway_id = await _made(stack)
    found = await _described(stack, gateway_id)
    (address,) = found["NatGatewayAddresses"]
    assert (found["State"], found["ConnectivityType"], address["Status"]) == ("available", "public", "succeeded")
    elastic = (await stack.call("DescribeAddresses"))["Addresses"][0]
    assert (elastic["NetworkInterfaceId"], elastic["PublicIp"]) == (address["NetworkInterfaceId"], address["PublicIp"])
    (interface,) = (await stack.call("DescribeNetworkInterfaces"))["NetworkInterfaces"]
    assert interface["InterfaceType"] == "nat_gateway"
    assert interface["Description"] == f"Interface for NAT Gateway {gateway_id}"
    assert (interface["RequesterManaged"], interface["RequesterId"]) == (True, "036872051663")
    assert address["AssociationId"] == elastic["AssociationId"]
    with pytest.raises(
        Refused, match=r"OperationNotPermitted .*You are not allowed to manage 'ela-attach' attachments\."
    ):
        await stack.call("DetachNetworkInterface", AttachmentId=interface["Attachment"]["AttachmentId"], Force=True)
    with pytest.raises(Refused, match="OperationNotPermitted"):
        await stack.call("DeleteNetworkInterface", NetworkInterfaceId=interface["NetworkInterfaceId"])
    await stack.call("DeleteNatGateway", NatGatewayId=gateway_id)
    await stack.idle()
    gone = await _described(stack, gateway_id)
    assert gone["State"] == "deleted"
    assert gone["DeleteTime"] is not None
    assert (await stack.call("DescribeNetworkInterfaces"))["NetworkInterfaces"] == []
    assert "AssociationId" not in (await stack.call("DescribeAddresses"))["Addresses"][0]
    await stack.call("DeleteNatGateway", NatGatewayId=gateway_id)  # as long as it is shown
    assert await _described(stack, gateway_id) == gone


async def test_a_gateway_without_tags_has_an_empty_set_of_them(stack: Stack) -> None:
    gateway_id = await _made(stack)
    (gateway,) = (await stack.call("DescribeNatGateways", NatGatewayIds=[gateway_id]))["NatGateways"]
    assert gateway["Tags"] == []


async def test_a_deleted_gateway_is_forgotten_after_an_hour(stack: Stack) -> None:
    tags = [{"Key": "a", "Value": "b"}]
    gateway_id = await _made(stack, TagSpecifications=[{"ResourceType": "natgateway", "Tags": tags}])
    await stack.call("DeleteNatGateway", NatGatewayId=gateway_id)
    await stack.idle()
    read = stack.running.cloud.read
    housekeeping = Housekeeping(stack.running.cloud.world)
    await stack.clock.advance(3500)
    await housekeeping.follow_time()
    assert await read(partial(gateways.nat, gateway_id=gateway_id)) is not None
    await stack.clock.advance(200)
    await housekeeping.follow_time()
    assert await read(partial(gateways.nat, gateway_id=gateway_id)) is None
    assert await read(lambda connection: connection.execute(select(tables.tags)).all()) == []


async def test_a_gateway_keeps_its_address(stack: Stack) -> None:
    await _made(stack)
    (elastic,) = (await stack.call("DescribeAddresses"))["Addresses"]
    other, instance_id = await stack.call("AllocateAddress"), await stack.launch()
    allocation, interface = {"AllocationId": elastic["AllocationId"]}, elastic["NetworkInterfaceId"]
    for action, asked in (
        ("ReleaseAddress", allocation),
        ("DisassociateAddress", {"AssociationId": elastic["AssociationId"]}),
        ("AssociateAddress", {**allocation, "InstanceId": instance_id}),
        ("AssociateAddress", {"AllocationId": other["AllocationId"], "NetworkInterfaceId": interface}),
    ):
        with pytest.raises(Refused, match=r"AuthFailure .*You do not have permission to access the specified resource"):
            await stack.call(action, **asked)
    kept = await stack.call("DescribeAddresses", AllocationIds=[elastic["AllocationId"]])
    assert kept["Addresses"] == [elastic]


async def test_the_tags_of_a_gateways_interface_go_with_it(stack: Stack) -> None:
    gateway_id = await _made(stack)
    (interface,) = (await stack.call("DescribeNetworkInterfaces"))["NetworkInterfaces"]
    await stack.call("CreateTags", Resources=[interface["NetworkInterfaceId"]], Tags=[{"Key": "a", "Value": "b"}])
    await stack.call("DeleteNatGateway", NatGatewayId=gateway_id)
    await stack.idle()
    assert (await stack.call("DescribeTags"))["Tags"] == []


async def test_a_private_gateway_has_no_public_address(stack: Stack) -> None:
    gateway_id = await _made(stack, ConnectivityType="private", PrivateIpAddress="172.31.0.99")
    found = await _described(stack, gateway_id)
    (address,) = found["NatGatewayAddresses"]
    assert (found["State"], address["PrivateIp"]) == ("available", "172.31.0.99")
    assert {"PublicIp", "AllocationId"}.isdisjoint(address)


async def test_an_address_that_leads_elsewhere_fails_the_gateway(stack: Stack) -> None:
    allocation_id = (await stack.call("AllocateAddress"))["AllocationId"]
    await _made(stack, AllocationId=allocation_id)
    second = await _made(stack, AllocationId=allocation_id)
    found = await _described(stack, second)
    assert (found["State"], found["FailureCode"]) == ("failed", "Resource.AlreadyAssociated")
    assert found["FailureMessage"] == f"Elastic IP address {allocation_id} is already associated"
    await stack.call("DeleteNatGateway", NatGatewayId=second)
    await stack.idle()
    assert (await _described(stack, second))["State"] == "deleted"


async def test_a_vpc_without_internet_gateway_fails_it(stack: Stack) -> None:
    vpc_id = (await stack.call("CreateVpc", CidrBlock="10.1.0.0/16"))["Vpc"]["VpcId"]
    subnet = (await stack.call("CreateSubnet", VpcId=vpc_id, CidrBlock="10.1.0.0/24"))["Subnet"]["SubnetId"]
    found = await _described(stack, await _made(stack, SubnetId=subnet))
    assert (found["State"], found["FailureCode"]) == ("failed", "Gateway.NotAttached")
    assert found["FailureMessage"] == f"Network {vpc_id} has no Internet gateway attached"


@pytest.mark.parametrize(
    ("parameters", "refusal"),
    [
        (
            {"AllocationId": "eipalloc-0123456789abcdef0"},
            r"InvalidElasticIpID\.NotFound .*The elastic-ip ID 'eipalloc-0123456789abcdef0' does not exist",
        ),
        ({"AllocationId": "moss"}, r"InvalidElasticIpID\.Malformed .*The elastic-ip ID 'moss' is malformed"),
        (
            {"AllocationId": None},
            r"MissingParameter .*The request must include the AllocationId parameter\. Add the required parameter and",
        ),
        (
            {"ConnectivityType": "private", "SubnetId": "subnet-0123456789abcdef0"},
            "InvalidSubnet .*The subnet ID 'subnet-0123456789abcdef0' does not exist",
        ),
        (
            {"ConnectivityType": "private", "SubnetId": "10.0.0.0/24"},
            "InvalidSubnet .*The subnet ID '10.0.0.0/24' is malformed",
        ),
        ({"ConnectivityType": "private", "AllocationId": "eipalloc-0123456789abcdef0"}, "InvalidParameterCombination"),
        ({"ConnectivityType": "private", "PrivateIpAddress": "10.0.0.9"}, "InvalidParameterValue"),
        ({"AvailabilityMode": "regional"}, "UnsupportedOperation"),
    ],
)
async def test_what_no_gateway_can_be_is_refused(stack: Stack, parameters: dict[str, Any], refusal: str) -> None:
    asked = {name: value for name, value in parameters.items() if value is not None}
    with pytest.raises(Refused, match=refusal):
        await stack.call("CreateNatGateway", **{"SubnetId": await _subnet(stack), **asked})


async def _allocated(stack: Stack) -> str:
    made: str = (await stack.call("AllocateAddress"))["AllocationId"]
    return made


async def _secondary(stack: Stack, gateway_id: str) -> list[dict[str, Any]]:
    addresses: list[dict[str, Any]] = (await _described(stack, gateway_id))["NatGatewayAddresses"]
    assert [one["IsPrimary"] for one in addresses] == [True, *[False] * (len(addresses) - 1)]
    return addresses[1:]


async def test_a_public_gateway_has_secondary_addresses(stack: Stack) -> None:
    first, second = [await _allocated(stack) for _ in range(2)]
    gateway_id = await _made(
        stack, SecondaryAllocationIds=[first, second], SecondaryPrivateIpAddresses=["172.31.0.90", "172.31.0.91"]
    )
    one, other = await _secondary(stack, gateway_id)
    assert [(each["PrivateIp"], each["AllocationId"], each["Status"]) for each in (one, other)] == [
        ("172.31.0.90", first, "succeeded"),
        ("172.31.0.91", second, "succeeded"),
    ]
    (elastic,) = (await stack.call("DescribeAddresses", AllocationIds=[second]))["Addresses"]
    assert {name: other[name] for name in ("PublicIp", "AssociationId", "NetworkInterfaceId")} == {
        name: elastic[name] for name in ("PublicIp", "AssociationId", "NetworkInterfaceId")
    }
    (interface,) = (await stack.call("DescribeNetworkInterfaces"))["NetworkInterfaces"]
    assert [each["PrivateIpAddress"] for each in interface["PrivateIpAddresses"]][1:] == ["172.31.0.90", "172.31.0.91"]
    third = await _allocated(stack)
    asked: dict[str, Any] = {"NatGatewayId": gateway_id}
    (added,) = (await stack.call("AssociateNatGatewayAddress", **asked, AllocationIds=[third]))["NatGatewayAddresses"]
    assert (added["Status"], added["IsPrimary"], added["AllocationId"]) == ("associating", False, third)
    assert (await _secondary(stack, gateway_id))[2] == {**added, "Status": "succeeded"}
    taken = await stack.call(
        "DisassociateNatGatewayAddress", **asked, AssociationIds=[one["AssociationId"]], MaxDrainDurationSeconds=10
    )
    assert taken["NatGatewayAddresses"] == [{**one, "Status": "disassociating"}]
    assert [each["AllocationId"] for each in await _secondary(stack, gateway_id)] == [second, third]
    await stack.call("ReleaseAddress", AllocationId=first)
    await stack.call("DeleteNatGateway", **asked)
    await stack.idle()
    assert all("AssociationId" not in each for each in (await stack.call("DescribeAddresses"))["Addresses"])
    assert len(await _secondary(stack, gateway_id)) == 2


async def test_a_private_gateway_has_secondary_addresses(stack: Stack) -> None:
    private: dict[str, Any] = {"ConnectivityType": "private"}
    gateway_id = await _made(stack, **private, SecondaryPrivateIpAddressCount=2)
    assert [one["Status"] for one in await _secondary(stack, gateway_id)] == ["succeeded"] * 2
    asked: dict[str, Any] = {"NatGatewayId": gateway_id}
    (added,) = (await stack.call("AssignPrivateNatGatewayAddress", **asked, PrivateIpAddresses=["172.31.0.95"]))[
        "NatGatewayAddresses"
    ]
    assert (added["PrivateIp"], added["Status"]) == ("172.31.0.95", "assigning")
    with pytest.raises(Refused, match=r"InvalidIPAddress\.InUse"):
        await stack.call("CreateNetworkInterface", SubnetId=await _subnet(stack), PrivateIpAddress="172.31.0.95")
    own = (await stack.call("CreateNetworkInterface", SubnetId=await _subnet(stack)))["NetworkInterface"]
    wanted: dict[str, Any] = {"PrivateIpAddresses": ["172.31.0.95"], "AllowReassignment": True}
    with pytest.raises(Refused, match="OperationNotPermitted"):
        await stack.call("AssignPrivateIpAddresses", NetworkInterfaceId=own["NetworkInterfaceId"], **wanted)
    taken = await stack.call("UnassignPrivateNatGatewayAddress", **asked, PrivateIpAddresses=["172.31.0.95"])
    assert taken["NatGatewayAddresses"] == [{**added, "Status": "unassigning"}]
    assert len(await _secondary(stack, gateway_id)) == 2
    with pytest.raises(Refused, match="AddressLimitExceeded"):
        await stack.call("AssignPrivateNatGatewayAddress", **asked, PrivateIpAddressCount=6)


async def test_what_secondary_addresses_cannot_be_is_refused(stack: Stack) -> None:
    public, private = await _made(stack), await _made(stack, ConnectivityType="private")
    free, subnet_id = await _allocated(stack), await _subnet(stack)
    primary = (await _described(stack, public))["NatGatewayAddresses"][0]
    own = (await _described(stack, private))["NatGatewayAddresses"][0]["PrivateIp"]
    to_public, to_private = {"NatGatewayId": public}, {"NatGatewayId": private}
    made = {"SubnetId": subnet_id}
    for action, asked, code in (
        ("AssociateNatGatewayAddress", {**to_private, "AllocationIds": [free]}, "UnsupportedOperation"),
        (
            "AssociateNatGatewayAddress",
            {**to_public, "AllocationIds": [primary["AllocationId"]]},
            r"Resource\.AlreadyAssociated",
        ),
        ("AssociateNatGatewayAddress", {**to_public, "AllocationIds": [free, free]}, "InvalidParameterValue"),
        (
            "AssociateNatGatewayAddress",
            {**to_public, "AllocationIds": [free], "PrivateIpAddresses": ["172.31.0.90", "172.31.0.91"]},
            "InvalidParameterCombination",
        ),
        (
            "DisassociateNatGatewayAddress",
            {**to_public, "AssociationIds": [primary["AssociationId"]]},
            "InvalidParameterValue .*primary",
        ),
        (
            "DisassociateNatGatewayAddress",
            {**to_public, "AssociationIds": ["eipassoc-0123456789abcdef0"]},
            r"InvalidAssociationID\.NotFound",
        ),
        ("AssignPrivateNatGatewayAddress", to_private, "MissingParameter"),
        ("AssignPrivateNatGatewayAddress", {**to_public, "PrivateIpAddressCount": 1}, "UnsupportedOperation"),
        (
            "AssignPrivateNatGatewayAddress",
            {**to_private, "PrivateIpAddressCount": 1, "PrivateIpAddresses": ["172.31.0.90"]},
            "InvalidParameterCombination",
        ),
        (
            "UnassignPrivateNatGatewayAddress",
            {**to_private, "PrivateIpAddresses": [own]},
            "InvalidParameterValue .*primary",
        ),
        (
            "UnassignPrivateNatGatewayAddress",
            {**to_private, "PrivateIpAddresses": ["172.31.0.90"], "MaxDrainDurationSeconds": 4001},
            "InvalidParameterValue",
        ),
        (
            "CreateNatGateway",
            {**made, "ConnectivityType": "private", "SecondaryAllocationIds": [free]},
            "InvalidParameterCombination",
        ),
        (
            "CreateNatGateway",
            {**made, "AllocationId": free, "SecondaryPrivateIpAddressCount": 1},
            "InvalidParameterCombination",
        ),
        ("CreateNatGateway", {**made, "AllocationId": free, "SecondaryAllocationIds": [free]}, "InvalidParameterValue"),
    ):
        with pytest.raises(Refused, match=code):
            await stack.call(action, **asked)
    none = {"Action": "CreateNatGateway", "Version": "2016-11-15", **made, "ConnectivityType": "private"}
    answer = await stack.caller.post(urlencode({**none, "SecondaryPrivateIpAddressCount": 0}))
    assert (answer.status, "secondaryPrivateIpAddressCount is invalid" in answer.text) == (400, True)
    await stack.call("DeleteNatGateway", **to_public)
    with pytest.raises(Refused, match=r"IncorrectState|NatGatewayNotFound"):
        await stack.call("AssociateNatGatewayAddress", **to_public, AllocationIds=[free])


async def test_a_secondary_address_that_leads_elsewhere_fails_the_gateway(stack: Stack) -> None:
    taken, free = await _allocated(stack), await _allocated(stack)
    await _made(stack, AllocationId=taken)
    second = await _made(stack, AllocationId=free, SecondaryAllocationIds=[taken])
    found = await _described(stack, second)
    assert (found["State"], found["FailureCode"]) == ("failed", "Resource.AlreadyAssociated")
    (elastic,) = (await stack.call("DescribeAddresses", AllocationIds=[free]))["Addresses"]
    assert "AssociationId" not in elastic
