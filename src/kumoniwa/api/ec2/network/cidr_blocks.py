"""Blocks of addresses in requests, and which of them EC2 takes for VPCs and subnets.

Source of the rules for VPCs: the VPC user guide, "VPC CIDR blocks" with its "CIDR block association restrictions".
"""

import re
import secrets
from collections.abc import Iterable, Sequence
from ipaddress import IPv4Network, IPv6Address, IPv6Network

from kumoniwa.errors import Ec2Error, InvalidParameterValue

LARGEST, SMALLEST = 16, 28
"""Lengths of the prefixes of a VPC's and a subnet's IPv4 blocks."""
IPV6_OF_VPC, IPV6_OF_SUBNET = 56, 64

_IPV4 = re.compile(r"[0-9.]{7,15}/[0-9]{1,2}")
_IPV6 = re.compile(r"[0-9a-fA-F:.]{2,45}/[0-9]{1,3}")
_PROVIDED = IPv6Network("2600:1f00::/24")  # EC2's blocks are in it
_NEVER = [IPv4Network(each) for each in ("0.0.0.0/8", "127.0.0.0/8", "169.254.0.0/16", "224.0.0.0/4", "240.0.0.0/4")]
_PRIVATE = [IPv4Network(each) for each in ("10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16")]
_BENCHMARKS = IPv4Network("198.19.0.0/16")


def ipv4_block(text: str, parameter: str) -> IPv4Network:
    """A block of IPv4 addresses; what lies behind its prefix is made zero. Raises EC2's refusal."""
    try:
        if _IPV4.fullmatch(text):
            return IPv4Network(text, strict=False)
    except ValueError:
        pass
    raise _no_block(text, parameter)


def ipv6_block(text: str, parameter: str) -> IPv6Network:
    """A block of IPv6 addresses; what lies behind its prefix is made zero. Raises EC2's refusal."""
    try:
        if _IPV6.fullmatch(text):
            return IPv6Network(text, strict=False)
    except ValueError:
        pass
    raise _no_block(text, parameter)


def check_block_of_vpc(block: IPv4Network) -> None:
    """Raises EC2's refusal of a block that no VPC can have."""
    if not LARGEST <= block.prefixlen <= SMALLEST or any(block.overlaps(other) for other in _NEVER):
        raise Ec2Error("InvalidVpc.Range", f"The CIDR '{block}' is invalid.")


def check_further_block(block: IPv4Network, first: IPv4Network, present: Sequence[IPv4Network]) -> None:
    """Raises EC2's refusals of a block that a VPC with these cannot have too."""
    check_block_of_vpc(block)
    if any(block.overlaps(other) for other in present):
        raise conflict(block)
    if any(block.overlaps(other) for other in _restricted(first)):
        raise Ec2Error(
            "InvalidVpc.Range",
            f"The CIDR '{block}' is restricted. Use a CIDR from the same private address range as the current VPC "
            "CIDR, or use a publicly-routable CIDR. For additional restrictions, see "
            "https://docs.aws.amazon.com/vpc/latest/userguide/vpc-cidr-blocks.html",
        )


def conflict(block: IPv4Network) -> Ec2Error:
    """EC2's refusal of a block that a VPC has already, or has a route to."""
    return Ec2Error("CidrConflict", f"The CIDR '{block}' conflicts with another of the VPC's CIDR blocks or routes.")


def provided_ipv6() -> IPv6Network:
    """A block for a VPC, as Amazon provides them."""
    number = secrets.randbits(IPV6_OF_VPC - _PROVIDED.prefixlen) << (128 - IPV6_OF_VPC)
    return IPv6Network((IPv6Address(int(_PROVIDED.network_address) + number), IPV6_OF_VPC))


def check_block_of_subnet(block: IPv4Network, of_vpc: Iterable[IPv4Network], others: Iterable[IPv4Network]) -> None:
    """Raises EC2's refusals of a block that no further subnet of a VPC can have."""
    if not LARGEST <= block.prefixlen <= SMALLEST or not any(block.subnet_of(each) for each in of_vpc):
        raise Ec2Error("InvalidSubnet.Range", f"The CIDR '{block}' is invalid.")
    if any(block.overlaps(other) for other in others):
        raise subnet_conflict(block)


def check_ipv6_block_of_subnet(
    block: IPv6Network, of_vpc: Iterable[IPv6Network], others: Iterable[IPv6Network]
) -> None:
    """Raises EC2's refusals of an IPv6 block that no further subnet of a VPC can have."""
    sizes = range(44, IPV6_OF_SUBNET + 1, 4)
    if block.prefixlen not in sizes or not any(block.subnet_of(each) for each in of_vpc):
        raise Ec2Error("InvalidSubnet.Range", f"The CIDR '{block}' is invalid.")
    if any(block.overlaps(other) for other in others):
        raise subnet_conflict(block)


def subnet_conflict(block: IPv4Network | IPv6Network) -> Ec2Error:
    """EC2's refusal of addresses that another subnet has."""
    what = "CIDR" if block.version == 4 else "IPv6 CIDR"
    return Ec2Error("InvalidSubnet.Conflict", f"The {what} '{block}' conflicts with another subnet")


def _restricted(first: IPv4Network) -> list[IPv4Network]:
    """What a VPC whose first block this is cannot have besides."""
    own = [private for private in _PRIVATE if first.subnet_of(private)]
    found = [private for private in _PRIVATE if private not in own]
    if own == [_PRIVATE[0]] and first.overlaps(IPv4Network("10.0.0.0/15")):
        found.append(IPv4Network("10.0.0.0/16"))
    if own == [_PRIVATE[1]]:
        found.append(IPv4Network("172.31.0.0/16"))
    if not first.subnet_of(_BENCHMARKS):
        found.append(_BENCHMARKS)
    return found


def _no_block(text: str, parameter: str) -> InvalidParameterValue:
    return InvalidParameterValue(
        f"Value ({text[:200]}) for parameter {parameter} is invalid. This is not a valid CIDR block."
    )
