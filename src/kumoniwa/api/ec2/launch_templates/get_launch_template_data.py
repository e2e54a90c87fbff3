"""GetLaunchTemplateData."""

from collections.abc import Mapping, Sequence
from typing import Any

from sqlalchemy import Connection

from kumoniwa.api.call import Answer, Call, Parameters
from kumoniwa.api.cloud import Cloud
from kumoniwa.api.ec2.instances.cpu_credits import credits_of
from kumoniwa.api.ec2.instances.instance_output import Surroundings, instance_output, surroundings
from kumoniwa.api.ec2.kinds import INSTANCE
from kumoniwa.api.ec2.named.lookup import named
from kumoniwa.api.ec2.network.connection_tracking import tracking_output
from kumoniwa.api.ec2.tags import is_mark, tag_set
from kumoniwa.api.ec2.volumes.volume_types import VOLUME_TYPES
from kumoniwa.api.registry import action
from kumoniwa.model.instances import Instance
from kumoniwa.model.network_interfaces import NetworkInterface
from kumoniwa.model.spot_requests import SpotRequest
from kumoniwa.model.volumes import Attachment, Volume
from kumoniwa.store import spot_requests, volumes

_AS_DESCRIBED = (
    "CapacityReservationSpecification",
    "EbsOptimized",
    "EnclaveOptions",
    "HibernationOptions",
    "ImageId",
    "InstanceType",
    "KeyName",
    "PrivateDnsNameOptions",
)
_METADATA = (
    "HttpTokens",
    "HttpPutResponseHopLimit",
    "HttpEndpoint",
    "HttpProtocolIpv6",
    "InstanceMetadataTags",
)


@action("GetLaunchTemplateData")
async def get_launch_template_data(cloud: Cloud, call: Call, parameters: Parameters) -> Answer:
    """What a launch template says whose instances are as this one is now. The addresses are its own, as EC2 gives them:
    two instances cannot have them."""

    def get(connection: Connection) -> Answer:
        instance = named(connection, call.scope, INSTANCE, parameters["InstanceId"])
        around = surroundings(connection, call, [instance])
        attached = volumes.of_instance(connection, instance.id)
        data = _data(instance, around, attached)
        request = spot_requests.of_instance(connection, instance.id)
        return {"LaunchTemplateData": {**data, "InstanceMarketOptions": _market(request)}}

    return await cloud.read(get)


def _data(instance: Instance, around: Surroundings, attached: Sequence[tuple[Attachment, Volume]]) -> dict[str, Any]:
    shown = instance_output(instance, around)
    credit = credits_of(instance)
    profile = shown.get("IamInstanceProfile")
    interfaces = around.interfaces.get(instance.id, ())
    tags = {key: value for key, value in around.tags.get(instance.id, {}).items() if not is_mark(key)}
    return {
        **{name: shown[name] for name in _AS_DESCRIBED},
        "BlockDeviceMappings": [_mapping(attachment, volume) for attachment, volume in attached],
        "CpuOptions": instance.options.get("CpuOptions"),
        "CreditSpecification": None if credit is None else {"CpuCredits": credit},
        "DisableApiStop": instance.disable_api_stop,
        "DisableApiTermination": instance.disable_api_termination,
        "IamInstanceProfile": None if profile is None else {"Arn": profile["Arn"]},
        "InstanceInitiatedShutdownBehavior": str(instance.shutdown_behavior),
        "MaintenanceOptions": {"AutoRecovery": shown["MaintenanceOptions"]["AutoRecovery"]},
        "MetadataOptions": {name: shown["MetadataOptions"][name] for name in _METADATA},
        "Monitoring": {"Enabled": instance.monitoring},
        "NetworkInterfaces": [
            _interface(each, around, instance.associate_public_ip if len(interfaces) == 1 else None)
            for each in interfaces
        ],
        "Placement": {
            "AvailabilityZone": instance.zone,
            "GroupName": "",
            "Tenancy": "default",
            # Of the group its name: a launch that names its id too is refused.
            **{name: value for name, value in instance.options.get("Placement", {}).items() if name != "GroupId"},
        },
        "TagSpecifications": [{"ResourceType": "instance", "Tags": tag_set(tags)}] if tags else [],
        "UserData": instance.user_data,
    }


def _market(request: SpotRequest | None) -> Mapping[str, Any] | None:
    """How the instance was asked for as a Spot Instance; None for one on demand."""
    if request is None:
        return None
    options = {
        "InstanceInterruptionBehavior": str(request.interruption),
        "MaxPrice": request.max_price,
        "SpotInstanceType": str(request.type),
        "ValidUntil": request.valid_until,
    }
    return {"MarketType": "spot", "SpotOptions": options}


def _mapping(attachment: Attachment, volume: Volume) -> Mapping[str, Any]:
    kind = VOLUME_TYPES[volume.volume_type]
    ebs = {
        "DeleteOnTermination": attachment.delete_on_termination,
        "Encrypted": volume.encrypted,
        "Iops": volume.iops if kind.iops else None,
        "KmsKeyId": volume.kms_key_id,
        "SnapshotId": volume.snapshot_id or None,
        "Throughput": volume.throughput if kind.throughput else None,
        "VolumeSize": volume.size_gib,
        "VolumeType": volume.volume_type,
    }
    return {"DeviceName": attachment.device, "Ebs": ebs}


def _interface(interface: NetworkInterface, around: Surroundings, public: bool | None) -> Mapping[str, Any]:
    """An interface as one that a launch makes. `public` is None where a launch of several cannot say it."""
    addresses = around.addresses[interface.id]
    private = (interface.private_ip, *addresses.secondary)
    return {
        "AssociatePublicIpAddress": public,
        "ConnectionTrackingSpecification": tracking_output(interface),
        "DeleteOnTermination": interface.delete_on_termination,
        "Description": interface.description,
        "DeviceIndex": interface.device_index,
        "Groups": [group["GroupId"] for group in around.groups.get(interface.id, ())],
        "InterfaceType": "interface",
        "Ipv6Addresses": [{"Ipv6Address": one.address} for one in addresses.ipv6],
        "NetworkCardIndex": 0,
        "PrimaryIpv6": True if any(one.is_primary for one in addresses.ipv6) else None,
        "PrivateIpAddresses": [
            {"Primary": address == interface.private_ip, "PrivateIpAddress": address} for address in private
        ],
        "SubnetId": interface.subnet_id,
    }
