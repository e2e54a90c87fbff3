"""VPCs and their subnets, as EC2 describes them: DescribeVpcs, DescribeVpcAttribute, DescribeSubnets."""

from collections.abc import Mapping
from typing import Any

from sqlalchemy import Connection

from kumoniwa.api.call import Answer, Call, Parameters
from kumoniwa.api.cloud import Cloud
from kumoniwa.api.ec2.kinds import SUBNET, VPC
from kumoniwa.api.ec2.network.default_vpc import ensure_region_exists
from kumoniwa.api.ec2.tags import tag_set, tags_of
from kumoniwa.api.filters import never, truth
from kumoniwa.api.listing import page
from kumoniwa.api.registry import Depth, action
from kumoniwa.model.vpcs import Subnet, Vpc
from kumoniwa.network.addresses import private_capacity
from kumoniwa.store import network_interfaces, vpcs

LIMITS = (5, 1000)

_AVAILABLE = "available"
_ASSOCIATED = ("association-id", "state")
_VPC_FILTERS = {
    "cidr": lambda vpc: (vpc.cidr,),
    "cidr-block-association.cidr-block": lambda vpc: (vpc.cidr,),
    "cidr-block-association.association-id": lambda vpc: (vpc.cidr_association_id,),
    "cidr-block-association.state": lambda _: ("associated",),
    "dhcp-options-id": lambda vpc: (vpc.dhcp_options_id,),
    "is-default": lambda vpc: truth(vpc.is_default),
    "isDefault": lambda vpc: truth(vpc.is_default),  # Ansible and older tools ask so
    "owner-id": lambda vpc: (vpc.account,),
    "state": lambda _: (_AVAILABLE,),
    "vpc-id": lambda vpc: (vpc.id,),
    **never(*(f"ipv6-cidr-block-association.{name}" for name in ("ipv6-cidr-block", "ipv6-pool", *_ASSOCIATED))),
}
_ATTRIBUTES = {"enableDnsSupport": True, "enableDnsHostnames": False, "enableNetworkAddressUsageMetrics": False}


def vpc_named(connection: Connection, call: Call, vpc_id: str) -> Vpc:
    """The caller's VPC with this id. Raises EC2's refusals."""
    VPC.check_form([vpc_id])
    found = vpcs.in_scope(connection, call.account, call.region, [vpc_id])
    if not found:
        raise VPC.not_found([vpc_id])
    return found[0]


@action(
    "DescribeVpcs",
    depth=Depth.PARTLY,
    missing="Each region has its default VPC and no other.",
)
async def describe_vpcs(cloud: Cloud, call: Call, parameters: Parameters) -> Answer:
    """The VPCs of a region: each account has its default one."""
    ids = parameters.get("VpcIds")
    VPC.check_form(ids or ())
    await ensure_region_exists(cloud, call)

    def read(connection: Connection) -> tuple[list[Vpc], dict[str, dict[str, str]]]:
        found = vpcs.in_scope(connection, call.account, call.region, ids)
        return found, tags_of(connection, call.account, call.region, VPC.resource_type)

    described, tags = await cloud.read(read)
    VPC.check_all_found(ids, {vpc.id for vpc in described})
    found, token = page(
        call,
        parameters,
        described,
        filters=_VPC_FILTERS,
        key=lambda vpc: vpc.id,
        tags=lambda vpc: tags.get(vpc.id, {}),
        limits=LIMITS,
    )
    return {"Vpcs": [_vpc_output(vpc, tags.get(vpc.id)) for vpc in found], "NextToken": token}


@action(
    "DescribeVpcAttribute",
    depth=Depth.PARTLY,
    missing="The attributes are those of the default VPC, and cannot be changed. Instances have no public DNS names.",
)
async def describe_vpc_attribute(cloud: Cloud, call: Call, parameters: Parameters) -> Answer:
    """Whether a VPC has DNS: it resolves, and gives instances no public names."""
    await ensure_region_exists(cloud, call)
    vpc = await cloud.read(lambda connection: vpc_named(connection, call, parameters["VpcId"]))
    attribute: str = parameters["Attribute"]
    member = attribute[0].upper() + attribute[1:]
    return {"VpcId": vpc.id, member: {"Value": _ATTRIBUTES[attribute]}}


@action(
    "DescribeSubnets",
    depth=Depth.PARTLY,
    missing="Each zone has its default subnet and no other.",
)
async def describe_subnets(cloud: Cloud, call: Call, parameters: Parameters) -> Answer:
    """The subnets of a region: a default one in each zone."""
    ids = parameters.get("SubnetIds")
    SUBNET.check_form(ids or ())
    await ensure_region_exists(cloud, call)

    def read(connection: Connection) -> tuple[list[Subnet], dict[str, int], dict[str, dict[str, str]]]:
        found = vpcs.subnets_in(connection, call.account, call.region, ids)
        free = {
            subnet.id: private_capacity(subnet) - len(network_interfaces.addresses_in(connection, subnet.id))
            for subnet in found
        }
        return found, free, tags_of(connection, call.account, call.region, SUBNET.resource_type)

    subnets, free, tags = await cloud.read(read)
    SUBNET.check_all_found(ids, {subnet.id for subnet in subnets})
    found, token = page(
        call,
        parameters,
        subnets,
        filters={**_SUBNET_FILTERS, "available-ip-address-count": lambda subnet: (str(free[subnet.id]),)},
        key=lambda subnet: f"{subnet.zone} {subnet.id}",
        tags=lambda subnet: tags.get(subnet.id, {}),
        limits=LIMITS,
    )
    shown = [_subnet_output(subnet, free[subnet.id], tags.get(subnet.id)) for subnet in found]
    return {"Subnets": shown, "NextToken": token}


def _vpc_output(vpc: Vpc, tags: Mapping[str, str] | None) -> dict[str, Any]:
    association = {
        "AssociationId": vpc.cidr_association_id,
        "CidrBlock": vpc.cidr,
        "CidrBlockState": {"State": "associated"},
    }
    return {
        "VpcId": vpc.id,
        "OwnerId": vpc.account,
        "State": _AVAILABLE,
        "CidrBlock": vpc.cidr,
        "CidrBlockAssociationSet": [association],
        "DhcpOptionsId": vpc.dhcp_options_id,
        "InstanceTenancy": "default",
        "IsDefault": vpc.is_default,
        "Tags": tag_set(tags),
    }


def _subnet_arn(subnet: Subnet) -> str:
    return f"arn:aws:ec2:{subnet.region}:{subnet.account}:subnet/{subnet.id}"


def _subnet_output(subnet: Subnet, free: int, tags: Mapping[str, str] | None) -> dict[str, Any]:
    return {
        "SubnetId": subnet.id,
        "SubnetArn": _subnet_arn(subnet),
        "VpcId": subnet.vpc_id,
        "OwnerId": subnet.account,
        "State": _AVAILABLE,
        "CidrBlock": subnet.cidr,
        "AvailableIpAddressCount": free,
        "AvailabilityZone": subnet.zone,
        "AvailabilityZoneId": subnet.zone_id,
        "DefaultForAz": subnet.default_for_az,
        "MapPublicIpOnLaunch": subnet.map_public_ip_on_launch,
        "MapCustomerOwnedIpOnLaunch": False,
        "AssignIpv6AddressOnCreation": False,
        "Ipv6CidrBlockAssociationSet": [],
        "EnableDns64": False,
        "Ipv6Native": False,
        "PrivateDnsNameOptionsOnLaunch": {
            "HostnameType": "ip-name",
            "EnableResourceNameDnsARecord": False,
            "EnableResourceNameDnsAAAARecord": False,
        },
        "Tags": tag_set(tags),
    }


_SUBNET_FILTERS = {
    **dict.fromkeys(("availability-zone", "availabilityZone"), lambda subnet: (subnet.zone,)),
    **dict.fromkeys(("availability-zone-id", "availabilityZoneId"), lambda subnet: (subnet.zone_id,)),
    **dict.fromkeys(("cidr-block", "cidr", "cidrBlock"), lambda subnet: (subnet.cidr,)),
    **dict.fromkeys(("default-for-az", "defaultForAz"), lambda subnet: truth(subnet.default_for_az)),
    "enable-dns64": lambda _: truth(False),
    "ipv6-native": lambda _: truth(False),
    "map-customer-owned-ip-on-launch": lambda _: truth(False),
    "map-public-ip-on-launch": lambda subnet: truth(subnet.map_public_ip_on_launch),
    "owner-id": lambda subnet: (subnet.account,),
    "state": lambda _: (_AVAILABLE,),
    "subnet-arn": lambda subnet: (_subnet_arn(subnet),),
    "subnet-id": lambda subnet: (subnet.id,),
    "vpc-id": lambda subnet: (subnet.vpc_id,),
    "private-dns-name-options-on-launch.hostname-type": lambda _: ("ip-name",),
    "private-dns-name-options-on-launch.enable-resource-name-dns-a-record": lambda _: truth(False),
    "private-dns-name-options-on-launch.enable-resource-name-dns-aaaa-record": lambda _: truth(False),
    **never("customer-owned-ipv4-pool", "enable-lni-at-device-index", "outpost-arn"),
    **never(*(f"ipv6-cidr-block-association.{name}" for name in ("ipv6-cidr-block", *_ASSOCIATED))),
}
