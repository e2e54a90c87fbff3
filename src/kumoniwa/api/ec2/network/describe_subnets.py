"""DescribeSubnets."""

from collections.abc import Mapping
from typing import Any

from sqlalchemy import Connection

from kumoniwa.api.call import Answer, Call, Parameters
from kumoniwa.api.cloud import Cloud
from kumoniwa.api.ec2.kinds import SUBNET
from kumoniwa.api.ec2.network.default_vpc import read_region
from kumoniwa.api.ec2.tags import tag_set
from kumoniwa.api.filters import Values, never, truth
from kumoniwa.api.listing import NOT_PAGED_CAPITAL, Asked, Listing
from kumoniwa.api.registry import Depth, action
from kumoniwa.model.vpcs import Subnet
from kumoniwa.network.addresses import private_capacity
from kumoniwa.store import network_interfaces, vpcs
from kumoniwa.values import dataclass

_AVAILABLE = "available"
_OF_IPV6 = ("ipv6-cidr-block", "association-id", "state")


@dataclass(frozen=True, slots=True)
class _Described:
    """A subnet, and how many of its addresses are free."""

    subnet: Subnet
    free: int


def _arn(subnet: Subnet) -> str:
    return f"arn:aws:ec2:{subnet.region}:{subnet.account}:subnet/{subnet.id}"


_FILTERS: dict[str, Values[_Described]] = {
    "available-ip-address-count": lambda one: (str(one.free),),
    **dict.fromkeys(("availability-zone", "availabilityZone"), lambda one: (one.subnet.zone,)),
    **dict.fromkeys(("availability-zone-id", "availabilityZoneId"), lambda one: (one.subnet.zone_id,)),
    **dict.fromkeys(("cidr-block", "cidr", "cidrBlock"), lambda one: (one.subnet.cidr,)),
    **dict.fromkeys(("default-for-az", "defaultForAz"), lambda one: truth(one.subnet.default_for_az)),
    "enable-dns64": lambda _: truth(False),
    "ipv6-native": lambda _: truth(False),
    "map-customer-owned-ip-on-launch": lambda _: truth(False),
    "map-public-ip-on-launch": lambda one: truth(one.subnet.map_public_ip_on_launch),
    "owner-id": lambda one: (one.subnet.account,),
    "state": lambda _: (_AVAILABLE,),
    "subnet-arn": lambda one: (_arn(one.subnet),),
    "subnet-id": lambda one: (one.subnet.id,),
    "vpc-id": lambda one: (one.subnet.vpc_id,),
    "private-dns-name-options-on-launch.hostname-type": lambda _: ("ip-name",),
    "private-dns-name-options-on-launch.enable-resource-name-dns-a-record": lambda _: truth(False),
    "private-dns-name-options-on-launch.enable-resource-name-dns-aaaa-record": lambda _: truth(False),
    **never("customer-owned-ipv4-pool", "enable-lni-at-device-index", "outpost-arn"),
    **never(*(f"ipv6-cidr-block-association.{name}" for name in _OF_IPV6)),
}


def _output(one: _Described, tags: Mapping[str, str]) -> dict[str, Any]:
    subnet = one.subnet
    return {
        "SubnetId": subnet.id,
        "SubnetArn": _arn(subnet),
        "VpcId": subnet.vpc_id,
        "OwnerId": subnet.account,
        "State": _AVAILABLE,
        "CidrBlock": subnet.cidr,
        "AvailableIpAddressCount": one.free,
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


def _read(connection: Connection, asked: Asked) -> list[_Described]:
    found = vpcs.subnets_in(connection, asked.call.scope, asked.ids)
    return [_Described(subnet, _free(connection, subnet)) for subnet in found]


def _free(connection: Connection, subnet: Subnet) -> int:
    return private_capacity(subnet) - network_interfaces.count_in(connection, subnet.id)


_SUBNETS = Listing(
    member="Subnets",
    kind=SUBNET,
    ids="SubnetIds",
    read=_read,
    row=_output,
    id_of=lambda one: one.subnet.id,
    key=lambda one: f"{one.subnet.zone} {one.subnet.id}",
    filters=_FILTERS,
    tagged=True,
    view=read_region,
    limits=(5, 1000),
    whole={"SubnetIds": NOT_PAGED_CAPITAL.format("SubnetIds")},
)


@action(
    "DescribeSubnets",
    depth=Depth.PARTLY,
    missing="Each zone has its default subnet and no other.",
)
async def describe_subnets(cloud: Cloud, call: Call, parameters: Parameters) -> Answer:
    """The subnets of a region: a default one in each zone."""
    return await _SUBNETS.answer(cloud, call, parameters)
