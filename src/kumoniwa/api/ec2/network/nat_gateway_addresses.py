"""The secondary addresses of NAT gateways: AssociateNatGatewayAddress and DisassociateNatGatewayAddress of public ones,
AssignPrivateNatGatewayAddress and UnassignPrivateNatGatewayAddress of private ones."""

from collections.abc import Sequence

from sqlalchemy import Connection

from kumoniwa.api.call import Answer, Call, Parameters
from kumoniwa.api.cloud import Cloud
from kumoniwa.api.ec2.kinds import ELASTIC_IP, NAT_GATEWAY, SUBNET
from kumoniwa.api.ec2.named.lookup import named
from kumoniwa.api.ec2.network.describe_nat_gateways import DescribedNat, described_nats, nat_address_output
from kumoniwa.api.ec2.network.secondary_nat_addresses import (
    SECONDARY_ARE_RECORDED,
    AskedSecondary,
    add_secondary,
    asked_secondary,
    one_address_each,
)
from kumoniwa.api.not_built import NotBuiltParameter, refuse
from kumoniwa.api.registry import Depth, action
from kumoniwa.errors import Ec2Error, IncorrectState, InvalidParameterValue, MissingParameter, UnsupportedOperation
from kumoniwa.ids import new_id
from kumoniwa.model.gateways import NatGateway, NatGatewayAddress, NatGatewayState
from kumoniwa.model.network_interfaces import NetworkInterface
from kumoniwa.store import elastic_ips, gateways, network_interfaces

_NOT_BUILT = (
    NotBuiltParameter("AvailabilityZone", "regional NAT gateways"),
    NotBuiltParameter("AvailabilityZoneId", "regional NAT gateways"),
)
_AT_ONCE = f"{SECONDARY_ARE_RECORDED} So none has connections to drain, and it is given back at once."
_DRAIN = range(1, 4001)


@action("AssociateNatGatewayAddress", depth=Depth.PARTLY, missing=SECONDARY_ARE_RECORDED, not_built=_NOT_BUILT)
async def associate_nat_gateway_address(cloud: Cloud, call: Call, parameters: Parameters) -> Answer:
    """Give a public NAT gateway secondary addresses: an Elastic IP address and a private one each."""
    refuse(parameters, _NOT_BUILT)
    allocations: Sequence[str] = parameters["AllocationIds"]
    wanted: Sequence[str] = parameters.get("PrivateIpAddresses") or []
    if not allocations:
        raise MissingParameter("allocationId")
    if wanted and len(wanted) != len(allocations):
        raise one_address_each()

    def associate(connection: Connection) -> Answer:
        gateway = _available(connection, call, parameters, public=True)
        new = _added(connection, call, gateway, AskedSecondary(wanted, allocations))
        for one in new:
            _lead(connection, call, gateway, one)
        return _answer(connection, gateway, new, "associating")

    return await cloud.change(call, associate)


@action("DisassociateNatGatewayAddress", depth=Depth.PARTLY, missing=_AT_ONCE)
async def disassociate_nat_gateway_address(cloud: Cloud, call: Call, parameters: Parameters) -> Answer:
    """Take secondary Elastic IP addresses, and the private ones that they lead to, from a public NAT gateway."""
    asked: Sequence[str] = parameters["AssociationIds"]
    _check_drain(parameters)

    def disassociate(connection: Connection) -> Answer:
        gateway = _available(connection, call, parameters, public=True)
        [one] = described_nats(connection, [gateway])
        private = {association: address for address, association in one.associations.items()}
        for association in asked:
            if association not in private:
                raise Ec2Error(
                    "InvalidAssociationID.NotFound", f"The association ID '{association[:200]}' does not exist"
                )
        return _removed(connection, one, [private[association] for association in dict.fromkeys(asked)])

    return await cloud.change(call, disassociate)


@action("AssignPrivateNatGatewayAddress", depth=Depth.PARTLY, missing=SECONDARY_ARE_RECORDED)
async def assign_private_nat_gateway_address(cloud: Cloud, call: Call, parameters: Parameters) -> Answer:
    """Give a private NAT gateway secondary private addresses: these, or so many of its subnet's."""
    wanted: Sequence[str] = parameters.get("PrivateIpAddresses") or []
    count: int | None = parameters.get("PrivateIpAddressCount")
    if not wanted and count is None:
        raise MissingParameter("privateIpAddressCount")
    if count is not None and count < 1:
        raise InvalidParameterValue(f"Value ({count}) for parameter privateIpAddressCount is invalid.")

    def assign(connection: Connection) -> Answer:
        gateway = _available(connection, call, parameters, public=False)
        new = _added(connection, call, gateway, AskedSecondary(wanted, (), count or 0))
        return _answer(connection, gateway, new, "assigning")

    return await cloud.change(call, assign)


@action("UnassignPrivateNatGatewayAddress", depth=Depth.PARTLY, missing=_AT_ONCE)
async def unassign_private_nat_gateway_address(cloud: Cloud, call: Call, parameters: Parameters) -> Answer:
    """Take secondary private addresses from a private NAT gateway."""
    asked: Sequence[str] = parameters["PrivateIpAddresses"]
    _check_drain(parameters)

    def unassign(connection: Connection) -> Answer:
        gateway = _available(connection, call, parameters, public=False)
        [one] = described_nats(connection, [gateway])
        return _removed(connection, one, list(dict.fromkeys(asked)))

    return await cloud.change(call, unassign)


def _available(connection: Connection, call: Call, parameters: Parameters, *, public: bool) -> NatGateway:
    """The gateway that a request names. Raises EC2's refusals, also of one of the other kind or in another state."""
    gateway = named(connection, call.scope, NAT_GATEWAY, parameters["NatGatewayId"])
    if gateway.state is NatGatewayState.DELETED:
        raise NAT_GATEWAY.not_found([gateway.id])
    if gateway.public is not public:
        kind = "public" if public else "private"
        raise UnsupportedOperation(f"The operation is supported for {kind} NAT gateways only.")
    if gateway.state is not NatGatewayState.AVAILABLE:
        raise IncorrectState(f"The NAT gateway {gateway.id} is not in the state available: it is {gateway.state}.")
    return gateway


def _check_drain(parameters: Parameters) -> None:
    seconds: int | None = parameters.get("MaxDrainDurationSeconds")
    if seconds is not None and seconds not in _DRAIN:
        raise InvalidParameterValue(f"Value ({seconds}) for parameter maxDrainDurationSeconds is invalid.")


def _added(connection: Connection, call: Call, gateway: NatGateway, asked: AskedSecondary) -> list[NatGatewayAddress]:
    subnet = named(connection, call.scope, SUBNET, gateway.subnet_id)
    present = len(gateways.nat_addresses_of(connection, [gateway.id]).get(gateway.id, ()))
    secondary = asked_secondary(connection, call, subnet, asked, beside=(), present=present)
    return add_secondary(connection, gateway, _interface(connection, gateway), secondary)


def _lead(connection: Connection, call: Call, gateway: NatGateway, one: NatGatewayAddress) -> None:
    """Let its Elastic IP address lead to a secondary address. Raises EC2's refusal where it leads elsewhere."""
    address = named(connection, call.scope, ELASTIC_IP, one.allocation_id or "")
    if address.association_id is not None:
        raise Ec2Error(
            "Resource.AlreadyAssociated",
            f"resource {address.id} is already associated with associate-id {address.association_id}",
        )
    interface = _interface(connection, gateway)
    elastic_ips.associate(connection, address, new_id("eipassoc"), interface, one.private_ip)
    gateways.lead_to_nat_address(connection, one, address.public_ip)


def _removed(connection: Connection, one: DescribedNat, private: Sequence[str]) -> Answer:
    """Take secondary addresses from a gateway, with the Elastic IP addresses that lead to them. Raises EC2's refusals
    of the primary one, and of an address that the gateway does not have."""
    gateway, interface = one.gateway, _interface(connection, one.gateway)
    have = {address.private_ip: address for address in one.secondary}
    for address in private:
        if address == gateway.private_ip:
            raise InvalidParameterValue(f"The primary address of the NAT gateway {gateway.id} cannot be removed.")
        if address not in have:
            raise InvalidParameterValue(f"Address {address[:200]} is not assigned to the NAT gateway {gateway.id}.")
    leading = elastic_ips.of_interfaces(connection, [interface.id]).get(interface.id, {})
    for address in private:
        if (elastic := leading.get(address)) is not None:
            elastic_ips.disassociate(connection, elastic)
    network_interfaces.remove_addresses(connection, interface, private)
    gateways.remove_nat_addresses(connection, gateway.id, private)
    status = "disassociating" if gateway.public else "unassigning"
    return {
        "NatGatewayId": gateway.id,
        "NatGatewayAddresses": [nat_address_output(one, have[address], status) for address in private],
    }


def _answer(connection: Connection, gateway: NatGateway, new: Sequence[NatGatewayAddress], status: str) -> Answer:
    """The new addresses of a gateway, as they are kept by now."""
    [one] = described_nats(connection, [gateway])
    added = {address.private_ip for address in new}
    shown = [address for address in one.secondary if address.private_ip in added]
    return {
        "NatGatewayId": gateway.id,
        "NatGatewayAddresses": [nat_address_output(one, address, status) for address in shown],
    }


def _interface(connection: Connection, gateway: NatGateway) -> NetworkInterface:
    interface = network_interfaces.get(connection, gateway.interface_id or "")
    assert interface is not None, "an available gateway has one"
    return interface
