"""CreateSubnet."""

from ipaddress import IPv4Network, IPv6Network

from sqlalchemy import Connection

from kumoniwa.api.call import Answer, Call, Parameters
from kumoniwa.api.cloud import Cloud
from kumoniwa.api.ec2.kinds import SUBNET, VPC
from kumoniwa.api.ec2.named.lookup import named
from kumoniwa.api.ec2.network import quotas
from kumoniwa.api.ec2.network.cidr_blocks import (
    check_block_of_subnet,
    check_ipv6_block_of_subnet,
    ipv4_block,
    ipv6_block,
)
from kumoniwa.api.ec2.network.create_vpc import IPV6_IS_RECORDED
from kumoniwa.api.ec2.network.subnet_output import described, subnet_output
from kumoniwa.api.ec2.network.vpc_output import DescribedVpc, with_blocks
from kumoniwa.api.ec2.network.zones import checked_zone
from kumoniwa.api.ec2.tags import from_specifications, write
from kumoniwa.api.not_built import NotBuiltParameter, refuse
from kumoniwa.api.registry import Depth, action
from kumoniwa.errors import InvalidParameterCombination, MissingParameter
from kumoniwa.ids import new_id
from kumoniwa.model.regions import zones
from kumoniwa.model.vpcs import Subnet
from kumoniwa.store import network_acls, vpcs
from kumoniwa.store.tables import vpcs as tables

_NOT_BUILT = (
    NotBuiltParameter("Ipv6Native", "subnets without IPv4 addresses"),
    NotBuiltParameter("OutpostArn", "Outposts"),
    NotBuiltParameter("Ipv4IpamPoolId", "IPAM pools"),
    NotBuiltParameter("Ipv4NetmaskLength", "IPAM pools"),
    NotBuiltParameter("Ipv6IpamPoolId", "IPAM pools"),
    NotBuiltParameter("Ipv6NetmaskLength", "IPAM pools"),
)


@action("CreateSubnet", depth=Depth.PARTLY, missing=IPV6_IS_RECORDED, not_built=_NOT_BUILT)
async def create_subnet(cloud: Cloud, call: Call, parameters: Parameters) -> Answer:
    """Make a subnet of a part of its VPC's addresses, with the VPC's default network ACL."""
    if parameters.get("Ipv6Native"):
        _check_native(parameters)
    refuse(parameters, _NOT_BUILT)
    tags = from_specifications(parameters, [SUBNET.resource_type]).get(SUBNET.resource_type)
    zone = checked_zone(call, parameters) or zones(call.region)[0]
    if not (asked := parameters.get("CidrBlock")):
        raise MissingParameter(message="Either 'cidrBlock' or 'ipv4IpamPoolId' should be provided.")
    block = ipv4_block(asked, "cidrBlock")
    asked_ipv6 = parameters.get("Ipv6CidrBlock")
    ipv6 = None if asked_ipv6 is None else ipv6_block(asked_ipv6, "ipv6CidrBlock")

    def create(connection: Connection) -> Answer:
        vpc = with_blocks(connection, named(connection, call.scope, VPC, parameters["VpcId"]))
        quotas.SUBNETS.check_one_more(connection, tables.subnets, vpc.vpc.id)
        _check_addresses(connection, vpc, block, ipv6)
        subnet = Subnet(
            id=new_id(SUBNET.prefix),
            account=call.account,
            region=call.region,
            vpc_id=vpc.vpc.id,
            zone=zone.name,
            zone_id=zone.id,
            cidr=str(block),
            default_for_az=False,
            map_public_ip_on_launch=False,
            acl_id=network_acls.default_of(connection, vpc.vpc.id).id,
            acl_association_id=new_id("aclassoc"),
            ipv6_cidr=None if ipv6 is None else str(ipv6),
            ipv6_association_id=None if ipv6 is None else new_id("subnet-cidr-assoc"),
        )
        vpcs.add_subnets(connection, subnet)
        write(connection, call, subnet.id, SUBNET.resource_type, tags)
        return {"Subnet": subnet_output(described(connection, subnet), tags)}

    return await cloud.change(call, create)


def _check_native(parameters: Parameters) -> None:
    """Raises EC2's refusals of a subnet without IPv4 addresses that is asked for wrongly."""
    if not parameters.get("Ipv6CidrBlock") and not parameters.get("Ipv6IpamPoolId"):
        raise MissingParameter(message="Either 'ipv6CidrBlock' or 'ipv6IpamPoolId' should be provided.")
    if parameters.get("CidrBlock") or parameters.get("Ipv4IpamPoolId"):
        raise InvalidParameterCombination(
            "When specifying ipv4 parameters, cidrBlock or ipv4IpamPoolId, you cannot set ipv6Native to true."
        )


def _check_addresses(connection: Connection, vpc: DescribedVpc, block: IPv4Network, ipv6: IPv6Network | None) -> None:
    others = vpcs.subnets_of(connection, vpc.vpc.id)
    check_block_of_subnet(block, vpc.networks(), [IPv4Network(other.cidr) for other in others])
    if ipv6 is not None:
        check_new_ipv6(vpc, others, ipv6)


def check_new_ipv6(vpc: DescribedVpc, others: list[Subnet], block: IPv6Network) -> None:
    """Raises EC2's refusals of an IPv6 block that no subnet of the VPC can have beside these others."""
    taken = [IPv6Network(other.ipv6_cidr) for other in others if other.ipv6_cidr is not None]
    check_ipv6_block_of_subnet(block, vpc.ipv6_networks(), taken)
