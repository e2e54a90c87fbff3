"""Network interfaces plugged into instances and taken out, running or stopped."""

from typing import Any

import pytest
from asgi import Refused
from stack import Stack

from kumoniwa.hypervisor.driver import DriverError

pytestmark = pytest.mark.anyio


async def _spare(stack: Stack) -> dict[str, Any]:
    subnet = (await stack.call("DescribeSubnets"))["Subnets"][0]["SubnetId"]
    made: dict[str, Any] = (await stack.call("CreateNetworkInterface", SubnetId=subnet))["NetworkInterface"]
    return made


async def _described(stack: Stack, interface_id: str) -> dict[str, Any]:
    (found,) = (await stack.call("DescribeNetworkInterfaces", NetworkInterfaceIds=[interface_id]))["NetworkInterfaces"]
    shown: dict[str, Any] = found
    return shown


async def _attached(stack: Stack, instance_id: str, interface_id: str, index: int = 1) -> str:
    done = await stack.call(
        "AttachNetworkInterface", InstanceId=instance_id, NetworkInterfaceId=interface_id, DeviceIndex=index
    )
    attachment_id: str = done["AttachmentId"]
    return attachment_id


async def _macs(stack: Stack, instance_id: str) -> list[str]:
    return [nic.mac for nic in await stack.guest(instance_id).nics()]


async def test_a_running_guest_sees_an_interface_come_and_go(stack: Stack) -> None:
    instance_id, spare = await stack.launch(), await _spare(stack)
    attachment_id = await _attached(stack, instance_id, spare["NetworkInterfaceId"])
    found = await _described(stack, spare["NetworkInterfaceId"])
    assert (found["Status"], found["Attachment"]["Status"]) == ("in-use", "attaching")
    await stack.idle()
    attachment = (await _described(stack, spare["NetworkInterfaceId"]))["Attachment"]
    assert (attachment["Status"], attachment["DeviceIndex"], attachment["InstanceId"]) == ("attached", 1, instance_id)
    assert attachment["DeleteOnTermination"] is False
    assert (await _macs(stack, instance_id))[1:] == [spare["MacAddress"]]
    shown = (await stack.instance(instance_id))["NetworkInterfaces"]
    assert [one["NetworkInterfaceId"] for one in shown][1:] == [spare["NetworkInterfaceId"]]
    with pytest.raises(Refused, match=r"InvalidNetworkInterface\.InUse"):
        await _attached(stack, instance_id, spare["NetworkInterfaceId"], 2)
    with pytest.raises(Refused, match="InvalidParameterValue"):
        await stack.call("DeleteNetworkInterface", NetworkInterfaceId=spare["NetworkInterfaceId"])
    await stack.call("DetachNetworkInterface", AttachmentId=attachment_id)
    await stack.idle()
    assert (await _described(stack, spare["NetworkInterfaceId"]))["Status"] == "available"
    assert len(await _macs(stack, instance_id)) == 1
    assert len((await stack.instance(instance_id))["NetworkInterfaces"]) == 1


async def test_a_stopped_instance_has_it_at_its_next_start(stack: Stack) -> None:
    instance_id, spare = await stack.launch(), await _spare(stack)
    assert "PublicIpAddress" in await stack.instance(instance_id)
    await stack.call("StopInstances", InstanceIds=[instance_id])
    await stack.idle()
    await _attached(stack, instance_id, spare["NetworkInterfaceId"])
    await stack.idle()
    assert (await _described(stack, spare["NetworkInterfaceId"]))["Attachment"]["Status"] == "attached"
    await stack.call("StartInstances", InstanceIds=[instance_id])
    await stack.idle()
    assert spare["MacAddress"] in await _macs(stack, instance_id)
    assert "PublicIpAddress" not in await stack.instance(instance_id), "none is lent to one of several interfaces"


async def test_what_cannot_be_plugged_in_is_available_again(stack: Stack) -> None:
    instance_id, spare = await stack.launch(), await _spare(stack)
    stack.driver.fail_next("ensure_nic_attached", DriverError("No.", way_out="Ask again."))
    await _attached(stack, instance_id, spare["NetworkInterfaceId"])
    await stack.idle()
    assert (await _described(stack, spare["NetworkInterfaceId"]))["Status"] == "available"


async def test_an_interface_of_too_many_addresses_is_for_no_instance_of_the_type(stack: Stack) -> None:
    instance_id, subnet = await stack.launch(), (await stack.call("DescribeSubnets"))["Subnets"][0]["SubnetId"]
    made = await stack.call("CreateNetworkInterface", SubnetId=subnet, SecondaryPrivateIpAddressCount=2)
    interface_id = made["NetworkInterface"]["NetworkInterfaceId"]
    with pytest.raises(Refused, match="PrivateIpAddressLimitExceeded"):
        await _attached(stack, instance_id, interface_id)
    with pytest.raises(Refused, match="PrivateIpAddressLimitExceeded"):
        await stack.launch(NetworkInterfaces=[{"DeviceIndex": 0, "NetworkInterfaceId": interface_id}])


async def test_what_no_instance_can_have_is_refused(stack: Stack) -> None:
    instance_id, spare, more = await stack.launch(), await _spare(stack), await _spare(stack)
    primary = (await stack.instance(instance_id))["NetworkInterfaces"][0]["Attachment"]["AttachmentId"]
    with pytest.raises(
        Refused, match=r"OperationNotPermitted .*device index 0 and networkCard index 0 cannot be detached"
    ):
        await stack.call("DetachNetworkInterface", AttachmentId=primary)
    with pytest.raises(Refused, match=r"already has an interface attached at device index '0'"):
        await _attached(stack, instance_id, spare["NetworkInterfaceId"], 0)
    await _attached(stack, instance_id, spare["NetworkInterfaceId"])
    with pytest.raises(Refused, match=r"AttachmentLimitExceeded .*Interface count 3 exceeds the limit for t3\.micro"):
        await _attached(stack, instance_id, more["NetworkInterfaceId"], 2)
    with pytest.raises(Refused, match=r"InvalidAttachmentID\.NotFound"):
        await stack.call("DetachNetworkInterface", AttachmentId="eni-attach-0123456789abcdef0")
    await stack.idle()
    subnets = (await stack.call("DescribeSubnets"))["Subnets"]
    elsewhere = await stack.call("CreateNetworkInterface", SubnetId=subnets[1]["SubnetId"])
    with pytest.raises(Refused, match=r"InvalidParameterCombination .*same availability zone"):
        await _attached(stack, instance_id, elsewhere["NetworkInterface"]["NetworkInterfaceId"], 2)
