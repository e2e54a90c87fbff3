"""The private addresses and the security groups that a network interface is to have: checked, or drawn.

What is reserved in a subnet is given to who names it, and never drawn (the VPC user guide, "Subnet CIDR reservations").
"""

from collections.abc import Collection, Iterable, Mapping, Sequence
from functools import partial
from ipaddress import IPv4Address, IPv4Network
from typing import Any

from sqlalchemy import Connection

from kumoniwa.api.call import Call
from kumoniwa.api.ec2.kinds import SECURITY_GROUP
from kumoniwa.api.ec2.network import quotas
from kumoniwa.errors import Ec2Error, InvalidParameterCombination, InvalidParameterValue, MissingParameter
from kumoniwa.model.security_groups import SecurityGroup
from kumoniwa.model.vpcs import Subnet
from kumoniwa.network.addresses import free_private, private_capacity, usable_in
from kumoniwa.store import network_interfaces, security_groups, subnet_reservations
from kumoniwa.values import dataclass

_BESIDE = "The parameter privateIpAddress cannot be used with the parameter privateIpAddresses"


@dataclass(frozen=True, slots=True)
class AskedAddresses:
    """The private addresses that a request wants an interface to have. `primary` is None where any will do."""

    primary: str | None
    secondary: Sequence[str]
    more: int
    """How many further ones, whichever."""

    @property
    def count(self) -> int:
        """How many it wants in all."""
        return 1 + len(self.secondary) + self.more

    @property
    def named(self) -> Sequence[str]:
        """Those that it names, the primary one first."""
        return self.secondary if self.primary is None else [self.primary, *self.secondary]


def asked_addresses(connection: Connection, subnet: Subnet, parameters: Mapping[str, Any]) -> AskedAddresses:
    """What an interface's parameters ask for, in any of the forms that EC2 takes. Raises EC2's refusals."""
    listed: Sequence[Mapping[str, Any]] = parameters.get("PrivateIpAddresses") or []
    primary: str | None = parameters.get("PrivateIpAddress")
    more = parameters.get("SecondaryPrivateIpAddressCount") or 0
    if listed and primary is not None:
        raise InvalidParameterCombination(_BESIDE)
    primaries = [each.get("PrivateIpAddress") for each in listed if each.get("Primary")]
    if any(each.get("PrivateIpAddress") is None for each in listed):
        raise MissingParameter("privateIpAddress")
    secondary = [each["PrivateIpAddress"] for each in listed if not each.get("Primary")]
    if len(primaries) > 1:
        raise InvalidParameterCombination("Only one primary private IP address can be specified.")
    if secondary and more:
        raise InvalidParameterCombination(
            "You may not specify both a list of secondary private IP addresses and their count"
        )
    if more < 0:
        raise InvalidParameterValue(f"Value ({more}) for parameter secondaryPrivateIpAddressCount is invalid.")
    primary = primaries[0] if primaries else primary
    wanted = [*([] if primary is None else [primary]), *secondary]
    check_addresses(connection, subnet, wanted)
    return AskedAddresses(primary, secondary, more)


def check_addresses(connection: Connection, subnet: Subnet, wanted: Sequence[str]) -> None:
    """Raises EC2's refusals of an address that is not the subnet's to give, or taken."""
    block = IPv4Network(subnet.cidr)
    for asked in wanted:
        try:
            address = IPv4Address(asked)
        except ValueError:
            raise InvalidParameterValue(f"invalid value for parameter address: {asked[:200]}") from None
        if address not in block:
            raise InvalidParameterValue(f"Address {asked} does not fall within the subnet's address range")
        # EC2 keeps the first four addresses of a subnet and the last for itself.
        if not 4 <= int(address) - int(block.network_address) < block.num_addresses - 1:
            raise InvalidParameterValue(f"Address {asked} is in subnet's reserved address range")
        if wanted.count(asked) > 1:
            raise InvalidParameterValue(f"Address {asked} is specified more than once")
    for taken in network_interfaces.addresses_in(connection, subnet.id, wanted) if wanted else ():
        raise Ec2Error("InvalidIPAddress.InUse", f"Address {taken} is in use.")


def too_many_addresses() -> Ec2Error:
    """EC2's refusal of more private addresses than an interface may have on its instance's type."""
    return Ec2Error("PrivateIpAddressLimitExceeded", "Number of private addresses will exceed limit.")


def drawn(connection: Connection, subnet: Subnet, count: int, beside: Sequence[str] = ()) -> list[str]:
    """So many free private addresses of a subnet, and none of those `beside`. Raises `NoAddressLeft`."""
    if not count:
        return []
    return free_private(subnet, count, partial(_not_drawn, connection, subnet.id, frozenset(beside)))


def free_count(connection: Connection, subnet: Subnet) -> int:
    """How many private addresses of a subnet can still be drawn."""
    capacity = private_capacity(subnet)
    count, has_reserved = network_interfaces.count_in(connection, subnet.id)
    if not has_reserved:
        return capacity - count
    reserved = _blocks(one.cidr for one in subnet_reservations.of_subnet(connection, subnet.id))
    used = network_interfaces.every_address_in(connection, subnet.id)
    drawn_ones = len(used) - len(_within(used, reserved))
    return capacity - sum(usable_in(subnet, block) for block in reserved) - drawn_ones


def _blocks(reserved: Iterable[str]) -> list[IPv4Network]:
    """Those of IPv4. They do not overlap."""
    return [IPv4Network(cidr) for cidr in reserved if ":" not in cidr]


def _within(addresses: Collection[str], blocks: Sequence[IPv4Network]) -> set[str]:
    return {address for address in addresses if any(IPv4Address(address) in block for block in blocks)}


def _not_drawn(connection: Connection, subnet_id: str, beside: frozenset[str], asked: Collection[str]) -> set[str]:
    """Which of these addresses are in use, reserved, or among those `beside`."""
    found = network_interfaces.not_drawn_in(connection, subnet_id, asked)
    in_use = {one for one in found if "/" not in one} | beside.intersection(asked)
    return in_use | _within(asked, _blocks(one for one in found if "/" in one))


def checked_groups(
    connection: Connection, call: Call, vpc_id: str, subnet_id: str, group_ids: Sequence[str]
) -> tuple[SecurityGroup, ...]:
    """These security groups for an interface in a subnet of a VPC, each once. Raises EC2's refusals of a group that is
    missing, or of another VPC and not associated with this one."""
    wanted = tuple(dict.fromkeys(group_ids))
    SECURITY_GROUP.check_form(wanted)
    found = {group.id: group for group in security_groups.in_scope(connection, call.scope, wanted)}
    for group_id in wanted:
        if group_id not in found:
            raise SECURITY_GROUP.not_found([group_id])
        if found[group_id].vpc_id != vpc_id and not security_groups.is_associated(connection, group_id, vpc_id):
            raise Ec2Error(
                "InvalidParameter", f"Security group {group_id} and subnet {subnet_id} belong to different networks."
            )
    quotas.INTERFACE_GROUPS.check(len(wanted))
    return tuple(found[group_id] for group_id in wanted)


def default_group(connection: Connection, vpc_id: str) -> SecurityGroup:
    """The security group of what names none."""
    group = security_groups.named(connection, vpc_id, security_groups.DEFAULT_NAME)
    assert group is not None, "every VPC has one"
    return group
