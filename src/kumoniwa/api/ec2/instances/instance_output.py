"""An instance as EC2 describes it."""

from collections.abc import Mapping, Sequence
from typing import Any

from sqlalchemy import Connection

from kumoniwa.api.call import Call
from kumoniwa.api.ec2.instances.instance_profiles import profile_output
from kumoniwa.api.ec2.instances.spot_market import lifecycle
from kumoniwa.api.ec2.network.network_interface_output import (
    Addresses,
    addresses_of,
    first_ipv6,
    group_sets,
    interface_output,
)
from kumoniwa.api.ec2.tags import tag_set
from kumoniwa.clock import whole_seconds
from kumoniwa.model.hostnames import private_hostname
from kumoniwa.model.instance_types import INSTANCE_TYPES
from kumoniwa.model.instances import Instance, InstanceState
from kumoniwa.model.network_interfaces import NetworkInterface
from kumoniwa.model.regions import zone_id
from kumoniwa.model.roles import ProfileAssociation
from kumoniwa.model.volumes import Attachment
from kumoniwa.store import instance_profiles, network_interfaces, volumes
from kumoniwa.store.tags import tags_of
from kumoniwa.values import dataclass

Output = dict[str, Any]

_OPEN = {"CapacityReservationPreference": "open"}


@dataclass(frozen=True, slots=True)
class Surroundings:
    """What an instance shows and other rows hold, by instance id."""

    interfaces: Mapping[str, Sequence[NetworkInterface]]
    """The primary one first."""
    groups: Mapping[str, Sequence[Output]]
    """By network interface."""
    addresses: Mapping[str, Addresses]
    """By network interface."""
    attachments: Mapping[str, Sequence[Attachment]]
    tags: Mapping[str, Mapping[str, str]]
    profiles: Mapping[str, ProfileAssociation]


def surroundings(connection: Connection, call: Call, found: Sequence[Instance]) -> Surroundings:
    """Read what other rows hold of these instances, in a handful of queries however many they are."""
    ids = [instance.id for instance in found]
    interfaces = network_interfaces.of_instances(connection, call.scope, ids)
    attached = [interface for those in interfaces.values() for interface in those]
    return Surroundings(
        interfaces=interfaces,
        groups=group_sets(connection, call, [interface.id for interface in attached]),
        addresses=addresses_of(connection, attached, {instance.id: instance.public_ip for instance in found}),
        attachments=volumes.attachments_of(connection, ids),
        tags=tags_of(connection, call.scope, "instance", ids),
        profiles=instance_profiles.of_instances(connection, ids),
    )


def instance_output(instance: Instance, around: Surroundings) -> Output:
    """An instance under EC2's member names. A terminated instance has lost its interfaces and volumes."""
    members = {
        "AmiLaunchIndex": instance.launch_index,
        "Architecture": instance.architecture,
        "ClientToken": instance.client_token,
        "IamInstanceProfile": None if (has := around.profiles.get(instance.id)) is None else profile_output(has),
        "ImageId": instance.image_id,
        "InstanceId": instance.id,
        "InstanceType": instance.instance_type,
        "KeyName": instance.key_name,
        "LaunchTime": whole_seconds(instance.launch_time),
        "Monitoring": {"State": "enabled" if instance.monitoring else "disabled"},
        "Operator": {"Managed": False},
        "Placement": {
            "AvailabilityZone": instance.zone,
            "AvailabilityZoneId": zone_id(instance.zone),
            "GroupName": "",
            "Tenancy": "default",
            **instance.options.get("Placement", {}),
        },
        "PlatformDetails": "Linux/UNIX",
        "ProductCodes": [],
        "State": state_output(instance.state),
        "StateReason": _state_reason(instance),
        "StateTransitionReason": instance.state_transition_reason,
        "Tags": tag_set(around.tags.get(instance.id, {})),
        "UsageOperation": "RunInstances",
        "UsageOperationUpdateTime": whole_seconds(instance.first_launch_time),
        **_machine_output(instance),
        **_disks_output(instance, around),
        **_network_output(instance, around),
        **_options_output(instance),
        **lifecycle(instance),
    }
    return dict(sorted(members.items()))  # whichever part a member is in, its place in the answer is the same


def _machine_output(instance: Instance) -> Output:
    return {
        "BootMode": instance.options.get("BootMode", instance.boot_mode),
        "CpuOptions": instance.options.get("CpuOptions") or _cpu_options(instance),
        "CurrentInstanceBootMode": instance.boot_mode or "legacy-bios",
        "EnaSupport": True,
        "EnclaveOptions": {"Enabled": False},
        "HibernationOptions": {"Configured": instance.is_hibernatable},
        "Hypervisor": "xen",  # EC2 says so of Nitro instances too
        "VirtualizationType": "hvm",
    }


def _disks_output(instance: Instance, around: Surroundings) -> Output:
    attachments = () if instance.state is InstanceState.TERMINATED else around.attachments.get(instance.id, ())
    return {
        "BlockDeviceMappings": [_device(attachment) for attachment in attachments],
        "EbsOptimized": instance.ebs_optimized,
        "RootDeviceName": instance.root_device_name,
        "RootDeviceType": "ebs",
    }


def _network_output(instance: Instance, around: Surroundings) -> Output:
    interfaces = around.interfaces.get(instance.id, ())
    attached = {
        "NetworkInterfaces": [
            interface_output(interface, around.groups.get(interface.id, ()), around.addresses[interface.id])
            for interface in interfaces
        ],
        "PublicDnsName": "",  # no resolver of the host would know a name of ours, and EC2's lead to other machines
        "PublicIpAddress": instance.public_ip,
    }
    if not interfaces:
        return {**attached, "PrivateDnsName": "", "SecurityGroups": []}
    primary = interfaces[0]
    return {
        **attached,
        "Ipv6Address": first_ipv6(around.addresses[primary.id]),
        "PrivateDnsName": private_hostname(primary.private_ip, instance.region),
        "PrivateIpAddress": primary.private_ip,
        "SecurityGroups": list(around.groups.get(primary.id, ())),
        "SourceDestCheck": primary.source_dest_check,
        "SubnetId": primary.subnet_id,
        "VpcId": primary.vpc_id,
    }


def _options_output(instance: Instance) -> Output:
    """Options that have no effect, or act elsewhere, with EC2's defaults."""
    options = instance.options
    return {
        "CapacityReservationSpecification": options.get("CapacityReservationSpecification", _OPEN),
        "MaintenanceOptions": {
            "AutoRecovery": "default",
            "RebootMigration": "default",
            **options.get("MaintenanceOptions", {}),
        },
        "MetadataOptions": metadata_options(instance),
        "PrivateDnsNameOptions": {
            "HostnameType": "ip-name",
            "EnableResourceNameDnsARecord": False,
            "EnableResourceNameDnsAAAARecord": False,
            **options.get("PrivateDnsNameOptions", {}),
        },
    }


def _state_reason(instance: Instance) -> Output | None:
    if instance.state_reason_code is None:
        return None
    return {"Code": instance.state_reason_code, "Message": instance.state_reason_message}


def state_output(state: InstanceState) -> dict[str, Any]:
    """A state as EC2 writes it."""
    return {"Code": state.code, "Name": str(state)}


def reservations(found: Sequence[Instance], outputs: Sequence[Output]) -> list[Output]:
    """Instances under the reservations that launched them, in the order in which they stand."""
    grouped: dict[str, Output] = {}
    for instance, output in zip(found, outputs, strict=True):
        reservation = grouped.setdefault(
            instance.reservation_id,
            {
                "ReservationId": instance.reservation_id,
                "OwnerId": instance.account,
                "Groups": [],
                "Instances": [],
            },
        )
        reservation["Instances"].append(output)
    return list(grouped.values())


def metadata_options(instance: Instance) -> Output:
    """The instance's metadata service as EC2 shows it."""
    return {
        "State": "applied",
        "HttpTokens": "required" if instance.metadata_tokens_required else "optional",
        "HttpPutResponseHopLimit": instance.metadata_hop_limit,
        "HttpEndpoint": "enabled" if instance.metadata_endpoint else "disabled",
        "HttpProtocolIpv6": "disabled",
        "InstanceMetadataTags": "enabled" if instance.metadata_tags else "disabled",
    }


def _cpu_options(instance: Instance) -> Output:
    kind = INSTANCE_TYPES[instance.instance_type]
    return {
        "CoreCount": kind.cores,
        "ThreadsPerCore": kind.threads_per_core,
    }


def _device(attachment: Attachment) -> Output:
    return {
        "DeviceName": attachment.device,
        "Ebs": {
            "AttachTime": whole_seconds(attachment.attached_at),
            "DeleteOnTermination": attachment.delete_on_termination,
            "Status": attachment.state.at_instance,
            "VolumeId": attachment.volume_id,
        },
    }
