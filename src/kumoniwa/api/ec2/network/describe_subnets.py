"""DescribeSubnets."""

from collections.abc import Callable, Iterable
from dataclasses import replace

from sqlalchemy import Connection

from kumoniwa.api.call import Answer, Call, Parameters
from kumoniwa.api.cloud import Cloud
from kumoniwa.api.ec2.kinds import SUBNET
from kumoniwa.api.ec2.network.default_vpc import read_region
from kumoniwa.api.ec2.network.subnet_output import DescribedSubnet, described, subnet_arn, subnet_output
from kumoniwa.api.ec2.network.vpc_output import AVAILABLE
from kumoniwa.api.filters import Values, never, truth
from kumoniwa.api.listing import NOT_PAGED_CAPITAL, Asked, Listing
from kumoniwa.api.registry import action
from kumoniwa.model.vpcs import FormerBlock
from kumoniwa.store import former_blocks, vpcs

_NAME_OPTIONS = "private-dns-name-options-on-launch"


def _of_ipv6(part: int) -> Callable[[DescribedSubnet], Iterable[str]]:
    """A part of what `ipv6_blocks` gives of each."""
    return lambda one: [block[part] for block in one.ipv6_blocks()]


_FILTERS: dict[str, Values[DescribedSubnet]] = {
    "available-ip-address-count": lambda one: (str(one.free),),
    **dict.fromkeys(("availability-zone", "availabilityZone"), lambda one: (one.subnet.zone,)),
    **dict.fromkeys(("availability-zone-id", "availabilityZoneId"), lambda one: (one.subnet.zone_id,)),
    **dict.fromkeys(("cidr-block", "cidr", "cidrBlock"), lambda one: (one.subnet.cidr,)),
    **dict.fromkeys(("default-for-az", "defaultForAz"), lambda one: truth(one.subnet.default_for_az)),
    "enable-dns64": lambda one: truth(one.subnet.dns64),
    "ipv6-cidr-block-association.association-id": _of_ipv6(0),
    "ipv6-cidr-block-association.ipv6-cidr-block": _of_ipv6(1),
    "ipv6-cidr-block-association.state": _of_ipv6(2),
    "ipv6-native": lambda _: truth(False),
    "map-customer-owned-ip-on-launch": lambda _: truth(False),
    "map-public-ip-on-launch": lambda one: truth(one.subnet.map_public_ip_on_launch),
    "owner-id": lambda one: (one.subnet.account,),
    f"{_NAME_OPTIONS}.hostname-type": lambda one: (one.subnet.hostname_type,),
    f"{_NAME_OPTIONS}.enable-resource-name-dns-a-record": lambda one: truth(one.subnet.resource_name_a),
    f"{_NAME_OPTIONS}.enable-resource-name-dns-aaaa-record": lambda one: truth(one.subnet.resource_name_aaaa),
    "state": lambda _: (AVAILABLE,),
    "subnet-arn": lambda one: (subnet_arn(one.subnet),),
    "subnet-id": lambda one: (one.subnet.id,),
    "vpc-id": lambda one: (one.subnet.vpc_id,),
    **never("customer-owned-ipv4-pool", "enable-lni-at-device-index", "outpost-arn"),
}


def _read(connection: Connection, asked: Asked) -> list[DescribedSubnet]:
    found = vpcs.subnets_in(connection, asked.call.scope, asked.ids)
    taken: dict[str | None, list[FormerBlock]] = {}
    for block in former_blocks.in_scope(connection, asked.call.scope):
        taken.setdefault(block.subnet_id, []).append(block)
    return [replace(described(connection, subnet), former=taken.get(subnet.id, ())) for subnet in found]


_SUBNETS = Listing(
    member="Subnets",
    kind=SUBNET,
    ids="SubnetIds",
    read=_read,
    row=subnet_output,
    id_of=lambda one: one.subnet.id,
    key=lambda one: f"{one.subnet.zone} {one.subnet.id}",
    filters=_FILTERS,
    tagged=True,
    view=read_region,
    limits=(5, 1000),
    whole={"SubnetIds": NOT_PAGED_CAPITAL.format("SubnetIds")},
)


@action("DescribeSubnets")
async def describe_subnets(cloud: Cloud, call: Call, parameters: Parameters) -> Answer:
    """The subnets of a region, with how many of their addresses are free."""
    return await _SUBNETS.answer(cloud, call, parameters)
