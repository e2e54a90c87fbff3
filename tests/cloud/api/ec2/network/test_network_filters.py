"""Every documented filter of networks finds what it names, and nothing by another value."""

from collections.abc import Mapping
from typing import Any

import pytest
from documented_filters import documented
from stack import Stack

pytestmark = pytest.mark.anyio

_NOTHING = "nothing is called so"
_TAGS = {"tag:Name": "moss", "tag-key": "Name"}
_ONCE_THERE_ARE = (
    "route.destination-prefix-list-id",
    "route.nat-gateway-id",
    "route.vpc-peering-connection-id",
)
"""Filters by what other actions make, which have tests of their own."""
_WHAT_NOTHING_HAS = (
    "customer-owned-ipv4-pool",
    "enable-lni-at-device-index",
    "outpost-arn",
    "route.transit-gateway-id",
)

Values = Mapping[str, str]


def _tagged(resource_type: str) -> list[dict[str, Any]]:
    return [{"ResourceType": resource_type, "Tags": [{"Key": "Name", "Value": "moss"}]}]


async def _vpc(stack: Stack) -> dict[str, Any]:
    asked = {"CidrBlock": "10.0.0.0/16", "AmazonProvidedIpv6CidrBlock": True, "TagSpecifications": _tagged("vpc")}
    made: dict[str, Any] = (await stack.call("CreateVpc", **asked))["Vpc"]
    return made


async def _subnet(stack: Stack, vpc: Mapping[str, Any]) -> dict[str, Any]:
    block = str(vpc["Ipv6CidrBlockAssociationSet"][0]["Ipv6CidrBlock"]).replace("/56", "/64")
    asked = {"CidrBlock": "10.0.0.0/24", "Ipv6CidrBlock": block, "TagSpecifications": _tagged("subnet")}
    made: dict[str, Any] = (await stack.call("CreateSubnet", VpcId=vpc["VpcId"], **asked))["Subnet"]
    return made


async def _vpcs(stack: Stack) -> Values:
    vpc = await _vpc(stack)
    (block,), (ipv6,) = vpc["CidrBlockAssociationSet"], vpc["Ipv6CidrBlockAssociationSet"]
    return {
        "cidr": "10.0.0.0/16",
        "cidr-block-association.association-id": block["AssociationId"],
        "cidr-block-association.cidr-block": "10.0.*",
        "cidr-block-association.state": "associated",
        "dhcp-options-id": vpc["DhcpOptionsId"],
        "ipv6-cidr-block-association.association-id": ipv6["AssociationId"],
        "ipv6-cidr-block-association.ipv6-cidr-block": ipv6["Ipv6CidrBlock"],
        "ipv6-cidr-block-association.ipv6-pool": "Amazon",
        "ipv6-cidr-block-association.state": "associated",
        "is-default": "false",
        "owner-id": vpc["OwnerId"],
        "state": "available",
        "vpc-id": vpc["VpcId"],
        **_TAGS,
    }


async def _subnets(stack: Stack) -> Values:
    subnet = await _subnet(stack, await _vpc(stack))
    (ipv6,) = subnet["Ipv6CidrBlockAssociationSet"]
    names = "private-dns-name-options-on-launch"
    return {
        "availability-zone": "us-east-1a",
        "availability-zone-id": "use1-az1",
        "available-ip-address-count": "251",
        "cidr-block": "10.0.0.0/24",
        "default-for-az": "false",
        "enable-dns64": "false",
        "ipv6-cidr-block-association.association-id": ipv6["AssociationId"],
        "ipv6-cidr-block-association.ipv6-cidr-block": ipv6["Ipv6CidrBlock"],
        "ipv6-cidr-block-association.state": "associated",
        "ipv6-native": "false",
        "map-customer-owned-ip-on-launch": "false",
        "map-public-ip-on-launch": "false",
        "owner-id": subnet["OwnerId"],
        f"{names}.enable-resource-name-dns-a-record": "false",
        f"{names}.enable-resource-name-dns-aaaa-record": "false",
        f"{names}.hostname-type": "ip-name",
        "state": "available",
        "subnet-arn": subnet["SubnetArn"],
        "subnet-id": subnet["SubnetId"],
        "vpc-id": subnet["VpcId"],
        **_TAGS,
    }


async def _options(stack: Stack) -> Values:
    configurations = [{"Key": "ntp-servers", "Values": ["10.0.0.9"]}]
    asked = {"DhcpConfigurations": configurations, "TagSpecifications": _tagged("dhcp-options")}
    made = (await stack.call("CreateDhcpOptions", **asked))["DhcpOptions"]
    return {
        "dhcp-options-id": made["DhcpOptionsId"],
        "key": "ntp-servers",
        "owner-id": made["OwnerId"],
        "value": "10.0.0.9",
        **_TAGS,
    }


async def _route_tables(stack: Stack) -> Values:
    instance = await stack.instance(await stack.launch())
    vpc = {"VpcId": instance["VpcId"]}
    made = await stack.call("CreateRouteTable", **vpc, TagSpecifications=_tagged("route-table"))
    table = {"RouteTableId": made["RouteTable"]["RouteTableId"]}
    associated = await stack.call("AssociateRouteTable", **table, SubnetId=instance["SubnetId"])
    filters = [{"Name": "attachment.vpc-id", "Values": [instance["VpcId"]]}]
    (gateway,) = (await stack.call("DescribeInternetGateways", Filters=filters))["InternetGateways"]
    gateway_id = gateway["InternetGatewayId"]
    made = await stack.call("CreateEgressOnlyInternetGateway", **vpc)
    egress = made["EgressOnlyInternetGateway"]["EgressOnlyInternetGatewayId"]
    other = (await stack.call("CreateRouteTable", **vpc))["RouteTable"]["RouteTableId"]
    await stack.call("AssociateRouteTable", RouteTableId=other, GatewayId=gateway_id)
    await stack.call("CreateRoute", **table, DestinationCidrBlock="0.0.0.0/0", GatewayId=gateway_id)
    target = {"InstanceId": instance["InstanceId"]}
    await stack.call("CreateRoute", **table, DestinationCidrBlock="192.0.2.0/24", **target)
    target = {"EgressOnlyInternetGatewayId": egress}
    await stack.call("CreateRoute", **table, DestinationIpv6CidrBlock="::/0", **target)
    return {
        "association.gateway-id": gateway_id,
        "association.main": "true",
        "association.route-table-association-id": associated["AssociationId"],
        "association.route-table-id": table["RouteTableId"],
        "association.subnet-id": instance["SubnetId"],
        "owner-id": "123456789012",
        "route-table-id": table["RouteTableId"],
        "route.destination-cidr-block": "192.0.2.0/24",
        "route.destination-ipv6-cidr-block": "::/0",
        "route.egress-only-internet-gateway-id": egress,
        "route.gateway-id": "local",
        "route.instance-id": instance["InstanceId"],
        "route.origin": "CreateRoute",
        "route.state": "active",
        "vpc-id": instance["VpcId"],
        **_TAGS,
    }


async def _gateways(stack: Stack) -> Values:
    made = await stack.call("CreateInternetGateway", TagSpecifications=_tagged("internet-gateway"))
    gateway, vpc = made["InternetGateway"], await _vpc(stack)
    await stack.call("AttachInternetGateway", InternetGatewayId=gateway["InternetGatewayId"], VpcId=vpc["VpcId"])
    return {
        "attachment.state": "available",
        "attachment.vpc-id": vpc["VpcId"],
        "internet-gateway-id": gateway["InternetGatewayId"],
        "owner-id": gateway["OwnerId"],
        **_TAGS,
    }


async def _egress_only_gateways(stack: Stack) -> Values:
    asked = {"VpcId": (await _vpc(stack))["VpcId"], "TagSpecifications": _tagged("egress-only-internet-gateway")}
    await stack.call("CreateEgressOnlyInternetGateway", **asked)
    return _TAGS


async def _acls(stack: Stack) -> Values:
    vpc = await _vpc(stack)
    subnet = await _subnet(stack, vpc)
    made = await stack.call("CreateNetworkAcl", VpcId=vpc["VpcId"], TagSpecifications=_tagged("network-acl"))
    acl = {"NetworkAclId": made["NetworkAcl"]["NetworkAclId"]}
    filters = [{"Name": "association.subnet-id", "Values": [subnet["SubnetId"]]}]
    ((association,),) = [
        one["Associations"] for one in (await stack.call("DescribeNetworkAcls", Filters=filters))["NetworkAcls"]
    ]
    asked = {"AssociationId": association["NetworkAclAssociationId"], **acl}
    new = (await stack.call("ReplaceNetworkAclAssociation", **asked))["NewAssociationId"]
    entry = {**acl, "RuleAction": "allow", "Egress": True}
    ping, ports = {"Type": 8, "Code": 3}, {"From": 80, "To": 81}
    await stack.call(
        "CreateNetworkAclEntry", **entry, RuleNumber=7, Protocol="1", IcmpTypeCode=ping, CidrBlock="10.7.0.0/16"
    )
    await stack.call(
        "CreateNetworkAclEntry", **entry, RuleNumber=8, Protocol="6", PortRange=ports, Ipv6CidrBlock="fd07::/16"
    )
    return {
        "association.association-id": new,
        "association.network-acl-id": acl["NetworkAclId"],
        "association.subnet-id": subnet["SubnetId"],
        "default": "false",
        "entry.cidr": "10.7.0.0/16",
        "entry.egress": "true",
        "entry.icmp.code": "3",
        "entry.icmp.type": "8",
        "entry.ipv6-cidr": "fd07::/16",
        "entry.port-range.from": "80",
        "entry.port-range.to": "81",
        "entry.protocol": "tcp",
        "entry.rule-action": "allow",
        "entry.rule-number": "7",
        "network-acl-id": acl["NetworkAclId"],
        "owner-id": vpc["OwnerId"],
        "vpc-id": vpc["VpcId"],
        **_TAGS,
    }


_FINDS = {
    "DescribeDhcpOptions": ("DhcpOptions", _options),
    "DescribeEgressOnlyInternetGateways": ("EgressOnlyInternetGateways", _egress_only_gateways),
    "DescribeInternetGateways": ("InternetGateways", _gateways),
    "DescribeNetworkAcls": ("NetworkAcls", _acls),
    "DescribeRouteTables": ("RouteTables", _route_tables),
    "DescribeSubnets": ("Subnets", _subnets),
    "DescribeVpcs": ("Vpcs", _vpcs),
}


@pytest.mark.parametrize("action", _FINDS)
async def test_every_documented_filter_finds_what_it_names_and_nothing_else(stack: Stack, action: str) -> None:
    member, make = _FINDS[action]
    values = await make(stack)

    async def found(name: str, value: str) -> list[Any]:
        return list((await stack.call(action, Filters=[{"Name": name, "Values": [value]}]))[member])

    names = documented(action)
    assert set(values) <= set(names), "only what is documented"
    for name in names:
        if name in values:
            assert await found(name, values[name]), name
        elif name not in _ONCE_THERE_ARE:
            assert name in _WHAT_NOTHING_HAS, f"what should {name} find?"
            assert await found(name, "*") == []
        assert await found(name, _NOTHING) == [], name
