"""AssignPrivateIpAddresses and UnassignPrivateIpAddresses."""

from collections.abc import Sequence

from sqlalchemy import Connection

from kumoniwa.api.call import Answer, Call, Parameters
from kumoniwa.api.cloud import Cloud
from kumoniwa.api.ec2.kinds import NETWORK_INTERFACE
from kumoniwa.api.ec2.named.lookup import named
from kumoniwa.api.ec2.network.create_network_interface import MOST_UNATTACHED, check_own
from kumoniwa.api.ec2.network.interface_addresses import check_addresses, drawn, too_many_addresses
from kumoniwa.api.not_built import NotBuiltParameter, refuse
from kumoniwa.api.registry import Depth, action
from kumoniwa.errors import InvalidParameterCombination, InvalidParameterValue, MissingParameter
from kumoniwa.model.elastic_ips import ElasticIp
from kumoniwa.model.instance_types import INSTANCE_TYPES
from kumoniwa.model.network_interfaces import NetworkInterface
from kumoniwa.model.vpcs import Subnet
from kumoniwa.store import elastic_ips, instances, network_interfaces, vpcs
from kumoniwa.workflows.steps.instances.instance_ports import ensure_moved_forwards

_NOT_BUILT = (
    NotBuiltParameter("Ipv4Prefixes", "delegated prefixes"),
    NotBuiltParameter("Ipv4PrefixCount", "delegated prefixes", harmless=(0,)),
)


@action("AssignPrivateIpAddresses", depth=Depth.PARTLY, not_built=_NOT_BUILT)
async def assign_private_ip_addresses(cloud: Cloud, call: Call, parameters: Parameters) -> Answer:
    """Give a network interface further private addresses: these, or so many of its subnet's."""
    refuse(parameters, _NOT_BUILT)
    wanted: Sequence[str] = parameters.get("PrivateIpAddresses") or []
    count: int | None = parameters.get("SecondaryPrivateIpAddressCount")
    if wanted and count is not None:
        raise InvalidParameterCombination(
            "The parameter secondaryPrivateIpAddressCount cannot be used with the parameter privateIpAddress"
        )
    if not wanted and count is None:
        raise MissingParameter("secondaryPrivateIpAddressCount")
    if count is not None and count < 1:
        raise InvalidParameterValue(f"Value ({count}) for parameter secondaryPrivateIpAddressCount is invalid.")

    touched: list[str] = []

    def assign(connection: Connection) -> Answer:
        interface = named(connection, call.scope, NETWORK_INTERFACE, parameters["NetworkInterfaceId"])
        check_own(interface)
        [subnet] = vpcs.subnets_in(connection, call.scope, [interface.subnet_id])
        present = network_interfaces.secondary_of(connection, [interface.id]).get(interface.id, [])
        if 1 + len(present) + (count or len(wanted)) > most_addresses(connection, interface):
            raise too_many_addresses()
        leading: Sequence[ElasticIp] = ()
        if parameters.get("AllowReassignment"):
            leading, before = _take_from_others(connection, subnet, interface, wanted)
            touched.extend(before)
        elif wanted and (taken := network_interfaces.addresses_in(connection, subnet.id, wanted)):
            raise InvalidParameterValue(f"[{', '.join(sorted(taken))}] assigned, but move is not allowed.")
        check_addresses(connection, subnet, wanted)
        added = list(wanted) or drawn(connection, subnet, count or 0)
        network_interfaces.add_addresses(connection, interface, added)
        touched.extend(_led_here(connection, interface, leading))
        network_interfaces.count_change(connection, interface)
        return {
            "NetworkInterfaceId": interface.id,
            "AssignedPrivateIpAddresses": [{"PrivateIpAddress": address} for address in added],
        }

    answer = await cloud.change(call, assign)
    await ensure_moved_forwards(cloud.world, dict.fromkeys(touched))
    return answer


@action("UnassignPrivateIpAddresses", depth=Depth.PARTLY, not_built=(NotBuiltParameter("Ipv4Prefixes", "prefixes"),))
async def unassign_private_ip_addresses(cloud: Cloud, call: Call, parameters: Parameters) -> Answer:
    """Take further private addresses from a network interface; no Elastic IP address leads to them any more."""
    refuse(parameters, _NOT_BUILT)
    unwanted: Sequence[str] = parameters.get("PrivateIpAddresses") or []
    if not unwanted:
        raise MissingParameter("privateIpAddress")

    touched: list[str] = []

    def unassign(connection: Connection) -> Answer:
        interface = named(connection, call.scope, NETWORK_INTERFACE, parameters["NetworkInterfaceId"])
        check_own(interface)
        present = network_interfaces.secondary_of(connection, [interface.id]).get(interface.id, [])
        if unknown := [address for address in dict.fromkeys(unwanted) if address not in present]:
            raise InvalidParameterValue(
                f"Some of [{', '.join(unknown)[:2000]}] are not assigned to interface {interface.id}"
            )
        touched.extend(_removed(connection, interface, unwanted))
        return None

    answer = await cloud.change(call, unassign)
    await ensure_moved_forwards(cloud.world, dict.fromkeys(touched))
    return answer


def most_addresses(connection: Connection, interface: NetworkInterface) -> int:
    """How many addresses of either kind an interface may have: the instance's type says so, where it has one."""
    if interface.instance_id is None:
        return MOST_UNATTACHED
    instance = instances.get(connection, interface.instance_id)
    assert instance is not None, "it is attached to it"
    return INSTANCE_TYPES[instance.instance_type].most_addresses


def _take_from_others(
    connection: Connection, subnet: Subnet, interface: NetworkInterface, wanted: Sequence[str]
) -> tuple[list[ElasticIp], list[str]]:
    """Take these addresses from the other interfaces that have them as secondary ones; gives the Elastic IP addresses
    that led to one, and the instances at which they did. Raises EC2's refusal of one that is a NAT gateway's."""
    leading: list[ElasticIp] = []
    touched: list[str] = []
    for owner_id, address in network_interfaces.secondary_owners(connection, subnet.id, wanted):
        owner = network_interfaces.get(connection, owner_id)
        if owner is not None and owner.id != interface.id:
            check_own(owner)
            if (
                elastic := elastic_ips.of_interfaces(connection, [owner.id]).get(owner.id, {}).get(address)
            ) is not None:
                leading.append(elastic)
            touched.extend(_removed(connection, owner, [address]))
    return leading, touched


def _led_here(connection: Connection, interface: NetworkInterface, leading: Sequence[ElasticIp]) -> Sequence[str]:
    """Let Elastic IP addresses lead on to the private ones that an interface has now; gives its instance, where there
    are any. They move along (the API reference, AssignPrivateIpAddresses)."""
    for elastic in leading:
        assert elastic.association_id is not None, "it led to an address"
        assert elastic.private_ip is not None, "it led to an address"
        elastic_ips.associate(connection, elastic, elastic.association_id, interface, elastic.private_ip)
    return [interface.instance_id] if leading and interface.instance_id is not None else []


def _removed(connection: Connection, interface: NetworkInterface, unwanted: Sequence[str]) -> Sequence[str]:
    """Take these addresses from an interface; gives its instance, where a public address led to one of them."""
    touched: tuple[str, ...] = ()
    leading = elastic_ips.of_interfaces(connection, [interface.id]).get(interface.id, {})
    for address in unwanted:
        if (elastic := leading.get(address)) is not None:
            elastic_ips.disassociate(connection, elastic)
            touched = () if interface.instance_id is None else (interface.instance_id,)
    network_interfaces.remove_addresses(connection, interface, unwanted)
    network_interfaces.count_change(connection, interface)
    return touched
