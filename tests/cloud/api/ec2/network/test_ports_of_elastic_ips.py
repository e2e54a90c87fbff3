"""The ports of this host at which an instance's Elastic IP addresses answer, whichever private address they lead to."""

from collections.abc import Mapping
from ipaddress import IPv4Address
from typing import Any

import pytest
from asgi import Refused
from stack import Stack

from kumoniwa.hypervisor.driver import GuestId

pytestmark = pytest.mark.anyio

_ANYWHERE = [{"CidrIp": "0.0.0.0/0"}]


async def _group(stack: Stack, name: str, port: int) -> str:
    group_id: str = (await stack.call("CreateSecurityGroup", GroupName=name, Description=name))["GroupId"]
    rule = {"IpProtocol": "tcp", "FromPort": port, "ToPort": port, "IpRanges": _ANYWHERE}
    await stack.call("AuthorizeSecurityGroupIngress", GroupId=group_id, IpPermissions=[rule])
    return group_id


async def _interface(stack: Stack, group_id: str, further: int = 0) -> dict[str, Any]:
    subnet = (await stack.call("DescribeSubnets"))["Subnets"][0]["SubnetId"]
    more = {"SecondaryPrivateIpAddressCount": further} if further else {}
    made = await stack.call("CreateNetworkInterface", SubnetId=subnet, Groups=[group_id], **more)
    found: dict[str, Any] = made["NetworkInterface"]
    return found


async def _elastic(stack: Stack, interface_id: str, address: str) -> str:
    made = await stack.call("AllocateAddress")
    await stack.call(
        "AssociateAddress",
        AllocationId=made["AllocationId"],
        NetworkInterfaceId=interface_id,
        PrivateIpAddress=address,
    )
    public: str = made["PublicIp"]
    return public


async def _move(stack: Stack, public: str, interface: Mapping[str, Any], address: str) -> None:
    (found,) = (await stack.call("DescribeAddresses", PublicIps=[public]))["Addresses"]
    await stack.call(
        "AssociateAddress",
        AllocationId=found["AllocationId"],
        NetworkInterfaceId=interface["NetworkInterfaceId"],
        PrivateIpAddress=address,
    )


def _open(stack: Stack, instance_id: str) -> set[tuple[str, int, str | None]]:
    """The public address, the guest's port, and the guest's address where it is not the primary one."""
    ports = stack.driver.world.ports.of(GuestId(instance_id))
    return {
        (str(one.host_address), one.guest_port, None if one.guest_address is None else str(one.guest_address))
        for one in ports
    }


async def _associations(stack: Stack, instance_id: str) -> list[dict[str, str]]:
    """The public address of each private one, as both descriptions have it."""
    instance = await stack.instance(instance_id)
    filters = [{"Name": "attachment.instance-id", "Values": [instance_id]}]
    alone = (await stack.call("DescribeNetworkInterfaces", Filters=filters))["NetworkInterfaces"]
    told = [
        {
            each["PrivateIpAddress"]: each["Association"]["PublicIp"]
            for interface in interfaces
            for each in interface["PrivateIpAddresses"]
            if "Association" in each
        }
        for interfaces in (instance["NetworkInterfaces"], alone)
    ]
    assert told[0] == told[1]
    return told


async def test_each_elastic_address_answers_as_the_groups_of_its_interface_admit(stack: Stack) -> None:
    front, back = await _group(stack, "front", 8080), await _group(stack, "back", 9090)
    instance_id = await stack.launch(SecurityGroupIds=[front])
    instance = await stack.instance(instance_id)
    lent, primary = instance["PublicIpAddress"], instance["NetworkInterfaces"][0]["NetworkInterfaceId"]
    assert _open(stack, instance_id) == {(lent, 8080, None)}

    assigned = await stack.call(
        "AssignPrivateIpAddresses", NetworkInterfaceId=primary, SecondaryPrivateIpAddressCount=1
    )
    further = assigned["AssignedPrivateIpAddresses"][0]["PrivateIpAddress"]
    second = await _elastic(stack, primary, further)
    spare = await _interface(stack, back)
    third = await _elastic(stack, spare["NetworkInterfaceId"], spare["PrivateIpAddress"])
    of_primary = {(lent, 8080, None), (second, 8080, further)}
    assert _open(stack, instance_id) == of_primary, "the other interface is not its own yet"

    attached = await stack.call(
        "AttachNetworkInterface", InstanceId=instance_id, NetworkInterfaceId=spare["NetworkInterfaceId"], DeviceIndex=1
    )
    await stack.idle()
    of_spare = {(third, 9090, spare["PrivateIpAddress"])}
    assert _open(stack, instance_id) == of_primary | of_spare
    assert (await _associations(stack, instance_id))[0] == {
        instance["PrivateIpAddress"]: lent,
        further: second,
        spare["PrivateIpAddress"]: third,
    }

    await stack.call("ModifyNetworkInterfaceAttribute", NetworkInterfaceId=spare["NetworkInterfaceId"], Groups=[front])
    assert (third, 8080, spare["PrivateIpAddress"]) in _open(stack, instance_id)
    await stack.call("StopInstances", InstanceIds=[instance_id])
    await stack.idle()
    assert _open(stack, instance_id) == set()
    await stack.call("StartInstances", InstanceIds=[instance_id])
    await stack.idle()
    assert "PublicIpAddress" not in await stack.instance(instance_id), "none is lent to one of several interfaces"
    assert _open(stack, instance_id) == {(second, 8080, further), (third, 8080, spare["PrivateIpAddress"])}
    await stack.call("DetachNetworkInterface", AttachmentId=attached["AttachmentId"])
    await stack.idle()
    await stack.call("UnassignPrivateIpAddresses", NetworkInterfaceId=primary, PrivateIpAddresses=[further])
    assert _open(stack, instance_id) == set()


async def test_an_elastic_address_that_moves_closes_here_and_opens_there(stack: Stack) -> None:
    front = await _group(stack, "front", 8080)
    here, there = [await stack.launch(SecurityGroupIds=[front]) for _ in range(2)]
    interface, further = await _interface(stack, front, further=1), await _interface(stack, front)
    for instance_id, each in ((here, interface), (there, further)):
        await stack.call(
            "AttachNetworkInterface",
            InstanceId=instance_id,
            NetworkInterfaceId=each["NetworkInterfaceId"],
            DeviceIndex=1,
        )
        await stack.idle()
    addresses = [each["PrivateIpAddress"] for each in interface["PrivateIpAddresses"]]
    public = await _elastic(stack, interface["NetworkInterfaceId"], addresses[0])
    assert (public, 8080, addresses[0]) in _open(stack, here)
    await _move(stack, public, interface, addresses[1])
    assert {one for one in _open(stack, here) if one[0] == public} == {(public, 8080, addresses[1])}
    await _move(stack, public, further, further["PrivateIpAddress"])
    assert public not in {one[0] for one in _open(stack, here)}
    assert (public, 8080, further["PrivateIpAddress"]) in _open(stack, there)


async def test_an_instance_that_loses_its_only_public_address_answers_nowhere(stack: Stack) -> None:
    front = await _group(stack, "front", 8080)
    nic = {"DeviceIndex": 0, "AssociatePublicIpAddress": False, "Groups": [front]}
    instance_id = await stack.launch(NetworkInterfaces=[nic])
    interface = (await stack.instance(instance_id))["NetworkInterfaces"][0]
    public = await _elastic(stack, interface["NetworkInterfaceId"], interface["PrivateIpAddress"])
    assert _open(stack, instance_id) == {(public, 8080, None)}
    (found,) = (await stack.call("DescribeAddresses", PublicIps=[public]))["Addresses"]
    await stack.call("DisassociateAddress", AssociationId=found["AssociationId"])
    assert _open(stack, instance_id) == set()


async def test_an_interface_that_was_made_before_is_reached_from_the_launch_on(stack: Stack) -> None:
    front = await _group(stack, "front", 8080)
    spare = await _interface(stack, front)
    public = await _elastic(stack, spare["NetworkInterfaceId"], spare["PrivateIpAddress"])
    own = {"DeviceIndex": 0, "Groups": [front]}
    further = {"DeviceIndex": 1, "NetworkInterfaceId": spare["NetworkInterfaceId"]}
    instance_id = await stack.launch(NetworkInterfaces=[own, further])
    ports = stack.driver.world.ports.of(GuestId(instance_id))
    assert [(str(one.host_address), one.guest_address) for one in ports if one.guest_address is not None] == [
        (public, IPv4Address(spare["PrivateIpAddress"]))
    ]


async def test_a_public_address_is_lent_later_and_taken_back(stack: Stack) -> None:
    group = await _group(stack, "lent", 80)
    nic = {"DeviceIndex": 0, "AssociatePublicIpAddress": False, "Groups": [group]}
    instance_id = await stack.launch(NetworkInterfaces=[nic])
    shown = await stack.instance(instance_id)
    assert "PublicIpAddress" not in shown
    interface: dict[str, Any] = {"NetworkInterfaceId": shown["NetworkInterfaces"][0]["NetworkInterfaceId"]}
    asked = {**interface, "Attribute": "associatePublicIpAddress"}
    for wanted in (True, True, False):
        await stack.call("ModifyNetworkInterfaceAttribute", **interface, AssociatePublicIpAddress=wanted)
        told = await stack.call("DescribeNetworkInterfaceAttribute", **asked)
        assert told["AssociatePublicIpAddress"] is wanted
        public = (await stack.instance(instance_id)).get("PublicIpAddress")
        assert (public is not None) is wanted
        assert _open(stack, instance_id) == ({(public, 80, None)} if wanted else set())
    await stack.call("ModifyNetworkInterfaceAttribute", **interface, AssociatePublicIpAddress=True)
    elastic = await _elastic(stack, interface["NetworkInterfaceId"], shown["PrivateIpAddress"])
    await stack.call("ModifyNetworkInterfaceAttribute", **interface, AssociatePublicIpAddress=False)
    assert (await stack.instance(instance_id))["PublicIpAddress"] == elastic
    further = (await _interface(stack, group))["NetworkInterfaceId"]
    await stack.call("ModifyNetworkInterfaceAttribute", NetworkInterfaceId=further, AssociatePublicIpAddress=False)
    with pytest.raises(Refused, match=r"InvalidParameterValue .*Associate an Elastic IP address with it\."):
        await stack.call("ModifyNetworkInterfaceAttribute", NetworkInterfaceId=further, AssociatePublicIpAddress=True)
