"""DescribeInstanceAttribute: what DescribeInstances hides."""

from collections.abc import Callable, Mapping
from typing import Any

from sqlalchemy import Connection

from kumoniwa.api.call import Answer, Call, Parameters
from kumoniwa.api.cloud import Cloud
from kumoniwa.api.ec2.kinds import INSTANCE
from kumoniwa.api.ec2.named.lookup import named
from kumoniwa.api.ec2.named.only_interface import check_only
from kumoniwa.api.registry import action
from kumoniwa.clock import whole_seconds
from kumoniwa.errors import unknown_attribute
from kumoniwa.model.instances import Instance
from kumoniwa.store import network_interfaces, volumes

_Read = Callable[[Connection, Instance], Mapping[str, Any]]


def _devices(connection: Connection, instance: Instance) -> Mapping[str, Any]:
    attached = volumes.attachments_of(connection, [instance.id]).get(instance.id, [])
    return {
        "BlockDeviceMappings": [
            {
                "DeviceName": attachment.device,
                "Ebs": {
                    "AttachTime": whole_seconds(attachment.attached_at),
                    "DeleteOnTermination": attachment.delete_on_termination,
                    "Status": attachment.state.at_instance,
                    "VolumeId": attachment.volume_id,
                },
            }
            for attachment in attached
        ]
    }


def _groups(connection: Connection, instance: Instance) -> Mapping[str, Any]:
    check_only(instance.id, network_interfaces.attached_to(connection, instance.id))
    ids = network_interfaces.groups_of_instance(connection, instance.id)
    return {"Groups": [{"GroupId": group_id} for group_id in ids]}


def _source_dest_check(connection: Connection, instance: Instance) -> Mapping[str, Any]:
    found = network_interfaces.attached_to(connection, instance.id)
    check_only(instance.id, found)
    return {"SourceDestCheck": {"Value": found[0].source_dest_check} if found else {}}


_READS: Mapping[str, _Read] = {
    "blockDeviceMapping": _devices,
    "disableApiStop": lambda _, instance: {"DisableApiStop": {"Value": instance.disable_api_stop}},
    "disableApiTermination": lambda _, instance: {"DisableApiTermination": {"Value": instance.disable_api_termination}},
    "ebsOptimized": lambda _, instance: {"EbsOptimized": {"Value": instance.ebs_optimized}},
    "enclaveOptions": lambda _, instance: {"EnclaveOptions": {"Enabled": False}},
    "groupSet": _groups,
    "instanceInitiatedShutdownBehavior": lambda _, instance: {
        "InstanceInitiatedShutdownBehavior": {"Value": str(instance.shutdown_behavior)}
    },
    "instanceType": lambda _, instance: {"InstanceType": {"Value": instance.instance_type}},
    "kernel": lambda _, instance: {"KernelId": {}},
    "productCodes": lambda _, instance: {"ProductCodes": []},
    "ramdisk": lambda _, instance: {"RamdiskId": {}},
    "rootDeviceName": lambda _, instance: {"RootDeviceName": {"Value": instance.root_device_name}},
    "sourceDestCheck": _source_dest_check,
    "sriovNetSupport": lambda _, instance: {"SriovNetSupport": {"Value": "simple"}},
    "userData": lambda _, instance: {"UserData": {} if instance.user_data is None else {"Value": instance.user_data}},
}


@action("DescribeInstanceAttribute")
async def describe_instance_attribute(cloud: Cloud, call: Call, parameters: Parameters) -> Answer:
    """One attribute of an instance. Of those in the model, EC2 does not support `enaSupport` here."""
    attribute: str = parameters["Attribute"]
    if (read := _READS.get(attribute)) is None:
        raise unknown_attribute(attribute)

    def describe(connection: Connection) -> Answer:
        instance = named(connection, call.scope, INSTANCE, parameters["InstanceId"])
        return {"InstanceId": instance.id, **read(connection, instance)}

    return await cloud.read(describe)
