"""A network interface as EC2 describes it within its instance, and the security groups that it names."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import field
from typing import Any

from sqlalchemy import Connection

from kumoniwa.api.call import Call
from kumoniwa.api.ec2.network.connection_tracking import tracking_output
from kumoniwa.clock import whole_seconds
from kumoniwa.model.elastic_ips import ElasticIp
from kumoniwa.model.hostnames import private_hostname
from kumoniwa.model.network_interfaces import Ipv6Address, NetworkInterface
from kumoniwa.store import elastic_ips, ipv6_addresses, network_interfaces
from kumoniwa.values import dataclass

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


@dataclass(frozen=True, slots=True)
class Addresses:
    """What an interface has of addresses besides its primary private one."""

    lent: str | None = None
    """The public address that is lent to its instance, where the interface is the primary one."""
    secondary: Sequence[str] = ()
    elastic: Mapping[str, ElasticIp] = field(default_factory=dict)
    """The Elastic IP addresses that lead to it, by private address."""
    ipv6: Sequence[Ipv6Address] = ()


def addresses_of(
    connection: Connection, interfaces: Collection[NetworkInterface], public: Mapping[str, str | None]
) -> dict[str, Addresses]:
    """The addresses of network interfaces, by interface. `public` has the public addresses of their instances."""
    ids = [interface.id for interface in interfaces]
    secondary, elastic = network_interfaces.secondary_of(connection, ids), elastic_ips.of_interfaces(connection, ids)
    ipv6 = ipv6_addresses.of_interfaces(connection, ids)
    return {
        interface.id: Addresses(
            public.get(interface.instance_id or "") if interface.device_index == 0 else None,
            secondary.get(interface.id, ()),
            elastic.get(interface.id, {}),
            ipv6.get(interface.id, ()),
        )
        for interface in interfaces
    }


def first_ipv6(addresses: Addresses) -> str | None:
    """The IPv6 address that an interface and its instance show as theirs: the primary one, else the first."""
    ordered = sorted(addresses.ipv6, key=lambda one: not one.is_primary)
    return ordered[0].address if ordered else None


def interface_output(interface: NetworkInterface, groups: Sequence[Output], addresses: Addresses) -> Output:
    """An interface that is attached, under EC2's member names."""
    private = [_private(interface, address, addresses) for address in (interface.private_ip, *addresses.secondary)]
    return {
        "Association": private[0]["Association"],
        "Attachment": attachment_output(interface),
        "ConnectionTrackingConfiguration": tracking_output(interface),
        "Description": interface.description,
        "Groups": list(groups),
        "InterfaceType": interface.kind,
        "Ipv6Addresses": [{"Ipv6Address": one.address, "IsPrimaryIpv6": one.is_primary} for one in addresses.ipv6],
        "MacAddress": interface.mac,
        "NetworkInterfaceId": interface.id,
        "Operator": {"Managed": False},
        "OwnerId": interface.account,
        "PrivateDnsName": private[0]["PrivateDnsName"],
        "PrivateIpAddress": interface.private_ip,
        "PrivateIpAddresses": private,
        "SourceDestCheck": interface.source_dest_check,
        "Status": "in-use",
        "SubnetId": interface.subnet_id,
        "VpcId": interface.vpc_id,
    }


def _private(interface: NetworkInterface, address: str, addresses: Addresses) -> Output:
    """One of an interface's private addresses, with the public one that leads to it."""
    primary = address == interface.private_ip
    association = None
    if (elastic := addresses.elastic.get(address)) is not None:
        association = {"IpOwnerId": elastic.account, "PublicDnsName": "", "PublicIp": elastic.public_ip}
    elif primary and addresses.lent is not None:
        association = {"IpOwnerId": "amazon", "PublicDnsName": "", "PublicIp": addresses.lent}
    return {
        "Association": association,
        "Primary": primary,
        "PrivateDnsName": private_hostname(address, interface.region),
        "PrivateIpAddress": address,
    }


def attachment_output(interface: NetworkInterface) -> Output:
    """An interface's attachment as its instance shows it."""
    return {
        "AttachTime": None if interface.attached_at is None else whole_seconds(interface.attached_at),
        "AttachmentId": interface.attachment_id,
        "DeleteOnTermination": interface.delete_on_termination,
        "DeviceIndex": interface.device_index,
        "NetworkCardIndex": 0,
        "Status": str(interface.attachment_state),
    }
