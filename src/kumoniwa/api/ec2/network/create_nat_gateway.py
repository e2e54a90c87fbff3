"""CreateNatGateway and DeleteNatGateway; the stories of these names bring them into use and out of it."""

from collections.abc import Sequence
from dataclasses import replace

from sqlalchemy import Connection

from kumoniwa.api.call import Answer, Call, Parameters
from kumoniwa.api.cloud import Cloud, origin
from kumoniwa.api.ec2.kinds import NAT_GATEWAY, OTHERWISE_NAMED_IP, SUBNET
from kumoniwa.api.ec2.named.lookup import named
from kumoniwa.api.ec2.network import quotas
from kumoniwa.api.ec2.network.describe_nat_gateways import DescribedNat, nat_gateway_output
from kumoniwa.api.ec2.network.interface_addresses import check_addresses, drawn
from kumoniwa.api.ec2.network.secondary_nat_addresses import (
    SECONDARY_ARE_RECORDED,
    AskedSecondary,
    add_secondary,
    asked_secondary,
    one_address_each,
)
from kumoniwa.api.ec2.tags import from_specifications, write
from kumoniwa.api.not_built import NotBuiltParameter, refuse
from kumoniwa.api.registry import Depth, action
from kumoniwa.errors import InvalidParameterCombination, InvalidParameterValue, MissingParameter
from kumoniwa.ids import new_id, new_mac
from kumoniwa.model.elastic_ips import ElasticIp
from kumoniwa.model.gateways import NatGateway, NatGatewayState
from kumoniwa.model.network_interfaces import NetworkInterface
from kumoniwa.model.vpcs import Subnet
from kumoniwa.store import gateways, network_interfaces
from kumoniwa.workflows.stories.network.create_nat_gateway import create_nat_gateway as create_story
from kumoniwa.workflows.stories.network.delete_nat_gateway import delete_nat_gateway as delete_story
from kumoniwa.workflows.story import submit

_NOT_BUILT = (
    NotBuiltParameter("VpcId", "regional NAT gateways"),
    NotBuiltParameter("AvailabilityMode", "regional NAT gateways", harmless=("zonal",)),
    NotBuiltParameter("AvailabilityZoneAddresses", "regional NAT gateways"),
)
_TYPE = NAT_GATEWAY.resource_type
_SUBNET = replace(
    SUBNET,
    missing_code="InvalidSubnet",
    malformed_code="InvalidSubnet",
    malformed_text="The subnet ID '{id}' is malformed",
)
_OPEN = (NatGatewayState.PENDING, NatGatewayState.AVAILABLE)


@action("CreateNatGateway", depth=Depth.PARTLY, missing=SECONDARY_ARE_RECORDED, not_built=_NOT_BUILT)
async def create_nat_gateway(cloud: Cloud, call: Call, parameters: Parameters) -> Answer:
    """Make a NAT gateway in a subnet: `pending`, until it is in use or, what it needs missing, `failed`."""
    refuse(parameters, _NOT_BUILT)
    public = _is_public(parameters)
    if parameters.get("SubnetId") is None:
        raise MissingParameter("subnetId")
    tags = from_specifications(parameters, [_TYPE]).get(_TYPE)

    def create(connection: Connection) -> Answer:
        subnet = named(connection, call.scope, _SUBNET, parameters["SubnetId"])
        quotas.NAT_GATEWAYS.check(gateways.count_nats_beside(connection, subnet) + 1)
        address: ElasticIp | None = None
        if public:
            address = named(connection, call.scope, OTHERWISE_NAMED_IP, parameters["AllocationId"])
        asked: str | None = parameters.get("PrivateIpAddress")
        check_addresses(connection, subnet, [] if asked is None else [asked])
        secondary = _secondary(connection, call, subnet, parameters, asked)
        gateway_id = new_id(NAT_GATEWAY.prefix)
        interface = NetworkInterface(
            id=new_id("eni"),
            account=call.account,
            region=call.region,
            vpc_id=subnet.vpc_id,
            subnet_id=subnet.id,
            mac=new_mac(),
            private_ip=asked or drawn(connection, subnet, 1, beside=secondary.private)[0],
            description=f"Interface for NAT Gateway {gateway_id}",
            source_dest_check=False,
            attachment_id=new_id("ela-attach"),
            device_index=1,
            attached_at=call.at,
            kind="nat_gateway",
        )
        network_interfaces.add(connection, [interface], [])
        gateway = NatGateway(
            id=gateway_id,
            account=call.account,
            region=call.region,
            vpc_id=subnet.vpc_id,
            subnet_id=subnet.id,
            public=public,
            state=NatGatewayState.PENDING,
            created_at=call.at,
            interface_id=interface.id,
            private_ip=interface.private_ip,
            allocation_id=None if address is None else address.id,
        )
        gateways.add_nat(connection, gateway)
        added = add_secondary(connection, gateway, interface, secondary)
        write(connection, call, gateway.id, _TYPE, tags)
        submit(connection, create_story, origin(call), nat_gateway_id=gateway.id)
        return {
            "NatGateway": nat_gateway_output(DescribedNat(gateway, added), tags or {}),
            "ClientToken": None if call.token is None else call.token.value,
        }

    return await cloud.change(call, create)


@action("DeleteNatGateway")
async def delete_nat_gateway(cloud: Cloud, call: Call, parameters: Parameters) -> Answer:
    """Take a NAT gateway out of use: routes to it are blackholes at once, its Elastic IP address is free again."""

    def delete(connection: Connection) -> Answer:
        gateway = named(connection, call.scope, NAT_GATEWAY, parameters["NatGatewayId"])
        if gateway.state in (*_OPEN, NatGatewayState.FAILED):
            gateways.change_nat(connection, gateway.id, state=NatGatewayState.DELETING)
            submit(connection, delete_story, origin(call), nat_gateway_id=gateway.id)
        return {"NatGatewayId": gateway.id}

    return await cloud.change(call, delete)


def _secondary(
    connection: Connection, call: Call, subnet: Subnet, parameters: Parameters, primary: str | None
) -> AskedSecondary:
    """The secondary addresses that the gateway is to have. Raises EC2's refusals."""
    public = parameters.get("ConnectivityType") != "private"
    count: int | None = parameters.get("SecondaryPrivateIpAddressCount")
    if public and count is not None:
        raise InvalidParameterCombination(
            "The parameter SecondaryPrivateIpAddressCount can be used with a private NAT gateway only"
        )
    if count is not None and count < 1:
        raise InvalidParameterValue(f"Value ({count}) for parameter secondaryPrivateIpAddressCount is invalid.")
    allocations: Sequence[str] = parameters.get("SecondaryAllocationIds") or []
    if not public and allocations:
        raise InvalidParameterCombination(
            "The parameter SecondaryAllocationIds cannot be used with a private NAT gateway"
        )
    if parameters.get("AllocationId") in allocations:
        raise InvalidParameterValue(f"Elastic IP address {parameters['AllocationId']} is specified more than once")
    wanted: Sequence[str] = parameters.get("SecondaryPrivateIpAddresses") or []
    if public and wanted and len(wanted) != len(allocations):
        raise one_address_each()
    return asked_secondary(
        connection, call, subnet, AskedSecondary(wanted, allocations, count or 0), beside=[primary] if primary else []
    )


def _is_public(parameters: Parameters) -> bool:
    """Whether the gateway is to lead to the internet. Raises EC2's refusals."""
    kind = parameters.get("ConnectivityType") or "public"
    if kind not in ("public", "private"):
        raise InvalidParameterValue(f"Value ({kind}) for parameter connectivityType is invalid.")
    if kind == "public" and parameters.get("AllocationId") is None:
        raise MissingParameter(
            message="The request must include the AllocationId parameter. Add the required parameter and retry the "
            "request."
        )
    if kind == "private" and parameters.get("AllocationId") is not None:
        raise InvalidParameterCombination("The parameter AllocationId cannot be used with a private NAT gateway")
    return kind == "public"
