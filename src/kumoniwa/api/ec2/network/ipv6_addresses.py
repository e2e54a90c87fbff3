"""AssignIpv6Addresses and UnassignIpv6Addresses."""

from collections.abc import Sequence

from sqlalchemy import Connection

from kumoniwa.api.call import Answer, Call, Parameters
from kumoniwa.api.cloud import Cloud
from kumoniwa.api.ec2.kinds import NETWORK_INTERFACE
from kumoniwa.api.ec2.named.lookup import named
from kumoniwa.api.ec2.network.create_network_interface import check_own
from kumoniwa.api.ec2.network.interface_ipv6 import (
    IPV6_ADDRESSES_ARE_RECORDED,
    checked_ipv6,
    drawn_ipv6,
    parsed_ipv6,
    too_many_ipv6,
)
from kumoniwa.api.ec2.network.private_addresses import most_addresses
from kumoniwa.api.not_built import NotBuiltParameter, refuse
from kumoniwa.api.registry import Depth, action
from kumoniwa.errors import InvalidParameterValue, MissingParameter
from kumoniwa.model.network_interfaces import NetworkInterface
from kumoniwa.store import ipv6_addresses, network_interfaces, vpcs

_PREFIXES = NotBuiltParameter("Ipv6Prefixes", "delegated prefixes")
_NOT_BUILT = (_PREFIXES, NotBuiltParameter("Ipv6PrefixCount", "delegated prefixes", harmless=(0,)))


@action("AssignIpv6Addresses", depth=Depth.RECORDED, missing=IPV6_ADDRESSES_ARE_RECORDED, not_built=_NOT_BUILT)
async def assign_ipv6_addresses(cloud: Cloud, call: Call, parameters: Parameters) -> Answer:
    """Give a network interface IPv6 addresses: these, or so many of its subnet's."""
    refuse(parameters, _NOT_BUILT)
    wanted: Sequence[str] = parameters.get("Ipv6Addresses") or []
    count: int | None = parameters.get("Ipv6AddressCount")
    if not wanted and count is None:
        raise MissingParameter(message="Either ipv6Addresses or ipv6AddressCount must be specified")

    def assign(connection: Connection) -> Answer:
        interface = named(connection, call.scope, NETWORK_INTERFACE, parameters["NetworkInterfaceId"])
        check_own(interface)
        [subnet] = vpcs.subnets_in(connection, call.scope, [interface.subnet_id])
        asked = checked_ipv6(connection, subnet, wanted, count)
        present = ipv6_addresses.of_interfaces(connection, [interface.id]).get(interface.id, [])
        if len(present) + (count or len(asked)) > most_addresses(connection, interface):
            raise too_many_ipv6()
        added = asked or drawn_ipv6(connection, subnet, count or 0)
        ipv6_addresses.add(connection, interface, added)
        network_interfaces.count_change(connection, interface)
        return {"NetworkInterfaceId": interface.id, "AssignedIpv6Addresses": added}

    return await cloud.change(call, assign)


@action("UnassignIpv6Addresses", depth=Depth.RECORDED, missing=IPV6_ADDRESSES_ARE_RECORDED, not_built=(_PREFIXES,))
async def unassign_ipv6_addresses(cloud: Cloud, call: Call, parameters: Parameters) -> Answer:
    """Take IPv6 addresses from a network interface. Its primary one stays."""
    refuse(parameters, (_PREFIXES,))
    if not (asked := parameters.get("Ipv6Addresses")):
        raise MissingParameter("ipv6Addresses")
    unwanted = list(dict.fromkeys(str(parsed_ipv6(each)) for each in asked))

    def unassign(connection: Connection) -> Answer:
        interface = named(connection, call.scope, NETWORK_INTERFACE, parameters["NetworkInterfaceId"])
        check_own(interface)
        _check_assigned(connection, interface, unwanted)
        ipv6_addresses.remove(connection, interface, unwanted)
        network_interfaces.count_change(connection, interface)
        return {"NetworkInterfaceId": interface.id, "UnassignedIpv6Addresses": unwanted}

    return await cloud.change(call, unassign)


def _check_assigned(connection: Connection, interface: NetworkInterface, unwanted: Sequence[str]) -> None:
    """Raises EC2's refusals of addresses that the interface does not have, or keeps."""
    present = ipv6_addresses.of_interfaces(connection, [interface.id]).get(interface.id, [])
    have = {one.address: one for one in present}
    if unknown := [address for address in unwanted if address not in have]:
        raise InvalidParameterValue(
            f"Some of [{', '.join(unknown)[:2000]}] are not assigned to interface {interface.id}"
        )
    if kept := [address for address in unwanted if have[address].is_primary]:
        raise InvalidParameterValue(
            f"The primary IPv6 address {kept[0]} of interface {interface.id} cannot be unassigned"
        )
