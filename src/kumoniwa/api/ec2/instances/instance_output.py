"""An instance as EC2 describes it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection

from kumoniwa.api.call import Call
from kumoniwa.api.ec2.network.network_interface_output import group_sets, interface_output
from kumoniwa.api.ec2.tags import tag_set
from kumoniwa.model.hostnames import private_hostname
from kumoniwa.model.instance_types import INSTANCE_TYPES
from kumoniwa.model.instances import Instance, InstanceState
from kumoniwa.model.network_interfaces import NetworkInterface
from kumoniwa.model.regions import zone_id
from kumoniwa.model.volumes import Attachment
from kumoniwa.store import network_interfaces, volumes
from kumoniwa.store.tags import tags_of

Output = dict[str, Any]

_OPEN = {"CapacityReservationPreference": "open"}


@dataclass(frozen=True, slots=True)
class Surroundings:
    """What is told with instances and stands in other rows, by instance id."""

    interfaces: Mapping[str, Sequence[NetworkInterface]]
    """The primary one first."""
    groups: Mapping[str, Sequence[Output]]
    """By network interface."""
    attachments: Mapping[str, Sequence[Attachment]]
    tags: Mapping[str, Mapping[str, str]]


def surroundings(connection: Connection, call: Call, found: Sequence[Instance]) -> Surroundings:
    """Read what is told with these instances, in a handful of queries however many they are."""
    ids = [instance.id for instance in found] if len(found) < 100 else None
    interfaces = network_interfaces.of_instances(connection, call.account, call.region, ids)
    wanted = None if ids is None else [interface.id for those in interfaces.values() for interface in those]
    return Surroundings(
        interfaces=interfaces,
        groups=group_sets(connection, call, wanted),
        attachments=volumes.attachments_of(connection, ids),
        tags=tags_of(connection, call.account, call.region, "instance", ids),
    )


def instance_output(instance: Instance, around: Surroundings) -> Output:
    """One instance under EC2's member names. A terminated one has lost its interfaces and volumes."""
    gone = instance.state is InstanceState.TERMINATED
    interfaces = around.interfaces.get(instance.id, ())
    primary = interfaces[0] if interfaces else None
    groups = list(around.groups.get(primary.id, ())) if primary else []
    options = instance.options
    return {
        "AmiLaunchIndex": instance.launch_index,
        "Architecture": instance.architecture,
        "BlockDeviceMappings": [] if gone else [_device(one) for one in around.attachments.get(instance.id, ())],
        "BootMode": options.get("BootMode", instance.boot_mode),
        "CapacityReservationSpecification": options.get("CapacityReservationSpecification", _OPEN),
        "ClientToken": instance.client_token,
        "CpuOptions": options.get("CpuOptions") or _cpu_options(instance),
        "CurrentInstanceBootMode": instance.boot_mode or "legacy-bios",
        "EbsOptimized": instance.ebs_optimized,
        "EnaSupport": True,
        "EnclaveOptions": {"Enabled": False},
        "HibernationOptions": {"Configured": False},
        "Hypervisor": "xen",  # EC2 says so of Nitro instances too
        "ImageId": instance.image_id,
        "InstanceId": instance.id,
        "InstanceType": instance.instance_type,
        "KeyName": instance.key_name,
        "LaunchTime": instance.launch_time,
        "MaintenanceOptions": {
            "AutoRecovery": "default",
            "RebootMigration": "default",
            **options.get("MaintenanceOptions", {}),
        },
        "MetadataOptions": metadata_options(instance),
        "Monitoring": {"State": "enabled" if instance.monitoring else "disabled"},
        "NetworkInterfaces": [
            interface_output(interface, around.groups.get(interface.id, ()), instance.public_ip)
            for interface in interfaces
        ],
        "Operator": {"Managed": False},
        "Placement": {
            "AvailabilityZone": instance.zone,
            "AvailabilityZoneId": zone_id(instance.zone),
            "GroupName": "",
            "Tenancy": "default",
        },
        "PlatformDetails": "Linux/UNIX",
        "PrivateDnsName": private_hostname(primary.private_ip, instance.region) if primary else "",
        "PrivateDnsNameOptions": {
            "HostnameType": "ip-name",
            "EnableResourceNameDnsARecord": False,
            "EnableResourceNameDnsAAAARecord": False,
            **options.get("PrivateDnsNameOptions", {}),
        },
        "PrivateIpAddress": primary.private_ip if primary else None,
        "ProductCodes": [],
        "PublicDnsName": "",  # as in a VPC without enableDnsHostnames: no name of ours would resolve
        "PublicIpAddress": instance.public_ip,
        "RootDeviceName": instance.root_device_name,
        "RootDeviceType": "ebs",
        "SecurityGroups": groups,
        "SourceDestCheck": primary.source_dest_check if primary else None,
        "State": state_output(instance.state),
        "StateReason": None
        if instance.state_reason_code is None
        else {"Code": instance.state_reason_code, "Message": instance.state_reason_message},
        "StateTransitionReason": instance.state_transition_reason,
        "SubnetId": primary.subnet_id if primary else None,
        "Tags": tag_set(around.tags.get(instance.id, {})),
        "UsageOperation": "RunInstances",
        "UsageOperationUpdateTime": instance.first_launch_time,
        "VirtualizationType": "hvm",
        "VpcId": primary.vpc_id if primary else None,
    }


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
    """The instance's metadata service as EC2 tells it."""
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
            "AttachTime": attachment.attached_at,
            "DeleteOnTermination": attachment.delete_on_termination,
            "Status": attachment.state.at_instance,
            "VolumeId": attachment.volume_id,
        },
    }
