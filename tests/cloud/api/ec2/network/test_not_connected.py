"""What connects a VPC with other networks: none of it is here, and who asks for all of it goes on."""

from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest
from bare_cloud import BareCloud, bare_cloud, refused
from documented_filters import documented

pytestmark = pytest.mark.anyio


@pytest.fixture
async def cloud(tmp_path: Path) -> AsyncIterator[BareCloud]:
    async with bare_cloud(tmp_path) as made:
        yield made


_LISTS = [
    ("DescribeVpnGateways", "VpnGateways"),
    ("DescribeVpnConnections", "VpnConnections"),
    ("DescribeCustomerGateways", "CustomerGateways"),
    ("DescribeCarrierGateways", "CarrierGateways"),
    ("DescribeTransitGateways", "TransitGateways"),
    ("DescribeTransitGatewayAttachments", "TransitGatewayAttachments"),
    ("DescribeTransitGatewayVpcAttachments", "TransitGatewayVpcAttachments"),
    ("DescribeTransitGatewayRouteTables", "TransitGatewayRouteTables"),
    ("DescribeVpcEndpoints", "VpcEndpoints"),
    ("DescribeVpcEndpointServices", "ServiceDetails"),
    ("DescribeVpcEndpointServiceConfigurations", "ServiceConfigurations"),
    ("DescribeClientVpnEndpoints", "ClientVpnEndpoints"),
    ("DescribeInstanceConnectEndpoints", "InstanceConnectEndpoints"),
]


@pytest.mark.parametrize(("action", "member"), _LISTS)
async def test_lists_are_empty_whatever_documented_filter_is_asked_for(
    cloud: BareCloud, action: str, member: str
) -> None:
    assert (await cloud.ask(action))[member] == []
    for name in documented(action):
        assert (await cloud.ask(action, Filters=[{"Name": name.strip(), "Values": ["none"]}]))[member] == []
    with refused("InvalidParameterValue", "The filter 'colour' is invalid"):
        await cloud.ask(action, Filters=[{"Name": "colour", "Values": ["none"]}])


@pytest.mark.parametrize(
    ("action", "ids", "named", "code", "message"),
    [
        (
            "DescribeVpnGateways",
            "VpnGatewayIds",
            "vgw-0123456789abcdef0",
            "InvalidVpnGatewayID.NotFound",
            "The vpnGateway ID 'vgw-0123456789abcdef0' does not exist",
        ),
        (
            "DescribeVpnConnections",  # observed: aws-terminator pull request 151
            "VpnConnectionIds",
            "vpn-04447b28bfff63a30",
            "InvalidVpnConnectionID.NotFound",
            "The vpnConnection ID 'vpn-04447b28bfff63a30' does not exist",
        ),
        (
            "DescribeTransitGateways",  # observed: terraform-aws-transit-gateway 89
            "TransitGatewayIds",
            "tgw-0123456789abcdef0",
            "InvalidTransitGatewayID.NotFound",
            "Transit Gateway tgw-0123456789abcdef0 was deleted or does not exist.",
        ),
        (
            "DescribeTransitGatewayVpcAttachments",  # observed: landing-zone-accelerator-on-aws 426
            "TransitGatewayAttachmentIds",
            "tgw-attach-0c1877472ff48523e",
            "InvalidTransitGatewayAttachmentID.NotFound",
            "Transit Gateway Attachment tgw-attach-0c1877472ff48523e was deleted or does not exist.",
        ),
        (
            "DescribeVpcEndpoints",
            "VpcEndpointIds",
            "vpce-0123456789abcdef0",
            "InvalidVpcEndpointId.NotFound",
            "The Vpc Endpoint Id 'vpce-0123456789abcdef0' does not exist",
        ),
        (
            "DescribeVpcEndpointServices",
            "ServiceNames",
            "com.amazonaws.us-east-1.s3",
            "InvalidServiceName",
            "The Vpc Endpoint Service 'com.amazonaws.us-east-1.s3' does not exist",
        ),
        (
            "DescribeClientVpnEndpoints",  # observed: terraform-aws-ec2-client-vpn 59
            "ClientVpnEndpointIds",
            "cvpn-endpoint-0123456789abcdef0",
            "InvalidClientVpnEndpointId.NotFound",
            "Endpoint cvpn-endpoint-0123456789abcdef0 does not exist",
        ),
    ],
)
async def test_what_is_named_does_not_exist(
    cloud: BareCloud, action: str, ids: str, named: str, code: str, message: str
) -> None:
    with refused(code, message):
        given: Any = {ids: [named]}
        await cloud.ask(action, **given)


async def test_a_page_may_be_as_long_as_the_model_allows(cloud: BareCloud) -> None:
    """Of endpoints EC2 gives a thousand, whatever more is asked for; of gateways more is refused."""
    assert (await cloud.ask("DescribeVpcEndpoints", MaxResults=2000))["VpcEndpoints"] == []
    assert (await cloud.ask("DescribeFastSnapshotRestores", MaxResults=0))["FastSnapshotRestores"] == []
    with refused("InvalidParameterValue"):
        await cloud.ask("DescribeTransitGateways", MaxResults=2000)


async def test_an_id_of_something_else_is_malformed(cloud: BareCloud) -> None:
    with refused("InvalidVpnGatewayID.Malformed", 'Invalid id: "igw-0123456789abcdef0" (expecting "vgw-...")'):
        await cloud.ask("DescribeVpnGateways", VpnGatewayIds=["igw-0123456789abcdef0"])
