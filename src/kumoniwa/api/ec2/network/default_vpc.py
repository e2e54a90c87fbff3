"""What EC2 puts into every region of every account: a default VPC, a subnet in each zone, a security group.

They are made when an account first touches a region.
"""

from collections.abc import Callable
from functools import partial
from ipaddress import IPv4Network
from itertools import islice

from sqlalchemy import Connection

from kumoniwa.api.call import Answer, Call
from kumoniwa.api.cloud import Cloud
from kumoniwa.api.ec2.named.region_lookup import check_region
from kumoniwa.ids import new_id
from kumoniwa.model.regions import zones
from kumoniwa.model.scope import Scope
from kumoniwa.model.security_groups import SecurityGroup, SecurityGroupRule
from kumoniwa.model.vpcs import Subnet, Vpc
from kumoniwa.store import security_groups, vpcs

VPC_CIDR = IPv4Network("172.31.0.0/16")
SUBNET_PREFIX = 20
EVERYWHERE = "0.0.0.0/0"
ALL_PROTOCOLS = "-1"
NO_PORT = -1


def ensure_region(connection: Connection, scope: Scope) -> Vpc:
    """Afterwards the account has its default VPC in this region, which is given back. Needs a writing connection.

    Raises `AuthFailure` for a region that does not exist.
    """
    check_region(scope.region)
    if (vpc := vpcs.default(connection, scope)) is not None:
        return vpc
    vpc = Vpc(
        id=new_id("vpc"),
        account=scope.account,
        region=scope.region,
        cidr=str(VPC_CIDR),
        is_default=True,
        dhcp_options_id=new_id("dopt"),
        cidr_association_id=new_id("vpc-cidr-assoc"),
    )
    vpcs.add(connection, vpc, *_default_subnets(vpc))
    group = SecurityGroup(
        id=new_id("sg"),
        account=scope.account,
        region=scope.region,
        vpc_id=vpc.id,
        name=security_groups.DEFAULT_NAME,
        description="default VPC security group",
    )
    security_groups.add(connection, group, _from_itself(group), all_out(group))
    return vpc


async def read_region(cloud: Cloud, call: Call, work: Callable[[Connection], Answer]) -> Answer:
    """Run `work` on a consistent view in which the caller's region has its default VPC: it is made on the first touch.

    Raises `DryRunOperation` where a dry run is the first touch: what was made for it is taken back.
    """
    if call.scope not in cloud.regions_made:
        if call.dry_run:
            return await cloud.change(call, partial(_made_and_read, call=call, work=work))
        await cloud.world.database.write(partial(ensure_region, scope=call.scope))
        cloud.regions_made.add(call.scope)
    return await cloud.read(work)


def _made_and_read(connection: Connection, call: Call, work: Callable[[Connection], Answer]) -> Answer:
    ensure_region(connection, call.scope)
    return work(connection)


def all_out(group: SecurityGroup) -> SecurityGroupRule:
    """The rule that every new group has: its members may reach everything."""
    return SecurityGroupRule(
        id=new_id("sgr"),
        group_id=group.id,
        account=group.account,
        region=group.region,
        egress=True,
        protocol=ALL_PROTOCOLS,
        from_port=NO_PORT,
        to_port=NO_PORT,
        cidr_ipv4=EVERYWHERE,
    )


def _from_itself(group: SecurityGroup) -> SecurityGroupRule:
    """The default group's own rule: its members may reach each other."""
    return SecurityGroupRule(
        id=new_id("sgr"),
        group_id=group.id,
        account=group.account,
        region=group.region,
        egress=False,
        protocol=ALL_PROTOCOLS,
        from_port=NO_PORT,
        to_port=NO_PORT,
        source_group_id=group.id,
    )


def _default_subnets(vpc: Vpc) -> list[Subnet]:
    of_region = zones(vpc.region)
    blocks = islice(VPC_CIDR.subnets(new_prefix=SUBNET_PREFIX), len(of_region))
    return [
        Subnet(
            id=new_id("subnet"),
            account=vpc.account,
            region=vpc.region,
            vpc_id=vpc.id,
            zone=zone.name,
            zone_id=zone.id,
            cidr=str(block),
            default_for_az=True,
            map_public_ip_on_launch=True,
        )
        for zone, block in zip(of_region, blocks, strict=True)
    ]
