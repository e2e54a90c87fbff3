"""DescribeNatGateways."""

from collections.abc import Mapping
from typing import Any

from kumoniwa.api.call import Answer, Call, Parameters
from kumoniwa.api.cloud import Cloud
from kumoniwa.api.ec2.kinds import NAT_GATEWAY
from kumoniwa.api.ec2.tags import tag_set
from kumoniwa.api.filters import Values
from kumoniwa.api.listing import NOT_PAGED_CAPITAL, Listing
from kumoniwa.api.registry import action
from kumoniwa.model.gateways import NatGateway, NatGatewayState
from kumoniwa.store import gateways

_FILTERS: Mapping[str, Values[NatGateway]] = {
    "connectivity-type": lambda gateway: (_connectivity(gateway),),
    "nat-gateway-id": lambda gateway: (gateway.id,),
    "state": lambda gateway: (str(gateway.state),),
    "subnet-id": lambda gateway: (gateway.subnet_id,),
    "vpc-id": lambda gateway: (gateway.vpc_id,),
}
_ADDRESS_STATUS = {
    NatGatewayState.PENDING: "associating",
    NatGatewayState.AVAILABLE: "succeeded",
    NatGatewayState.FAILED: "failed",
    NatGatewayState.DELETING: "disassociating",
    NatGatewayState.DELETED: "succeeded",
}


def nat_gateway_output(gateway: NatGateway, tags: Mapping[str, str]) -> dict[str, Any]:
    """A NAT gateway under EC2's member names."""
    address = {
        "AllocationId": gateway.allocation_id,
        "NetworkInterfaceId": gateway.interface_id,
        "PrivateIp": gateway.private_ip,
        "PublicIp": gateway.public_ip,
        "IsPrimary": True,
        "Status": _ADDRESS_STATUS[gateway.state],
        "FailureMessage": gateway.failure_message,
    }
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
        "NatGatewayAddresses": [address],
        "Tags": tag_set(tags),
    }


def _connectivity(gateway: NatGateway) -> str:
    return "public" if gateway.public else "private"


_NAT_GATEWAYS = Listing(
    member="NatGateways",
    kind=NAT_GATEWAY,
    ids="NatGatewayIds",
    read=lambda connection, asked: gateways.nat_in(connection, asked.call.scope, asked.ids),
    row=nat_gateway_output,
    key=lambda gateway: gateway.id,
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
