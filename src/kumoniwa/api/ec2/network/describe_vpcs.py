"""DescribeVpcs."""

from collections.abc import Callable, Iterable

from sqlalchemy import Connection

from kumoniwa.api.call import Answer, Call, Parameters
from kumoniwa.api.cloud import Cloud
from kumoniwa.api.ec2.kinds import VPC
from kumoniwa.api.ec2.network.default_vpc import read_region
from kumoniwa.api.ec2.network.vpc_output import (
    AMAZONS_POOL,
    ASSOCIATED,
    AVAILABLE,
    DISASSOCIATED,
    DescribedVpc,
    each_with_blocks,
    is_ipv6,
    vpc_output,
)
from kumoniwa.api.filters import Values, truth
from kumoniwa.api.listing import NOT_PAGED_CAPITAL, Asked, Listing
from kumoniwa.api.registry import action
from kumoniwa.model.vpcs import FormerBlock, VpcBlock
from kumoniwa.store import former_blocks, vpcs

_Block = VpcBlock | FormerBlock


def _shown(one: DescribedVpc) -> list[_Block]:
    return [*one.ipv4, *one.ipv6, *one.former]


def _ipv4(value: Callable[[_Block], str]) -> Callable[[DescribedVpc], Iterable[str]]:
    return lambda one: [value(block) for block in _shown(one) if not is_ipv6(block)]


def _ipv6(value: Callable[[_Block], str]) -> Callable[[DescribedVpc], Iterable[str]]:
    return lambda one: [value(block) for block in _shown(one) if is_ipv6(block)]


def _state(block: _Block) -> str:
    return DISASSOCIATED if isinstance(block, FormerBlock) else ASSOCIATED


_FILTERS: dict[str, Values[DescribedVpc]] = {
    **dict.fromkeys(("cidr", "cidr-block", "cidrBlock"), lambda one: (one.vpc.cidr,)),  # Ansible asks by cidr-block
    "cidr-block-association.association-id": _ipv4(lambda block: block.id),
    "cidr-block-association.cidr-block": _ipv4(lambda block: block.cidr),
    "cidr-block-association.state": _ipv4(_state),
    **dict.fromkeys(("dhcp-options-id", "dhcpOptionsId"), lambda one: (one.vpc.dhcp_options_id,)),
    "ipv6-cidr-block-association.association-id": _ipv6(lambda block: block.id),
    "ipv6-cidr-block-association.ipv6-cidr-block": _ipv6(lambda block: block.cidr),
    "ipv6-cidr-block-association.ipv6-pool": _ipv6(lambda _: AMAZONS_POOL),
    "ipv6-cidr-block-association.state": _ipv6(_state),
    **dict.fromkeys(("is-default", "isDefault"), lambda one: truth(one.vpc.is_default)),  # Terraform asks by isDefault
    "owner-id": lambda one: (one.vpc.account,),
    "state": lambda _: (AVAILABLE,),
    "vpc-id": lambda one: (one.vpc.id,),
}


def _read(connection: Connection, asked: Asked) -> list[DescribedVpc]:
    scope = asked.call.scope
    found, blocks = vpcs.in_scope(connection, scope, asked.ids), vpcs.blocks_in(connection, scope)
    return each_with_blocks(found, blocks, former_blocks.in_scope(connection, scope))


_VPCS = Listing(
    member="Vpcs",
    kind=VPC,
    ids="VpcIds",
    read=_read,
    row=vpc_output,
    id_of=lambda one: one.vpc.id,
    key=lambda one: one.vpc.id,
    filters=_FILTERS,
    tagged=True,
    view=read_region,
    limits=(5, 1000),
    whole={"VpcIds": NOT_PAGED_CAPITAL.format("VpcIds")},
)


@action("DescribeVpcs")
async def describe_vpcs(cloud: Cloud, call: Call, parameters: Parameters) -> Answer:
    """The VPCs of a region with their blocks of addresses."""
    return await _VPCS.answer(cloud, call, parameters)
