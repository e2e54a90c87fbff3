"""Elastic IP addresses: an account's own, and what they lead to through stops, moves and ends."""

from typing import Any

import pytest
from asgi import Refused
from stack import Stack

pytestmark = pytest.mark.anyio


async def _allocate(stack: Stack) -> dict[str, Any]:
    return await stack.call("AllocateAddress", Domain="vpc")


async def _address(stack: Stack, allocation_id: str) -> dict[str, Any]:
    (found,) = (await stack.call("DescribeAddresses", AllocationIds=[allocation_id]))["Addresses"]
    shown: dict[str, Any] = found
    return shown


async def test_an_address_is_allocated_described_and_released(stack: Stack) -> None:
    tags = [{"Key": "Name", "Value": "front"}]
    made = await stack.call("AllocateAddress", TagSpecifications=[{"ResourceType": "elastic-ip", "Tags": tags}])
    assert made["Domain"] == "vpc"
    assert await _address(stack, made["AllocationId"]) == {
        "AllocationId": made["AllocationId"],
        "PublicIp": made["PublicIp"],
        "Domain": "vpc",
        "PublicIpv4Pool": "amazon",
        "NetworkBorderGroup": "us-east-1",
        "Tags": tags,
    }
    by_ip = await stack.call("DescribeAddresses", PublicIps=[made["PublicIp"]])
    assert [one["AllocationId"] for one in by_ip["Addresses"]] == [made["AllocationId"]]
    await stack.call("ReleaseAddress", AllocationId=made["AllocationId"])
    with pytest.raises(Refused, match=r"InvalidAllocationID\.NotFound .*The allocation ID '.*' does not exist"):
        await stack.call("DescribeAddresses", AllocationIds=[made["AllocationId"]])
    assert (await stack.call("DescribeTags"))["Tags"] == []
    again = await stack.call("AllocateAddress", Address=made["PublicIp"])
    assert again["PublicIp"] == made["PublicIp"]


async def test_an_instance_has_its_elastic_address_through_stop_and_start(stack: Stack) -> None:
    instance_id = await stack.launch()
    lent = (await stack.instance(instance_id))["PublicIpAddress"]
    made = await _allocate(stack)
    done = await stack.call("AssociateAddress", AllocationId=made["AllocationId"], InstanceId=instance_id)
    instance = await stack.instance(instance_id)
    (interface,) = instance["NetworkInterfaces"]
    assert instance["PublicIpAddress"] == made["PublicIp"] != lent
    assert interface["Association"] == {
        "IpOwnerId": instance["NetworkInterfaces"][0]["OwnerId"],
        "PublicDnsName": "",
        "PublicIp": made["PublicIp"],
    }
    (alone,) = (await stack.call("DescribeNetworkInterfaces"))["NetworkInterfaces"]
    assert alone["Association"]["AssociationId"] == done["AssociationId"]
    assert alone["Association"]["AllocationId"] == made["AllocationId"]
    address = await _address(stack, made["AllocationId"])
    assert (address["InstanceId"], address["NetworkInterfaceId"], address["PrivateIpAddress"]) == (
        instance_id,
        interface["NetworkInterfaceId"],
        instance["PrivateIpAddress"],
    )
    await stack.call("StopInstances", InstanceIds=[instance_id])
    await stack.idle()
    assert (await stack.instance(instance_id))["PublicIpAddress"] == made["PublicIp"]
    await stack.call("StartInstances", InstanceIds=[instance_id])
    await stack.idle()
    assert (await stack.instance(instance_id))["PublicIpAddress"] == made["PublicIp"]
    with pytest.raises(Refused, match=r"InvalidIPAddress\.InUse .*Address .* is in use\."):
        await stack.call("ReleaseAddress", AllocationId=made["AllocationId"])
    with pytest.raises(Refused, match=r"InvalidParameterValue .*You must specify an association id when unmapping"):
        await stack.call("DisassociateAddress", PublicIp=made["PublicIp"])
    await stack.call("DisassociateAddress", AssociationId=done["AssociationId"])
    now = (await stack.instance(instance_id))["PublicIpAddress"]
    assert now.startswith("127."), "another is lent to it"
    assert now != made["PublicIp"]
    with pytest.raises(Refused, match=r"InvalidAssociationID\.NotFound"):
        await stack.call("DisassociateAddress", AssociationId=done["AssociationId"])
    with pytest.raises(Refused, match=r"InvalidParameterValue .*You must specify an association id when unmapping"):
        await stack.call("DisassociateAddress", PublicIp=made["PublicIp"])


async def test_an_address_moves_to_another_instance(stack: Stack) -> None:
    first, second = await stack.launch(), await stack.launch()
    made = await _allocate(stack)
    await stack.call("AssociateAddress", AllocationId=made["AllocationId"], InstanceId=first)
    with pytest.raises(Refused, match=r"Resource\.AlreadyAssociated .*resource eipalloc-\w+ is already associated"):
        await stack.call(
            "AssociateAddress", AllocationId=made["AllocationId"], InstanceId=second, AllowReassociation=False
        )
    other = await _allocate(stack)
    with pytest.raises(
        Refused,
        match=r"Resource\.AlreadyAssociated .*resource eni-\w+ and [0-9.]+ is already associated with public address "
        + made["PublicIp"],
    ):
        await stack.call(
            "AssociateAddress", AllocationId=other["AllocationId"], InstanceId=first, AllowReassociation=False
        )
    await stack.call("AssociateAddress", PublicIp=made["PublicIp"], InstanceId=second)
    assert (await stack.instance(second))["PublicIpAddress"] == made["PublicIp"]
    assert "PublicIpAddress" not in await stack.instance(first)


async def test_an_address_of_a_further_private_one_leaves_the_lent_one_alone(stack: Stack) -> None:
    instance_id = await stack.launch()
    before = await stack.instance(instance_id)
    of = {"NetworkInterfaceId": before["NetworkInterfaces"][0]["NetworkInterfaceId"]}
    given = await stack.call("AssignPrivateIpAddresses", **of, SecondaryPrivateIpAddressCount=1)
    further = given["AssignedPrivateIpAddresses"][0]["PrivateIpAddress"]
    made = await _allocate(stack)
    asked = {"AllocationId": made["AllocationId"], **of, "PrivateIpAddress": further}
    done = await stack.call("AssociateAddress", **asked)
    instance = await stack.instance(instance_id)
    assert instance["PublicIpAddress"] == before["PublicIpAddress"]
    assert [one["Association"]["PublicIp"] for one in instance["NetworkInterfaces"][0]["PrivateIpAddresses"]] == [
        before["PublicIpAddress"],
        made["PublicIp"],
    ]
    await stack.call("DisassociateAddress", AssociationId=done["AssociationId"])
    assert (await stack.instance(instance_id))["PublicIpAddress"] == before["PublicIpAddress"]
    await stack.call("AssociateAddress", **asked)
    await stack.call("StopInstances", InstanceIds=[instance_id])
    await stack.idle()
    await stack.call("StartInstances", InstanceIds=[instance_id])
    assert "PublicIpAddress" not in await stack.instance(instance_id), "none is lent again beside it"


async def test_an_address_outlives_its_instance(stack: Stack) -> None:
    instance_id = await stack.launch()
    made = await _allocate(stack)
    await stack.call("AssociateAddress", AllocationId=made["AllocationId"], InstanceId=instance_id)
    await stack.call("TerminateInstances", InstanceIds=[instance_id])
    await stack.idle()
    assert "AssociationId" not in await _address(stack, made["AllocationId"])
    await stack.call("ReleaseAddress", AllocationId=made["AllocationId"])
    assert (await stack.call("DescribeAddresses"))["Addresses"] == []


async def test_an_address_is_released_by_its_allocation_alone(stack: Stack) -> None:
    made = await _allocate(stack)
    with pytest.raises(Refused, match=r"InvalidParameterValue .*You must specify an allocation id"):
        await stack.call("ReleaseAddress", PublicIp=made["PublicIp"])
    await stack.call("ReleaseAddress", AllocationId=made["AllocationId"])
    with pytest.raises(Refused, match=r"AuthFailure .*does not belong to you"):
        await stack.call("ReleaseAddress", PublicIp=made["PublicIp"])


@pytest.mark.parametrize(
    ("action", "parameters", "refusal"),
    [
        ("AssociateAddress", {}, "MissingParameter .*Either public IP or allocation id must be specified"),
        ("ReleaseAddress", {}, "MissingParameter"),
        ("ReleaseAddress", {"PublicIp": "127.1.2.3"}, "AuthFailure .*'127.1.2.3' does not belong to you"),
        ("ReleaseAddress", {"PublicIp": "moss"}, "InvalidParameterValue .*Invalid IPv4 address"),
        ("ReleaseAddress", {"AllocationId": "eipalloc-0123456789abcdef0"}, r"InvalidAllocationID\.NotFound"),
        (
            "DescribeAddresses",
            {"PublicIps": ["127.1.2.3"]},
            r"InvalidAddress\.NotFound .*Address '127.1.2.3' not found",
        ),
        ("AllocateAddress", {"Address": "8.8.8.8"}, r"InvalidAddress\.NotFound"),
        ("AllocateAddress", {"Address": "moss"}, "InvalidParameterValue"),
        (
            "AllocateAddress",
            {"Address": "8.8.8.8", "PublicIpv4Pool": "ipv4pool-ec2-0123456789abcdef0"},
            "InvalidParameterCombination .*The parameter PublicIpv4Pool cannot be used with the parameter Address",
        ),
        (
            "AllocateAddress",
            {"PublicIpv4Pool": "moss"},
            "InvalidParameterValue .*invalid value for parameter pool: moss",
        ),
        (
            "AllocateAddress",
            {"PublicIpv4Pool": "ipv4pool-ec2-0123456789abcdef0"},
            r"InvalidPublicIpv4PoolID\.NotFound",
        ),
        ("DisassociateAddress", {}, "MissingParameter"),
        ("DisassociateAddress", {"PublicIp": "127.1.2.3"}, "AuthFailure .*'127.1.2.3' does not belong to you"),
        ("DisassociateAddress", {"PublicIp": "moss"}, "InvalidParameterValue .*Invalid IPv4 address"),
    ],
)
async def test_what_names_no_address_is_refused(
    stack: Stack, action: str, parameters: dict[str, Any], refusal: str
) -> None:
    with pytest.raises(Refused, match=refusal):
        await stack.call(action, **parameters)


async def test_addresses_are_found_by_their_ids_and_by_themselves_at_once(stack: Stack) -> None:
    one, other, _ = [await stack.call("AllocateAddress") for _ in range(3)]
    asked = {"AllocationIds": [one["AllocationId"]], "PublicIps": [other["PublicIp"], one["PublicIp"]]}
    found = (await stack.call("DescribeAddresses", **asked))["Addresses"]
    assert {each["PublicIp"] for each in found} == {one["PublicIp"], other["PublicIp"]}
    assert len(found) == 2


async def test_what_is_no_address_is_refused_otherwise_than_one_that_is_not_there(stack: Stack) -> None:
    for public_ip, code in (("nonsense", "InvalidParameterValue"), ("127.1.2.3", "InvalidAddress.NotFound")):
        with pytest.raises(Refused) as refused:
            await stack.call("DescribeAddresses", PublicIps=[public_ip])
        assert refused.value.code == code
