"""AssociateSubnetCidrBlock and DisassociateSubnetCidrBlock."""

from sqlalchemy import Connection

from kumoniwa.api.call import Answer, Call, Parameters
from kumoniwa.api.cloud import Cloud
from kumoniwa.api.ec2.kinds import SUBNET, VPC
from kumoniwa.api.ec2.named.lookup import named
from kumoniwa.api.ec2.network.cidr_blocks import ipv6_block
from kumoniwa.api.ec2.network.create_subnet import check_new_ipv6
from kumoniwa.api.ec2.network.subnet_output import ipv6_block_output
from kumoniwa.api.ec2.network.vpc_output import with_blocks
from kumoniwa.api.not_built import NotBuiltParameter, refuse
from kumoniwa.api.registry import Depth, action
from kumoniwa.errors import Ec2Error, MissingParameter
from kumoniwa.ids import new_id
from kumoniwa.model.vpcs import FormerBlock, Subnet
from kumoniwa.store import former_blocks, ipv6_addresses, subnet_reservations, vpcs

_IS_RECORDED = "The block is stored and shown, and no guest has an IPv6 address."
_NOT_BUILT = (
    NotBuiltParameter("Ipv6IpamPoolId", "IPAM pools"),
    NotBuiltParameter("Ipv6NetmaskLength", "IPAM pools"),
)


@action(
    "AssociateSubnetCidrBlock",
    depth=Depth.RECORDED,
    missing=_IS_RECORDED,
    not_built=_NOT_BUILT,
)
async def associate_subnet_cidr_block(cloud: Cloud, call: Call, parameters: Parameters) -> Answer:
    """Give a subnet its IPv6 block, of which it can have one."""
    refuse(parameters, _NOT_BUILT)
    if not (asked := parameters.get("Ipv6CidrBlock")):
        raise MissingParameter(message="Either 'ipv6CidrBlock' or 'ipv6IpamPoolId' should be provided.")
    block = ipv6_block(asked, "ipv6CidrBlock")

    def associate(connection: Connection) -> Answer:
        subnet = named(connection, call.scope, SUBNET, parameters["SubnetId"])
        if subnet.ipv6_cidr is not None:
            raise Ec2Error(
                "CidrLimitExceeded", f"This subnet {subnet.id} has met its maximum number of allowed IPv6 CIDRs: 1"
            )
        vpc = with_blocks(connection, named(connection, call.scope, VPC, subnet.vpc_id))
        check_new_ipv6(vpc, vpcs.subnets_of(connection, subnet.vpc_id), block)
        association_id, cidr = new_id("subnet-cidr-assoc"), str(block)
        vpcs.change_subnet(connection, subnet.id, ipv6_cidr=cidr, ipv6_association_id=association_id)
        shown = ipv6_block_output(association_id, cidr, "associating")
        return {"SubnetId": subnet.id, "Ipv6CidrBlockAssociation": shown}

    return await cloud.change(call, associate)


@action("DisassociateSubnetCidrBlock", depth=Depth.RECORDED, missing=_IS_RECORDED)
async def disassociate_subnet_cidr_block(cloud: Cloud, call: Call, parameters: Parameters) -> Answer:
    """Take a subnet's IPv6 block away."""
    association_id: str = parameters["AssociationId"]

    def disassociate(connection: Connection) -> Answer:
        subnet = vpcs.subnet_with_ipv6_block(connection, call.scope, association_id)
        if subnet is None or subnet.ipv6_cidr is None:
            raise Ec2Error(
                "InvalidSubnetCidrBlockAssociationID.NotFound",
                f"The subnet CIDR block with association ID '{association_id[:200]}' does not exist",
            )
        _check_unused(connection, subnet)
        vpcs.change_subnet(connection, subnet.id, ipv6_cidr=None, ipv6_association_id=None)
        scope, cidr = call.scope, subnet.ipv6_cidr
        taken = FormerBlock(association_id, scope.account, scope.region, None, subnet.id, cidr, taken_at=call.at)
        former_blocks.add(connection, taken)
        shown = ipv6_block_output(association_id, cidr, "disassociating")
        return {"SubnetId": subnet.id, "Ipv6CidrBlockAssociation": shown}

    return await cloud.change(call, disassociate)


def _check_unused(connection: Connection, subnet: Subnet) -> None:
    """Raises EC2's refusals to take away an IPv6 block that is in use."""
    refusal = f"The subnet IPv6 CIDR block with association ID {subnet.ipv6_association_id} may not be disassociated, "
    if subnet.assign_ipv6:
        reason = "because its subnet has assign-ipv6-address-on-creation set to true."
        raise Ec2Error("InvalidCidrBlock.InUse", refusal + reason)
    if ipv6_addresses.are_in_use(connection, subnet.id):
        reason = "because network interfaces in its subnet have IPv6 addresses."
        raise Ec2Error("InvalidCidrBlock.InUse", refusal + reason)
    for reservation in subnet_reservations.of_subnet(connection, subnet.id):
        if ":" in reservation.cidr:
            raise Ec2Error("InvalidCidrBlock.InUse", refusal + f"because {reservation.id} reserves a part of it.")
