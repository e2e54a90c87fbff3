"""The network interface of an instance: described with it and by itself, and gone with it."""

from dataclasses import replace
from functools import partial
from typing import Any

import pytest
from asgi import Caller, Refused
from stack import Stack

from kumoniwa.hypervisor.driver import DriverError
from kumoniwa.store import network_interfaces

pytestmark = pytest.mark.anyio

_TAGS = [{"Key": "Name", "Value": "moss"}]
_TAGGED = [{"ResourceType": "network-interface", "Tags": _TAGS}]
_OF_ITSELF = {"AvailabilityZone", "AvailabilityZoneId", "RequesterManaged", "TagSet"}


async def _launch(stack: Stack, **parameters: Any) -> tuple[str, dict[str, Any]]:
    """An instance with a tagged interface: its id, and the interface as it is described with it."""
    instance_id = await stack.launch(TagSpecifications=_TAGGED, **parameters)
    (interface,) = (await stack.instance(instance_id))["NetworkInterfaces"]
    return instance_id, interface


async def test_an_interface_is_described_alike_by_itself_and_with_its_instance(stack: Stack) -> None:
    asked = [{"DeviceIndex": 0, "Description": "the first"}]
    instance_id, interface = await _launch(stack, NetworkInterfaces=asked)
    (alone,) = (await stack.call("DescribeNetworkInterfaces"))["NetworkInterfaces"]
    assert alone["Description"] == "the first"
    assert (alone["TagSet"], alone["AvailabilityZone"]) == (_TAGS, "us-east-1a")
    assert (alone["Attachment"].pop("InstanceId"), alone["Attachment"].pop("InstanceOwnerId")) == (
        instance_id,
        alone["OwnerId"],
    )
    assert {name: value for name, value in alone.items() if name not in _OF_ITSELF} == interface


async def test_what_changes_in_an_interface_is_seen_in_its_instance(stack: Stack) -> None:
    instance_id, interface = await _launch(stack)
    group = (await stack.call("CreateSecurityGroup", GroupName="web", Description="the web"))["GroupId"]
    await stack.call("ModifyInstanceAttribute", InstanceId=instance_id, Groups=[group])
    await stack.call("ModifyInstanceAttribute", InstanceId=instance_id, SourceDestCheck={"Value": False})
    now = await stack.instance(instance_id)
    groups = [{"GroupId": group, "GroupName": "web"}]
    assert (now["SecurityGroups"], now["SourceDestCheck"]) == (groups, False)
    assert now["NetworkInterfaces"] == [{**interface, "Groups": groups, "SourceDestCheck": False}]


@pytest.mark.parametrize("fails", [False, True], ids=["terminated", "never started"])
async def test_an_interface_ends_with_its_instance(stack: Stack, *, fails: bool) -> None:
    if fails:
        stack.driver.fail_next("ensure_running", DriverError("No.", way_out="Ask again."))
        instance_id = await stack.launch(TagSpecifications=_TAGGED)
    else:
        instance_id, interface = await _launch(stack)
        await stack.call("TerminateInstances", InstanceIds=[instance_id])
        await stack.idle()
        with pytest.raises(Refused, match=r"InvalidNetworkInterfaceID\.NotFound"):
            await stack.call("DescribeNetworkInterfaces", NetworkInterfaceIds=[interface["NetworkInterfaceId"]])
    ended = await stack.instance(instance_id)
    assert (ended["State"]["Name"], ended["NetworkInterfaces"]) == ("terminated", [])
    assert {"SubnetId", "VpcId", "PrivateIpAddress", "SourceDestCheck"}.isdisjoint(ended)
    assert (await stack.call("DescribeNetworkInterfaces"))["NetworkInterfaces"] == []
    assert (await stack.call("DescribeTags"))["Tags"] == []
    read = partial(network_interfaces.primary, instance_id=instance_id)
    assert await stack.running.cloud.read(read) is None
    subnets = (await stack.call("DescribeSubnets"))["Subnets"]
    assert len({subnet["AvailableIpAddressCount"] for subnet in subnets}) == 1, "its address is free again"


async def test_many_instances_are_described_beside_those_of_another_region(stack: Stack) -> None:
    key = stack.running.key
    elsewhere = Caller(stack.running.gateway, key["access_key_id"], key["secret_access_key"], region="eu-west-1")
    await replace(stack, caller=elsewhere).launch()
    await stack.launch(MinCount=100, MaxCount=100)
    (reservation,) = (await stack.call("DescribeInstances"))["Reservations"]
    assert [len(one["NetworkInterfaces"]) for one in reservation["Instances"]] == [1] * 100
    assert len((await stack.call("DescribeNetworkInterfaces"))["NetworkInterfaces"]) == 100
