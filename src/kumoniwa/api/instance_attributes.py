"""DescribeInstanceAttribute, ModifyInstanceAttribute, ResetInstanceAttribute: what DescribeInstances hides."""

from base64 import b64encode
from collections.abc import Callable, Mapping
from typing import Any

from sqlalchemy import Connection

from kumoniwa.api.cloud import Cloud
from kumoniwa.api.instance_lookup import instance_named
from kumoniwa.api.launch_network import checked_groups
from kumoniwa.api.launch_options import MOST_USER_DATA
from kumoniwa.api.registry import Answer, Call, Parameters, action
from kumoniwa.errors import (
    Ec2Error,
    IncorrectInstanceState,
    InvalidParameterCombination,
    InvalidParameterValue,
    MissingParameter,
    NotBuilt,
)
from kumoniwa.model.instance_types import INSTANCE_TYPES
from kumoniwa.model.instances import Instance, InstanceState, ShutdownBehavior
from kumoniwa.store import instances, volumes
from kumoniwa.workflows.steps.ports import ensure_forwards

_Read = Callable[[Connection, Instance], Mapping[str, Any]]
_Change = Callable[[Connection, Call, Instance, Any], None]

ENDED = (InstanceState.SHUTTING_DOWN, InstanceState.TERMINATED)


def _devices(connection: Connection, instance: Instance) -> Mapping[str, Any]:
    attached = volumes.attachments_of(connection, [instance.id]).get(instance.id, [])
    return {
        "BlockDeviceMappings": [
            {
                "DeviceName": attachment.device,
                "Ebs": {
                    "AttachTime": attachment.attached_at,
                    "DeleteOnTermination": attachment.delete_on_termination,
                    "Status": str(attachment.state),
                    "VolumeId": attachment.volume_id,
                },
            }
            for attachment in attached
        ]
    }


def _groups(connection: Connection, instance: Instance) -> Mapping[str, Any]:
    ids = instances.groups_of(connection, [instance.id]).get(instance.id, [])
    return {"Groups": [{"GroupId": group_id} for group_id in ids]}


_READS: Mapping[str, _Read] = {
    "blockDeviceMapping": _devices,
    "disableApiStop": lambda _, instance: {"DisableApiStop": {"Value": instance.disable_api_stop}},
    "disableApiTermination": lambda _, instance: {"DisableApiTermination": {"Value": instance.disable_api_termination}},
    "ebsOptimized": lambda _, instance: {"EbsOptimized": {"Value": instance.ebs_optimized}},
    "enaSupport": lambda _, instance: {"EnaSupport": {"Value": True}},
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
    "sourceDestCheck": lambda _, instance: {"SourceDestCheck": {"Value": instance.source_dest_check}},
    "sriovNetSupport": lambda _, instance: {"SriovNetSupport": {"Value": "simple"}},
    "userData": lambda _, instance: {"UserData": {} if instance.user_data is None else {"Value": instance.user_data}},
}


@action("DescribeInstanceAttribute")
async def describe_instance_attribute(cloud: Cloud, call: Call, parameters: Parameters) -> Answer:
    """One attribute of an instance."""

    def describe(connection: Connection) -> Answer:
        instance = instance_named(connection, call, parameters["InstanceId"])
        return {"InstanceId": instance.id, **_READS[parameters["Attribute"]](connection, instance)}

    return await cloud.read(describe)


@action("ModifyInstanceAttribute")
async def modify_instance_attribute(cloud: Cloud, call: Call, parameters: Parameters) -> Answer:
    """Change one attribute of an instance; security groups at once, on a running guest too."""
    name, value = _asked_for(parameters)

    def modify(connection: Connection) -> Answer:
        instance = instance_named(connection, call, parameters["InstanceId"])
        if instance.state in ENDED:
            raise IncorrectInstanceState(
                f"The instance '{instance.id}' is not in a state in which its attributes can be modified."
            )
        _CHANGES[name](connection, call, instance, value)
        return None

    answer = await cloud.change(call, modify)
    if name == "groupSet":
        await ensure_forwards(cloud.world, [parameters["InstanceId"]])
    return answer


@action("ResetInstanceAttribute")
async def reset_instance_attribute(cloud: Cloud, call: Call, parameters: Parameters) -> Answer:
    """Put an attribute back to its default: sourceDestCheck; kernel and RAM disk have none but their own disk's."""
    attribute = parameters["Attribute"]
    if attribute not in ("kernel", "ramdisk", "sourceDestCheck"):
        raise InvalidParameterValue(
            f"Value ({attribute}) for parameter attribute is invalid. Expecting kernel, ramdisk or sourceDestCheck."
        )

    def reset(connection: Connection) -> Answer:
        instance = instance_named(connection, call, parameters["InstanceId"])
        if attribute == "sourceDestCheck":
            instances.change(connection, instance.id, source_dest_check=True)
        else:
            _check_stopped(instance)
        return None

    return await cloud.change(call, reset)


_MEMBERS = {
    "BlockDeviceMappings": "blockDeviceMapping",
    "DisableApiStop": "disableApiStop",
    "DisableApiTermination": "disableApiTermination",
    "EbsOptimized": "ebsOptimized",
    "EnaSupport": "enaSupport",
    "EnclaveOptions": "enclaveOptions",
    "Groups": "groupSet",
    "InstanceInitiatedShutdownBehavior": "instanceInitiatedShutdownBehavior",
    "InstanceType": "instanceType",
    "Kernel": "kernel",
    "Ramdisk": "ramdisk",
    "SourceDestCheck": "sourceDestCheck",
    "SriovNetSupport": "sriovNetSupport",
    "UserData": "userData",
}
_BOOLEANS = {"disableApiStop", "disableApiTermination", "ebsOptimized", "sourceDestCheck"}


def _asked_for(parameters: Parameters) -> tuple[str, Any]:
    """The one attribute to change and its new value, in the structured form or the older Attribute and Value."""
    given = {name: parameters[member] for member, name in _MEMBERS.items() if parameters.get(member) is not None}
    if (attribute := parameters.get("Attribute")) is not None and "blockDeviceMapping" not in given:
        value = parameters.get("Value")
        if value is None:
            raise MissingParameter("value")
        given[attribute] = {"Value": _boolean(attribute, value) if attribute in _BOOLEANS else value}
    if not given:
        raise InvalidParameterCombination("No attributes specified.")
    if len(given) > 1:
        raise InvalidParameterCombination(f"Fields for multiple attribute types specified: {', '.join(sorted(given))}")
    name, value = next(iter(given.items()))
    if name not in _CHANGES:
        raise NotBuilt(f"changing the attribute {name}")
    if name in ("blockDeviceMapping", "groupSet"):
        return name, value
    if (inner := value.get("Value")) is None:
        raise MissingParameter(f"{name}.value")
    return name, inner


def _boolean(attribute: str, text: str) -> bool:
    if text.lower() not in ("true", "false"):
        raise InvalidParameterValue(f"Value ({text}) for parameter {attribute} is invalid. Expecting true or false.")
    return text.lower() == "true"


def _check_stopped(instance: Instance) -> None:
    if instance.state is not InstanceState.STOPPED:
        raise IncorrectInstanceState(f"The instance '{instance.id}' is not in the 'stopped' state.")


def _flag(column: str) -> _Change:
    def change(connection: Connection, call: Call, instance: Instance, value: Any) -> None:
        instances.change(connection, instance.id, **{column: value})

    return change


def _change_type(connection: Connection, call: Call, instance: Instance, value: Any) -> None:
    _check_stopped(instance)
    if value not in INSTANCE_TYPES:
        raise Ec2Error("InvalidInstanceAttributeValue", f"Invalid value '{value}' for InstanceType.")
    options = {name: option for name, option in instance.options.items() if name != "CpuOptions"}
    instances.change(connection, instance.id, instance_type=value, options=options)


def _change_user_data(connection: Connection, call: Call, instance: Instance, value: Any) -> None:
    """`value` are the bytes themselves: the wire's base64 is already taken off."""
    _check_stopped(instance)
    data: bytes = value if isinstance(value, bytes) else str(value).encode()
    if len(data) > MOST_USER_DATA:
        raise InvalidParameterValue(f"User data is limited to {MOST_USER_DATA} bytes")
    encoded = b64encode(data).decode()
    instances.change(connection, instance.id, user_data=encoded or None)


def _change_behavior(connection: Connection, call: Call, instance: Instance, value: Any) -> None:
    if value not in list(ShutdownBehavior):
        raise InvalidParameterValue(f"Value ({value}) for parameter instanceInitiatedShutdownBehavior is invalid.")
    instances.change(connection, instance.id, shutdown_behavior=ShutdownBehavior(value))


def _change_groups(connection: Connection, call: Call, instance: Instance, value: Any) -> None:
    instances.set_groups(connection, instance.id, checked_groups(connection, call, instance.vpc_id, value))


def _change_optimized(connection: Connection, call: Call, instance: Instance, value: Any) -> None:
    _check_stopped(instance)
    instances.change(connection, instance.id, ebs_optimized=value)


def _change_devices(connection: Connection, call: Call, instance: Instance, value: Any) -> None:
    """Only DeleteOnTermination can be changed, by device name or volume id."""
    attached = volumes.attachments_of(connection, [instance.id]).get(instance.id, [])
    by_device = {attachment.device: attachment for attachment in attached}
    for mapping in value:
        ebs = mapping.get("Ebs") or {}
        attachment = by_device.get(mapping.get("DeviceName", ""))
        if attachment is None or ebs.get("VolumeId") not in (None, attachment.volume_id):
            raise Ec2Error(
                "InvalidInstanceAttributeValue",
                f"No device is currently mapped at {mapping.get('DeviceName') or ebs.get('VolumeId')}",
            )
        if ebs.get("DeleteOnTermination") is not None:
            volumes.change_attachment(
                connection, attachment.volume_id, delete_on_termination=ebs["DeleteOnTermination"]
            )


_CHANGES: Mapping[str, _Change] = {
    "blockDeviceMapping": _change_devices,
    "disableApiStop": _flag("disable_api_stop"),
    "disableApiTermination": _flag("disable_api_termination"),
    "ebsOptimized": _change_optimized,
    "groupSet": _change_groups,
    "instanceInitiatedShutdownBehavior": _change_behavior,
    "instanceType": _change_type,
    "sourceDestCheck": _flag("source_dest_check"),
    "userData": _change_user_data,
}
