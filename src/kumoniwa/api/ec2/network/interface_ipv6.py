"""The IPv6 addresses that a network interface is to have: checked, or drawn. They are records: no guest has one."""

from collections.abc import Mapping, Sequence
from ipaddress import IPv6Address, IPv6Network
from typing import Any

from sqlalchemy import Connection

from kumoniwa.errors import Ec2Error, InvalidParameterCombination, InvalidParameterValue, MissingParameter
from kumoniwa.ids import drawn_below
from kumoniwa.model.vpcs import Subnet
from kumoniwa.network.addresses import NoAddressLeft
from kumoniwa.store import ipv6_addresses, subnet_reservations
from kumoniwa.values import dataclass

IPV6_ADDRESSES_ARE_RECORDED = "IPv6 addresses are stored and shown, and no guest has one."
_FIRST, _LAST = 4, 1  # EC2 keeps the first four addresses of a subnet's IPv6 block and the last one too
_DRAWS = 64


@dataclass(frozen=True, slots=True)
class AskedIpv6:
    """The IPv6 addresses that a request wants an interface to have."""

    named: Sequence[str] = ()
    more: int = 0
    """How many further ones, whichever."""
    first_is_primary: bool = False

    @property
    def count(self) -> int:
        """How many it wants in all."""
        return len(self.named) + self.more


NO_IPV6 = AskedIpv6()


def asked_ipv6(
    connection: Connection, subnet: Subnet, parameters: Mapping[str, Any], *, primary: bool | None
) -> AskedIpv6:
    """What the parameters of a new interface ask for; one, where they say nothing and the subnet assigns one by itself.
    `primary` says whether the first is to be the primary one. Raises EC2's refusals."""
    listed: Sequence[Mapping[str, Any]] = parameters.get("Ipv6Addresses") or []
    count: int | None = parameters.get("Ipv6AddressCount")
    if any(each.get("Ipv6Address") is None for each in listed):
        raise MissingParameter("ipv6Address")
    flagged = [each["Ipv6Address"] for each in listed if each.get("IsPrimaryIpv6")]
    if len(flagged) > 1:
        raise InvalidParameterCombination("Only one primary IPv6 address can be specified.")
    wanted = [*flagged, *(each["Ipv6Address"] for each in listed if each["Ipv6Address"] not in flagged)]
    named = checked_ipv6(connection, subnet, wanted, count)
    if not named and count is None and (subnet.assign_ipv6 or primary):
        count = 1
        check_block(subnet)
    return AskedIpv6(named, count or 0, bool(primary or flagged))


def checked_ipv6(connection: Connection, subnet: Subnet, wanted: Sequence[str], count: int | None) -> list[str]:
    """The addresses that a request names, as they are written. Raises EC2's refusals of an address that is not the
    subnet's to give, or taken, of a count that is none, and of both together."""
    if wanted and count:
        raise InvalidParameterCombination(
            "The parameter ipv6AddressCount cannot be used with the parameter ipv6Addresses"
        )
    if count is not None and count < 0:
        raise InvalidParameterValue(f"Value ({count}) for parameter ipv6AddressCount is invalid.")
    if not wanted and not count:
        return []
    block, named = check_block(subnet), []
    for asked in wanted:
        address = parsed_ipv6(asked)
        number = int(address) - int(block.network_address)
        if address not in block or not _FIRST <= number < block.num_addresses - _LAST:
            raise InvalidParameterValue(f"Address {asked[:200]} does not fall within the subnet's address range")
        if str(address) in named:
            raise InvalidParameterValue(f"Address {asked[:200]} is specified more than once")
        named.append(str(address))
    for taken in ipv6_addresses.in_subnet(connection, subnet.id, named) if named else ():
        raise Ec2Error("InvalidIPAddress.InUse", f"Address {taken} is in use.")
    return named


def parsed_ipv6(asked: str) -> IPv6Address:
    """An address that a request names, in any of the ways to write it. Raises EC2's refusal of what is none."""
    try:
        address = IPv6Address(asked)
    except ValueError:
        address = None
    if address is None or address.scope_id is not None:  # Python takes `2001:db8::1%eth0`
        raise InvalidParameterValue(f"Invalid IPv6 address: {asked[:200]}")
    return address


def check_block(subnet: Subnet) -> IPv6Network:
    """A subnet's IPv6 block. Raises EC2's refusal where it has none."""
    if subnet.ipv6_cidr is None:
        raise InvalidParameterValue(f"The subnet '{subnet.id}' does not have an IPv6 CIDR block associated with it.")
    return IPv6Network(subnet.ipv6_cidr)


def drawn_ipv6(connection: Connection, subnet: Subnet, count: int) -> list[str]:
    """So many free IPv6 addresses of a subnet, none of them reserved. Raises `NoAddressLeft`."""
    if not count:
        return []
    block = check_block(subnet)
    reserved = [
        IPv6Network(one.cidr) for one in subnet_reservations.of_subnet(connection, subnet.id) if ":" in one.cidr
    ]
    first, usable = int(block.network_address) + _FIRST, block.num_addresses - _FIRST - _LAST
    found: dict[str, None] = {}
    for _ in range(_DRAWS):
        drawn = [IPv6Address(first + drawn_below(usable)) for _ in range(count - len(found))]
        free = {str(each) for each in drawn if not any(each in one for one in reserved)}
        found |= dict.fromkeys(sorted(free - ipv6_addresses.in_subnet(connection, subnet.id, free)))
        if len(found) == count:
            return list(found)
    raise NoAddressLeft(
        "InsufficientFreeAddressesInSubnet", f"There are not enough free IPv6 addresses in subnet '{subnet.id}'."
    )


def too_many_ipv6() -> Ec2Error:
    """The refusal of more IPv6 addresses than an interface may have on its instance's type: as many as private ones."""
    return Ec2Error("PrivateIpAddressLimitExceeded", "Number of IPv6 addresses will exceed limit.")
