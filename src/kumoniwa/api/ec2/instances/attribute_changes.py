"""What ModifyInstanceAttribute can change, and how each change is asked for."""

from base64 import b64decode, b64encode
from collections.abc import Callable, Mapping
from typing import Any

from sqlalchemy import Connection

from kumoniwa.api.call import Call, Parameters
from kumoniwa.api.ec2.images.boot_modes import boot_mode
from kumoniwa.api.ec2.instances.launch.launch_options import MOST_USER_DATA, checked_user_data
from kumoniwa.api.ec2.named.instance_lookup import check_stopped
from kumoniwa.api.ec2.named.only_interface import only_interface
from kumoniwa.api.ec2.network.interface_addresses import checked_groups
from kumoniwa.api.not_built import NotBuiltParameter
from kumoniwa.errors import (
    InvalidBlockDeviceMapping,
    InvalidInstanceAttributeValue,
    InvalidParameterCombination,
    InvalidParameterValue,
    MissingParameter,
    NotBuilt,
    UnsupportedOperation,
)
from kumoniwa.model.instance_types import INSTANCE_TYPES
from kumoniwa.model.instances import Instance, ShutdownBehavior
from kumoniwa.placement.guest_devices import check_architecture
from kumoniwa.store import instances, network_interfaces, volumes

Change = Callable[[Connection, Call, Instance, Any], None]

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
_BOOLEANS = {"disableApiStop", "disableApiTermination", "ebsOptimized", "enaSupport", "sourceDestCheck"}
_WHOLE = {"blockDeviceMapping", "enclaveOptions", "groupSet"}  # their value has no member called Value


def asked_for(parameters: Parameters) -> tuple[str, Any]:
    """The one attribute to change and its new value, in the structured form or the older Attribute and Value.

    Raises EC2's refusals of none, of several, and of what Kumoniwa does not have.
    """
    given = {name: parameters[member] for member, name in _MEMBERS.items() if parameters.get(member) is not None}
    attribute, text = parameters.get("Attribute"), parameters.get("Value")
    if attribute is not None and attribute not in given:
        if text is None:
            raise MissingParameter("value")
        given[attribute] = _read(attribute, text)
    elif text is not None:
        raise InvalidParameterCombination("The parameter value cannot be used without the parameter attribute")
    if not given:
        raise InvalidParameterCombination("No attributes specified.")
    if len(given) > 1:
        raise InvalidParameterCombination(f"Fields for multiple attribute types specified: {', '.join(sorted(given))}")
    name, value = next(iter(given.items()))
    if name not in CHANGES:
        raise NotBuilt(f"changing the attribute {name}")
    if name in _WHOLE:
        return name, value
    if (inner := value.get("Value")) is None:
        raise MissingParameter(f"{name}.value")
    return name, inner


def _read(attribute: str, text: str) -> Any:
    """A value in the older form, which is always text, as the structured form has it."""
    if attribute == "groupSet":
        return [text]
    if attribute in _WHOLE:
        raise MissingParameter(attribute)
    if attribute == "userData":
        return {"Value": b64decode(checked_user_data(text) or "")}
    if attribute not in _BOOLEANS:
        return {"Value": text}
    if text.lower() not in ("true", "false"):
        raise InvalidParameterValue(f"Value ({text}) for parameter {attribute} is invalid. Expecting true or false.")
    return {"Value": text.lower() == "true"}


def _flag(column: str) -> Change:
    def change(connection: Connection, call: Call, instance: Instance, value: Any) -> None:
        instances.change(connection, instance.id, **{column: value})

    return change


def _only(name: str, so: object) -> Change:
    """An attribute that is `so` for every instance here: to ask for that is granted, anything else is not built."""

    def change(connection: Connection, call: Call, instance: Instance, value: Any) -> None:
        check_stopped(instance)
        if value != so:
            raise NotBuilt(f"changing the attribute {name}")

    return change


def _change_type(connection: Connection, call: Call, instance: Instance, value: Any) -> None:
    """The new type's own processors, credits, boot modes and disks come with it, as on EC2."""
    check_stopped(instance)
    if (kind := INSTANCE_TYPES.get(value)) is None:
        raise InvalidInstanceAttributeValue(f"Invalid value '{value}' for InstanceType.")
    if instance.is_hibernatable:
        raise UnsupportedOperation(
            f"The instance type of '{instance.id}' cannot be changed, because it is configured for hibernation."
        )
    check_architecture(kind, instance.architecture)
    mode = boot_mode(instance.options.get("BootMode", instance.boot_mode), kind)
    dropped = {"CpuOptions"} if kind.burstable else {"CpuOptions", "CreditSpecification"}
    options = {name: option for name, option in instance.options.items() if name not in dropped}
    instances.change(connection, instance.id, instance_type=value, boot_mode=mode, options=options)


def _change_user_data(connection: Connection, call: Call, instance: Instance, value: Any) -> None:
    """`value` are the bytes themselves: the wire's base64 is already taken off."""
    check_stopped(instance)
    if len(value) > MOST_USER_DATA:
        raise InvalidParameterValue(f"User data is limited to {MOST_USER_DATA} bytes")
    instances.change(connection, instance.id, user_data=b64encode(value).decode() or None)


def _change_behavior(connection: Connection, call: Call, instance: Instance, value: Any) -> None:
    if value not in list(ShutdownBehavior):
        raise InvalidParameterValue(f"Value ({value}) for parameter instanceInitiatedShutdownBehavior is invalid.")
    instances.change(connection, instance.id, shutdown_behavior=ShutdownBehavior(value))


def _change_groups(connection: Connection, call: Call, instance: Instance, value: Any) -> None:
    interface = only_interface(connection, instance.id)
    groups = checked_groups(connection, call, interface.vpc_id, interface.subnet_id, value)
    network_interfaces.set_groups(connection, interface, [group.id for group in groups])


def _change_source_dest_check(connection: Connection, call: Call, instance: Instance, value: Any) -> None:
    network_interfaces.change(connection, only_interface(connection, instance.id), source_dest_check=value)


def _change_optimized(connection: Connection, call: Call, instance: Instance, value: Any) -> None:
    check_stopped(instance)
    instances.change(connection, instance.id, ebs_optimized=value)


def _change_devices(connection: Connection, call: Call, instance: Instance, value: Any) -> None:
    """Only DeleteOnTermination can be changed, by device name or volume id."""
    attached = volumes.attachments_of(connection, [instance.id]).get(instance.id, [])
    for mapping in value:
        device, ebs = mapping.get("DeviceName"), mapping.get("Ebs") or {}
        if mapping.get("NoDevice") is not None or mapping.get("VirtualName") is not None:
            raise NotBuilt("changing the devices of an instance's block device mapping")
        if device is None and ebs.get("VolumeId") is None:
            raise InvalidBlockDeviceMapping("Missing device name")
        found = [
            attachment
            for attachment in attached
            if device in (None, attachment.device) and ebs.get("VolumeId") in (None, attachment.volume_id)
        ]
        if not found:
            raise InvalidInstanceAttributeValue(f"No device is currently mapped at {device or ebs['VolumeId']}")
        if ebs.get("DeleteOnTermination") is not None:
            volumes.change_attachment(connection, found[0].volume_id, delete_on_termination=ebs["DeleteOnTermination"])


CHANGES: Mapping[str, Change] = {
    "blockDeviceMapping": _change_devices,
    "disableApiStop": _flag("disable_api_stop"),
    "disableApiTermination": _flag("disable_api_termination"),
    "ebsOptimized": _change_optimized,
    "enaSupport": _only("enaSupport", True),
    "enclaveOptions": _only("enclaveOptions", {"Enabled": False}),
    "groupSet": _change_groups,
    "instanceInitiatedShutdownBehavior": _change_behavior,
    "instanceType": _change_type,
    "sourceDestCheck": _change_source_dest_check,
    "sriovNetSupport": _only("sriovNetSupport", "simple"),
    "userData": _change_user_data,
}

NOT_BUILT = (
    *(
        NotBuiltParameter(member, f"changing the attribute {name}")
        for member, name in _MEMBERS.items()
        if name not in CHANGES
    ),
    NotBuiltParameter("EnaSupport", "changing the attribute enaSupport", (True,)),
    NotBuiltParameter("EnclaveOptions.Enabled", "changing the attribute enclaveOptions"),
    NotBuiltParameter("SriovNetSupport", "changing the attribute sriovNetSupport", ("simple",)),
    *(
        NotBuiltParameter(f"BlockDeviceMappings.{member}", "changing the devices of an instance's block device mapping")
        for member in ("NoDevice", "VirtualName")
    ),
)
"""What ModifyInstanceAttribute refuses, for the reference; the refusals themselves are above."""
