"""DescribeNetworkInterfaces."""

from collections.abc import Mapping, Sequence
from typing import Any, cast

from sqlalchemy import Column, ColumnElement, Connection, FromClause, select, union_all

from kumoniwa.api.call import Answer, Call, Parameters
from kumoniwa.api.cloud import Cloud
from kumoniwa.api.ec2.kinds import NETWORK_INTERFACE
from kumoniwa.api.ec2.network.network_interface_output import (
    Addresses,
    Output,
    addresses_of,
    attachment_output,
    first_ipv6,
    group_sets,
    interface_output,
)
from kumoniwa.api.ec2.tags import tag_set
from kumoniwa.api.filters import Values, never, truth
from kumoniwa.api.listing import NOT_PAGED_CAPITAL, Asked, Listing
from kumoniwa.api.member_paths import Described, at
from kumoniwa.api.registry import Depth, action
from kumoniwa.model.network_interfaces import NetworkInterface
from kumoniwa.model.regions import zone_id
from kumoniwa.store import all_tables as tables
from kumoniwa.store import instances, network_interfaces, vpcs
from kumoniwa.store.selection import OfOthers, Selection, boolean, other_text, text

NAT_SERVICE = "036872051663"
"""The account of EC2's NAT gateways, which makes their network interfaces."""

_FILTERS: Mapping[str, Values[Described]] = {
    "addresses.association.owner-id": at("PrivateIpAddresses.Association.IpOwnerId"),
    "addresses.association.public-ip": at("PrivateIpAddresses.Association.PublicIp"),
    "addresses.primary": at("PrivateIpAddresses.Primary"),
    "addresses.private-ip-address": at("PrivateIpAddresses.PrivateIpAddress"),
    "association.ip-owner-id": at("Association.IpOwnerId"),
    "association.public-dns-name": at("Association.PublicDnsName"),
    "association.public-ip": at("Association.PublicIp"),
    "attachment.attach-time": at("Attachment.AttachTime"),
    "attachment.attachment-id": at("Attachment.AttachmentId"),
    "attachment.delete-on-termination": at("Attachment.DeleteOnTermination"),
    "attachment.device-index": at("Attachment.DeviceIndex"),
    "attachment.instance-id": at("Attachment.InstanceId"),
    "attachment.instance-owner-id": at("Attachment.InstanceOwnerId"),
    "attachment.status": at("Attachment.Status"),
    "availability-zone": at("AvailabilityZone"),
    "availability-zone-id": at("AvailabilityZoneId"),
    "description": at("Description"),
    "group-id": at("Groups.GroupId"),
    "group-name": at("Groups.GroupName"),
    "interface-type": at("InterfaceType"),
    "mac-address": at("MacAddress"),
    "network-interface-id": at("NetworkInterfaceId"),
    "operator.managed": lambda _: truth(False),
    "owner-id": at("OwnerId"),
    "private-dns-name": at("PrivateDnsName"),
    "private-ip-address": at("PrivateIpAddress"),
    "requester-managed": at("RequesterManaged"),
    "source-dest-check": at("SourceDestCheck"),
    "status": at("Status"),
    "subnet-id": at("SubnetId"),
    "vpc-id": at("VpcId"),
    "association.allocation-id": at("Association.AllocationId"),
    "association.association-id": at("Association.AssociationId"),
    "addresses.association.allocation-id": at("PrivateIpAddresses.Association.AllocationId"),
    "addresses.association.association-id": at("PrivateIpAddresses.Association.AssociationId"),
    "ipv6-addresses.ipv6-address": at("Ipv6Addresses.Ipv6Address"),
    "requester-id": at("RequesterId"),
    **never("operator.principal"),
}


_OWN, _GROUP = tables.network_interfaces.c, tables.interface_groups.c
_FURTHER, _ELASTIC, _INSTANCE = tables.secondary_addresses.c, tables.elastic_ips.c, tables.instances.c


def _of_any(*rows: tuple["Column[Any]", FromClause, *tuple[ColumnElement[bool], ...]]) -> OfOthers:
    """Compares a text of interfaces' rows, or of rows that each belong to one, in all of these tables."""
    selects = [
        select(_OWN.id.label("interface_id"), _OWN.account, _OWN.region, text.label("address"))
        .select_from(among)
        .where(*holds)
        for text, among, *holds in rows
    ]
    found = union_all(*selects).subquery()
    owner, compared = cast("Column[Any]", found.c.interface_id), cast("Column[Any]", found.c.address)
    return other_text(owner, compared, among=found, scoped=found, by_text=True)


_IPS, _INTERFACES_TOO = tables.elastic_ips, tables.network_interfaces
_WITH_FURTHER = tables.secondary_addresses.join(_INTERFACES_TOO, _FURTHER.interface_id == _OWN.id)
_WITH_ELASTIC = _IPS.join(_INTERFACES_TOO, _ELASTIC.interface_id == _OWN.id)
_WITH_INSTANCE = tables.instances.join(_INTERFACES_TOO, _OWN.instance_id == _INSTANCE.id)
_SHOWN_OF_INSTANCE = (_INSTANCE.public_ip, _WITH_INSTANCE, _OWN.device_index == 0)
"""The public address that an instance shows leads to its primary interface's primary address."""
_SELECTION = Selection(
    tables.network_interfaces,
    order=(_OWN.id,),
    comparisons={
        "addresses.association.allocation-id": other_text(_ELASTIC.interface_id, _ELASTIC.id),
        "addresses.association.association-id": other_text(_ELASTIC.interface_id, _ELASTIC.association_id),
        "addresses.association.public-ip": _of_any((_ELASTIC.public_ip, _WITH_ELASTIC), _SHOWN_OF_INSTANCE),
        "addresses.private-ip-address": _of_any(
            (_OWN.private_ip, _INTERFACES_TOO), (_FURTHER.private_ip, _WITH_FURTHER)
        ),
        "association.public-ip": _of_any(
            (_ELASTIC.public_ip, _WITH_ELASTIC, _ELASTIC.private_ip == _OWN.private_ip), _SHOWN_OF_INSTANCE
        ),
        "attachment.attachment-id": text(_OWN.attachment_id),
        "attachment.instance-id": text(_OWN.instance_id),
        "description": text(_OWN.description),
        "group-id": other_text(_GROUP.interface_id, _GROUP.group_id),
        "group-name": other_text(
            _GROUP.interface_id,
            tables.security_groups.c.name,
            among=tables.interface_groups.join(tables.security_groups),
            scoped=tables.security_groups,
        ),
        "mac-address": text(_OWN.mac),
        "network-interface-id": text(_OWN.id),
        "owner-id": text(_OWN.account),
        "private-ip-address": text(_OWN.private_ip),
        "source-dest-check": boolean(_OWN.source_dest_check),
        "subnet-id": text(_OWN.subnet_id),
        "vpc-id": text(_OWN.vpc_id),
    },
    resource_type=NETWORK_INTERFACE.resource_type,
)


def _read(connection: Connection, asked: Asked) -> list[Described]:
    """Interfaces with their descriptions, which filters read; tags are added to the rows that are shown."""
    found = network_interfaces.in_scope(connection, asked.call.scope, asked.ids)
    return [*described_interfaces(connection, asked.call, found)]


def described_interfaces(
    connection: Connection, call: Call, found: Sequence[NetworkInterface]
) -> list[tuple[NetworkInterface, Output]]:
    """These network interfaces of the caller, each with its description but for its tags."""
    groups = group_sets(connection, call, [interface.id for interface in found])
    public = instances.public_addresses_of(connection, [one.instance_id for one in found if one.instance_id])
    addresses = addresses_of(connection, found, public)
    subnets = vpcs.subnets_in(connection, call.scope, {interface.subnet_id for interface in found})
    zones = {subnet.id: subnet.zone for subnet in subnets}
    return [
        (
            interface,
            {
                **_output(interface, groups.get(interface.id, ()), addresses[interface.id]),
                **_of_it_alone(interface, zones[interface.subnet_id]),
                "Ipv6Address": first_ipv6(addresses[interface.id]),
            },
        )
        for interface in found
    ]


def _output(interface: NetworkInterface, groups: Sequence[Output], addresses: Addresses) -> Output:
    """An interface as within its instance, and what leads to its addresses by id."""
    output = interface_output(interface, groups, addresses)
    for private in output["PrivateIpAddresses"]:
        if (elastic := addresses.elastic.get(private["PrivateIpAddress"])) is not None:
            private["Association"] |= {"AllocationId": elastic.id, "AssociationId": elastic.association_id}
    return output


def described_attachment(interface: NetworkInterface) -> Output:
    """An interface's attachment as the interface shows it."""
    service = interface.kind != "interface"
    return {
        **attachment_output(interface),
        "InstanceId": interface.instance_id,
        "InstanceOwnerId": "amazon-aws" if service else interface.account,
    }


def _of_it_alone(interface: NetworkInterface, zone: str) -> Output:
    """What an interface shows by itself, and not within its instance."""
    service = interface.kind != "interface"
    return {
        "Attachment": None if interface.attachment_id is None else described_attachment(interface),
        "Status": "available" if interface.attachment_id is None else "in-use",
        "AvailabilityZone": zone,
        "AvailabilityZoneId": zone_id(zone),
        "PublicDnsName": None,
        "RequesterId": NAT_SERVICE if service else interface.requester_id,
        "RequesterManaged": service,
    }


_INTERFACES = Listing(
    member="NetworkInterfaces",
    kind=NETWORK_INTERFACE,
    ids="NetworkInterfaceIds",
    read=_read,
    # Unlike other resources, a network interface has its tag set even where that is empty.
    row=lambda described, tags: {**described[1], "TagSet": tag_set(tags) or []},
    id_of=lambda described: described[0].id,
    key=lambda described: _SELECTION.key(described[0]),
    selection=_SELECTION,
    filters=_FILTERS,
    tagged=True,
    limits=(5, 1000),
    whole={"NetworkInterfaceIds": NOT_PAGED_CAPITAL.format("NetworkInterfaceIds")},
)


@action(
    "DescribeNetworkInterfaces",
    depth=Depth.PARTLY,
    missing="Its PublicDnsName is empty.",
)
async def describe_network_interfaces(cloud: Cloud, call: Call, parameters: Parameters) -> Answer:
    """The network interfaces of a region, attached or not."""
    return await _INTERFACES.answer(cloud, call, parameters)
