"""VPCs as EC2 describes them."""

from collections.abc import Iterable, Mapping, Sequence
from ipaddress import IPv4Network, IPv6Network
from typing import Any

from sqlalchemy import Connection

from kumoniwa.api.ec2.tags import tag_set
from kumoniwa.model.vpcs import FormerBlock, Vpc, VpcBlock
from kumoniwa.store import vpcs
from kumoniwa.values import dataclass

AVAILABLE = "available"
PENDING = "pending"
ASSOCIATED = "associated"
DISASSOCIATED = "disassociated"
AMAZONS_POOL = "Amazon"


@dataclass(frozen=True, slots=True)
class DescribedVpc:
    """A VPC with its further blocks of addresses."""

    vpc: Vpc
    further: Sequence[VpcBlock]
    former: Sequence[FormerBlock] = ()
    """Those that were taken from it a short while ago: they are shown, and that is all."""

    @property
    def ipv4(self) -> list[VpcBlock]:
        """Its IPv4 blocks, the first one first."""
        vpc = self.vpc
        first = VpcBlock(vpc.cidr_association_id, vpc.account, vpc.region, vpc.id, vpc.cidr)
        return [first, *(block for block in self.further if not is_ipv6(block))]

    @property
    def ipv6(self) -> list[VpcBlock]:
        """Its IPv6 blocks."""
        return [block for block in self.further if is_ipv6(block)]

    def networks(self) -> list[IPv4Network]:
        """Its IPv4 addresses."""
        return [IPv4Network(block.cidr) for block in self.ipv4]

    def ipv6_networks(self) -> list[IPv6Network]:
        """Its IPv6 addresses."""
        return [IPv6Network(block.cidr) for block in self.ipv6]


def is_ipv6(block: VpcBlock | FormerBlock) -> bool:
    """Whether these are IPv6 addresses."""
    return ":" in block.cidr


def with_blocks(connection: Connection, vpc: Vpc) -> DescribedVpc:
    """A VPC with its further blocks."""
    return DescribedVpc(vpc, vpcs.blocks_of(connection, vpc.id))


def each_with_blocks(
    found: Iterable[Vpc], blocks: Iterable[VpcBlock], former: Iterable[FormerBlock] = ()
) -> list[DescribedVpc]:
    """VPCs with those of these blocks that are theirs, or were."""
    of_vpcs: dict[str, list[VpcBlock]] = {}
    for block in blocks:
        of_vpcs.setdefault(block.vpc_id, []).append(block)
    taken: dict[str | None, list[FormerBlock]] = {}
    for one in former:
        taken.setdefault(one.vpc_id, []).append(one)
    return [DescribedVpc(vpc, of_vpcs.get(vpc.id, ()), taken.get(vpc.id, ())) for vpc in found]


def vpc_output(one: DescribedVpc, tags: Mapping[str, str] | None, state: str = AVAILABLE) -> dict[str, Any]:
    """A VPC under EC2's member names."""
    vpc = one.vpc
    former = [(is_ipv6(block), block_output(block, DISASSOCIATED)) for block in one.former]
    # In the order of their associations, as EC2 has it: the first IPv4 block is the VPC's own and never taken away.
    first, *further = map(block_output, one.ipv4)
    ipv4 = [first, *(shown for ipv6, shown in former if not ipv6), *further]
    ipv6 = [*(shown for ipv6, shown in former if ipv6), *map(block_output, one.ipv6)]
    # CreateVpc shows empty sets that DescribeVpcs leaves out
    nothing: list[Any] | None = [] if state == PENDING else None
    return {
        "VpcId": vpc.id,
        "OwnerId": vpc.account,
        "State": state,
        "CidrBlock": vpc.cidr,
        "CidrBlockAssociationSet": ipv4,
        "Ipv6CidrBlockAssociationSet": ipv6 or nothing,
        "DhcpOptionsId": vpc.dhcp_options_id,
        "InstanceTenancy": vpc.tenancy,
        "IsDefault": vpc.is_default,
        "BlockPublicAccessStates": {"InternetGatewayBlockMode": "off"},
        "Tags": tag_set(tags) or nothing,
    }


def block_output(block: VpcBlock | FormerBlock, state: str = ASSOCIATED) -> dict[str, Any]:
    """An association of a block with its VPC under EC2's member names."""
    if not is_ipv6(block):
        return {"AssociationId": block.id, "CidrBlock": block.cidr, "CidrBlockState": {"State": state}}
    return {
        "AssociationId": block.id,
        "Ipv6CidrBlock": block.cidr,
        "Ipv6CidrBlockState": {"State": state},
        "NetworkBorderGroup": block.region,
        "Ipv6Pool": AMAZONS_POOL,
        "Ipv6AddressAttribute": "public",
        "IpSource": "amazon",
    }
