"""The secondary addresses that a NAT gateway is to have: checked, or drawn, and written."""

from collections.abc import Sequence
from dataclasses import replace

from sqlalchemy import Connection

from kumoniwa.api.call import Call
from kumoniwa.api.ec2.kinds import OTHERWISE_NAMED_IP
from kumoniwa.api.ec2.named.lookup import all_named
from kumoniwa.api.ec2.network import quotas
from kumoniwa.api.ec2.network.interface_addresses import check_addresses, drawn
from kumoniwa.errors import InvalidParameterCombination, InvalidParameterValue
from kumoniwa.model.gateways import NatGateway, NatGatewayAddress
from kumoniwa.model.network_interfaces import NetworkInterface
from kumoniwa.model.vpcs import Subnet
from kumoniwa.store import gateways, network_interfaces
from kumoniwa.values import dataclass

SECONDARY_ARE_RECORDED = (
    "Secondary addresses are taken from the subnet, associated and shown; what the gateway sends leaves from its "
    "primary one."
)


@dataclass(frozen=True, slots=True)
class AskedSecondary:
    """Private addresses, and the Elastic IP addresses that are to lead to them, one to each, where the gateway is
    public."""

    private: Sequence[str] = ()
    allocations: Sequence[str] = ()
    more: int = 0
    """How many further private ones, whichever."""


def one_address_each() -> InvalidParameterCombination:
    """The refusal of private addresses that are not as many as the Elastic IP addresses."""
    return InvalidParameterCombination("The number of private IP addresses must be that of the allocation IDs")


def asked_secondary(
    connection: Connection,
    call: Call,
    subnet: Subnet,
    asked: AskedSecondary,
    *,
    beside: Sequence[str],
    present: int = 0,
) -> AskedSecondary:
    """The addresses of a gateway that has this many secondary ones: those asked for by number are drawn, none of them
    `beside`. Raises EC2's refusals."""
    if asked.private and asked.more:
        raise InvalidParameterCombination("You may specify private IP addresses or their count, but not both")
    if len(set(asked.allocations)) < len(asked.allocations):
        raise InvalidParameterValue("An Elastic IP address is specified more than once")
    all_named(connection, call.scope, OTHERWISE_NAMED_IP, asked.allocations)
    wanted = [*beside, *asked.private]
    if doubled := [address for address in asked.private if wanted.count(address) > 1]:
        raise InvalidParameterValue(f"Address {doubled[0]} is specified more than once")
    check_addresses(connection, subnet, asked.private)
    count = len(asked.private) or len(asked.allocations) or asked.more
    quotas.NAT_ADDRESSES.check(1 + present + count)
    private = asked.private or drawn(connection, subnet, count, beside=beside)
    return replace(asked, private=private, more=0)


def add_secondary(
    connection: Connection, gateway: NatGateway, interface: NetworkInterface, asked: AskedSecondary
) -> list[NatGatewayAddress]:
    """Write secondary addresses of a gateway, and of its network interface. No Elastic IP address leads to them yet."""
    present = gateways.nat_addresses_of(connection, [gateway.id]).get(gateway.id, [])
    first = 1 + max((one.position for one in present), default=-1)
    allocations: Sequence[str | None] = asked.allocations or [None] * len(asked.private)
    pairs = zip(asked.private, allocations, strict=True)
    new = [
        NatGatewayAddress(gateway.id, private, position, allocation)
        for position, (private, allocation) in enumerate(pairs, first)
    ]
    network_interfaces.add_addresses(connection, interface, asked.private)
    gateways.add_nat_addresses(connection, *new)
    return new
