"""DescribeNetworkInterfaces: the interface of each instance, which lives and ends with it."""

from collections.abc import Mapping, Sequence
from typing import Any

from sqlalchemy import Connection

from kumoniwa.api.call import Answer, Call, Parameters
from kumoniwa.api.cloud import Cloud
from kumoniwa.api.ec2.instances.instance_output import interface_output, surroundings
from kumoniwa.api.ec2.kinds import NETWORK_INTERFACE
from kumoniwa.api.ec2.tags import tag_set, tags_of
from kumoniwa.api.filters import never, truth
from kumoniwa.api.listing import page
from kumoniwa.api.member_paths import at
from kumoniwa.api.registry import Depth, action
from kumoniwa.model.instances import Instance, InstanceState
from kumoniwa.model.regions import zone_id
from kumoniwa.store import instances

_FILTERS = {
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
    **never(
        "association.allocation-id",
        "association.association-id",
        "ipv6-addresses.ipv6-address",
        "operator.principal",
        "requester-id",
    ),
}


@action(
    "DescribeNetworkInterfaces",
    depth=Depth.PARTLY,
    missing="Each instance has one interface, which is made and deleted with it.",
)
async def describe_network_interfaces(cloud: Cloud, call: Call, parameters: Parameters) -> Answer:
    """The network interfaces of a region: one for each instance that is not terminated."""
    ids = parameters.get("NetworkInterfaceIds")
    NETWORK_INTERFACE.check_form(ids or ())

    def describe(connection: Connection) -> Answer:
        every = instances.in_scope(connection, call.scope)
        found = [
            instance
            for instance in every
            if instance.state is not InstanceState.TERMINATED and (not ids or instance.interface_id in ids)
        ]
        NETWORK_INTERFACE.check_all_found(ids, {instance.interface_id for instance in found})
        groups = surroundings(connection, call, found).groups
        tags = tags_of(connection, call.scope, NETWORK_INTERFACE.resource_type)
        shown, token = page(
            call,
            parameters,
            [(one, _output(one, groups.get(one.id, ()), tags.get(one.interface_id, {}))) for one in found],
            filters=_FILTERS,
            key=lambda shown: shown[0].interface_id,
            tags=lambda shown: tags.get(shown[0].interface_id, {}),
            limits=(5, 1000),
            whole={"NetworkInterfaceIds": "networkInterfaceIdSet"},
        )
        return {"NetworkInterfaces": [output for _, output in shown], "NextToken": token}

    return await cloud.read(describe)


def _output(instance: Instance, groups: Sequence[dict[str, Any]], tags: Mapping[str, str]) -> dict[str, Any]:
    """As with its instance, and what is told of it alone."""
    told = interface_output(instance, groups)
    return {
        **told,
        "Attachment": {**told["Attachment"], "InstanceId": instance.id, "InstanceOwnerId": instance.account},
        "AvailabilityZone": instance.zone,
        "AvailabilityZoneId": zone_id(instance.zone),
        "PublicDnsName": None,
        "RequesterManaged": False,
        # Unlike other resources, a network interface has its tag set even where that is empty.
        "TagSet": tag_set(tags) or [],
    }
