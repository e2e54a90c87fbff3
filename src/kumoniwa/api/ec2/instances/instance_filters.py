"""The filters of DescribeInstances: all that EC2 documents, and two that it no longer documents."""

from collections.abc import Callable, Iterable, Mapping
from typing import Any

from kumoniwa.api.filters import never, present, truth
from kumoniwa.api.member_paths import Output, at, moment
from kumoniwa.clock import whole_seconds
from kumoniwa.model.instances import Instance

Shown = tuple[Instance, Output, Any]
"""An instance, and as EC2 describes it."""

_Values = Callable[[Shown], Iterable[str]]


_ADDRESS = "NetworkInterfaces.PrivateIpAddresses"
_INTERFACE = {
    "addresses.association.ip-owner-id": f"{_ADDRESS}.Association.IpOwnerId",
    "addresses.association.public-dns-name": f"{_ADDRESS}.Association.PublicDnsName",
    "addresses.association.public-ip": f"{_ADDRESS}.Association.PublicIp",
    "addresses.primary": f"{_ADDRESS}.Primary",
    "addresses.private-dns-name": f"{_ADDRESS}.PrivateDnsName",
    "addresses.private-ip-address": f"{_ADDRESS}.PrivateIpAddress",
    "association.ip-owner-id": "NetworkInterfaces.Association.IpOwnerId",
    "association.public-dns-name": "NetworkInterfaces.Association.PublicDnsName",
    "association.public-ip": "NetworkInterfaces.Association.PublicIp",
    "attachment.attach-time": "NetworkInterfaces.Attachment.AttachTime",
    "attachment.attachment-id": "NetworkInterfaces.Attachment.AttachmentId",
    "attachment.delete-on-termination": "NetworkInterfaces.Attachment.DeleteOnTermination",
    "attachment.device-index": "NetworkInterfaces.Attachment.DeviceIndex",
    "attachment.network-card-index": "NetworkInterfaces.Attachment.NetworkCardIndex",
    "attachment.status": "NetworkInterfaces.Attachment.Status",
    "description": "NetworkInterfaces.Description",
    "group-id": "NetworkInterfaces.Groups.GroupId",
    "group-name": "NetworkInterfaces.Groups.GroupName",
    "ipv6-address": "NetworkInterfaces.Ipv6Addresses.Ipv6Address",
    "ipv6-addresses.ipv6-address": "NetworkInterfaces.Ipv6Addresses.Ipv6Address",
    "ipv6-addresses.is-primary-ipv6": "NetworkInterfaces.Ipv6Addresses.IsPrimaryIpv6",
    "mac-address": "NetworkInterfaces.MacAddress",
    "network-interface-id": "NetworkInterfaces.NetworkInterfaceId",
    "operator.managed": "NetworkInterfaces.Operator.Managed",
    "owner-id": "NetworkInterfaces.OwnerId",
    "private-dns-name": "NetworkInterfaces.PrivateDnsName",
    "private-ip-address": "NetworkInterfaces.PrivateIpAddress",
    "public-dns-name": "NetworkInterfaces.Association.PublicDnsName",
    "source-dest-check": "NetworkInterfaces.SourceDestCheck",
    "status": "NetworkInterfaces.Status",
    "subnet-id": "NetworkInterfaces.SubnetId",
    "vpc-id": "NetworkInterfaces.VpcId",
}
_NEVER_OF_INTERFACES = (
    "addresses.association.allocation-id",
    "addresses.association.association-id",
    "addresses.association.carrier-ip",
    "addresses.association.customer-owned-ip",
    "association.allocation-id",
    "association.association-id",
    "association.carrier-ip",
    "association.customer-owned-ip",
    "ipv4-prefixes.ipv4-prefix",
    "ipv6-prefixes.ipv6-prefix",
    "operator.principal",
    "outpost-arn",
    "requester-id",
)


def interface_tag_filters(tags: Mapping[str, Mapping[str, str]]) -> Mapping[str, _Values]:
    """The two filters that compare tags of network interfaces, given those by interface."""
    return {
        "network-interface.tag-key": lambda shown: [key for own in _of_interfaces(shown, tags) for key in own],
        "network-interface.tag-value": lambda shown: [
            value for own in _of_interfaces(shown, tags) for value in own.values()
        ],
    }


def _of_interfaces(shown: Shown, tags: Mapping[str, Mapping[str, str]]) -> list[Mapping[str, str]]:
    return [tags.get(interface["NetworkInterfaceId"], {}) for interface in shown[1]["NetworkInterfaces"]]


def _if_interface(value: Callable[[Instance], Iterable[str]]) -> _Values:
    """What is true of every network interface; a terminated instance has none."""
    return lambda shown: value(shown[0]) if shown[1]["NetworkInterfaces"] else ()


FILTERS: Mapping[str, _Values] = {
    "architecture": at("Architecture"),
    "availability-zone": lambda shown: (shown[0].zone,),
    "availability-zone-id": at("Placement.AvailabilityZoneId"),
    "block-device-mapping.attach-time": at("BlockDeviceMappings.Ebs.AttachTime"),
    "block-device-mapping.delete-on-termination": at("BlockDeviceMappings.Ebs.DeleteOnTermination"),
    "block-device-mapping.device-name": at("BlockDeviceMappings.DeviceName"),
    "block-device-mapping.status": at("BlockDeviceMappings.Ebs.Status"),
    "block-device-mapping.volume-id": at("BlockDeviceMappings.Ebs.VolumeId"),
    "boot-mode": at("BootMode"),
    "capacity-reservation-specification.capacity-reservation-preference": at(
        "CapacityReservationSpecification.CapacityReservationPreference"
    ),
    "client-token": lambda shown: (shown[0].client_token,),
    "current-instance-boot-mode": at("CurrentInstanceBootMode"),
    "dns-name": at("PublicDnsName"),
    "ebs-optimized": lambda shown: truth(shown[0].ebs_optimized),
    "ena-support": lambda shown: truth(True),
    "enclave-options.enabled": lambda shown: truth(False),
    "group-id": at("SecurityGroups.GroupId"),
    "group-name": at("SecurityGroups.GroupName"),
    "hibernation-options.configured": lambda shown: truth(shown[0].is_hibernatable),
    "hypervisor": at("Hypervisor"),
    "iam-instance-profile.arn": at("IamInstanceProfile.Arn"),
    "iam-instance-profile.id": at("IamInstanceProfile.Id"),
    "image-id": lambda shown: (shown[0].image_id,),
    "instance-id": lambda shown: (shown[0].id,),
    "instance-lifecycle": at("InstanceLifecycle"),
    "instance-state-code": lambda shown: (str(shown[0].state.code),),
    "instance-state-name": lambda shown: (str(shown[0].state),),
    "instance-type": lambda shown: (shown[0].instance_type,),
    "instance.group-id": at("SecurityGroups.GroupId"),
    "instance.group-name": at("SecurityGroups.GroupName"),
    "ip-address": at("PublicIpAddress"),
    "ipv6-address": at("Ipv6Address"),
    "key-name": at("KeyName"),
    "launch-index": lambda shown: (str(shown[0].launch_index),),
    "launch-time": lambda shown: (moment(whole_seconds(shown[0].launch_time)),),
    "maintenance-options.auto-recovery": at("MaintenanceOptions.AutoRecovery"),
    "metadata-options.http-endpoint": at("MetadataOptions.HttpEndpoint"),
    "metadata-options.http-protocol-ipv4": lambda shown: ("enabled",),
    "metadata-options.http-protocol-ipv6": at("MetadataOptions.HttpProtocolIpv6"),
    "metadata-options.http-put-response-hop-limit": at("MetadataOptions.HttpPutResponseHopLimit"),
    "metadata-options.http-tokens": at("MetadataOptions.HttpTokens"),
    "metadata-options.instance-metadata-tags": at("MetadataOptions.InstanceMetadataTags"),
    "metadata-options.state": at("MetadataOptions.State"),
    "monitoring-state": at("Monitoring.State"),
    **{f"network-interface.{name}": at(path) for name, path in _INTERFACE.items()},
    "network-interface.attachment.instance-id": _if_interface(lambda instance: (instance.id,)),
    "network-interface.attachment.instance-owner-id": _if_interface(lambda instance: (instance.account,)),
    "network-interface.availability-zone": _if_interface(lambda instance: (instance.zone,)),
    "network-interface.deny-all-igw-traffic": _if_interface(lambda _: truth(False)),
    "network-interface.ipv6-native": _if_interface(lambda _: truth(False)),
    "network-interface.requester-managed": _if_interface(lambda _: truth(False)),
    "network-performance-options.bandwidth-weighting": lambda shown: ("default",),
    "operator.managed": lambda shown: truth(False),
    "owner-id": lambda shown: (shown[0].account,),
    "placement-group-name": lambda shown: present(shown[0].options.get("Placement", {}).get("GroupName")),
    "placement-partition-number": at("Placement.PartitionNumber"),
    "platform-details": at("PlatformDetails"),
    "private-dns-name": at("PrivateDnsName"),
    "private-dns-name-options.enable-resource-name-dns-a-record": at(
        "PrivateDnsNameOptions.EnableResourceNameDnsARecord"
    ),
    "private-dns-name-options.enable-resource-name-dns-aaaa-record": at(
        "PrivateDnsNameOptions.EnableResourceNameDnsAAAARecord"
    ),
    "private-dns-name-options.hostname-type": at("PrivateDnsNameOptions.HostnameType"),
    "private-ip-address": at("PrivateIpAddress"),
    "reason": lambda shown: (shown[0].state_transition_reason,),
    "requester-id": lambda shown: (shown[0].requester,),
    "reservation-id": lambda shown: (shown[0].reservation_id,),
    "root-device-name": at("RootDeviceName"),
    "root-device-type": at("RootDeviceType"),
    "source-dest-check": at("SourceDestCheck"),
    "spot-instance-request-id": at("SpotInstanceRequestId"),
    "state-reason-code": lambda shown: present(shown[0].state_reason_code),
    "state-reason-message": lambda shown: present(shown[0].state_reason_message),
    "subnet-id": at("SubnetId"),
    "tenancy": at("Placement.Tenancy"),
    "usage-operation": at("UsageOperation"),
    "usage-operation-update-time": at("UsageOperationUpdateTime"),
    "virtualization-type": at("VirtualizationType"),
    "vpc-id": at("VpcId"),
    **never(
        "affinity",
        "capacity-reservation-id",
        "capacity-reservation-specification.capacity-reservation-target.capacity-reservation-id",
        "capacity-reservation-specification.capacity-reservation-target.capacity-reservation-resource-group-arn",
        "host-id",
        "kernel-id",
        "operator.principal",
        "outpost-arn",
        "platform",
        "product-code",
        "product-code.type",
        "ramdisk-id",
        "tpm-support",
        *(f"network-interface.{name}" for name in _NEVER_OF_INTERFACES),
    ),
}
