"""CreateDefaultVpc and CreateDefaultSubnet."""

from collections.abc import Iterable
from ipaddress import IPv4Network

from sqlalchemy import Connection

from kumoniwa.api.call import Answer, Call, Parameters
from kumoniwa.api.cloud import Cloud
from kumoniwa.api.ec2.network import quotas
from kumoniwa.api.ec2.network.cidr_blocks import subnet_conflict
from kumoniwa.api.ec2.network.default_vpc import SUBNET_PREFIX, add_default, default_subnet, ensure_region
from kumoniwa.api.ec2.network.subnet_output import described, subnet_output
from kumoniwa.api.ec2.network.vpc_output import PENDING, vpc_output, with_blocks
from kumoniwa.api.ec2.network.zones import checked_zone
from kumoniwa.api.not_built import NotBuiltParameter, refuse
from kumoniwa.api.registry import Depth, action
from kumoniwa.errors import Ec2Error, MissingParameter
from kumoniwa.store import all_tables as tables
from kumoniwa.store import network_acls, vpcs

_NOT_BUILT = (NotBuiltParameter("Ipv6Native", "subnets without IPv4 addresses"),)


@action("CreateDefaultVpc")
async def create_default_vpc(cloud: Cloud, call: Call, parameters: Parameters) -> Answer:
    """Make a default VPC in a region whose own was deleted."""

    def create(connection: Connection) -> Answer:
        if ensure_region(connection, call.scope) is not None:
            raise Ec2Error("DefaultVpcAlreadyExists", "A Default VPC already exists for this account in this region.")
        quotas.VPCS.check_one_more(connection, tables.vpcs, call.scope)
        quotas.INTERNET_GATEWAYS.check_one_more(connection, tables.internet_gateways, call.scope)
        vpc = add_default(connection, call.scope)
        return {"Vpc": vpc_output(with_blocks(connection, vpc), None, PENDING)}

    return await cloud.change(call, create)


@action(
    "CreateDefaultSubnet",
    depth=Depth.PARTLY,
    not_built=_NOT_BUILT,
)
async def create_default_subnet(cloud: Cloud, call: Call, parameters: Parameters) -> Answer:
    """Make a default subnet in a zone whose own was deleted, with the first addresses that are free."""
    refuse(parameters, _NOT_BUILT)
    zone = checked_zone(call, parameters)
    if zone is None:
        raise MissingParameter("availabilityZone")

    def create(connection: Connection) -> Answer:
        if (vpc := ensure_region(connection, call.scope)) is None:
            raise Ec2Error("DefaultVpcDoesNotExist", "No default VPC exists for this account in this region.")
        if (known := vpcs.default_subnet(connection, call.scope, zone.name)) is not None:
            raise Ec2Error(
                "DefaultSubnetAlreadyExistsInAvailabilityZone",
                f"'{known.id}' is already the default subnet in {zone.name}.",
            )
        quotas.SUBNETS.check_one_more(connection, tables.subnets, vpc.id)
        taken = [IPv4Network(subnet.cidr) for subnet in vpcs.subnets_of(connection, vpc.id)]
        block = _first_free(IPv4Network(vpc.cidr), taken)
        subnet = default_subnet(vpc, network_acls.default_of(connection, vpc.id).id, zone, block)
        vpcs.add_subnets(connection, subnet)
        return {"Subnet": subnet_output(described(connection, subnet), None)}

    return await cloud.change(call, create)


def _first_free(of_vpc: IPv4Network, taken: Iterable[IPv4Network]) -> IPv4Network:
    for block in of_vpc.subnets(new_prefix=SUBNET_PREFIX):
        if not any(block.overlaps(other) for other in taken):
            return block
    raise subnet_conflict(of_vpc)
