"""What is asked of network interfaces and NAT gateways, and what must come of it."""

from typing import Any

from given import Given, Story
from points import REFUSAL
from stack import Stack

_SPARE = [{"Name": "description", "Values": ["spare"]}]


async def _spare(stack: Stack) -> dict[str, Any]:
    (found,) = (await stack.call("DescribeNetworkInterfaces", Filters=_SPARE))["NetworkInterfaces"]
    shown: dict[str, Any] = found
    return shown


async def _has(stack: Stack, instance_id: str, interface: dict[str, Any]) -> bool:
    return interface["MacAddress"] in [nic.mac for nic in await stack.guest(instance_id).nics()]


async def _makes_interface(stack: Stack, given: Given) -> None:
    """In the instance's own subnet."""
    subnet = (await stack.instance(given.instance))["SubnetId"]
    await stack.call("CreateNetworkInterface", SubnetId=subnet, Description="spare")


async def _plugs_in(stack: Stack, given: Given) -> None:
    await _makes_interface(stack, given)
    await _attach(stack, given)
    await stack.idle()


async def _attach(stack: Stack, given: Given) -> None:
    interface_id = (await _spare(stack))["NetworkInterfaceId"]
    await stack.call(
        "AttachNetworkInterface", NetworkInterfaceId=interface_id, InstanceId=given.instance, DeviceIndex=1
    )


async def _attach_failed(stack: Stack, given: Given) -> str | None:
    interface = await _spare(stack)
    if interface["Status"] == "available":
        assert not await _has(stack, given.instance, interface)
        return REFUSAL  # told by the interface's being available again alone
    assert interface["Attachment"]["Status"] == "attached"
    assert await _has(stack, given.instance, interface)
    return None


async def _detach(stack: Stack, given: Given) -> None:
    attachment_id = (await _spare(stack))["Attachment"]["AttachmentId"]
    await stack.call("DetachNetworkInterface", AttachmentId=attachment_id)


async def _detach_failed(stack: Stack, given: Given) -> str | None:
    interface = await _spare(stack)
    if interface["Status"] == "in-use":
        assert interface["Attachment"]["Status"] == "attached"
        await _detach(stack, given)  # asked again, it goes
        await stack.idle()
        assert (await _spare(stack))["Status"] == "available"
        return REFUSAL
    assert not await _has(stack, given.instance, interface)
    return None


async def _gateway(stack: Stack) -> dict[str, Any]:
    (found,) = (await stack.call("DescribeNatGateways"))["NatGateways"]
    shown: dict[str, Any] = found
    return shown


async def _make_gateway(stack: Stack, given: Given) -> None:
    subnet = (await stack.instance(given.instance))["SubnetId"]
    allocation = (await stack.call("AllocateAddress"))["AllocationId"]
    await stack.call("CreateNatGateway", SubnetId=subnet, AllocationId=allocation)


async def _make_gateway_failed(stack: Stack, given: Given) -> str | None:
    gateway = await _gateway(stack)
    (address,) = (await stack.call("DescribeAddresses"))["Addresses"]
    if gateway["State"] == "failed":
        assert "AssociationId" not in address
        return str(gateway["FailureMessage"])
    assert gateway["State"] == "available"
    assert gateway["NatGatewayAddresses"][0]["NetworkInterfaceId"] == address["NetworkInterfaceId"]
    return None


async def _makes_gateway(stack: Stack, given: Given) -> None:
    await _make_gateway(stack, given)
    await stack.idle()


async def _delete_gateway(stack: Stack, given: Given) -> None:
    await stack.call("DeleteNatGateway", NatGatewayId=(await _gateway(stack))["NatGatewayId"])


async def _delete_gateway_failed(stack: Stack, given: Given) -> None:
    assert (await _gateway(stack))["State"] == "deleted"
    (address,) = (await stack.call("DescribeAddresses"))["Addresses"]
    assert "AssociationId" not in address


async def _makes_path(stack: Stack, given: Given) -> None:
    ends = {"Source": given.instance, "DestinationIp": "192.0.2.1", "Protocol": "tcp", "DestinationPort": 443}
    await stack.call("CreateNetworkInsightsPath", **ends, ClientToken="path")


async def _analyze(stack: Stack, given: Given) -> None:
    (path,) = (await stack.call("DescribeNetworkInsightsPaths"))["NetworkInsightsPaths"]
    asked = {"NetworkInsightsPathId": path["NetworkInsightsPathId"], "ClientToken": "analysis"}
    await stack.call("StartNetworkInsightsAnalysis", **asked)


async def _analyze_failed(stack: Stack, given: Given) -> None:
    (analysis,) = (await stack.call("DescribeNetworkInsightsAnalyses"))["NetworkInsightsAnalyses"]
    assert (analysis["Status"], analysis["NetworkPathFound"]) == ("succeeded", True)
    assert analysis["ForwardPathComponents"][0]["Component"]["Id"] == given.instance


_PLUGGED = frozenset({"instance.NetworkInterfaces"})

STORIES: dict[str, Story] = {
    "attach an interface": Story(
        "attach_interface", _attach, _attach_failed, changes=_PLUGGED, before=_makes_interface
    ),
    "detach an interface": Story(
        "detach_interface", _detach, _detach_failed, changes=_PLUGGED, blames=_PLUGGED, before=_plugs_in
    ),
    "make a NAT gateway": Story("create_nat_gateway", _make_gateway, _make_gateway_failed),
    "delete a NAT gateway": Story("delete_nat_gateway", _delete_gateway, _delete_gateway_failed, before=_makes_gateway),
    "analyze a path": Story("analyze_path", _analyze, _analyze_failed, before=_makes_path),
}
