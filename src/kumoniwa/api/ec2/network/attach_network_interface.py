"""AttachNetworkInterface and DetachNetworkInterface; the stories of these names plug and unplug the guest's."""

from collections.abc import Sequence

from sqlalchemy import Connection

from kumoniwa.api.call import Answer, Call, Parameters
from kumoniwa.api.cloud import Cloud, origin
from kumoniwa.api.ec2.kinds import INSTANCE, NETWORK_INTERFACE
from kumoniwa.api.ec2.named.lookup import named
from kumoniwa.api.ec2.network.create_network_interface import check_own
from kumoniwa.api.ec2.network.interface_addresses import too_many_addresses
from kumoniwa.api.ec2.network.interface_ipv6 import too_many_ipv6
from kumoniwa.api.ec2.network.network_interface_attributes import no_such_attachment
from kumoniwa.api.not_built import NotBuiltParameter, refuse
from kumoniwa.api.registry import Depth, action
from kumoniwa.errors import (
    Ec2Error,
    IncorrectState,
    InvalidParameterCombination,
    InvalidParameterValue,
    OperationNotPermitted,
)
from kumoniwa.ids import new_id
from kumoniwa.model.instance_types import INSTANCE_TYPES
from kumoniwa.model.instances import Instance, InstanceState
from kumoniwa.model.network_interfaces import MOST_INDEX, InterfaceAttachment, NetworkInterface
from kumoniwa.model.scope import Scope
from kumoniwa.store import instances, ipv6_addresses, network_interfaces, vpcs
from kumoniwa.workflows.stories.network import attach_interface, detach_interface
from kumoniwa.workflows.story import submit

_NOT_BUILT = (
    NotBuiltParameter("NetworkCardIndex", "network cards", harmless=(0,)),
    NotBuiltParameter("EnaSrdSpecification", "ENA Express"),
    NotBuiltParameter("EnaQueueCount", "the number of an interface's queues"),
)
_ATTACHABLE = (InstanceState.RUNNING, InstanceState.STOPPED)


@action("AttachNetworkInterface", depth=Depth.PARTLY, not_built=_NOT_BUILT)
async def attach_network_interface(cloud: Cloud, call: Call, parameters: Parameters) -> Answer:
    """Give a network interface to an instance that runs or is stopped; a guest that runs sees it appear."""
    refuse(parameters, _NOT_BUILT)

    def attach(connection: Connection) -> Answer:
        interface = named(connection, call.scope, NETWORK_INTERFACE, parameters["NetworkInterfaceId"])
        instance = named(connection, call.scope, INSTANCE, parameters["InstanceId"])
        present = network_interfaces.attached_to(connection, instance.id)
        _check_attachable(connection, call, interface, instance, present, parameters["DeviceIndex"])
        attachment_id = new_id("eni-attach")
        network_interfaces.change(
            connection,
            interface,
            instance_id=instance.id,
            attachment_id=attachment_id,
            attachment_state=InterfaceAttachment.ATTACHING,
            device_index=parameters["DeviceIndex"],
            attached_at=call.at,
            delete_on_termination=False,
        )
        instances.change(connection, instance.id)
        submit(
            connection,
            attach_interface.attach_interface,
            origin(call),
            interface_id=interface.id,
            attachment_id=attachment_id,
            instance_id=instance.id,
        )
        return {"AttachmentId": attachment_id, "NetworkCardIndex": 0}

    return await cloud.change(call, attach)


@action("DetachNetworkInterface")
async def detach_network_interface(cloud: Cloud, call: Call, parameters: Parameters) -> Answer:
    """Take a network interface from its instance. With Force, it is taken from a guest that does not let it go."""
    attachment_id: str = parameters["AttachmentId"]

    def detach(connection: Connection) -> Answer:
        interface = network_interfaces.attached_by(connection, attachment_id)
        if interface is None or Scope.of(interface) != call.scope:
            raise no_such_attachment(attachment_id)
        check_own(interface)
        if interface.device_index == 0:
            raise OperationNotPermitted(
                "The network interface at device index 0 and networkCard index 0 cannot be detached."
            )
        assert interface.instance_id is not None, "it is attached"
        network_interfaces.change(connection, interface, attachment_state=InterfaceAttachment.DETACHING)
        submit(
            connection,
            detach_interface.detach_interface,
            origin(call),
            interface_id=interface.id,
            attachment_id=attachment_id,
            instance_id=interface.instance_id,
            force=bool(parameters.get("Force")),
        )
        return None

    return await cloud.change(call, detach)


def _check_attachable(
    connection: Connection,
    call: Call,
    interface: NetworkInterface,
    instance: Instance,
    present: Sequence[NetworkInterface],
    index: int,
) -> None:
    """Raises EC2's refusals."""
    check_own(interface)
    if interface.attachment_id is not None:
        raise Ec2Error("InvalidNetworkInterface.InUse", f"Interface: [{interface.id}] in use.")
    if instance.state not in _ATTACHABLE:
        raise IncorrectState(f"Instance '{instance.id}' is not 'running' or 'stopped'.")
    if not 0 <= index < MOST_INDEX:
        raise InvalidParameterValue(f"Value ({index}) for parameter deviceIndex is invalid.")
    if any(one.device_index == index for one in present):
        raise InvalidParameterValue(
            f"Instance '{instance.id}' already has an interface attached at device index '{index}'."
        )
    [subnet] = vpcs.subnets_in(connection, call.scope, [interface.subnet_id])
    if subnet.zone != instance.zone:
        raise InvalidParameterCombination(
            "You may not attach a network interface to an instance if they are not in the same availability zone"
        )
    if present and present[0].vpc_id != interface.vpc_id:
        raise InvalidParameterCombination(
            "You may not attach a network interface to an instance if they are not in the same VPC"
        )
    kind = INSTANCE_TYPES[instance.instance_type]
    if len(present) >= kind.most_interfaces:
        raise Ec2Error(
            "AttachmentLimitExceeded", f"Interface count {len(present) + 1} exceeds the limit for {kind.name}"
        )
    further = network_interfaces.secondary_of(connection, [interface.id]).get(interface.id, ())
    if 1 + len(further) > kind.most_addresses:
        raise too_many_addresses()
    if len(ipv6_addresses.of_interfaces(connection, [interface.id]).get(interface.id, ())) > kind.most_addresses:
        raise too_many_ipv6()
