"""DescribeNatGateways."""

from collections.abc import Mapping, Sequence
from dataclasses import field
from typing import Any

from sqlalchemy import Connection

from kumoniwa.api.call import Answer, Call, Parameters
from kumoniwa.api.cloud import Cloud
from kumoniwa.api.ec2.kinds import NAT_GATEWAY
from kumoniwa.api.ec2.tags import tag_set
from kumoniwa.api.filters import Values
from kumoniwa.api.listing import NOT_PAGED_CAPITAL, Listing
from kumoniwa.api.registry import action
from kumoniwa.model.gateways import NatGateway, NatGatewayAddress, NatGatewayState
from kumoniwa.store import elastic_ips, gateways
from kumoniwa.values import dataclass


@dataclass(frozen=True, slots=True)
class DescribedNat:
    """A NAT gateway with its secondary addresses, and the associations of its Elastic IP addresses by private
    address."""

    gateway: NatGateway
    secondary: Sequence[NatGatewayAddress] = ()
    associations: Mapping[str, str | None] = field(default_factory=dict)


_FILTERS: Mapping[str, Values[DescribedNat]] = {
    "connectivity-type": lambda one: (_connectivity(one.gateway),),
    "nat-gateway-id": lambda one: (one.gateway.id,),
    "state": lambda one: (str(one.gateway.state),),
    "subnet-id": lambda one: (one.gateway.subnet_id,),
    "vpc-id": lambda one: (one.gateway.vpc_id,),
}
_ADDRESS_STATUS = {
    NatGatewayState.PENDING: ("associating", "assigning"),
    NatGatewayState.AVAILABLE: ("succeeded", "succeeded"),
    NatGatewayState.FAILED: ("failed", "failed"),
    NatGatewayState.DELETING: ("disassociating", "unassigning"),
    NatGatewayState.DELETED: ("succeeded", "succeeded"),
}
"""Of a gateway's addresses, by its state: of a public one's and of a private one's."""


def described_nats(connection: Connection, found: Sequence[NatGateway]) -> list[DescribedNat]:
    """NAT gateways with what other rows hold of them."""
    secondary = gateways.nat_addresses_of(connection, [gateway.id for gateway in found])
    interfaces = [gateway.interface_id for gateway in found if gateway.interface_id is not None]
    leading = elastic_ips.of_interfaces(connection, interfaces)
    return [
        DescribedNat(
            gateway,
            secondary.get(gateway.id, ()),
            {private: one.association_id for private, one in leading.get(gateway.interface_id or "", {}).items()},
        )
        for gateway in found
    ]


def nat_gateway_output(one: DescribedNat, tags: Mapping[str, str]) -> dict[str, Any]:
    """A NAT gateway under EC2's member names."""
    gateway = one.gateway
    primary = NatGatewayAddress(gateway.id, gateway.private_ip, -1, gateway.allocation_id, gateway.public_ip)
    return {
        "NatGatewayId": gateway.id,
        "VpcId": gateway.vpc_id,
        "SubnetId": gateway.subnet_id,
        "State": str(gateway.state),
        "ConnectivityType": _connectivity(gateway),
        "AvailabilityMode": "zonal",
        "CreateTime": gateway.created_at,
        "DeleteTime": gateway.deleted_at,
        "FailureCode": gateway.failure_code,
        "FailureMessage": gateway.failure_message,
        "NatGatewayAddresses": [nat_address_output(one, address) for address in (primary, *one.secondary)],
        "Tags": tag_set(tags) or [],  # EC2 writes an empty tagSet here
    }


def nat_address_output(one: DescribedNat, address: NatGatewayAddress, status: str | None = None) -> dict[str, Any]:
    """An address of a NAT gateway under EC2's member names, in this status or the one that the gateway's state says."""
    gateway = one.gateway
    return {
        "AllocationId": address.allocation_id,
        "AssociationId": one.associations.get(address.private_ip),
        "NetworkInterfaceId": gateway.interface_id,
        "PrivateIp": address.private_ip,
        "PublicIp": address.public_ip,
        "IsPrimary": address.private_ip == gateway.private_ip,
        "Status": status or _ADDRESS_STATUS[gateway.state][0 if gateway.public else 1],
        "FailureMessage": gateway.failure_message,
    }


def _connectivity(gateway: NatGateway) -> str:
    return "public" if gateway.public else "private"


_NAT_GATEWAYS = Listing(
    member="NatGateways",
    kind=NAT_GATEWAY,
    ids="NatGatewayIds",
    read=lambda connection, asked: described_nats(connection, gateways.nat_in(connection, asked.call.scope, asked.ids)),
    row=nat_gateway_output,
    id_of=lambda one: one.gateway.id,
    key=lambda one: one.gateway.id,
    filters=_FILTERS,
    tagged=True,
    limits=(5, 1000),
    whole={"NatGatewayIds": NOT_PAGED_CAPITAL.format("NatGatewayIds")},
)


@action("DescribeNatGateways")
async def describe_nat_gateways(cloud: Cloud, call: Call, parameters: Parameters) -> Answer:
    """The NAT gateways of a region; those that were deleted or failed within the last hour too."""
    if (filters := parameters.get("Filter")) is not None:  # named so in the model, as in DescribeFlowLogs
        parameters = {**parameters, "Filters": filters}
    return await _NAT_GATEWAYS.answer(cloud, call, parameters)
