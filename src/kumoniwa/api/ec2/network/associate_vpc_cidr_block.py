"""AssociateVpcCidrBlock and DisassociateVpcCidrBlock."""

from ipaddress import IPv4Network, IPv6Network

from sqlalchemy import Connection

from kumoniwa.api.call import Answer, Call, Parameters
from kumoniwa.api.cloud import Cloud
from kumoniwa.api.ec2.kinds import VPC
from kumoniwa.api.ec2.named.lookup import named
from kumoniwa.api.ec2.network import quotas
from kumoniwa.api.ec2.network.cidr_blocks import (
    check_further_block,
    conflict,
    ipv4_block,
)
from kumoniwa.api.ec2.network.create_vpc import IPV6_IS_RECORDED, POOLS_NOT_BUILT, add_ipv6, check_border_group
from kumoniwa.api.ec2.network.peering_states import check_block_of_peered
from kumoniwa.api.ec2.network.vpc_output import DescribedVpc, block_output, is_ipv6, with_blocks
from kumoniwa.api.not_built import refuse
from kumoniwa.api.registry import Depth, action
from kumoniwa.errors import Ec2Error, InvalidParameterCombination, MissingParameter, OperationNotPermitted
from kumoniwa.ids import new_id
from kumoniwa.model.vpcs import FormerBlock, VpcBlock
from kumoniwa.store import former_blocks, route_tables, vpcs

_ASSOCIATING, _DISASSOCIATING = "associating", "disassociating"


@action("AssociateVpcCidrBlock", depth=Depth.PARTLY, missing=IPV6_IS_RECORDED, not_built=POOLS_NOT_BUILT)
async def associate_vpc_cidr_block(cloud: Cloud, call: Call, parameters: Parameters) -> Answer:
    """Give a VPC a further IPv4 block, or an IPv6 block."""
    refuse(parameters, POOLS_NOT_BUILT)
    asked, ipv6 = parameters.get("CidrBlock"), parameters.get("AmazonProvidedIpv6CidrBlock")
    if asked and ipv6:
        raise InvalidParameterCombination(
            "The parameter amazonProvidedIpv6CidrBlock cannot be used with the parameter cidrBlock"
        )
    if not asked and not ipv6:
        raise MissingParameter(message="Either 'cidrBlock' or 'amazonProvidedIpv6CidrBlock' should be provided.")
    check_border_group(call, parameters)
    block = ipv4_block(asked, "cidrBlock") if asked else None

    def associate(connection: Connection) -> Answer:
        one = with_blocks(connection, named(connection, call.scope, VPC, parameters["VpcId"]))
        new = _add_ipv6(connection, one) if block is None else _add_ipv4(connection, call, one, block)
        return _answer(new, _ASSOCIATING)

    return await cloud.change(call, associate)


@action("DisassociateVpcCidrBlock", depth=Depth.PARTLY, missing=IPV6_IS_RECORDED)
async def disassociate_vpc_cidr_block(cloud: Cloud, call: Call, parameters: Parameters) -> Answer:
    """Take a further block from a VPC that has no subnet in it."""

    def disassociate(connection: Connection) -> Answer:
        block = _further_block(connection, call, parameters["AssociationId"])
        for subnet in vpcs.subnets_of(connection, block.vpc_id):
            own = subnet.ipv6_cidr if is_ipv6(block) else subnet.cidr
            if own is not None and _lies_in(own, block.cidr):
                raise Ec2Error(
                    "InvalidCidrBlock.InUse",
                    f"The vpc CIDR block with association ID {block.id} may not be disassociated. It is in use by "
                    f"subnet {subnet.id}",
                )
        vpcs.remove_block(connection, block.id)
        former_blocks.add(
            connection,
            FormerBlock(block.id, block.account, block.region, block.vpc_id, None, block.cidr, taken_at=call.at),
        )
        return _answer(block, _DISASSOCIATING)

    return await cloud.change(call, disassociate)


def _add_ipv4(connection: Connection, call: Call, one: DescribedVpc, block: IPv4Network) -> VpcBlock:
    vpc = one.vpc
    quotas.IPV4_BLOCKS.check(len(one.ipv4) + 1, vpc.id)
    check_further_block(block, IPv4Network(vpc.cidr), one.networks())
    tables = [table.id for table in route_tables.of_vpc(connection, vpc.id)]
    for route in route_tables.routes_of(connection, tables):
        if "." in route.destination and IPv4Network(route.destination).subnet_of(block):
            raise conflict(block)
    check_block_of_peered(connection, call, vpc, block)
    new = VpcBlock(new_id("vpc-cidr-assoc"), vpc.account, vpc.region, vpc.id, str(block))
    vpcs.add_block(connection, new)
    return new


def _add_ipv6(connection: Connection, one: DescribedVpc) -> VpcBlock:
    quotas.IPV6_BLOCKS.check(len(one.ipv6) + 1, one.vpc.id)
    return add_ipv6(connection, one.vpc)


def _further_block(connection: Connection, call: Call, association_id: str) -> VpcBlock:
    for block in vpcs.blocks_in(connection, call.scope, [association_id]):
        return block
    if vpcs.with_primary_block(connection, call.scope, association_id) is not None:
        raise OperationNotPermitted(
            f"The vpc CIDR block with association ID {association_id} may not be disassociated. "
            "It is the primary IPv4 CIDR block of the VPC"
        )
    raise Ec2Error(
        "InvalidVpcCidrBlockAssociationID.NotFound",
        f"The vpc CIDR block association ID '{association_id[:200]}' does not exist",
    )


def _lies_in(inner: str, outer: str) -> bool:
    if ":" in outer:
        return IPv6Network(inner).subnet_of(IPv6Network(outer))
    return IPv4Network(inner).subnet_of(IPv4Network(outer))


def _answer(block: VpcBlock, state: str) -> Answer:
    member = "Ipv6CidrBlockAssociation" if is_ipv6(block) else "CidrBlockAssociation"
    return {"VpcId": block.vpc_id, member: block_output(block, state)}
