"""Internet gateways, and egress-only ones."""

from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest
from asgi import Refused
from bare_cloud import BareCloud, bare_cloud, refused
from networks import found, make_gateway, make_vpc, only, tagged
from stack import Stack

pytestmark = pytest.mark.anyio


@pytest.fixture
async def cloud(tmp_path: Path) -> AsyncIterator[BareCloud]:
    async with bare_cloud(tmp_path) as made:
        yield made


async def test_a_gateway_is_attached_to_one_vpc_at_a_time(cloud: BareCloud) -> None:
    made = (await cloud.ask("CreateInternetGateway", TagSpecifications=tagged("internet-gateway")))["InternetGateway"]
    gateway, vpc_id, other = made["InternetGatewayId"], await make_vpc(cloud), await make_vpc(cloud)
    assert made["Attachments"] == []
    with refused("Gateway.NotAttached", f"resource {gateway} is not attached to network {vpc_id}"):
        await cloud.ask("DetachInternetGateway", InternetGatewayId=gateway, VpcId=vpc_id)
    await cloud.ask("AttachInternetGateway", InternetGatewayId=gateway, VpcId=vpc_id)
    asked = {"InternetGatewayIds": [gateway]}
    shown = await only(cloud, "DescribeInternetGateways", "InternetGateways", **asked)
    assert shown == {**made, "Attachments": [{"State": "available", "VpcId": vpc_id}]}
    with refused("Resource.AlreadyAssociated", f"resource {gateway} is already attached to network {vpc_id}"):
        await cloud.ask("AttachInternetGateway", InternetGatewayId=gateway, VpcId=other)
    with refused("InvalidParameterValue", f"Network {vpc_id} already has an internet gateway attached"):
        await make_gateway(cloud, vpc_id)
    with refused("DependencyViolation", f"The internetGateway '{gateway}' has dependencies and cannot be deleted."):
        await cloud.ask("DeleteInternetGateway", InternetGatewayId=gateway)
    for wrong in (other, "vpc-00000000"):
        with refused("Gateway.NotAttached"):
            await cloud.ask("DetachInternetGateway", InternetGatewayId=gateway, VpcId=wrong)
    await cloud.ask("DetachInternetGateway", InternetGatewayId=gateway, VpcId=vpc_id)
    assert await found(cloud, "DescribeInternetGateways", "InternetGateways", attachment__vpc_id=vpc_id) == []
    await cloud.ask("DeleteInternetGateway", InternetGatewayId=gateway)
    with refused("InvalidInternetGatewayID.NotFound", f"The internetGateway ID '{gateway}' does not exist"):
        await cloud.ask("DescribeInternetGateways", InternetGatewayIds=[gateway])


async def test_a_gateway_stays_while_something_has_a_public_address(stack: Stack) -> None:
    instance_id = await stack.launch()
    vpc_id = (await stack.instance(instance_id))["VpcId"]
    asked = {"Filters": [{"Name": "attachment.vpc-id", "Values": [vpc_id]}]}
    (gateway,) = (await stack.call("DescribeInternetGateways", **asked))["InternetGateways"]
    detached = {"InternetGatewayId": gateway["InternetGatewayId"], "VpcId": vpc_id}
    with pytest.raises(Refused) as refusal:
        await stack.call("DetachInternetGateway", **detached)
    assert refusal.value.code == "DependencyViolation"
    assert refusal.value.message == (
        f"Network {vpc_id} has some mapped public address(es). "
        "Please unmap those public address(es) before detaching the gateway."
    )
    await stack.call("TerminateInstances", InstanceIds=[instance_id])
    await stack.idle()
    await stack.call("DetachInternetGateway", **detached)


async def test_an_egress_only_gateway_belongs_to_its_vpc(cloud: BareCloud) -> None:
    vpc_id = await make_vpc(cloud)
    asked: dict[str, Any] = {"VpcId": vpc_id, "TagSpecifications": tagged("egress-only-internet-gateway")}
    made = (await cloud.ask("CreateEgressOnlyInternetGateway", **asked))["EgressOnlyInternetGateway"]
    assert made["Attachments"] == [{"State": "attached", "VpcId": vpc_id}]
    ids: dict[str, Any] = {"EgressOnlyInternetGatewayIds": [made["EgressOnlyInternetGatewayId"]]}
    member = "EgressOnlyInternetGateways"
    assert await only(cloud, "DescribeEgressOnlyInternetGateways", member, **ids) == made
    gateway_id = {"EgressOnlyInternetGatewayId": made["EgressOnlyInternetGatewayId"]}
    assert await cloud.ask("DeleteEgressOnlyInternetGateway", **gateway_id) == {"ReturnCode": True}
    assert (await cloud.ask("DescribeEgressOnlyInternetGateways", **ids))[member] == []
    with refused("InvalidGatewayID.NotFound"):
        await cloud.ask("DeleteEgressOnlyInternetGateway", **gateway_id)
    with refused("InvalidVpcID.NotFound", "The vpc ID 'vpc-says-what' does not exist"):
        await cloud.ask("CreateEgressOnlyInternetGateway", VpcId="vpc-says-what")
