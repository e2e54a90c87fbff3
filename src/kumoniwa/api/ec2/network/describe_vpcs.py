"""DescribeVpcs and DescribeVpcAttribute."""

from collections.abc import Mapping
from typing import Any

from sqlalchemy import Connection

from kumoniwa.api.call import Answer, Call, Parameters
from kumoniwa.api.cloud import Cloud
from kumoniwa.api.ec2.kinds import VPC
from kumoniwa.api.ec2.named.lookup import named
from kumoniwa.api.ec2.network.default_vpc import read_region
from kumoniwa.api.ec2.tags import tag_set
from kumoniwa.api.filters import Values, never, truth
from kumoniwa.api.listing import NOT_PAGED_CAPITAL, Listing
from kumoniwa.api.registry import Depth, action
from kumoniwa.model.vpcs import Vpc
from kumoniwa.store import vpcs

_AVAILABLE = "available"
_OF_IPV6 = ("ipv6-cidr-block", "ipv6-pool", "association-id", "state")
_FILTERS: dict[str, Values[Vpc]] = {
    **dict.fromkeys(("cidr", "cidr-block", "cidrBlock"), lambda vpc: (vpc.cidr,)),  # Ansible asks by cidr-block
    "cidr-block-association.cidr-block": lambda vpc: (vpc.cidr,),
    "cidr-block-association.association-id": lambda vpc: (vpc.cidr_association_id,),
    "cidr-block-association.state": lambda _: ("associated",),
    "dhcp-options-id": lambda vpc: (vpc.dhcp_options_id,),
    "is-default": lambda vpc: truth(vpc.is_default),
    "isDefault": lambda vpc: truth(vpc.is_default),  # Ansible and older tools ask so
    "owner-id": lambda vpc: (vpc.account,),
    "state": lambda _: (_AVAILABLE,),
    "vpc-id": lambda vpc: (vpc.id,),
    **never(*(f"ipv6-cidr-block-association.{name}" for name in _OF_IPV6)),
}
_ATTRIBUTES = {"enableDnsSupport": True, "enableDnsHostnames": True, "enableNetworkAddressUsageMetrics": False}


def _output(vpc: Vpc, tags: Mapping[str, str] | None) -> dict[str, Any]:
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


_VPCS = Listing(
    member="Vpcs",
    kind=VPC,
    ids="VpcIds",
    read=lambda connection, asked: vpcs.in_scope(connection, asked.call.scope, asked.ids),
    row=_output,
    key=lambda vpc: vpc.id,
    filters=_FILTERS,
    tagged=True,
    view=read_region,
    limits=(5, 1000),
    whole={"VpcIds": NOT_PAGED_CAPITAL.format("VpcIds")},
)


@action(
    "DescribeVpcs",
    depth=Depth.PARTLY,
    missing="Each region has its default VPC and no other.",
)
async def describe_vpcs(cloud: Cloud, call: Call, parameters: Parameters) -> Answer:
    """The VPCs of a region: each account has its default one."""
    return await _VPCS.answer(cloud, call, parameters)


@action(
    "DescribeVpcAttribute",
    depth=Depth.PARTLY,
    missing="The attributes are those of the default VPC, and cannot be changed. Public DNS names are empty even so.",
)
async def describe_vpc_attribute(cloud: Cloud, call: Call, parameters: Parameters) -> Answer:
    """Whether a VPC has DNS, as EC2's default ones have. Public names are empty even so: none would resolve."""
    attribute: str = parameters["Attribute"]
    member = attribute[0].upper() + attribute[1:]

    def read(connection: Connection) -> Answer:
        vpc = named(connection, call.scope, VPC, parameters["VpcId"])
        return {"VpcId": vpc.id, member: {"Value": _ATTRIBUTES[attribute]}}

    return await read_region(cloud, call, read)
