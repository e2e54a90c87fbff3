"""Steps that bring NAT gateways into use and out of it.

What carries packets follows the rows (`network/vpc/`): there is nothing else to do.
"""

from sqlalchemy import Connection

from kumoniwa.ids import new_id
from kumoniwa.model.gateways import NatGateway, NatGatewayAddress, NatGatewayState
from kumoniwa.store import elastic_ips, gateways, network_interfaces, tags
from kumoniwa.workflows.shared_commits import Rows, begins_with_rows, rows
from kumoniwa.workflows.workflow import StepFailed
from kumoniwa.workflows.world import World


@begins_with_rows
async def ensure_associated(world: World, nat_gateway_id: str) -> None:
    """Afterwards a public NAT gateway's Elastic IP addresses lead to it, secondary ones too. Fails, and the gateway
    says why, where its VPC has no internet gateway or an address leads elsewhere (codes and texts: the VPC user guide,
    "Troubleshoot NAT gateways")."""
    failure = await world.database.write(lambda connection: _associate(connection, world, nat_gateway_id))
    if failure is not None:
        raise StepFailed(failure, way_out="Delete the NAT gateway, and make another when that is mended.")


@begins_with_rows
async def ensure_published_available(world: World, nat_gateway_id: str) -> Rows[None]:
    """Afterwards the gateway is `available`, unless a caller wants it deleted by now."""

    def publish(connection: Connection) -> None:
        gateway = gateways.nat(connection, nat_gateway_id)
        if gateway is not None and gateway.state is NatGatewayState.PENDING:
            gateways.change_nat(connection, gateway.id, state=NatGatewayState.AVAILABLE)

    return rows(publish)


@begins_with_rows
async def ensure_failed(world: World, nat_gateway_id: str, reason: str) -> Rows[None]:
    """Afterwards the gateway has `failed`, its addresses are given back; it says why, where it does not already."""

    def fail(connection: Connection) -> None:
        gateway = gateways.nat(connection, nat_gateway_id)
        if gateway is not None:
            if gateway.state is NatGatewayState.PENDING:
                _fail(connection, world, gateway, "InternalError", reason)
            _release(connection, gateway)

    return rows(fail)


@begins_with_rows
async def ensure_interface_released(world: World, nat_gateway_id: str) -> Rows[None]:
    """Afterwards the gateway has no network interface, and no Elastic IP address leads to it."""

    def release(connection: Connection) -> None:
        if (gateway := gateways.nat(connection, nat_gateway_id)) is not None:
            _release(connection, gateway)

    return rows(release)


@begins_with_rows
async def ensure_published_deleted(world: World, nat_gateway_id: str) -> Rows[None]:
    """Afterwards the gateway is `deleted`, and is shown as such for a while."""
    now = world.clock.now()

    def publish(connection: Connection) -> None:
        gateway = gateways.nat(connection, nat_gateway_id)
        if gateway is not None and gateway.state is NatGatewayState.DELETING:
            gateways.change_nat(connection, gateway.id, state=NatGatewayState.DELETED, deleted_at=now)

    return rows(publish)


def _associate(connection: Connection, world: World, nat_gateway_id: str) -> str | None:
    """Gives why it cannot be, which the gateway then shows."""
    gateway = gateways.nat(connection, nat_gateway_id)
    if gateway is None or gateway.state is not NatGatewayState.PENDING or gateway.allocation_id is None:
        return None
    if gateways.attached_to(connection, gateway.vpc_id) is None:
        return _fail(connection, world, gateway, "Gateway.NotAttached", _without_gateway(gateway))
    interface = network_interfaces.get(connection, gateway.interface_id or "")
    assert interface is not None, "a pending gateway has one"
    primary = NatGatewayAddress(gateway.id, gateway.private_ip, -1, gateway.allocation_id)
    for one in (primary, *gateways.nat_addresses_of(connection, [gateway.id]).get(gateway.id, ())):
        address = elastic_ips.get(connection, one.allocation_id or "")
        if address is None:
            what = f"Elastic IP address {one.allocation_id} could not be associated with this NAT gateway"
            return _fail(connection, world, gateway, "InvalidAllocationID.NotFound", what)
        if address.interface_id == interface.id:
            continue
        if address.association_id is not None:
            what = f"Elastic IP address {address.id} is already associated"
            return _fail(connection, world, gateway, "Resource.AlreadyAssociated", what)
        elastic_ips.associate(connection, address, new_id("eipassoc"), interface, one.private_ip)
        if one is primary:
            gateways.change_nat(connection, gateway.id, public_ip=address.public_ip)
        else:
            gateways.lead_to_nat_address(connection, one, address.public_ip)
    return None


def _release(connection: Connection, gateway: NatGateway) -> None:
    if gateway.interface_id is not None:
        elastic_ips.disassociate_interfaces(connection, [gateway.interface_id])
        tags.remove_all(connection, gateway.interface_id)
        network_interfaces.remove(connection, gateway.interface_id)
        gateways.change_nat(connection, gateway.id, interface_id=None)


def _without_gateway(gateway: NatGateway) -> str:
    return f"Network {gateway.vpc_id} has no Internet gateway attached"


def _fail(connection: Connection, world: World, gateway: NatGateway, code: str, message: str) -> str:
    failed = {"state": NatGatewayState.FAILED, "failure_code": code, "failure_message": message}
    gateways.change_nat(connection, gateway.id, **failed, deleted_at=world.clock.now())
    return message
