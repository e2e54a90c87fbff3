"""ModifyNetworkInterfaceAttribute, DescribeNetworkInterfaceAttribute and ResetNetworkInterfaceAttribute."""

from collections.abc import Mapping
from typing import Any

from sqlalchemy import Connection

from kumoniwa.api.call import Answer, Call, Parameters
from kumoniwa.api.cloud import Cloud
from kumoniwa.api.ec2.kinds import NETWORK_INTERFACE
from kumoniwa.api.ec2.named.lookup import named
from kumoniwa.api.ec2.network.connection_tracking import TRACKING_IS_RECORDED, asked_tracking
from kumoniwa.api.ec2.network.create_network_interface import check_own
from kumoniwa.api.ec2.network.describe_network_interfaces import described_attachment
from kumoniwa.api.ec2.network.interface_addresses import checked_groups
from kumoniwa.api.ec2.network.interface_ipv6 import IPV6_ADDRESSES_ARE_RECORDED
from kumoniwa.api.ec2.network.lent_addresses import lent_addresses
from kumoniwa.api.ec2.network.network_interface_output import group_sets
from kumoniwa.api.not_built import NotBuiltParameter, refuse
from kumoniwa.api.registry import Depth, action
from kumoniwa.errors import (
    Ec2Error,
    InvalidParameterCombination,
    InvalidParameterValue,
    MissingParameter,
    OperationNotPermitted,
    ValueNotTaken,
    unknown_attribute,
)
from kumoniwa.model.instances import Instance, InstanceState
from kumoniwa.model.network_interfaces import NetworkInterface
from kumoniwa.store import elastic_ips, instances, ipv6_addresses, network_interfaces
from kumoniwa.workflows.steps.instances.instance_ports import ensure_forwards

_NOT_BUILT = (
    NotBuiltParameter("Attachment.EnaQueueCount", "the number of an interface's queues"),
    NotBuiltParameter("Attachment.DefaultEnaQueueCount", "the number of an interface's queues", harmless=(True,)),
    NotBuiltParameter("EnaSrdSpecification", "ENA Express"),
    NotBuiltParameter("AssociatedSubnetIds", "trunk interfaces"),
)
_MISSING = (
    f"{IPV6_ADDRESSES_ARE_RECORDED} {TRACKING_IS_RECORDED} AssociatePublicIpAddress is taken for an instance's primary "
    "interface only."
)
_CHANGED = (
    "AssociatePublicIpAddress",
    "Attachment",
    "ConnectionTrackingSpecification",
    "Description",
    "EnablePrimaryIpv6",
    "Groups",
    "SourceDestCheck",
)


@action(
    "ModifyNetworkInterfaceAttribute",
    depth=Depth.PARTLY,
    missing=_MISSING,
    not_built=_NOT_BUILT,
)
async def modify_network_interface_attribute(cloud: Cloud, call: Call, parameters: Parameters) -> Answer:
    """Change one attribute of a network interface; what filters its packets does so at once."""
    refuse(parameters, _NOT_BUILT)
    given = [name for name in _CHANGED if parameters.get(name) is not None]
    if not given:
        raise InvalidParameterCombination("No attributes specified.")
    if len(given) > 1:
        raise InvalidParameterCombination("Multiple attributes specified")
    touched: list[str] = []

    def modify(connection: Connection) -> Answer:
        interface = named(connection, call.scope, NETWORK_INTERFACE, parameters["NetworkInterfaceId"])
        check_own(interface)
        _change(connection, call, interface, given[0], parameters[given[0]])
        if given[0] in ("AssociatePublicIpAddress", "Groups") and interface.instance_id is not None:
            touched.append(interface.instance_id)
        return None

    answer = await cloud.change(call, modify)
    await ensure_forwards(cloud.world, touched)
    return answer


@action("ResetNetworkInterfaceAttribute")
async def reset_network_interface_attribute(cloud: Cloud, call: Call, parameters: Parameters) -> Answer:
    """Check source and destination again: the one attribute that can be reset."""
    if parameters.get("SourceDestCheck") is None:
        raise InvalidParameterCombination("No attributes specified.")

    def reset(connection: Connection) -> Answer:
        interface = named(connection, call.scope, NETWORK_INTERFACE, parameters["NetworkInterfaceId"])
        check_own(interface)
        network_interfaces.change(connection, interface, source_dest_check=True)
        return None

    return await cloud.change(call, reset)


@action("DescribeNetworkInterfaceAttribute")
async def describe_network_interface_attribute(cloud: Cloud, call: Call, parameters: Parameters) -> Answer:
    """One attribute of a network interface."""
    attribute: str | None = parameters.get("Attribute")
    if attribute is None:
        raise InvalidParameterCombination("No attributes specified.")

    def read(connection: Connection) -> Answer:
        interface = named(connection, call.scope, NETWORK_INTERFACE, parameters["NetworkInterfaceId"])
        return {"NetworkInterfaceId": interface.id, **_described(connection, call, interface, attribute)}

    return await cloud.read(read)


def _described(connection: Connection, call: Call, interface: NetworkInterface, attribute: str) -> Mapping[str, Any]:
    if attribute == "attachment":
        return {"Attachment": None if interface.attachment_id is None else described_attachment(interface)}
    if attribute == "description":
        return {"Description": {"Value": interface.description}}
    if attribute == "groupSet":
        return {"Groups": list(group_sets(connection, call, [interface.id]).get(interface.id, ()))}
    if attribute == "sourceDestCheck":
        return {"SourceDestCheck": {"Value": interface.source_dest_check}}
    if attribute == "associatePublicIpAddress":
        instance = _instance_of_primary(connection, interface)
        return {"AssociatePublicIpAddress": instance is not None and instance.associate_public_ip}
    raise unknown_attribute(attribute)


def _change(connection: Connection, call: Call, interface: NetworkInterface, name: str, value: Any) -> None:
    if name == "Groups":
        groups = checked_groups(connection, call, interface.vpc_id, interface.subnet_id, value)
        network_interfaces.set_groups(connection, interface, [group.id for group in groups])
    elif name == "AssociatePublicIpAddress":
        _associate_public_ip(connection, interface, wanted=value)
    elif name == "ConnectionTrackingSpecification":
        if columns := asked_tracking(value):
            network_interfaces.change(connection, interface, **columns)
    elif name == "EnablePrimaryIpv6":
        _enable_primary_ipv6(connection, interface, wanted=value)
    elif name == "Attachment":
        _change_attachment(connection, interface, value)
    else:
        if value.get("Value") is None:
            raise MissingParameter(f"{name[0].lower()}{name[1:]}.value")
        column = "description" if name == "Description" else "source_dest_check"
        network_interfaces.change(connection, interface, **{column: value["Value"]})


def _change_attachment(connection: Connection, interface: NetworkInterface, value: Mapping[str, Any]) -> None:
    if (attachment_id := value.get("AttachmentId")) is None:
        raise MissingParameter("attachment.attachmentId")
    if attachment_id != interface.attachment_id:
        raise no_such_attachment(attachment_id)
    if (ends := value.get("DeleteOnTermination")) is None:
        raise MissingParameter("attachment.deleteOnTermination")
    network_interfaces.change(connection, interface, delete_on_termination=ends)


def _associate_public_ip(connection: Connection, interface: NetworkInterface, *, wanted: bool) -> None:
    """Lend the instance a public address, or take it back: of its primary interface alone. An Elastic IP address stays
    in its place, and one that is stopped has it at its next start."""
    instance = _instance_of_primary(connection, interface)
    if instance is None:
        if wanted:
            raise ValueNotTaken(
                f"A public address is lent to the primary interface of an instance only, and {interface.id} is none.",
                way_out="Associate an Elastic IP address with it.",
            )
        return
    instances.change(connection, instance.id, associate_public_ip=wanted)
    lent = instance.public_ip if wanted else None
    if wanted and lent is None and instance.state is InstanceState.RUNNING:
        [lent] = lent_addresses(connection, 1)
    elastic_ips.ensure_shown(connection, instance.id, lent)
    # What carries packets follows the rows of interfaces, not those of instances.
    network_interfaces.change(connection, interface, description=interface.description)


def _instance_of_primary(connection: Connection, interface: NetworkInterface) -> Instance | None:
    """The instance whose primary interface this is."""
    if interface.instance_id is None or interface.device_index != 0:
        return None
    return instances.get(connection, interface.instance_id)


def _enable_primary_ipv6(connection: Connection, interface: NetworkInterface, *, wanted: bool) -> None:
    """Let the first IPv6 address be the primary one, for good. Raises the refusals of an interface without one, and to
    give it up."""
    present = ipv6_addresses.of_interfaces(connection, [interface.id]).get(interface.id, [])
    has_one = any(one.is_primary for one in present)
    if not wanted and has_one:
        raise OperationNotPermitted(f"The primary IPv6 address of interface {interface.id} cannot be disabled.")
    if wanted and not present:
        raise InvalidParameterValue(f"The network interface {interface.id} does not have an IPv6 address.")
    if wanted and not has_one:
        ipv6_addresses.make_primary(connection, interface, present[0].address)
        network_interfaces.count_change(connection, interface)


def no_such_attachment(attachment_id: str) -> Ec2Error:
    """EC2's refusal of an attachment that no network interface has."""
    return Ec2Error("InvalidAttachmentID.NotFound", f"The attachment ID '{attachment_id[:200]}' does not exist")
