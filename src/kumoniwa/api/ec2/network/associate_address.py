"""AssociateAddress and DisassociateAddress."""

from collections.abc import Sequence

from sqlalchemy import Connection

from kumoniwa.api.call import Answer, Call, Parameters
from kumoniwa.api.cloud import Cloud
from kumoniwa.api.ec2.kinds import INSTANCE, NETWORK_INTERFACE
from kumoniwa.api.ec2.named.lookup import named
from kumoniwa.api.ec2.named.only_interface import only_interface
from kumoniwa.api.ec2.network.elastic_ips import check_own, named_address, own_address
from kumoniwa.api.ec2.network.lent_addresses import lent_again
from kumoniwa.api.registry import action
from kumoniwa.errors import Ec2Error, InvalidParameterCombination, InvalidParameterValue, MissingParameter
from kumoniwa.ids import new_id
from kumoniwa.model.elastic_ips import ElasticIp
from kumoniwa.model.instances import InstanceState
from kumoniwa.model.network_interfaces import NetworkInterface
from kumoniwa.store import elastic_ips, gateways, instances, network_interfaces
from kumoniwa.workflows.steps.instances.instance_ports import ensure_moved_forwards

_ASSOCIATED_IN = (InstanceState.RUNNING, InstanceState.STOPPING, InstanceState.STOPPED)


@action("AssociateAddress")
async def associate_address(cloud: Cloud, call: Call, parameters: Parameters) -> Answer:
    """Let an Elastic IP address lead to a private address of a network interface, from wherever it led before."""
    touched: list[str] = []

    def associate(connection: Connection) -> Answer:
        address = named_address(connection, call, parameters)
        interface = _interface(connection, call, parameters)
        for one in (address.interface_id, interface.id):
            check_own(connection, one)
        private_ip = _private_address(connection, interface, parameters.get("PrivateIpAddress"))
        if gateways.attached_to(connection, interface.vpc_id) is None:
            raise Ec2Error("Gateway.NotAttached", f"Network {interface.vpc_id} is not attached to any internet gateway")
        if (address.interface_id, address.private_ip) == (interface.id, private_ip):
            return {"AssociationId": address.association_id}
        before = elastic_ips.of_interfaces(connection, [interface.id]).get(interface.id, {}).get(private_ip)
        _check_reassociation(parameters, address, before)
        for other in (address, before):
            if other is not None and other.association_id is not None:
                touched.extend(_disassociated(connection, other))
        association_id = new_id("eipassoc")
        elastic_ips.associate(connection, address, association_id, interface, private_ip)
        touched.extend(_shown(connection, interface, private_ip))
        return {"AssociationId": association_id}

    answer = await cloud.change(call, associate)
    await ensure_moved_forwards(cloud.world, dict.fromkeys(touched))
    return answer


@action("DisassociateAddress")
async def disassociate_address(cloud: Cloud, call: Call, parameters: Parameters) -> Answer:
    """Let an Elastic IP address lead nowhere. Its instance gets another public address where one is lent to it."""
    touched: list[str] = []

    def disassociate(connection: Connection) -> Answer:
        address = _associated(connection, call, parameters)
        check_own(connection, address.interface_id)
        touched.extend(_disassociated(connection, address))
        for instance_id in touched:
            _lend(connection, instance_id)
        return None

    answer = await cloud.change(call, disassociate)
    await ensure_moved_forwards(cloud.world, dict.fromkeys(touched))
    return answer


def _associated(connection: Connection, call: Call, parameters: Parameters) -> ElasticIp:
    """The address that a request wants to lead nowhere. Raises EC2's refusals, also of one that is named by itself:
    every address here is for VPCs."""
    association_id, public_ip = parameters.get("AssociationId"), parameters.get("PublicIp")
    if association_id is not None and public_ip is not None:
        raise InvalidParameterCombination("You may specify public IP or association id, but not both in the same call")
    if association_id is not None:
        if (found := elastic_ips.by_association(connection, call.scope, association_id)) is None:
            raise Ec2Error(
                "InvalidAssociationID.NotFound", f"The association ID '{association_id[:200]}' does not exist"
            )
        return found
    if public_ip is None:
        raise MissingParameter(message="Either public IP or association id must be specified")
    own_address(connection, call, public_ip)
    raise InvalidParameterValue("You must specify an association id when unmapping an address from a VPC instance")


def _interface(connection: Connection, call: Call, parameters: Parameters) -> NetworkInterface:
    """The network interface that a request names, by itself or by its instance. Raises EC2's refusals."""
    interface_id, instance_id = parameters.get("NetworkInterfaceId"), parameters.get("InstanceId")
    if interface_id is not None and instance_id is not None:
        raise InvalidParameterCombination("You may specify instance id or network interface id, but not both")
    if interface_id is not None:
        return named(connection, call.scope, NETWORK_INTERFACE, interface_id)
    if instance_id is None:
        raise MissingParameter(message="Either instance ID or network interface id must be specified")
    instance = named(connection, call.scope, INSTANCE, instance_id)
    if instance.state not in _ASSOCIATED_IN:
        raise Ec2Error(
            "InvalidInstanceID",
            f"The {instance.state} instance '{instance.id}' is not in a valid state for this operation.",
        )
    return only_interface(connection, instance.id)


def _private_address(connection: Connection, interface: NetworkInterface, asked: str | None) -> str:
    if asked in (None, interface.private_ip):
        return interface.private_ip
    others = network_interfaces.secondary_of(connection, [interface.id]).get(interface.id, ())
    if asked not in others:
        raise InvalidParameterValue(f"Address '{asked}' is not assigned to interface '{interface.id}'")
    return asked


def _check_reassociation(parameters: Parameters, address: ElasticIp, before: ElasticIp | None) -> None:
    """Raises EC2's refusal to move an association, where the request does not allow that."""
    if parameters.get("AllowReassociation") is not False:  # in a VPC it is automatic, as the API reference says
        return
    if address.association_id is not None:
        raise Ec2Error(
            "Resource.AlreadyAssociated",
            f"resource {address.id} is already associated with associate-id {address.association_id}",
        )
    if before is not None:
        raise Ec2Error(
            "Resource.AlreadyAssociated",
            f"resource {before.interface_id} and {before.private_ip} is already associated with public address "
            f"{before.public_ip}",
        )


def _disassociated(connection: Connection, address: ElasticIp) -> Sequence[str]:
    """Let an address lead nowhere; gives the instance that it led to, if any."""
    assert address.interface_id is not None, "it is associated"
    assert address.private_ip is not None, "it is associated"
    elastic_ips.disassociate(connection, address)
    interface = network_interfaces.get(connection, address.interface_id)
    return () if interface is None else _shown(connection, interface, address.private_ip)


def _shown(connection: Connection, interface: NetworkInterface, private_ip: str) -> Sequence[str]:
    """Let the interface's instance, which is given back, show the public address that it has now, an Elastic IP address
    of this private address having come or gone. One that is lent to it stays where that is a further address."""
    if interface.instance_id is None:
        return ()
    if interface.device_index == 0 and private_ip == interface.private_ip:
        elastic_ips.ensure_shown(connection, interface.instance_id, None)
    else:
        instances.change(connection, interface.instance_id)
    return (interface.instance_id,)


def _lend(connection: Connection, instance_id: str) -> None:
    """Lend an instance a public address in place of the one that it lost, where it is to have one."""
    instance = instances.get(connection, instance_id)
    assert instance is not None, "the interface is attached to it"
    if instance.state is InstanceState.RUNNING and instance.public_ip is None:
        elastic_ips.ensure_shown(connection, instance_id, lent_again(connection, instance))
