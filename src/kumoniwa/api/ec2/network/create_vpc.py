"""CreateVpc."""

from sqlalchemy import Connection

from kumoniwa.api.call import Answer, Call, Parameters
from kumoniwa.api.cloud import Cloud
from kumoniwa.api.ec2.kinds import VPC
from kumoniwa.api.ec2.network import quotas
from kumoniwa.api.ec2.network.cidr_blocks import check_block_of_vpc, ipv4_block, provided_ipv6
from kumoniwa.api.ec2.network.default_vpc import default_options, ensure_region
from kumoniwa.api.ec2.network.new_vpc import add_with_its_own, admit_ipv6
from kumoniwa.api.ec2.network.vpc_output import PENDING, is_ipv6, vpc_output, with_blocks
from kumoniwa.api.ec2.tags import from_specifications, write
from kumoniwa.api.not_built import NotBuiltParameter, refuse
from kumoniwa.api.registry import Depth, action
from kumoniwa.errors import Ec2Error, InvalidParameterCombination, InvalidParameterValue, MissingParameter
from kumoniwa.ids import new_id
from kumoniwa.model.vpcs import Vpc, VpcBlock
from kumoniwa.store import vpcs
from kumoniwa.store.tables import vpcs as tables

POOLS_NOT_BUILT = (
    NotBuiltParameter("Ipv6Pool", "address pools of one's own"),
    NotBuiltParameter("Ipv6CidrBlock", "address pools of one's own"),
    NotBuiltParameter("Ipv4IpamPoolId", "IPAM pools"),
    NotBuiltParameter("Ipv4NetmaskLength", "IPAM pools"),
    NotBuiltParameter("Ipv6IpamPoolId", "IPAM pools"),
    NotBuiltParameter("Ipv6NetmaskLength", "IPAM pools"),
)
_NOT_BUILT = (*POOLS_NOT_BUILT, NotBuiltParameter("VpcEncryptionControl", "encryption controls of VPCs"))
IPV6_IS_RECORDED = "An IPv6 block is stored and shown, and no guest has an IPv6 address."


@action(
    "CreateVpc",
    depth=Depth.PARTLY,
    missing=f"{IPV6_IS_RECORDED} Tenancy `dedicated` is stored and shown; all instances share this host.",
    not_built=_NOT_BUILT,
)
async def create_vpc(cloud: Cloud, call: Call, parameters: Parameters) -> Answer:
    """Make a VPC with what every VPC has: a main route table, a default network ACL, a default security group."""
    refuse(parameters, _NOT_BUILT)
    tags = from_specifications(parameters, [VPC.resource_type]).get(VPC.resource_type)
    tenancy = parameters.get("InstanceTenancy") or "default"
    if tenancy == "host":
        raise unsupported_tenancy(tenancy)
    if not (asked := parameters.get("CidrBlock")):
        raise MissingParameter(message="Either 'cidrBlock' or 'ipv4IpamPoolId' should be provided.")
    block = ipv4_block(asked, "cidrBlock")
    check_block_of_vpc(block)
    check_border_group(call, parameters)

    def create(connection: Connection) -> Answer:
        ensure_region(connection, call.scope)
        quotas.VPCS.check_one_more(connection, tables.vpcs, call.scope)
        vpc = Vpc(
            id=new_id(VPC.prefix),
            account=call.account,
            region=call.region,
            cidr=str(block),
            is_default=False,
            dhcp_options_id=default_options(connection, call.scope),
            cidr_association_id=new_id("vpc-cidr-assoc"),
            tenancy=tenancy,
        )
        add_with_its_own(connection, vpc)
        if parameters.get("AmazonProvidedIpv6CidrBlock"):
            add_ipv6(connection, vpc)
        write(connection, call, vpc.id, VPC.resource_type, tags)
        return {"Vpc": vpc_output(with_blocks(connection, vpc), tags, PENDING)}

    return await cloud.change(call, create)


def unsupported_tenancy(tenancy: str) -> Ec2Error:
    """EC2's refusal of a tenancy that a VPC cannot have, or get."""
    return Ec2Error("UnsupportedTenancy", f"The tenancy value {tenancy} is not supported.")


def add_ipv6(connection: Connection, vpc: Vpc) -> VpcBlock:
    """Write a new IPv6 block of a VPC, whose default network ACL and group know of IPv6 from its first one on."""
    is_first = not any(is_ipv6(block) for block in vpcs.blocks_of(connection, vpc.id))
    block = VpcBlock(new_id("vpc-cidr-assoc"), vpc.account, vpc.region, vpc.id, str(provided_ipv6()))
    vpcs.add_block(connection, block)
    if is_first:
        admit_ipv6(connection, vpc)
    return block


def check_border_group(call: Call, parameters: Parameters) -> None:
    """Raises EC2's refusals of a network border group: a region has one, which has the region's name."""
    if (group := parameters.get("Ipv6CidrBlockNetworkBorderGroup")) is None:
        return
    if not parameters.get("AmazonProvidedIpv6CidrBlock"):
        raise InvalidParameterCombination(
            "The parameter Ipv6CidrBlockNetworkBorderGroup requires AmazonProvidedIpv6CidrBlock to be true"
        )
    if group != call.region:
        raise InvalidParameterValue(f"Invalid network border group: {group[:200]}")
