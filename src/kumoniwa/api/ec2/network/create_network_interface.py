"""CreateNetworkInterface and DeleteNetworkInterface."""

from sqlalchemy import Connection

from kumoniwa.api.call import Answer, Call, Parameters
from kumoniwa.api.cloud import Cloud
from kumoniwa.api.ec2.kinds import NETWORK_INTERFACE, SUBNET
from kumoniwa.api.ec2.named.lookup import named
from kumoniwa.api.ec2.network.connection_tracking import TRACKING_IS_RECORDED, asked_tracking
from kumoniwa.api.ec2.network.describe_network_interfaces import described_interfaces
from kumoniwa.api.ec2.network.interface_addresses import asked_addresses, checked_groups, default_group, drawn
from kumoniwa.api.ec2.network.interface_ipv6 import IPV6_ADDRESSES_ARE_RECORDED, asked_ipv6, drawn_ipv6
from kumoniwa.api.ec2.tags import from_specifications, tag_set, write
from kumoniwa.api.not_built import NotBuiltParameter, refuse
from kumoniwa.api.registry import Depth, action
from kumoniwa.errors import InvalidParameterValue, OperationNotPermitted
from kumoniwa.ids import new_id, new_mac
from kumoniwa.model.network_interfaces import NetworkInterface
from kumoniwa.store import elastic_ips, ipv6_addresses, network_interfaces
from kumoniwa.store import tags as tag_rows

_NOT_BUILT = (
    NotBuiltParameter("InterfaceType", "network interfaces of other types", harmless=("interface",)),
    NotBuiltParameter("Ipv4Prefixes", "delegated prefixes"),
    NotBuiltParameter("Ipv4PrefixCount", "delegated prefixes", harmless=(0,)),
    NotBuiltParameter("Ipv6Prefixes", "delegated prefixes"),
    NotBuiltParameter("Ipv6PrefixCount", "delegated prefixes", harmless=(0,)),
    NotBuiltParameter("Operator", "network interfaces that a service manages"),
)
_TYPE = NETWORK_INTERFACE.resource_type
MOST_UNATTACHED = 50  # addresses of an interface that no instance type limits yet: EC2's largest types take so many


@action(
    "CreateNetworkInterface",
    depth=Depth.PARTLY,
    missing=f"{IPV6_ADDRESSES_ARE_RECORDED} {TRACKING_IS_RECORDED}",
    not_built=_NOT_BUILT,
)
async def create_network_interface(cloud: Cloud, call: Call, parameters: Parameters) -> Answer:
    """Make a network interface in a subnet, for an instance to come."""
    refuse(parameters, _NOT_BUILT)
    tags = from_specifications(parameters, [_TYPE]).get(_TYPE)
    tracking = asked_tracking(parameters.get("ConnectionTrackingSpecification"))

    def create(connection: Connection) -> Answer:
        subnet = named(connection, call.scope, SUBNET, parameters["SubnetId"])
        asked = asked_addresses(connection, subnet, parameters)
        if asked.count > MOST_UNATTACHED:
            raise InvalidParameterValue("Number of private addresses exceeds the limit of a network interface.")
        ipv6 = asked_ipv6(connection, subnet, parameters, primary=parameters.get("EnablePrimaryIpv6"))
        if ipv6.count > MOST_UNATTACHED:
            raise InvalidParameterValue("Number of IPv6 addresses exceeds the limit of a network interface.")
        group_ids = parameters.get("Groups") or []
        groups = checked_groups(connection, call, subnet.vpc_id, subnet.id, group_ids) if group_ids else None
        groups = groups or (default_group(connection, subnet.vpc_id),)
        free = drawn(connection, subnet, asked.count - len(asked.named), beside=asked.named)
        primary = free.pop() if asked.primary is None else asked.primary
        interface = NetworkInterface(
            id=new_id(NETWORK_INTERFACE.prefix),
            account=call.account,
            region=call.region,
            vpc_id=subnet.vpc_id,
            subnet_id=subnet.id,
            mac=new_mac(),
            private_ip=primary,
            description=parameters.get("Description") or "",
            source_dest_check=True,
            requester_id=call.caller.id,
            **tracking,
        )
        network_interfaces.add(connection, [interface], [group.id for group in groups])
        network_interfaces.add_addresses(connection, interface, [*asked.secondary, *free])
        added = [*ipv6.named, *drawn_ipv6(connection, subnet, ipv6.more)]
        ipv6_addresses.add(connection, interface, added, first_is_primary=ipv6.first_is_primary)
        write(connection, call, interface.id, _TYPE, tags)
        ((_, output),) = described_interfaces(connection, call, [interface])
        return {
            "NetworkInterface": {**output, "Status": "pending", "TagSet": tag_set(tags) or []},
            "ClientToken": None if call.token is None else call.token.value,
        }

    return await cloud.change(call, create)


@action("DeleteNetworkInterface")
async def delete_network_interface(cloud: Cloud, call: Call, parameters: Parameters) -> Answer:
    """Delete a network interface that no instance has."""

    def delete(connection: Connection) -> Answer:
        interface = named(connection, call.scope, NETWORK_INTERFACE, parameters["NetworkInterfaceId"])
        check_own(interface)
        if interface.attachment_id is not None:
            raise InvalidParameterValue(f"Network interface '{interface.id}' is currently in use.")
        elastic_ips.disassociate_interfaces(connection, [interface.id])
        tag_rows.remove_all(connection, interface.id)
        network_interfaces.remove(connection, interface.id)
        return None

    return await cloud.change(call, delete)


def check_own(interface: NetworkInterface) -> None:
    """Raises EC2's refusal to change an interface that one of its services made for itself."""
    if interface.kind != "interface":
        attachments = (interface.attachment_id or "ela-attach-").rpartition("-")[0]
        raise OperationNotPermitted(f"You are not allowed to manage '{attachments}' attachments.")
