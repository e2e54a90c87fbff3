"""A network interface as EC2 describes it within its instance, and the security groups that it names."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from typing import Any

from sqlalchemy import Connection

from kumoniwa.api.call import Call
from kumoniwa.clock import whole_seconds
from kumoniwa.model.hostnames import private_hostname
from kumoniwa.model.network_interfaces import NetworkInterface
from kumoniwa.store import network_interfaces

Output = dict[str, Any]


def group_sets(
    connection: Connection, call: Call, interface_ids: Collection[str] | None
) -> Mapping[str, Sequence[Output]]:
    """The security groups of the caller's network interfaces under EC2's member names, by interface; only of these
    interfaces, where ids are given."""
    found = network_interfaces.groups_in_scope(connection, call.scope, interface_ids)
    return {interface_id: group_set(groups) for interface_id, groups in found.items()}


def group_set(groups: Iterable[tuple[str, str]]) -> list[Output]:
    """Security groups, given by id and name, under EC2's member names."""
    return [{"GroupId": group_id, "GroupName": name} for group_id, name in groups]


def interface_output(interface: NetworkInterface, groups: Sequence[Output], public_ip: str | None) -> Output:
    """An interface that is attached, under EC2's member names."""
    association = None
    if public_ip is not None:
        association = {"IpOwnerId": "amazon", "PublicDnsName": "", "PublicIp": public_ip}
    name = private_hostname(interface.private_ip, interface.region)
    return {
        "Association": association,
        "Attachment": attachment_output(interface),
        "Description": interface.description,
        "Groups": list(groups),
        "InterfaceType": "interface",
        "Ipv6Addresses": [],
        "MacAddress": interface.mac,
        "NetworkInterfaceId": interface.id,
        "Operator": {"Managed": False},
        "OwnerId": interface.account,
        "PrivateDnsName": name,
        "PrivateIpAddress": interface.private_ip,
        "PrivateIpAddresses": [
            {
                "Association": association,
                "Primary": True,
                "PrivateDnsName": name,
                "PrivateIpAddress": interface.private_ip,
            }
        ],
        "SourceDestCheck": interface.source_dest_check,
        "Status": "in-use",
        "SubnetId": interface.subnet_id,
        "VpcId": interface.vpc_id,
    }


def attachment_output(interface: NetworkInterface) -> Output:
    """An interface's attachment as its instance shows it."""
    return {
        "AttachTime": None if interface.attached_at is None else whole_seconds(interface.attached_at),
        "AttachmentId": interface.attachment_id,
        "DeleteOnTermination": interface.delete_on_termination,
        "DeviceIndex": interface.device_index,
        "NetworkCardIndex": 0,
        "Status": "attached",
    }
