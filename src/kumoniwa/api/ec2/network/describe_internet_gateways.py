"""DescribeInternetGateways."""

from collections.abc import Mapping
from typing import Any

from kumoniwa.api.call import Answer, Call, Parameters
from kumoniwa.api.cloud import Cloud
from kumoniwa.api.ec2.kinds import INTERNET_GATEWAY
from kumoniwa.api.ec2.network.default_vpc import read_region
from kumoniwa.api.ec2.network.vpc_output import AVAILABLE
from kumoniwa.api.ec2.tags import tag_set
from kumoniwa.api.filters import Values, present
from kumoniwa.api.listing import NOT_PAGED_CAPITAL, Listing
from kumoniwa.api.registry import action
from kumoniwa.model.gateways import InternetGateway
from kumoniwa.store import gateways


def gateway_output(gateway: InternetGateway, tags: Mapping[str, str] | None) -> dict[str, Any]:
    """An internet gateway under EC2's member names. EC2 calls an attachment `available`."""
    attachments = [] if gateway.vpc_id is None else [{"State": AVAILABLE, "VpcId": gateway.vpc_id}]
    return {
        "InternetGatewayId": gateway.id,
        "OwnerId": gateway.account,
        "Attachments": attachments,
        "Tags": tag_set(tags) or [],
    }


_FILTERS: dict[str, Values[InternetGateway]] = {
    "attachment.state": lambda gateway: () if gateway.vpc_id is None else (AVAILABLE,),
    "attachment.vpc-id": lambda gateway: present(gateway.vpc_id),
    "internet-gateway-id": lambda gateway: (gateway.id,),
    "owner-id": lambda gateway: (gateway.account,),
}

_GATEWAYS = Listing(
    member="InternetGateways",
    kind=INTERNET_GATEWAY,
    ids="InternetGatewayIds",
    read=lambda connection, asked: gateways.in_scope(connection, asked.call.scope, asked.ids),
    row=gateway_output,
    key=lambda gateway: gateway.id,
    filters=_FILTERS,
    tagged=True,
    view=read_region,
    limits=(5, 1000),
    whole={"InternetGatewayIds": NOT_PAGED_CAPITAL.format("InternetGatewayIds")},
)


@action("DescribeInternetGateways")
async def describe_internet_gateways(cloud: Cloud, call: Call, parameters: Parameters) -> Answer:
    """The internet gateways of a region, and the VPC that each is attached to."""
    return await _GATEWAYS.answer(cloud, call, parameters)
