"""What EC2 puts into every region of every account: a default VPC, with a subnet in each zone and a way out.

They are made when an account first touches a region. An account that deletes its default VPC has none until it calls
CreateDefaultVpc.
"""

from collections.abc import Callable
from functools import partial
from ipaddress import IPv4Network
from itertools import islice

from sqlalchemy import Connection

from kumoniwa.api.call import Answer, Call
from kumoniwa.api.cloud import Cloud
from kumoniwa.api.ec2.named.region_lookup import check_region
from kumoniwa.api.ec2.network.new_vpc import EVERYWHERE, add_with_its_own
from kumoniwa.errors import NoDefaultVpc
from kumoniwa.ids import new_id
from kumoniwa.model.dhcp_options import DhcpOptions
from kumoniwa.model.gateways import InternetGateway
from kumoniwa.model.hostnames import internal_domain
from kumoniwa.model.regions import Zone, zones
from kumoniwa.model.route_tables import Route, RouteTarget
from kumoniwa.model.scope import Scope
from kumoniwa.model.vpcs import Subnet, Vpc
from kumoniwa.store import dhcp_options, gateways, vpcs

VPC_CIDR = IPv4Network("172.31.0.0/16")
SUBNET_PREFIX = 20
AMAZON_DNS = "AmazonProvidedDNS"


def ensure_region(connection: Connection, scope: Scope) -> Vpc | None:
    """The account's default VPC in this region, which is made on the first touch; None where the account deleted it.

    Needs a writing connection. Raises `AuthFailure` for a region that does not exist.
    """
    check_region(scope.region)
    if (vpc := vpcs.default(connection, scope)) is not None:
        return vpc
    return None if vpcs.had_default(connection, scope) else add_default(connection, scope)


def default_vpc(connection: Connection, scope: Scope) -> Vpc:
    """The account's default VPC in this region, as `ensure_region` gives it. Raises EC2's refusal where there is none,
    in the words of requests that name a security group by its name."""
    if (vpc := ensure_region(connection, scope)) is None:
        raise NoDefaultVpc(of_group_name=True)
    return vpc


def default_options(connection: Connection, scope: Scope) -> str:
    """The id of the DHCP options that new VPCs of an account get in a region. Needs a writing connection."""
    if (known := dhcp_options.default(connection, scope)) is not None:
        return known.id
    options = DhcpOptions(
        id=new_id("dopt"),
        account=scope.account,
        region=scope.region,
        options={"domain-name": [internal_domain(scope.region)], "domain-name-servers": [AMAZON_DNS]},
    )
    dhcp_options.add_default(connection, options)
    return options.id


def add_default(connection: Connection, scope: Scope) -> Vpc:
    """A new default VPC for a region that has none: what every VPC has, a subnet in each zone, and an internet
    gateway that its main route table leads to."""
    vpc = Vpc(
        id=new_id("vpc"),
        account=scope.account,
        region=scope.region,
        cidr=str(VPC_CIDR),
        is_default=True,
        dhcp_options_id=default_options(connection, scope),
        cidr_association_id=new_id("vpc-cidr-assoc"),
        dns_hostnames=True,
    )
    gateway = InternetGateway(id=new_id("igw"), account=scope.account, region=scope.region, vpc_id=vpc.id)
    own = add_with_its_own(
        connection,
        vpc,
        lambda table: [Route(table.id, EVERYWHERE, RouteTarget.INTERNET_GATEWAY, gateway.id)],
    )
    gateways.add(connection, gateway)
    vpcs.add_subnets(connection, *_default_subnets(vpc, own.acl.id))
    return vpc


async def read_region(cloud: Cloud, call: Call, work: Callable[[Connection], Answer]) -> Answer:
    """Run `work` on a consistent view of the caller's region, whose default VPC is made on the first touch.

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


def _default_subnets(vpc: Vpc, acl_id: str) -> list[Subnet]:
    of_region = zones(vpc.region)
    blocks = islice(VPC_CIDR.subnets(new_prefix=SUBNET_PREFIX), len(of_region))
    return [default_subnet(vpc, acl_id, zone, block) for zone, block in zip(of_region, blocks, strict=True)]


def default_subnet(vpc: Vpc, acl_id: str, zone: Zone, block: IPv4Network) -> Subnet:
    """The default subnet of a zone, with these addresses of the default VPC."""
    return Subnet(
        id=new_id("subnet"),
        account=vpc.account,
        region=vpc.region,
        vpc_id=vpc.id,
        zone=zone.name,
        zone_id=zone.id,
        cidr=str(block),
        default_for_az=True,
        map_public_ip_on_launch=True,
        acl_id=acl_id,
        acl_association_id=new_id("aclassoc"),
    )
