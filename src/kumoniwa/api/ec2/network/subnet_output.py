"""Subnets as EC2 describes them."""

from collections.abc import Mapping, Sequence
from typing import Any

from sqlalchemy import Connection

from kumoniwa.api.ec2.network.interface_addresses import free_count
from kumoniwa.api.ec2.network.vpc_output import ASSOCIATED, AVAILABLE, DISASSOCIATED
from kumoniwa.api.ec2.tags import tag_set
from kumoniwa.model.vpcs import FormerBlock, Subnet
from kumoniwa.values import dataclass


@dataclass(frozen=True, slots=True)
class DescribedSubnet:
    """A subnet, and how many of its addresses are free."""

    subnet: Subnet
    free: int
    former: Sequence[FormerBlock] = ()
    """The IPv6 blocks that were taken from it a short while ago."""

    def ipv6_blocks(self) -> list[tuple[str, str, str]]:
        """The IPv6 block that it has and those that it had, each with the association's id and its state."""
        subnet, found = self.subnet, [(one.id, one.cidr, DISASSOCIATED) for one in self.former]
        if subnet.ipv6_cidr is not None and subnet.ipv6_association_id is not None:
            found.insert(0, (subnet.ipv6_association_id, subnet.ipv6_cidr, ASSOCIATED))
        return found


def described(connection: Connection, subnet: Subnet) -> DescribedSubnet:
    """A subnet with the number of its free addresses."""
    return DescribedSubnet(subnet, free_count(connection, subnet))


def subnet_arn(subnet: Subnet) -> str:
    """The subnet's Amazon Resource Name."""
    return f"arn:aws:ec2:{subnet.region}:{subnet.account}:subnet/{subnet.id}"


def subnet_output(one: DescribedSubnet, tags: Mapping[str, str] | None) -> dict[str, Any]:
    """A subnet under EC2's member names."""
    subnet = one.subnet
    return {
        "SubnetId": subnet.id,
        "SubnetArn": subnet_arn(subnet),
        "VpcId": subnet.vpc_id,
        "OwnerId": subnet.account,
        "State": AVAILABLE,
        "CidrBlock": subnet.cidr,
        "AvailableIpAddressCount": one.free,
        "AvailabilityZone": subnet.zone,
        "AvailabilityZoneId": subnet.zone_id,
        "DefaultForAz": subnet.default_for_az,
        "MapPublicIpOnLaunch": subnet.map_public_ip_on_launch,
        "MapCustomerOwnedIpOnLaunch": False,
        "AssignIpv6AddressOnCreation": subnet.assign_ipv6,
        "Ipv6CidrBlockAssociationSet": [ipv6_block_output(*block) for block in one.ipv6_blocks()],
        "EnableDns64": subnet.dns64,
        "Ipv6Native": False,
        "PrivateDnsNameOptionsOnLaunch": {
            "HostnameType": subnet.hostname_type,
            "EnableResourceNameDnsARecord": subnet.resource_name_a,
            "EnableResourceNameDnsAAAARecord": subnet.resource_name_aaaa,
        },
        "BlockPublicAccessStates": {"InternetGatewayBlockMode": "off"},
        "Tags": tag_set(tags) or [],
    }


def ipv6_block_output(association_id: str, cidr: str, state: str) -> dict[str, Any]:
    """The association of a subnet with its IPv6 block under EC2's member names."""
    return {
        "AssociationId": association_id,
        "Ipv6CidrBlock": cidr,
        "Ipv6CidrBlockState": {"State": state},
        "Ipv6AddressAttribute": "public",
        "IpSource": "amazon",
    }
